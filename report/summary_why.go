package report

import (
	"fmt"
	"math"
	"strings"

	"mtbench/internal/verdict"
	"mtbench/results"
)

// This file says why: what was counted, whether it is proved, and what the host did with it.

// comparisonOf is what the pairs of a case prove of the main contender by a metric; nil where the
// file has no pairs of it.
func (s *plotSource) comparisonOf(metric string, c plotCell) *verdict.Comparison {
	base, model, ok := s.twoModels()
	if !ok {
		return nil
	}
	all := s.compareBy(metric, base, s.contenderName(model))
	for i := range all {
		if all[i].Cell == (verdict.Cell{Threads: c.threads, Wait: c.wait}) {
			return &all[i]
		}
	}
	return nil
}

// hedge is what stands behind a difference of medians that no pairs prove.
func (s *plotSource) hedge(metric string, c plotCell) string {
	if s.header.Kind == results.Published {
		return ""
	}
	if found := s.comparisonOf(metric, c); found != nil && found.Decided() {
		return ""
	}
	return " (observed, not proved)"
}

// whyText is the way from futex calls to time: the calls, where the time of the threads goes, and
// what becomes of it where there are more threads than CPUs.
func (s *plotSource) whyText() string {
	if !s.anyRun(wakesAPage) {
		return ""
	}
	text := sentence(wakesFinding(s))
	if joined := s.spinText(); joined != "" {
		return text + " " + joined
	}
	set := &barSet{src: s, panels: s.barPanels("source")}
	if set.any(false) {
		if why := stateFinding(set, false, "source"); why != "" {
			text += " " + sentence(why)
		}
	}
	return text
}

// spinCase is a case in which the main thread of a model spins while its workers want a CPU.
type spinCase struct {
	cell                      plotCell
	spin, onCPU, mainDelay    float64 // of the main thread, % of wall time
	workerDelay, workerBefore float64 // of the workers: of this model, and of the base
	proved                    bool    // the pairs of the case prove something of its total time
}

// Below these a case is no explanation of anything.
const (
	leastSpin = 20 // % of the main thread's wall time
	leastMore = 5  // points by which its workers wait longer for a CPU than the base's
)

// spinText joins the two: a main thread that spins instead of sleeping takes CPU from its workers,
// which is why fewer wake-ups need not mean less time. It is empty where that is not seen.
func (s *plotSource) spinText() string {
	base, model, ok := s.twoModels()
	_, crowded := crowdSection(s)
	if !ok || !crowded {
		return ""
	}
	var most spinCase
	for c := range keysOf(s.cells()) {
		if c.model == model {
			if found, ok := s.spinCaseOf(c, base); ok && found.before(&most) {
				most = found
			}
		}
	}
	if most.cell.threads == 0 {
		return ""
	}
	text := fmt.Sprintf("With %s, the main thread of %s spins %.0f %% of its wall time, and on %s its "+
		"workers wait for a CPU %.0f %% of theirs (those of %s %.0f %%): the spinner competes with "+
		"compression for the CPUs", most.cell.caseText(), model, most.spin,
		count(s.header.Host.CPUs, "CPU", "CPUs"), most.workerDelay, base, most.workerBefore)
	if c := s.comparisonOf("total_time", most.cell); c == nil || c.State != verdict.LowerThan {
		text += ", so that fewer wake-ups need not mean less time"
	}
	return sentence(text+" (observed: shares of all runs of the case)") + " " + most.spinnerText()
}

// before puts cases first of which pairs prove something, then those whose workers wait longer by
// more; ties go by cell, so that a page is always the same.
func (c *spinCase) before(other *spinCase) bool {
	a, b := c.workerDelay-c.workerBefore, other.workerDelay-other.workerBefore
	switch {
	case other.cell.threads == 0:
		return true
	case c.proved != other.proved:
		return c.proved
	case a != b:
		return a > b
	}
	return c.cell.threads < other.cell.threads || c.cell.threads == other.cell.threads && !c.cell.wait
}

// spinnerText says why a thread spins longer than it uses CPU.
func (c *spinCase) spinnerText() string {
	if c.spin <= c.onCPU {
		return ""
	}
	return fmt.Sprintf("Spinning %.0f %% stands beside CPU main %.0f %% because a spinner also waits "+
		"for a CPU (%.0f %% of its time), and is still spinning then.", c.spin, c.onCPU, c.mainDelay)
}

func (s *plotSource) spinCaseOf(c plotCell, base string) (spinCase, bool) {
	cells := s.cells()
	from := plotCell{base, c.threads, c.wait}
	main := roleTimeOf(cells[c], "source", "main")
	workers := roleTimeOf(cells[c], "source", "worker")
	before := roleTimeOf(cells[from], "source", "worker")
	for _, t := range []*roleTime{&main, &workers, &before} {
		if t.threads == 0 || t.wall <= 0 || !t.kernel {
			return spinCase{}, false
		}
	}
	found := spinCase{cell: c, spin: main.share(main.states["spin-work"] + main.states["spin-room"]),
		onCPU: main.share(main.cpu), mainDelay: main.share(main.delay),
		workerDelay: workers.share(workers.delay), workerBefore: before.share(before.delay)}
	if pairs := s.comparisonOf("total_time", c); pairs != nil {
		found.proved = pairs.Decided()
	}
	return found, main.reasons && found.spin >= leastSpin &&
		found.workerDelay >= found.workerBefore+leastMore
}

// completionText says of each contender in which cases its runs complete; no case is left out.
func (s *plotSource) completionText() string {
	var parts, always []string
	for _, m := range s.contenders() {
		switch text := s.completes(m); text {
		case "":
		case everywhere:
			always = append(always, cleanText(m, 24))
		default:
			parts = append(parts, text)
		}
	}
	if len(always) > 0 {
		parts = append(parts, sentence(completeWord(always)+" in every run of every case"))
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

func (s *plotSource) completes(model string) string {
	var all int
	var some, never []string
	s.each([]string{model}, func(c *cellFigures) {
		switch n := len(c.runs); {
		case c.unfinished == 0:
			all++
		case c.unfinished == n:
			never = append(never, c.caseText())
		default:
			some = append(some, fmt.Sprintf("%s (%d of %d)", c.caseText(), n-c.unfinished, n))
		}
	})
	if all+len(some)+len(never) == 0 {
		return ""
	}
	n := all + len(some) + len(never)
	text := fmt.Sprintf("%s completes in every run of %d of %s", cleanText(model, 24), all, casesWord(n))
	switch {
	case all == n:
		return everywhere
	case all == 0:
		text = cleanText(model, 24) + " completes in every run of no case"
	}
	if len(some) > 0 {
		text += "; in some runs with " + named(some)
	}
	if len(never) > 0 {
		text += "; in no run with " + named(never)
	}
	return sentence(text)
}

func named(cases []string) string {
	if n := len(cases) - mostNamed; n > 0 {
		return strings.Join(cases[:mostNamed], "; ") + fmt.Sprintf(" and %s more (see the table)",
			casesWord(n))
	}
	return strings.Join(cases, "; ")
}

// rerunText counts the attempts that ended otherwise than the run that counts in their place.
func (s *plotSource) rerunText() string {
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
			count(stuck, "attempt", "attempts"), isAre(stuck), saved))
	}
	if lost > 0 {
		parts = append(parts, fmt.Sprintf("%s that completed %s run again and then reached the bound",
			count(lost, "attempt", "attempts"), isAre(lost)))
	}
	return sentence(strings.Join(parts, "; "))
}

// gradesText says how many of the runs that count the host disturbed, and how badly.
func (s *plotSource) gradesText() string {
	grades := map[string]int{}
	for _, r := range s.kept() {
		grades[r.Noise.Grade]++
	}
	var parts []string
	for _, g := range []string{"void", "noisy", "clean"} {
		if grades[g] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", grades[g], g))
		}
	}
	rest := len(s.kept()) - grades["void"] - grades["noisy"] - grades["clean"]
	if rest > 0 {
		parts = append(parts, fmt.Sprintf("%d not graded", rest))
	}
	return fmt.Sprintf("of %s the noise grade is: %s", count(len(s.kept()), "run", "runs"),
		strings.Join(parts, ", "))
}

// voidText warns of a file of which most runs that count were disturbed beyond use.
func (s *plotSource) voidText() string {
	void := 0
	for _, r := range s.kept() {
		if r.Noise.Grade == "void" {
			void++
		}
	}
	if 2*void <= len(s.kept()) {
		return ""
	}
	return fmt.Sprintf("WARNING: %d of %s are graded void: other programs or the hypervisor took so "+
		"much CPU during them that their times say little of the models. Repeat the series on a quiet "+
		"host; mtbench doctor says what disturbs this one.", void,
		count(len(s.kept()), "run", "runs"))
}

// settle is the command that would decide what is open, and why it would.
type settle struct{ Command, Why string }

func (s *plotSource) settle(f *results.File) settle {
	few, open, most := false, false, 0
	for _, d := range diffsOf(s.diffs(), s.mainOr()) {
		few = few || d.verdict == tooFew
		open = open || d.verdict == unproven
		most = max(most, d.n)
	}
	need := verdict.PairsNeeded(f)
	tests := max(1, len(f.Header.Matrix.Threads)*len(f.Header.Matrix.Waits), len(verdict.Cells(f)))
	switch {
	case f.Header.Kind != results.Measured:
		return settle{}
	case few:
		return settle{rerunCommand(f.Header.Argv, max(need, most)), fmt.Sprintf("at least %s a case "+
			"are needed for %s, if all agree", count(need, "pair", "pairs"),
			count(tests, "test", "tests"))}
	case open:
		return settle{rerunCommand(f.Header.Argv, max(need, 2*most)),
			"more pairs narrow the intervals: twice as many by a factor of " +
				sig(math.Sqrt2)}
	}
	return settle{}
}

func (t settle) text() string {
	if t.Command == "" {
		return ""
	}
	return "What would settle it: " + t.Command + " (" + t.Why + ")."
}

// rerunCommand is the command of a series with another number of pairs and its own output.
func rerunCommand(argv []string, pairs int) string {
	out := []string{"mtbench", "run"}
	if len(argv) < 2 || argv[1] != "run" {
		return strings.Join(append(out, "--pairs", fmt.Sprint(pairs)), " ")
	}
	for i := 2; i < len(argv); i++ {
		name, _, joined := strings.Cut(argv[i], "=")
		switch name {
		case "--pairs", "--output", "-o", "--resume", "--seed", "--until", "--budget", "--calibrate":
			if !joined {
				i++
			}
		default:
			out = append(out, argv[i])
		}
	}
	return strings.Join(append(out, "--pairs", fmt.Sprint(pairs)), " ")
}

// upper begins a sentence.
func upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
