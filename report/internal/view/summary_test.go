package view

import (
	"strings"
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

func TestRerunCommandKeepsTheWorkload(t *testing.T) {
	argv := []string{"./mtbench", "run", "--codec", "s2", "--pairs", "2", "-o", "x.jsonl", "--seed=7",
		"--calibrate", "cals", "--threads", "4"}
	if got := rerunCommand(argv, 9); got != "mtbench run --codec s2 --threads 4 --pairs 9" {
		t.Errorf("got %q", got)
	}
}

// TestWhatSettlesASeries: twice the time that it had, whoever chose that; of a first look a whole
// series.
func TestWhatSettlesASeries(t *testing.T) {
	for argv, want := range map[string]string{
		"mtbench run --threads 4":                         "mtbench run --threads 4 --budget 1m0s",
		"mtbench run --budget 30s -o x.jsonl --threads 4": "mtbench run --threads 4 --budget 1m0s",
		"mtbench run --quick --codec s2":                  "mtbench run --codec s2",
		"mtbench run --quick=true --seed 3":               "mtbench run",
	} {
		h := results.Header{Argv: strings.Fields(argv),
			Matrix: results.Matrix{Budget: results.DurationOf(30_000)}}
		if got := moreBudget(&h); got.Command != want || got.Why == "" {
			t.Errorf("%s: %+v, want %s", argv, got, want)
		}
	}
}

// What is not proved is called observed; the spinner that competes with its workers is named.
func TestWhy(t *testing.T) {
	f := reporttest.FewPairs(2)
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
				u.StatesMS = results.States{{Name: "spin-room", MS: 0.78 * u.WallMS}}
			}
			u.RunDelayMS, u.BlockedMS = &delay, &blocked
		}
	}
	text := strings.ReplaceAll(SourceOf(f, 0, 1).whyText(), "\u00a0", " ")
	for _, part := range []string{"×) (observed, not proved)", "of lockless spins 78 %",
		"on 2 CPUs its workers wait for a CPU 60 % of theirs (those of locked 10 %)",
		"need not mean less time", "Spinning 78 % stands beside CPU main 30 %"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
	f.Header.Host.CPUs = 64
	if text := SourceOf(f, 0, 1).whyText(); strings.Contains(text, "competes") {
		t.Errorf("on 64 CPUs: %q", text)
	}
	if text := SourceOf(reporttest.DefaultSynth().File(), 0, 1).whyText(); strings.Contains(text,
		"not proved") {
		t.Errorf("ten pairs: %q", text)
	}
}

func TestCompletionNamesEveryCase(t *testing.T) {
	s := reporttest.DefaultSynth()
	f := s.File()
	text := SourceOf(f, 0, 1).completionText()
	for _, part := range []string{"locked completes in every run of 9 of 10 cases",
		"in some runs with 8 threads, wait on (", "lockless completes in every run of every case"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

func TestMainModel(t *testing.T) {
	for want, models := range map[string][]string{"lockless": {"locked", "x", "lockless"},
		"step6-lockless": {"step0-locked", "step1-depth", "step6-lockless"}, "x": {"locked", "x", "y"}} {
		s := &Source{Known: []Contender{{Name: "step0-locked", Kind: Step},
			{Name: "step1-depth", Kind: Step}, {Name: "step6-lockless", Kind: Step}}}
		if got := s.MainModel(models); got != want {
			t.Errorf("of %v the main one is %s, want %s", models, got, want)
		}
	}
}
