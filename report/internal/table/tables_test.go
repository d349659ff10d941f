package table

import (
	"math"
	"slices"
	"strings"
	"testing"

	"mtbench/internal/metric"
	"mtbench/models/steps"
	"mtbench/report/internal/format"
	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// cell of a section's table by row and heading.
func cellOf(t *testing.T, sec Section, row int, head string) string {
	t.Helper()
	for i, col := range sec.Table.Cols {
		if col.Head == head {
			return sec.Table.Rows[row].Cells[i].Text
		}
	}
	t.Fatalf("section %s has no column %q", sec.ID, head)
	return ""
}

func TestCaseFigures(t *testing.T) {
	f := reporttest.TinyFile(3)
	s := view.SourceOf(f, 0, 1)
	sec := CasesSection(s)
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

// TestDestinationAlone: figures are the destination's, those of a source are absent, and nothing of
// the letter stands beside.
func TestDestinationAlone(t *testing.T) {
	f := reporttest.TinyFile(3)
	f.Header.Scenario.Sides = results.DestinationSide
	for i := range f.Runs {
		r := &f.Runs[i]
		r.Sides = results.DestinationSide
		for k := range r.ThreadUsage {
			r.ThreadUsage[k].Process = "destination"
		}
	}
	s := view.SourceOf(f, 0, 1)
	sec := CasesSection(s)
	if got := cellOf(t, sec, 0, "CPU main (%)"); got != "60.0" {
		t.Errorf("CPU main is %q", got)
	}
	for _, col := range sec.Table.Cols {
		if strings.HasPrefix(col.Head, "letter") {
			t.Errorf("the letter stands beside: %s", col.Head)
		}
	}
	if !strings.Contains(sec.Lead[0], "of the decompression threads") {
		t.Errorf("the lead is %q", sec.Lead)
	}
	if !downtimeSection(s).Absent || !directionSection(s).Absent {
		t.Error("what only a migration has is not absent")
	}
	answer := s.Answer()
	if !slices.ContainsFunc(answer.Warn, func(text string) bool {
		return strings.Contains(text, "The source was not measured")
	}) || !strings.HasPrefix(answer.Who[0], "Decompression alone: ") {
		t.Errorf("the answer is %+v", answer)
	}
}

func TestCannotComplete(t *testing.T) {
	f := reporttest.TinyFile(3)
	f.Runs[0].Completed = false
	s := view.SourceOf(f, 0, 1)
	sec := CasesSection(s)
	if got := cellOf(t, sec, 0, "migration"); got != "CAN'T COMPLETE 1 of 3" {
		t.Errorf("migration is %q", got)
	}
	if got := cellOf(t, sec, 0, "total time (ms)"); got != "1020 [1010–∞]" {
		t.Errorf("total time is %q: a run without an end is worse than any other", got)
	}
	f.Runs[2].Completed, f.Runs[4].Completed = false, false
	s = view.SourceOf(f, 0, 1)
	sec = CasesSection(s)
	if got := cellOf(t, sec, 0, "total time (ms)"); got != format.None {
		t.Errorf("total time is %q where no run completed", got)
	}
}

// Setup is told where it is much, of every model in that case that has runs that completed.
func TestSetupIsTold(t *testing.T) {
	notes := func(change func(f *results.File)) string {
		f := reporttest.TinyFile(3)
		change(f)
		s := view.SourceOf(f, 0, 1)
		return strings.ReplaceAll(strings.Join(CasesSection(s).Notes, "\n"), "\u00a0", " ")
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
	if text := notes(much); !strings.Contains(text,
		"With 4 threads, wait off it is 1 % of that of locked, 8 % of that of lockless;") {
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
	f := reporttest.TinyFile(2)
	for i := range f.Runs {
		f.Runs[i].Wait = true
	}
	s := view.SourceOf(f, 0, 1)
	if got := cellOf(t, CasesSection(s), 0, "busy-ratio"); got != format.None {
		t.Errorf("busy-ratio is %q with wait on", got)
	}
	if _, ok := view.Shown(metric.BusyRatio)(&f.Runs[0]); ok {
		t.Error("a run with wait on has a busy-ratio")
	}
}

func TestWaitWakesArePerPage(t *testing.T) {
	sec := waitsSection(view.SourceOf(reporttest.TinyFile(1), 0, 1))
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
	f := reporttest.TinyFile(2)
	sec := reasonsSection(view.SourceOf(f, 0, 1), "worker")
	if got := cellOf(t, sec, 0, "sum (%)"); got != "100.0" {
		t.Errorf("sum is %q", got)
	}
	if got := cellOf(t, sec, 0, "codec (%)"); got != "30.0" {
		t.Errorf("codec is %q, the mean of 20 and 40 %%", got)
	}
	for i := range f.Runs {
		for j := range f.Runs[i].ThreadUsage {
			st := &f.Runs[i].ThreadUsage[j].StatesMS
			st.Set("codec", st.Of("codec")/2)
		}
	}
	sec = reasonsSection(view.SourceOf(f, 0, 1), "worker")
	if got := cellOf(t, sec, 0, "sum (%)"); got != "85.0" {
		t.Errorf("sum is %q where half of codec is missing", got)
	}
}

func TestStatesOfANewerBuildAreOther(t *testing.T) {
	f := reporttest.TinyFile(1)
	for i := range f.Runs {
		for j := range f.Runs[i].ThreadUsage {
			st := &f.Runs[i].ThreadUsage[j].StatesMS
			st.Set("dreaming", st.Of("wait-work"))
			st.Set("wait-work", 0)
		}
	}
	sec := reasonsSection(view.SourceOf(f, 0, 1), "main")
	if got := cellOf(t, sec, 0, "other reasons (%)"); got != "30.0" {
		t.Errorf("other reasons are %q", got)
	}
}

func TestGoroutinesHaveNoCPU(t *testing.T) {
	f := reporttest.TinyFile(2)
	for i := range f.Runs {
		for j := range f.Runs[i].ThreadUsage {
			u := &f.Runs[i].ThreadUsage[j]
			u.CPUMS, u.RunDelayMS, u.BlockedMS, u.StatesMS = nil, nil, nil, nil
		}
	}
	s := view.SourceOf(f, 0, 1)
	sec := CasesSection(s)
	if a, b := cellOf(t, sec, 0, "CPU main (%)"), cellOf(t, sec, 0,
		"CPU threads (%)"); a != format.None || b != format.None {
		t.Errorf("CPU is %q and %q without a thread clock", a, b)
	}
	for _, sec := range []Section{kernelSection(s), reasonsSection(s, "main")} {
		if sec.Table != nil || !strings.Contains(sec.Lead[0], "mtbench run") {
			t.Errorf("%s does not say how to get its data: %q", sec.ID, sec.Lead)
		}
	}
}

func TestSpeedUp(t *testing.T) {
	f := reporttest.TinyFile(2)
	for _, r := range reporttest.TinyFile(2).Runs {
		r.Threads, r.TotalTimeMS = 8, r.TotalTimeMS/2
		f.Runs = append(f.Runs, r)
	}
	sec := scalingSection(view.SourceOf(f, 0, 1))
	if got := cellOf(t, sec, 1, "speed-up (×)"); got != "2.00" {
		t.Errorf("speed-up is %q", got)
	}
}

func TestAAAndEarlierAttemptsAreNotFigures(t *testing.T) {
	f := reporttest.TinyFile(2)
	aa, again := f.Runs[0], f.Runs[0]
	aa.AA, aa.TotalTimeMS = true, 1
	again.Attempt, again.TotalTimeMS = 1, 3000
	f.Runs = append(f.Runs, aa, again)
	s := view.SourceOf(f, 0, 1)
	got := cellOf(t, CasesSection(s), 0, "total time (ms)")
	if got != "2005 [1010–3000]" {
		t.Errorf("total time is %q; the last attempt counts and A/A does not", got)
	}
}

func TestPairFigures(t *testing.T) {
	m, _ := metric.Lookup("total_time")
	sec := PairSection(view.SourceOf(reporttest.TinyFile(10), 0, 1), m)
	if got := cellOf(t, sec, 0, "change (%)"); !strings.HasPrefix(got, "-5") {
		t.Errorf("change is %q; half the time is -50 %%", got)
	}
	if got := cellOf(t, sec, 0, "verdict"); got != "faster" {
		t.Errorf("verdict is %q", got)
	}
	sec = PairSection(view.SourceOf(reporttest.TinyFile(3), 0, 1), m)
	for _, head := range []string{"change (%)", "95 % interval (%)", "evidence"} {
		if got := cellOf(t, sec, 0, head); got != format.None {
			t.Errorf("%s is %q with 3 pairs", head, got)
		}
	}
	if got := cellOf(t, sec, 0, "verdict"); !strings.HasPrefix(got,
		"not enough evidence: 3 of 3 pairs") {
		t.Errorf("verdict is %q", got)
	}
}

func TestStepNamesAreThoseOfTheModels(t *testing.T) {
	var names []string
	for _, s := range steps.All() {
		names = append(names, s.Name)
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
			r := reporttest.TinyRun(m, pair, 1000/math.Pow(2, float64(i))+float64(pair), 0.5)
			f.Runs = append(f.Runs, r)
		}
	}
	sec := stepsSection(view.SourceOf(f, 0, 1))
	if got := len(sec.Table.Rows); got != 3 {
		t.Fatalf("%d rows, want two steps and the whole way", got)
	}
	if got := cellOf(t, sec, 2, "change (%)"); !strings.HasPrefix(got, "-74") {
		t.Errorf("the whole way is %q; a quarter of the time is -75 %%", got)
	}
}

func TestCasesThatTheLetterLacks(t *testing.T) {
	f := reporttest.TinyFile(2)
	for i := range f.Runs {
		f.Runs[i].Threads = 2
	}
	s := view.SourceOf(f, 0, 1)
	for _, col := range CasesSection(s).Table.Cols {
		if strings.HasPrefix(col.Head, "letter") {
			t.Errorf("column %q stands empty", col.Head)
		}
	}
}

func TestFrontierIsAShareOfIdeal(t *testing.T) {
	f := reporttest.TinyFile(1)
	add := func(model string, rates ...float64) {
		for i, rate := range rates {
			above := rate * 1.1
			f.Frontier = append(f.Frontier, results.Frontier{Type: results.TypeFrontier,
				Cell: results.Cell{Model: model, Threads: 4}, Repeat: i, Highest: &rate, Lowest: &above})
		}
	}
	add("ideal", 1000, 3000, 2000)
	add("locked", 400, 600, 500)
	f.Frontier = append(f.Frontier, results.Frontier{Cell: results.Cell{Model: "lockless",
		Threads: 4}})
	sec := frontierSection(view.SourceOf(f, 0, 1))
	for row, want := range [][2]string{{"2000 [1000–3000]", "100.0"}, {"500 [400–600]", "25.0"},
		{format.None, format.None}} {
		got := [2]string{cellOf(t, sec, row, "highest completed (pages/s)"),
			cellOf(t, sec, row, "share of ideal (%)")}
		if got != want {
			t.Errorf("row %d: %q, want %q", row, got, want)
		}
	}
}

// TestFrontierOfSeveralMemories sets each model beside ideal in its own case.
func TestFrontierOfSeveralMemories(t *testing.T) {
	f := &results.File{Header: results.Header{Kind: results.Measured}}
	for _, memory := range []int64{8 << 20, 16 << 20} {
		for model, rate := range map[string]float64{"ideal": 100 * float64(memory>>23),
			"locked": 50 * float64(memory>>23)} {
			f.Frontier = append(f.Frontier, results.Frontier{Highest: &rate, Cell: results.Cell{Model: model,
				Threads: 4, Wait: true, Varied: results.Varied{Memory: memory}}})
		}
	}
	sec := frontierSection(view.SourceOf(f, 0, 1))
	if len(sec.Table.Rows) != 4 {
		t.Fatalf("%d rows", len(sec.Table.Rows))
	}
	for i, want := range []string{"100.0", "50.0", "100.0", "50.0"} {
		if got := sec.Table.Rows[i].Cells[4].Text; got != want {
			t.Errorf("row %d: %s %% of ideal, want %s", i, got, want)
		}
	}
}
