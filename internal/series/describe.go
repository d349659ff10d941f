package series

import (
	"fmt"
	"io"
	"strings"
	"time"

	"mtbench/internal/content"
	"mtbench/results"
	"mtbench/workloads"
)

// Describe writes what the series would do, for --dry-run.
func (n *Series) Describe(w io.Writer) error {
	h := &n.Header
	sc := &h.Scenario
	limit := time.Duration(sc.Limit)
	largest := workload(*sc, Slot{Cell: results.Cell{Threads: maxThreads(h.Matrix)}})
	lines := []string{
		fmt.Sprintf("models      %s", strings.Join(h.Matrix.Models, ", ")),
		fmt.Sprintf("cases       %s", describeCells(h.Matrix)),
		fmt.Sprintf("shard       %s", describeShard(h.Matrix)),
		fmt.Sprintf("besides     %s", describeExtras(h.Matrix)),
		fmt.Sprintf("runs        %s", n.describeRuns()),
		fmt.Sprintf("warm-up     %s", describeWarmUp(h.Matrix.WarmUp)),
		fmt.Sprintf("guest       %s of %s pages, %d vCPUs, %s", results.SizeText(sc.Memory), sc.Content,
			sc.VCPUs, sc.Pattern),
		fmt.Sprintf("content     %s", content.Describe(sc.Content)),
		fmt.Sprintf("dirty rate  %.0f page writes/s%s", sc.DirtyRate,
			multiple(sc.DirtyRateMultiple, sc.DirtyOfPool)),
		fmt.Sprintf("page        %.2f µs with %s level %d on one thread of this host (1x = %.0f pages/s)",
			h.Host.PageServiceU, sc.Codec, sc.Level, h.Host.Rate),
		fmt.Sprintf("link        %s%s, burst %s; max-bandwidth %s",
			results.RateText(sc.LinkBandwidth), multiple(sc.LinkMultiple, sc.LinkOfPool),
			results.SizeText(sc.LinkBurst), results.RateText(sc.MaxBandwidth)),
		fmt.Sprintf("downtime    limit %g ms; flush %s", sc.DowntimeLimit.MS(), sc.Flush),
		"far end     " + describeFar(sc),
		fmt.Sprintf("CPUs        %s", n.describePlace(largest)),
		fmt.Sprintf("counters    %s", describeCounters(h)),
		fmt.Sprintf("memory      up to %d MiB at once", largest.MemoryNeeded()>>20),
		fmt.Sprintf("time        %s", n.describeTime(limit)),
	}
	if p := h.Pilot; p != nil {
		lines = append(lines,
			fmt.Sprintf("pilot       a pool of %d threads drains %.0f pages/s, the largest "+
				"%.0f; the link takes %s of raw pages; compressed, a page takes 1/%.2f on the link",
				p.Threads, p.Pool, p.Peak, results.RateText(p.Raw), p.Ratio))
		for _, r := range p.Rules {
			lines = append(lines, fmt.Sprintf("  %-15s %s: %s", r.Setting, r.Value, r.Why))
		}
	}
	lines = append(lines, "elsewhere   "+describeFixed(sc))
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// describeFar says what loads the stream.
func describeFar(sc *results.Scenario) string {
	if sc.DestinationAlone() {
		return sc.Destination + ", measured alone, with the threads of the case"
	}
	return fmt.Sprintf("%s, %d threads", sc.Destination, sc.DecompressThreads)
}

// describePlace says where the threads of the largest cell go.
func (n *Series) describePlace(largest workloads.Scenario) string {
	var maps []string
	for _, c := range (&results.Scan{Placements: n.Header.Matrix.Placements}).Cells() {
		sc := largest
		sc.Scenario = sc.Scenario.In(c)
		m, err := n.place(sc)
		switch {
		case err != nil:
			maps = append(maps, err.Error())
		case m == nil:
			maps = append(maps, "not pinned")
		default:
			maps = append(maps, fmt.Sprintf("pinned by %s; with %d threads %v", sc.Placement,
				largest.Threads, m))
		}
	}
	return strings.Join(maps, "\n            ")
}

func maxThreads(m results.Matrix) int {
	most := 1
	for _, n := range m.Threads {
		most = max(most, n)
	}
	return most
}

func describeCells(m results.Matrix) string {
	var words []string
	for _, c := range m.Cases() {
		words = append(words, c.Short())
	}
	return strings.Join(words, " ")
}

func (n *Series) describeRuns() string {
	if n.Header.Matrix.Sequential() {
		return fmt.Sprintf("as many as the evidence needs; a share of %g of the pairs compares a "+
			"model with "+
			"itself; equal is within %g %%", n.Header.Matrix.AA, n.Header.Matrix.Equal*100)
	}
	return fmt.Sprintf("%d in all (%d pairs a case), %d of them to compare a model with itself",
		len(n.plan),
		n.Header.Matrix.Pairs, countAA(n.plan))
}

func (n *Series) describeTime(limit time.Duration) string {
	if n.Header.Matrix.Sequential() {
		return fmt.Sprintf("at most %v; the bound of a run is %v", n.Budget, limit)
	}
	return fmt.Sprintf("planned for the budget of %v; at most %v, were every run to reach its bound "+
		"of %v; pairs that are repeated come on top", n.Budget,
		(time.Duration(len(n.plan)) * limit).Round(time.Second), limit)
}

func describeCounters(h *results.Header) string {
	switch {
	case !h.Scenario.Counters:
		return "not asked for (--counters)"
	case h.Host.NoCounters != "":
		return "none: " + h.Host.NoCounters
	}
	return "instructions, cycles and cache misses of each thread, in user mode"
}

func describeWarmUp(n int) string {
	const each = "guest memory is filled and decoders are warm before the clock of each run starts"
	if n == 0 {
		return each
	}
	return each + "; besides, " + results.Plural(n, "run") + " of every cell before the first pair"
}

func describeExtras(m results.Matrix) string {
	if len(m.Extra) == 0 {
		return "no model that runs in one case only"
	}
	var words []string
	for _, e := range m.Extra {
		words = append(words, fmt.Sprintf("%s in %s", e.Model, e.Short()))
	}
	return strings.Join(words, ", ")
}

func countAA(plan []Slot) int {
	n := 0
	for _, s := range plan {
		if s.AA {
			n++
		}
	}
	return n
}

func multiple(x, ofPool float64) string {
	switch {
	case x != 0:
		return fmt.Sprintf(" (%gx)", x)
	case ofPool != 0:
		return fmt.Sprintf(" (%gpool)", ofPool)
	}
	return ""
}
