package report

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"mtbench/internal/verdict"
	"mtbench/models/steps"
	"mtbench/results"
)

// No line is wider than the terminal, whatever its width.
func TestTerminalFitsItsWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{80, 120, 200} {
		for _, file := range []*results.File{readSeries(t), hostileFile(t)} {
			text := render(t, terminalOf(Options{Width: width}), file)
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if n := twwidth.Width(line); n > width {
					t.Errorf("%d columns where the terminal has %d: %q", n, width, line)
				}
			}
		}
	}
}

// Colour adds sequences and changes nothing else.
func TestColourIsNeverAloneInMeaning(t *testing.T) {
	f := readSeries(t)
	plain := render(t, terminalOf(Options{Width: 120}), f)
	colour := render(t, terminalOf(Options{Width: 120, Color: true}), f)
	for _, code := range []string{"\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m"} {
		if !strings.Contains(colour, code) {
			t.Errorf("no %q: the test sees no colour", code)
		}
		colour = strings.ReplaceAll(colour, code, "")
	}
	if colour != plain {
		t.Error("the text with colour says other than without")
	}
}

func TestUnitsSurviveInHeaders(t *testing.T) {
	text := render(t, terminalOf(Options{}), readSeries(t))
	for _, unit := range []string{"(ms)", "(%)", "(µs)", "(per page)", "(per s)", "(×)", "(n)"} {
		if !strings.Contains(text, unit) {
			t.Errorf("no heading has %s", unit)
		}
	}
}

// cell of a section's table by row and heading.
func cellOf(t *testing.T, sec section, row int, head string) string {
	t.Helper()
	for i, col := range sec.table.cols {
		if col.head == head {
			return sec.table.rows[row].cells[i].text
		}
	}
	t.Fatalf("section %s has no column %q", sec.id, head)
	return ""
}

// tinyFile is one case of two models with figures that can be checked by hand.
func tinyFile(pairs int) *results.File {
	f := &results.File{Path: "tiny.jsonl", Header: results.Header{Kind: results.Measured,
		Host: results.Host{CPUs: 64}, Matrix: results.Matrix{Models: []string{"locked", "lockless"},
			Threads: []int{4}, Waits: []bool{false}, Pairs: pairs}}}
	for i := range pairs {
		f.Runs = append(f.Runs,
			tinyRun("locked", i, 1000+10*float64(i), 0.5), tinyRun("lockless", i, 500, 0.25))
	}
	return f
}

func tinyRun(model string, pair int, ms, busy float64) results.Run {
	usage := func(role string, cpu, wait float64) results.ThreadUsage {
		delay, blocked, rest := 0.1*ms, ms-cpu*ms-0.1*ms, ms-cpu*ms-wait*ms
		cpu *= ms
		return results.ThreadUsage{Process: "source", Role: role, WallMS: ms, CPUMS: &cpu,
			RunDelayMS: &delay, BlockedMS: &blocked, FutexWaits: 50, FutexWakes: 25,
			StatesMS:    map[string]float64{"codec": cpu, "wait-work": wait * ms},
			RemainderMS: &rest}
	}
	return results.Run{Type: results.TypeRun, Model: model, Threads: 4, Pair: pair, Completed: true,
		TotalTimeMS: ms, Pages: 1000, BusyRatio: &busy, DrainRate: 1e6 / ms,
		ThreadUsage: []results.ThreadUsage{usage("main", 0.6, 0.3), usage("worker", 0.2, 0.7),
			usage("worker", 0.4, 0.5)}}
}

func TestCaseFigures(t *testing.T) {
	f := tinyFile(3)
	s := sourceOf(f, 0, 1)
	sec := casesSection(s, s.comparisons())
	for head, want := range map[string]string{
		"case": "4 threads, wait off", "model": "locked", "CPU main (%)": "60.0",
		"CPU threads (%)": "20.0~40.0", "total time (ms)": "1010 [1000–1020]", "busy-ratio": "0.50",
		"migration": "completed", "runs (n)": "3", "letter: CPU main (%)": "66.2",
		"letter: CPU threads (%)": "32.4~36.8", "letter: total time (ms)": "247371",
	} {
		if got := cellOf(t, sec, 0, head); got != want {
			t.Errorf("%s is %q, want %q", head, got, want)
		}
	}
	if got := cellOf(t, sec, 1, "total time (ms)"); got != "500" {
		t.Errorf("a time that never varies is %q", got)
	}
}

func TestCannotComplete(t *testing.T) {
	f := tinyFile(3)
	f.Runs[0].Completed = false
	s := sourceOf(f, 0, 1)
	sec := casesSection(s, s.comparisons())
	if got := cellOf(t, sec, 0, "migration"); got != "CAN'T COMPLETE 1 of 3" {
		t.Errorf("migration is %q", got)
	}
	if got := cellOf(t, sec, 0, "total time (ms)"); got != "1020 [1010–∞]" {
		t.Errorf("total time is %q: a run without an end is worse than any other", got)
	}
	f.Runs[2].Completed, f.Runs[4].Completed = false, false
	s = sourceOf(f, 0, 1)
	sec = casesSection(s, s.comparisons())
	if got := cellOf(t, sec, 0, "total time (ms)"); got != none {
		t.Errorf("total time is %q where no run completed", got)
	}
}

// Setup is told where it is much, of every model in that case that has runs that completed.
func TestSetupIsTold(t *testing.T) {
	notes := func(change func(f *results.File)) string {
		f := tinyFile(3)
		change(f)
		s := sourceOf(f, 0, 1)
		return strings.ReplaceAll(strings.Join(casesSection(s, s.comparisons()).notes, "\n"), "\u00a0", " ")
	}
	if text := notes(func(*results.File) {}); strings.Contains(text, "Setup") {
		t.Errorf("nothing was set up, and the notes say: %s", text)
	}
	much := func(f *results.File) {
		for i := range f.Runs {
			if f.Runs[i].SetupTimeMS = 10; f.Runs[i].Model == "lockless" {
				f.Runs[i].SetupTimeMS = 40
			}
		}
	}
	if text := notes(much); !strings.Contains(text, "With 4 threads, wait off it is 1 % of that of locked, 8 % of that of lockless;") {
		t.Errorf("the notes say: %s", text)
	}
	text := notes(func(f *results.File) {
		much(f)
		for i := range f.Runs {
			f.Runs[i].Completed = f.Runs[i].Model == "lockless"
		}
	})
	if !strings.Contains(text, "it is 8 % of that of lockless;") {
		t.Errorf("where locked did not complete the notes say: %s", text)
	}
}

func TestBusyRatioWithWaitHasNoMeaning(t *testing.T) {
	f := tinyFile(2)
	for i := range f.Runs {
		f.Runs[i].Wait = true
	}
	s := sourceOf(f, 0, 1)
	if got := cellOf(t, casesSection(s, s.comparisons()), 0, "busy-ratio"); got != none {
		t.Errorf("busy-ratio is %q with wait on", got)
	}
	if _, ok := busyRatio(&f.Runs[0]); ok {
		t.Error("a run with wait on has a busy-ratio")
	}
}

func TestAgreement(t *testing.T) {
	letter := letterOf()
	answers := func(pairs int) map[string]string {
		s := sourceOf(tinyFile(pairs), 0, 1)
		got := map[string]string{}
		for _, a := range s.comparisons().agreements(4, false, letter) {
			got[a.short] = a.answer().text
		}
		return got
	}
	// The letter: main and time fall, busy rises from 0.54 to 0.55. Here main never differs, time
	// falls, busy halves.
	got := answers(10)
	want := map[string]string{"main": "cannot be told", "threads": "cannot be told",
		"time": "agrees", "busy": "opposite"}
	for figure, answer := range want {
		if got[figure] != answer {
			t.Errorf("%s: %q, want %q", figure, got[figure], answer)
		}
	}
	// The same figures in too few pairs prove nothing.
	for figure, answer := range answers(3) {
		if answer != "cannot be told" {
			t.Errorf("3 pairs: %s is %q", figure, answer)
		}
	}
}

func TestWaitWakesArePerPage(t *testing.T) {
	sec := waitsSection(sourceOf(tinyFile(1), 0, 1))
	// Main: 50 waits in 1000 pages and 1 s; workers: two threads of as many.
	for row, want := range map[int][2]string{0: {"0.05", "50.00"}, 1: {"0.10", "100"}} {
		if got := cellOf(t, sec, row, "futex waits (per page)"); got != want[0] {
			t.Errorf("row %d: %q a page, want %q", row, got, want[0])
		}
		if got := cellOf(t, sec, row, "futex waits (per s)"); got != want[1] {
			t.Errorf("row %d: %q a second, want %q", row, got, want[1])
		}
	}
}

// The account of the file closes: reasons and remainder are the whole, and a hole shows.
func TestTimeCloses(t *testing.T) {
	f := tinyFile(2)
	sec := reasonsSection(sourceOf(f, 0, 1), "worker", "the workers")
	if got := cellOf(t, sec, 0, "sum (%)"); got != "100.0" {
		t.Errorf("sum is %q", got)
	}
	if got := cellOf(t, sec, 0, "codec (%)"); got != "30.0" {
		t.Errorf("codec is %q, the mean of 20 and 40 %%", got)
	}
	for i := range f.Runs {
		for j := range f.Runs[i].ThreadUsage {
			f.Runs[i].ThreadUsage[j].StatesMS["codec"] /= 2
		}
	}
	sec = reasonsSection(sourceOf(f, 0, 1), "worker", "the workers")
	if got := cellOf(t, sec, 0, "sum (%)"); got != "85.0" {
		t.Errorf("sum is %q where half of codec is missing", got)
	}
}

func TestStatesOfANewerBuildAreOther(t *testing.T) {
	f := tinyFile(1)
	for i := range f.Runs {
		for j := range f.Runs[i].ThreadUsage {
			st := f.Runs[i].ThreadUsage[j].StatesMS
			st["dreaming"], st["wait-work"] = st["wait-work"], 0
		}
	}
	sec := reasonsSection(sourceOf(f, 0, 1), "main", "the main thread")
	if got := cellOf(t, sec, 0, "other reasons (%)"); got != "30.0" {
		t.Errorf("other reasons are %q", got)
	}
}

func TestGoroutinesHaveNoCPU(t *testing.T) {
	f := tinyFile(2)
	for i := range f.Runs {
		for j := range f.Runs[i].ThreadUsage {
			u := &f.Runs[i].ThreadUsage[j]
			u.CPUMS, u.RunDelayMS, u.BlockedMS, u.StatesMS = nil, nil, nil, nil
		}
	}
	s := sourceOf(f, 0, 1)
	sec := casesSection(s, s.comparisons())
	if a, b := cellOf(t, sec, 0, "CPU main (%)"), cellOf(t, sec, 0, "CPU threads (%)"); a != none || b != none {
		t.Errorf("CPU is %q and %q without a thread clock", a, b)
	}
	for _, sec := range []section{kernelSection(s), reasonsSection(s, "main", "the main thread")} {
		if sec.table != nil || !strings.Contains(sec.lead[0], "mtbench run") {
			t.Errorf("%s does not say how to get its data: %q", sec.id, sec.lead)
		}
	}
}

// An empty series is a report that names the commands, not an empty one and no panic.
func TestEmptySeries(t *testing.T) {
	f := &results.File{Path: "e.jsonl", Header: results.Header{Kind: results.Measured}}
	for name, format := range formats() {
		text := render(t, format, f)
		if strings.HasPrefix(name, "terminal") && name != "terminal-brief" &&
			strings.Count(text, "mtbench run") < 8 {
			t.Errorf("%s names no commands:\n%s", name, text)
		}
	}
}

func TestSpeedUp(t *testing.T) {
	f := tinyFile(2)
	for _, r := range tinyFile(2).Runs {
		r.Threads, r.TotalTimeMS = 8, r.TotalTimeMS/2
		f.Runs = append(f.Runs, r)
	}
	sec := scalingSection(sourceOf(f, 0, 1))
	if got := cellOf(t, sec, 1, "speed-up (×)"); got != "2.00" {
		t.Errorf("speed-up is %q", got)
	}
}

func TestAAAndEarlierAttemptsAreNotFigures(t *testing.T) {
	f := tinyFile(2)
	aa, again := f.Runs[0], f.Runs[0]
	aa.AA, aa.TotalTimeMS = true, 1
	again.Attempt, again.TotalTimeMS = 1, 3000
	f.Runs = append(f.Runs, aa, again)
	s := sourceOf(f, 0, 1)
	got := cellOf(t, casesSection(s, s.comparisons()), 0, "total time (ms)")
	if got != "2005 [1010–3000]" {
		t.Errorf("total time is %q; the last attempt counts and A/A does not", got)
	}
}

func TestPairFigures(t *testing.T) {
	m, _ := verdict.Lookup("total_time")
	sec := pairSection(tinyFile(10), m)
	if got := cellOf(t, sec, 0, "change (%)"); !strings.HasPrefix(got, "-5") {
		t.Errorf("change is %q; half the time is -50 %%", got)
	}
	if got := cellOf(t, sec, 0, "verdict"); got != "faster" {
		t.Errorf("verdict is %q", got)
	}
	sec = pairSection(tinyFile(3), m)
	for _, head := range []string{"change (%)", "95 % interval (%)", "p (Holm)"} {
		if got := cellOf(t, sec, 0, head); got != none {
			t.Errorf("%s is %q with 3 pairs", head, got)
		}
	}
	if got := cellOf(t, sec, 0, "verdict"); !strings.HasPrefix(got, "not enough evidence: 3 of 3 pairs") {
		t.Errorf("verdict is %q", got)
	}
}

func TestStepNamesAreThoseOfTheModels(t *testing.T) {
	var names []string
	for _, s := range steps.All() {
		names = append(names, s.Name)
		if !isStep(s.Name) {
			t.Errorf("%s is not taken for a step", s.Name)
		}
	}
	if got := strings.Join(names, ","); got != stepNames {
		t.Errorf("stepNames is %q, the models are %q", stepNames, got)
	}
}

func TestStepsAddUp(t *testing.T) {
	f := &results.File{Path: "steps.jsonl", Header: results.Header{Kind: results.Measured,
		Matrix: results.Matrix{Models: []string{"step0-locked", "step1-depth", "step2-results"}}}}
	for pair := range 8 {
		for i, m := range f.Header.Matrix.Models {
			r := tinyRun(m, pair, 1000/math.Pow(2, float64(i))+float64(pair), 0.5)
			f.Runs = append(f.Runs, r)
		}
	}
	sec := stepsSection(f)
	if got := len(sec.table.rows); got != 3 {
		t.Fatalf("%d rows, want two steps and the whole way", got)
	}
	if got := cellOf(t, sec, 2, "change (%)"); !strings.HasPrefix(got, "-74") {
		t.Errorf("the whole way is %q; a quarter of the time is -75 %%", got)
	}
}

func TestFixed(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{fixed(-0.01, 1), "0.0"}, {fixed(math.NaN(), 1), none}, {whole(1234.5), "1234"},
		{whole(math.Inf(1)), "∞"}, {whole(99.97), "100"}, {whole(0.01234), "0.0123"}, {bytesText(3 << 20), "3 MiB"},
		{bytesText(1.5 * (1 << 30)), "1.5 GiB"}, {trimmed(2), "2"}, {trimmed(0.5), "0.5"},
		{trimmed(100), "100"}, {changeText(math.Log(0.5)), "-50.0"}, {changeText(math.Log(14)), "×14.0"},
		{changeText(math.Inf(-1)), "-∞"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestSectionNames(t *testing.T) {
	t.Parallel()
	files := []*results.File{readSeries(t), readSeries(t)}
	known := SectionNames()
	seen := map[string]bool{}
	for _, sec := range sectionsOf(files) {
		if !sectionIn(sec.id, known) {
			t.Errorf("section %s has no name in SectionNames", sec.id)
		}
		for _, name := range known {
			seen[name] = seen[name] || sectionIn(sec.id, []string{name})
		}
	}
	for _, name := range known {
		if !seen[name] {
			t.Errorf("no section is called %s", name)
		}
	}
}

func TestOnly(t *testing.T) {
	f := readSeries(t)
	all := map[string]func(io.Writer, []*results.File) error{
		"terminal": terminalOf(Options{Only: []string{"cases"}}),
		"markdown": func(w io.Writer, files []*results.File) error {
			return Markdown(w, files, Options{Only: []string{"cases"}})
		},
	}
	for name, format := range all {
		text := render(t, format, f)
		if !strings.Contains(text, "CPU main") || strings.Contains(text, "Scaling") ||
			strings.Contains(text, "sha256") {
			t.Errorf("%s of cases only has other sections, or lacks the cases:\n%s", name, text)
		}
	}
}

func TestCasesThatTheLetterLacks(t *testing.T) {
	f := tinyFile(2)
	for i := range f.Runs {
		f.Runs[i].Threads = 2
	}
	s := sourceOf(f, 0, 1)
	for _, col := range casesSection(s, s.comparisons()).table.cols {
		if strings.HasPrefix(col.head, "letter") {
			t.Errorf("column %q stands empty", col.head)
		}
	}
}

func TestFrontierIsAShareOfIdeal(t *testing.T) {
	f := tinyFile(1)
	add := func(model string, rates ...float64) {
		for i, rate := range rates {
			above := rate * 1.1
			f.Frontier = append(f.Frontier, results.Frontier{Type: results.TypeFrontier, Model: model,
				Threads: 4, Repeat: i, Highest: &rate, Lowest: &above})
		}
	}
	add("ideal", 1000, 3000, 2000)
	add("locked", 400, 600, 500)
	f.Frontier = append(f.Frontier, results.Frontier{Model: "lockless", Threads: 4})
	sec := frontierSection(f)
	for row, want := range [][2]string{{"2000 [1000–3000]", "100.0"}, {"500 [400–600]", "25.0"},
		{none, none}} {
		got := [2]string{cellOf(t, sec, row, "highest completed (pages/s)"),
			cellOf(t, sec, row, "share of ideal (%)")}
		if got != want {
			t.Errorf("row %d: %q, want %q", row, got, want)
		}
	}
}

// TestAnExtraIsInNoTable: a model that ran in one case only stands in a note, and the table of cases and
// the comparisons are those of a file without it.
func TestAnExtraIsInNoTable(t *testing.T) {
	f := readSeries(t)
	extra := *f
	extra.Header.Matrix.Extra = []results.Extra{{Model: "lockless-rr", Threads: 4}}
	for _, r := range f.Runs {
		if r.Model == "lockless" && r.Threads == 4 && !r.Wait && !r.AA {
			r.Model = "lockless-rr"
			extra.Runs = append(slices.Clone(extra.Runs), r)
		}
	}
	if len(extra.Runs) == len(f.Runs) {
		t.Fatal("the file has no run with 4 threads and wait off")
	}
	plain, with := sourceOf(f, 0, 1), sourceOf(&extra, 0, 1)
	if got, want := with.models(), plain.models(); !slices.Equal(got, want) {
		t.Errorf("the report is of %v, want %v", got, want)
	}
	if text := with.extrasText(); !strings.Contains(text, "lockless-rr (4 threads, wait off") {
		t.Errorf("the note says %q", text)
	}
	if text := plain.extrasText(); text != "" {
		t.Errorf("without an extra the note says %q", text)
	}
	m, _ := verdict.Lookup("total_time")
	if a, b := len(verdict.CompareAll(f, m)), len(verdict.CompareAll(&extra, m)); a != b {
		t.Errorf("%d comparisons with an extra, %d without", b, a)
	}
}
