package view

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// This file says why: what was counted, whether it is proved, and what the host did with it.

// Measured is the process whose threads the runs are about: "source" or "destination".
func (s *Source) Measured() string { return s.Header.Scenario.Measured() }

// Work is what the threads of that process do.
func (s *Source) Work() string { return workOf(s.Measured()) }

func workOf(process string) string {
	if process == results.DestinationSide {
		return "decompression"
	}
	return "compression"
}

// comparisonOf is what the pairs of a case prove of the main contender by a metric; nil where the
// file has no pairs of it.
func (s *Source) comparisonOf(metric string, c results.Cell) *verdict.Comparison {
	base, model, ok := s.twoModels()
	if !ok {
		return nil
	}
	all := s.compareBy(metric, base, s.contenderName(model))
	for i := range all {
		if all[i].Cell == (c.Case()) {
			return &all[i]
		}
	}
	return nil
}

// hedge is what stands behind a difference of medians that no pairs prove.
func (s *Source) hedge(metric string, c results.Cell) string {
	if s.Header.Kind == results.Published || s.Predicted() != nil {
		return "" // nothing is observed
	}
	if found := s.comparisonOf(metric, c); found != nil && found.Decided() {
		return ""
	}
	return " (observed, not proved)"
}

// whyText is the way from futex calls to time: the calls, where the time of the threads goes, and
// what becomes of it where there are more threads than CPUs.
func (s *Source) whyText() string {
	if !s.AnyRun(Shown(metric.WaitWakesPerPage)) {
		return ""
	}
	text := format.Sentence(WakesFinding(s))
	if joined := s.spinText(); joined != "" {
		return text + " " + joined
	}
	side := s.Measured()
	set := &BarSet{Src: s, Panels: s.BarPanels(side)}
	if set.Any(false) {
		if why := StateFinding(set, false, side); why != "" {
			text += " " + format.Sentence(why)
		}
	}
	return text
}

// spinCase is a case in which the main thread of a model spins while its workers want a CPU.
type spinCase struct {
	cell                      results.Cell
	spin, onCPU, mainDelay    float64 // of the main thread, % of wall time
	workerDelay, workerBefore float64 // of the workers: of this model, and of the base
	proved                    bool    // the pairs of the case prove something of its time
}

// Below these a case is no explanation of anything.
const (
	leastSpin = 20 // % of the main thread's wall time
	leastMore = 5  // points by which its workers wait longer for a CPU than the base's
)

// spinText joins the two: a main thread that spins instead of sleeping takes CPU from its workers,
// which is why fewer wake-ups need not mean less time. It is empty where that is not seen.
func (s *Source) spinText() string {
	base, model, ok := s.twoModels()
	if !ok || s.CrowdText() == "" {
		return ""
	}
	var most spinCase
	for c := range maps.Keys(s.Cells()) {
		if c.Model == model {
			if found, ok := s.spinCaseOf(c, base); ok && found.before(&most) {
				most = found
			}
		}
	}
	if most.cell.Threads == 0 {
		return ""
	}
	text := fmt.Sprintf("With %s, the main thread of %s spins %.0f %% of its wall time, and on %s "+
		"its "+
		"workers wait for a CPU %.0f %% of theirs (those of %s %.0f %%): the spinner competes with "+
		"%s for the CPUs", most.cell.String(), model, most.spin,
		format.Count(s.Header.Host.CPUs, "CPU", "CPUs"), most.workerDelay, base, most.workerBefore,
		s.Work())
	if c := s.comparisonOf(metric.EqualWorkTime, most.cell); c == nil || c.State != verdict.LowerThan {
		text += ", so that fewer wake-ups need not mean less time for equal work"
	}
	return format.Sentence(text+" (observed: shares of all runs of the case)") + " " +
		most.spinnerText()
}

// before puts cases first of which pairs prove something, then those whose workers wait longer by
// more; ties go by cell, so that a page is always the same.
func (c *spinCase) before(other *spinCase) bool {
	a, b := c.workerDelay-c.workerBefore, other.workerDelay-other.workerBefore
	switch {
	case other.cell.Threads == 0:
		return true
	case c.proved != other.proved:
		return c.proved
	case a != b:
		return a > b
	}
	return c.cell.Threads < other.cell.Threads || c.cell.Threads == other.cell.Threads && !c.cell.Wait
}

// spinnerText says why a thread spins longer than it uses CPU.
func (c *spinCase) spinnerText() string {
	if c.spin <= c.onCPU {
		return ""
	}
	return fmt.Sprintf("Spinning %.0f %% stands beside CPU main %.0f %% because a spinner also waits "+
		"for a CPU (%.0f %% of its time), and is still spinning then.", c.spin, c.onCPU, c.mainDelay)
}

func (s *Source) spinCaseOf(c results.Cell, base string) (spinCase, bool) {
	cells := s.Cells()
	from := c.Of(base)
	side := s.Measured()
	main := RoleTimeOf(cells[c], side, "main")
	workers := RoleTimeOf(cells[c], side, "worker")
	before := RoleTimeOf(cells[from], side, "worker")
	for _, t := range []*RoleTime{&main, &workers, &before} {
		if t.Threads == 0 || t.Wall <= 0 || !t.Kernel {
			return spinCase{}, false
		}
	}
	found := spinCase{cell: c, spin: main.Share(main.States["spin-work"] + main.States["spin-room"]),
		onCPU: main.Share(main.Cpu), mainDelay: main.Share(main.Delay),
		workerDelay: workers.Share(workers.Delay), workerBefore: before.Share(before.Delay)}
	if pairs := s.comparisonOf(metric.EqualWorkTime, c); pairs != nil {
		found.proved = pairs.Decided()
	}
	return found, main.Reasons && found.spin >= leastSpin &&
		found.workerDelay >= found.workerBefore+leastMore
}

// completionText says of each contender in which cases its runs complete; no case is left out.
func (s *Source) completionText() string {
	var parts, always []string
	for _, m := range s.Contenders() {
		switch text := s.completes(m); text {
		case "":
		case everywhere:
			always = append(always, format.CleanText(m, 24))
		default:
			parts = append(parts, text)
		}
	}
	if len(always) > 0 {
		parts = append(parts, format.Sentence(completeWord(always)+" in every run of every case"))
	}
	return strings.Join(parts, " ")
}

// completeWord is "a completes" or "a, b and c complete".
func completeWord(models []string) string {
	last := len(models) - 1
	if last == 0 {
		return models[0] + " completes"
	}
	return strings.Join(models[:last], ", ") + " and " + models[last] + " complete"
}

// everywhere is what completes says where there is no exception.
const everywhere = "everywhere"

// mostNamed is how many cases a sentence names before it counts.
const mostNamed = 6

func (s *Source) completes(model string) string {
	var all int
	var some, never []string
	s.Each([]string{model}, func(c *Figures) {
		switch n := len(c.Runs); {
		case c.Unfinished == 0:
			all++
		case c.Unfinished == n:
			never = append(never, c.String())
		default:
			some = append(some, fmt.Sprintf("%s (%d of %d)", c.String(), n-c.Unfinished, n))
		}
	})
	if all+len(some)+len(never) == 0 {
		return ""
	}
	n := all + len(some) + len(never)
	text := fmt.Sprintf("%s completes in every run of %d of %s", format.CleanText(model, 24), all,
		format.CasesWord(n))
	switch {
	case all == n:
		return everywhere
	case all == 0:
		text = format.CleanText(model, 24) + " completes in every run of no case"
	}
	if len(some) > 0 {
		text += "; in some runs with " + Named(some)
	}
	if len(never) > 0 {
		text += "; in no run with " + Named(never)
	}
	return format.Sentence(text)
}

func Named(cases []string) string {
	if n := len(cases) - mostNamed; n > 0 {
		return strings.Join(cases[:mostNamed], "; ") + fmt.Sprintf(" and %s more (see the table)",
			format.CasesWord(n))
	}
	return strings.Join(cases, "; ")
}

// RerunText counts the attempts that ended otherwise than the run that counts in their place.
func (s *Source) RerunText() string {
	attempts, kept := s.superseded()
	stuck, saved, lost := 0, 0, 0
	for i, r := range attempts {
		if !r.Completed {
			stuck++
		}
		switch {
		case !r.Completed && kept[i].Completed:
			saved++
		case r.Completed && !kept[i].Completed:
			lost++
		}
	}
	var parts []string
	if stuck > 0 {
		parts = append(parts, fmt.Sprintf("%s at the bound (CAN'T COMPLETE) %s run again because the "+
			"host was noisy, and %d of the runs in their place completed",
			format.Count(stuck, "attempt", "attempts"), format.IsAre(stuck), saved))
	}
	if lost > 0 {
		parts = append(parts, fmt.Sprintf("%s that completed %s run again and then reached the bound",
			format.Count(lost, "attempt", "attempts"), format.IsAre(lost)))
	}
	return format.Sentence(strings.Join(parts, "; "))
}

// GradesText says how many of the runs that count the host disturbed, and how badly.
func (s *Source) GradesText() string { return s.grades().text() }

// VoidText warns of a file of which most runs that count were disturbed beyond use.
func (s *Source) VoidText() string { return s.grades().warning("series") }

// grades are those of the runs that count.
func (s *Source) grades() grades { return gradesOf(s.Kept(), (*results.Run).Grade) }

// settle is the command that would decide what is open, and why it would.
type settle struct{ Command, Why string }

func (s *Source) Settle(f *results.File) settle {
	few, open, most := false, false, 0
	for _, d := range DiffsOf(s.Diffs(), s.mainOr()) {
		few = few || d.Verdict == TooFew
		open = open || d.Verdict == Unproven
		most = max(most, d.N)
	}
	if s.whole != nil {
		f = s.whole
	}
	need := verdict.PairsNeeded(f)
	tests := verdict.Tests(f)
	switch {
	case f.Header.Kind != results.Measured:
		return settle{}
	case f.Header.Matrix.Sequential() && (few || open):
		return moreBudget(&f.Header)
	case few:
		return settle{rerunCommand(f.Header.Argv, max(need, most)), fmt.Sprintf("at least %s a case "+
			"are needed for %s, if all agree", format.Count(need, "pair", "pairs"),
			format.Count(tests, "test", "tests"))}
	case open:
		return settle{rerunCommand(f.Header.Argv, max(need, 2*most)),
			"more pairs narrow the intervals: twice as many by a factor of " +
				format.Sig(math.Sqrt2)}
	}
	return settle{}
}

func (t settle) text() string {
	if t.Command == "" {
		return ""
	}
	return "To decide: " + t.Command + " (" + t.Why + ")."
}

// rerunCommand is the command of a series with another number of pairs and its own output.
func rerunCommand(argv []string, pairs int) string {
	return strings.Join(append(sameSeries(argv), "--pairs", fmt.Sprint(pairs)), " ")
}

// moreBudget is the command of a series with twice the time, and what it brings; of a first look,
// that of a whole series: it has more cases and the memory that the host is good for.
func moreBudget(h *results.Header) settle {
	argv := slices.DeleteFunc(slices.Clone(h.Argv), func(arg string) bool {
		return strings.HasPrefix(arg, "--quick")
	})
	if len(argv) < len(h.Argv) {
		return settle{strings.Join(sameSeries(argv), " "), "a whole series: this was a first look"}
	}
	return settle{strings.Join(append(sameSeries(argv), "--budget",
		(2*time.Duration(h.Matrix.Budget)).String()), " "),
		"more time, more pairs where the evidence is short"}
}

// RepeatCommand is the command that makes a series again: the program by its name, no file of this
// host, and the seed.
func RepeatCommand(h *results.Header) string {
	if len(h.Argv) == 0 {
		return ""
	}
	out := without(h.Argv[1:], "--output", "-o", "--resume", "--calibrate", "--trace", "--seed",
		"--shard")
	if h.Matrix.Shard != nil {
		out = append(out, "--shard", h.Matrix.Shard.String())
	}
	out = append([]string{filepath.Base(h.Argv[0])}, out...)
	if h.Kind != results.Published && h.Seed != 0 {
		out = append(out, "--seed", fmt.Sprint(h.Seed))
	}
	return strings.Join(out, " ")
}

// without leaves flags and their values out of a command line.
func without(args []string, flags ...string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(args[i], "=")
		switch {
		case !slices.Contains(flags, name):
			out = append(out, args[i])
		case !joined:
			i++
		}
	}
	return out
}

// sameSeries is the command of a series without what belongs to one file or says how long it goes
// on.
func sameSeries(argv []string) []string {
	if len(argv) < 2 || argv[1] != "run" && argv[1] != "validate" {
		return []string{"mtbench", "run"}
	}
	out := []string{"mtbench", argv[1]}
	return append(out, without(argv[2:], "--pairs", "--output", "-o", "--resume", "--seed", "--budget",
		"--calibrate")...)
}
