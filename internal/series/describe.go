package series

import (
	"fmt"
	"io"
	"strings"
	"time"

	"mtbench/results"
	"mtbench/workloads"
)

// Describe writes what the series would do, for --dry-run.
func (n *Series) Describe(w io.Writer) error {
	h := &n.Header
	sc := &h.Scenario
	largest := workload(*sc, Slot{Cell: Cell{Threads: maxThreads(h.Matrix)}})
	lines := []string{
		fmt.Sprintf("models      %s", strings.Join(h.Matrix.Models, ", ")),
		fmt.Sprintf("cases       %s", describeCells(h.Matrix)),
		fmt.Sprintf("besides     %s", describeExtras(h.Matrix)),
		fmt.Sprintf("runs        %d in all, %d of them to compare a model with itself", len(n.plan),
			countAA(n.plan)),
		fmt.Sprintf("guest       %d MiB of %s pages, %d vCPUs, %s", sc.MemoryBytes>>20, sc.Content,
			sc.VCPUs, sc.Pattern),
		fmt.Sprintf("dirty rate  %.0f page writes/s%s", sc.DirtyRate, multiple(sc.DirtyRateMultiple)),
		fmt.Sprintf("page        %.2f µs with %s level %d on one thread of this host (1x = %.0f pages/s)",
			h.Host.PageServiceU, sc.Codec, sc.Level, h.Host.Rate),
		fmt.Sprintf("link        %s%s, burst %d KiB; max-bandwidth %s", bandwidth(sc.LinkBandwidth),
			multiple(sc.LinkMultiple), sc.LinkBurst>>10, bandwidth(sc.MaxBandwidth)),
		fmt.Sprintf("downtime    limit %g ms; flush %s", sc.DowntimeLimitMS, sc.Flush),
		fmt.Sprintf("far end     %s, %d threads", sc.Destination, sc.DecompressThreads),
		fmt.Sprintf("CPUs        %s", n.describePlace(largest)),
		fmt.Sprintf("memory      up to %d MiB at once", largest.MemoryNeeded()>>20),
		fmt.Sprintf("time        at most %v, were every run to reach its bound of %v",
			(time.Duration(len(n.plan)) * results.FromMS(sc.LimitMS)).Round(time.Second), results.FromMS(sc.LimitMS)),
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// describePlace says where the threads of the largest cell go.
func (n *Series) describePlace(largest workloads.Scenario) string {
	m, err := n.place(largest)
	switch {
	case err != nil:
		return err.Error()
	case m == nil:
		return "not pinned"
	}
	return fmt.Sprintf("pinned by %s; with %d threads %v", n.Header.Scenario.Placement, largest.Threads, m)
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
	for _, c := range Cells(m) {
		words = append(words, fmt.Sprintf("%d/%s×%d", c.Threads, onOff(c.Wait), PairsOf(m, c)))
	}
	return strings.Join(words, " ") + "  (threads/wait × pairs)"
}

func describeExtras(m results.Matrix) string {
	if len(m.Extra) == 0 {
		return "no model that runs in one case only"
	}
	var words []string
	for _, e := range m.Extra {
		words = append(words, fmt.Sprintf("%s in %d/%s", e.Model, e.Threads, onOff(e.Wait)))
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

func multiple(x float64) string {
	if x == 0 {
		return ""
	}
	return fmt.Sprintf(" (%gx)", x)
}

func bandwidth(bytes float64) string {
	if bytes == 0 {
		return "unlimited"
	}
	return fmt.Sprintf("%.1f MiB/s", bytes/(1<<20))
}
