package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"mtbench/internal/verdict"
	"mtbench/results"
)

// fewPairs is a series with too little in it to prove anything.
func fewPairs(pairs int) *results.File {
	s := smallSynth()
	s.pairs, s.threads = pairs, []int{4, 8}
	f := s.file()
	for i := range f.Runs {
		f.Runs[i].AA = false // of A/A pairs there are none
	}
	f.Runs = f.Runs[:8*pairs]
	return f
}

// Everywhere the assumed floor is called assumed, with the pairs that the file lacks.
func TestAssumedFloorIsSaid(t *testing.T) {
	f := fewPairs(2)
	const want = "taken as 5 % (assumed: the file has no A/A pair)"
	s := sourceOf(f, 0, 1)
	m, _ := verdict.Lookup("total_time")
	texts := map[string]string{
		"summary": factOf(summaryOf(s, f), "How sure"),
		"caption": pairsPlot(s, s.diffs()).Caption,
		"legend":  floorWord(s.diffs()[0]),
		"tables":  pairSection(f, m).lead[1],
	}
	for place, text := range texts {
		if !strings.Contains(strings.ReplaceAll(text, "\u00a0", " "), want) {
			t.Errorf("%s: %q", place, text)
		}
		if strings.Contains(text, "cannot be told apart on this machine") {
			t.Errorf("%s takes the assumed floor for measured: %q", place, text)
		}
	}
	page := string(pageOfFiles(t, f))
	if strings.Contains(page, "cannot be told apart on this machine") {
		t.Error("the page takes the assumed floor for measured")
	}
}

func factOf(sum pageSummary, head string) string {
	for _, f := range sum.Facts {
		if f.Head == head {
			return f.Text
		}
	}
	return ""
}

// One number of pairs stands in headline, tables and command.
func TestOneNumberOfPairs(t *testing.T) {
	f := fewPairs(2)
	s := sourceOf(f, 0, 1)
	sum := summaryOf(s, f)
	m, _ := verdict.Lookup("total_time")
	const want = "at least 8 pairs are needed for 4 tests"
	for place, text := range map[string]string{"headline": sum.Verdict[0], "title": timeTitle(s, s.diffs()),
		"table": cellOf(t, pairSection(f, m), 0, "verdict")} {
		if !strings.Contains(text, want) {
			t.Errorf("%s: %q, without %q", place, text, want)
		}
	}
	if got := sum.Settle.Command; got != "mtbench run --pairs 8" {
		t.Errorf("the command is %q", got)
	}
	full := defaultSynth().file()
	if got := sourceOf(full, 0, 1).settle(full).Command; strings.Contains(got, "--pairs 8") {
		t.Errorf("a file with pairs enough wants %q", got)
	}
}

func TestRerunCommandKeepsTheWorkload(t *testing.T) {
	argv := []string{"./mtbench", "run", "--codec", "s2", "--pairs", "2", "-o", "x.jsonl", "--seed=7",
		"--calibrate", "cals", "--threads", "4"}
	if got := rerunCommand(argv, 9); got != "mtbench run --codec s2 --threads 4 --pairs 9" {
		t.Errorf("got %q", got)
	}
}

// What is not proved is called observed; the spinner that competes with its workers is named.
func TestWhy(t *testing.T) {
	f := fewPairs(2)
	for i := range f.Runs {
		r := &f.Runs[i]
		for j := range r.ThreadUsage {
			u := &r.ThreadUsage[j]
			delay, blocked := 0.1*u.WallMS, u.WallMS*0.5
			if r.Model == "lockless" && u.Role == "worker" {
				delay, blocked = 0.6*u.WallMS, 0
			}
			if r.Model == "lockless" && u.Role == "main" && u.Process == "source" {
				cpu := 0.3 * u.WallMS
				delay, u.CPUMS = 0.5*u.WallMS, &cpu
				u.StatesMS = map[string]float64{"spin-room": 0.78 * u.WallMS}
			}
			u.RunDelayMS, u.BlockedMS = &delay, &blocked
		}
	}
	text := strings.ReplaceAll(sourceOf(f, 0, 1).whyText(), "\u00a0", " ")
	for _, part := range []string{"fewer (observed, not proved)", "of lockless spins 78 %",
		"on 2 CPUs its workers wait for a CPU 60 % of theirs (those of locked 10 %)",
		"need not mean less time", "Spinning 78 % stands beside CPU main 30 %"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
	f.Header.Host.CPUs = 64
	if text := sourceOf(f, 0, 1).whyText(); strings.Contains(text, "competes") {
		t.Errorf("on 64 CPUs: %q", text)
	}
	if text := sourceOf(defaultSynth().file(), 0, 1).whyText(); strings.Contains(text, "not proved") {
		t.Errorf("ten pairs: %q", text)
	}
}

// Most runs void: both the text and the page begin with a warning.
func TestVoidFileWarns(t *testing.T) {
	f := fewPairs(2)
	for i := range f.Runs {
		f.Runs[i].Noise.Grade = "void"
	}
	f.Runs[3].Noise.Grade = "noisy"
	s := sourceOf(f, 0, 1)
	if got := s.gradesText(); !strings.Contains(got, "15 void, 1 noisy") {
		t.Errorf("grades: %q", got)
	}
	const want = "WARNING: 15 of 16 runs are graded void"
	for name, text := range map[string]string{"page": string(pageOfFiles(t, f)),
		"terminal": render(t, terminalOf(Options{}), f)} {
		at := strings.Index(text, want)
		if verdict := strings.Index(text, "Not enough evidence to"); at < 0 || name == "terminal" && at > verdict {
			t.Errorf("%s has no warning before its verdict", name)
		}
	}
	f.Runs[0].Noise.Grade = "clean"
	for i := range 8 {
		f.Runs[i].Noise.Grade = "clean"
	}
	if got := sourceOf(f, 0, 1).voidText(); got != "" {
		t.Errorf("half void: %q", got)
	}
}

// A pair that was run again with the opposite end is told, and its discarded attempt is marked.
func TestRunAgainWithTheOppositeEnd(t *testing.T) {
	f := fewPairs(2)
	again := f.Runs[0]
	again.Attempt = 1
	f.Runs[0].Completed = false
	f.Runs = append(f.Runs, again)
	s := sourceOf(f, 0, 1)
	for _, sec := range []section{casesSection(s, s.comparisons()), noiseSection(s)} {
		if text := strings.Join(sec.notes, " "); !strings.Contains(text,
			"1 attempt at the bound (CAN'T COMPLETE) was run again") {
			t.Errorf("%s: %q", sec.id, text)
		}
	}
	if got := s.foot(); !strings.Contains(got, "16 runs (and 1 not shown: 1 attempt that was run again)") {
		t.Errorf("foot: %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(render(t, CSV, f))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	for _, row := range rows {
		kept[row[5]]++
	}
	if rows[0][5] != "kept" || kept["false"] != 1 || rows[1][5] != "false" || kept["true"] != 16 {
		t.Errorf("kept: %v", kept)
	}
}

func TestHowRunsEnded(t *testing.T) {
	f := fewPairs(2)
	no := false
	f.Runs[0].Verified = &no
	f.Runs[1].Verified, f.Runs[1].UnverifiedReason = nil, ""
	f.Runs[2].Verified, f.Runs[2].UnverifiedReason = nil, "discard"
	sec := failedSection(sourceOf(f, 0, 1), f)
	text := strings.Join(append(sec.lead, sec.notes...), " ")
	for _, part := range []string{"1 with memories that DIFFER", "1 unverified WITHOUT a stated reason",
		"1 unverifiable for a stated reason", "11 with both memories equal"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
	if !sec.warn {
		t.Error("there is no warning")
	}
	f.Runs = nil
	if sec = failedSection(sourceOf(f, 0, 1), f); !strings.Contains(sec.lead[0], "no other run") {
		t.Errorf("without runs: %q", sec.lead)
	}
}

func TestCompletionNamesEveryCase(t *testing.T) {
	s := defaultSynth()
	f := s.file()
	text := sourceOf(f, 0, 1).completionText()
	for _, part := range []string{"locked completes in every run of 9 of 10 cases",
		"in some runs with 8 threads, wait on (", "lockless completes in every run of every case"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

// No cell is as wide as a number with an exponent written out.
func TestHugeFigures(t *testing.T) {
	t.Parallel()
	f := fewPairs(2)
	f.Runs[0].TotalTimeMS = 1e308
	for name, format := range formats() {
		if text := render(t, format, f); strings.Contains(text, "00000000000000") {
			t.Errorf("%s writes the zeros of 1e308", name)
		}
	}
	if page := pageOfFiles(t, f); bytes.Contains(page, []byte("00000000000000000")) {
		i := bytes.Index(page, []byte("00000000000000000"))
		t.Errorf("the page writes the zeros of 1e308: %.100s", page[max(0, i-80):])
	}
}

// Pictures of a file in which a model has one run and no pair hold no path to nowhere.
func TestPicturesOfOneRun(t *testing.T) {
	one := fewPairs(1)
	one.Runs = one.Runs[:1]
	odd := fewPairs(2)
	odd.Runs = append(odd.Runs[:2:2], odd.Runs[3])
	odd.Runs[1].Pair = 7
	odd.Runs[2].Completed = false
	torn := fewPairs(10) // now one side alone completes, now the other
	for i := range torn.Runs {
		torn.Runs[i].Completed = torn.Runs[i].Pair%2 == torn.Runs[i].Position
	}
	for _, f := range []*results.File{one, odd, fewPairs(1), torn} {
		for _, p := range Plots([]*results.File{f}) {
			if p.build == nil {
				continue
			}
			for _, size := range []plotSize{plotWide, plotNarrow} {
				svg, _ := p.svg(size)
				for _, bad := range []string{"NaN", "Inf"} {
					if i := bytes.Index(svg, []byte(bad)); i >= 0 {
						t.Errorf("%s holds %s: %.120s", p.ID, bad, svg[max(0, i-60):])
					}
				}
			}
		}
	}
}

// A figure that is not there has no place in a picture.
func TestMarksWithoutAFigure(t *testing.T) {
	p := Plot{ID: "x", build: func(plotSize) *figure {
		one := &panel{Plot: newPlot("", "x", "y")}
		one.X.Max, one.Y.Max = 3, 3
		one.Add(centres{ink: inkText, join: true, half: 0.1, marks: []centreMark{
			{x: 0, y: 1, lo: 1}, {x: 1, y: nan, lo: 1}, {x: 2, y: 2, lo: 1}}},
			runDots{model: "locked", radius: 2, alpha: 1, marks: []runMark{{x: 1, y: nan}, {x: 1, y: 1}}})
		return &figure{title: "x", height: 100, panels: []*panel{one}}
	}}
	if svg, _ := p.svg(plotWide); bytes.Contains(svg, []byte("NaN")) {
		t.Error("a mark without a figure was drawn")
	}
}

// The letter's figure is in the same part of a table as the file's own.
func TestLetterStandsBesideItsFigure(t *testing.T) {
	s := sourceOf(tinyFile(3), 0, 1)
	g := casesSection(s, s.comparisons()).table
	for limit := 60; limit < 200; limit += 7 {
		for _, part := range cleanGrid(g, true).split(limit) {
			for i, col := range part.cols {
				if col.beside && i <= part.keys {
					t.Errorf("%d columns: %q begins a table", limit, col.head)
				}
			}
		}
	}
}

func TestMainModel(t *testing.T) {
	for want, models := range map[string][]string{"lockless": {"locked", "x", "lockless"},
		"step6-lockless": {"step0-locked", "step1-depth", "step6-lockless"}, "x": {"locked", "x", "y"}} {
		if got := mainModel(models); got != want {
			t.Errorf("of %v the main one is %s, want %s", models, got, want)
		}
	}
}

func TestThreadsList(t *testing.T) {
	for want, ns := range map[string][]int{"1 thread": {1}, "1 and 4 threads": {1, 4},
		"1, 2 and 16 threads": {1, 2, 16}} {
		if got := threadsList(ns); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
