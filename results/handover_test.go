package results

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func handOverHeader() HandOverHeader {
	return HandOverHeader{Host: Host{CPUs: 2}, Grid: HandOverGrid{Models: []string{"a", "b"},
		Threads: []int{1, 4}, WorksNS: []int64{0, 1000}, Loads: []int{10, 100}, Repeats: 2,
		Time: DurationOf(5)}}
}

func handOverRun(index int, c HandOverCell) HandOver {
	us := 1.5
	return HandOver{HandOverCell: c, Index: index, Pages: 10, WallMS: 5, Rate: 2000, PageNS: 500_000,
		CPUNS: 700, Latency: Latency{Mean: &us, Max: &us},
		Buckets: []Bucket{{UpTo: 1, Pages: 4}, {UpTo: 2, Pages: 6}}}
}

// handOverText is a whole hand-over file.
func handOverText(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "h.jsonl")
	w, err := CreateHandOver(path, handOverHeader())
	if err != nil {
		t.Fatal(err)
	}
	c := HandOverCell{Model: "a", Threads: 1, Load: 10}
	err = errors.Join(w.Append(handOverRun(0, c)),
		w.Append(&HandOverFailed{HandOverCell: c.Of("b"), Index: 1, Reason: "so"}), w.Close())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A file is read as it was written, and one whose writer was killed in a line is resumed as if
// that line had not been begun.
func TestHandOverFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	w, err := CreateHandOver(path, handOverHeader())
	if err != nil {
		t.Fatal(err)
	}
	c := HandOverCell{Model: "a", Threads: 1, Load: 10}
	for i := range 2 {
		if err := w.Append(handOverRun(i, c.Of([]string{"a", "b"}[i]))); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if _, err := CreateHandOver(path, handOverHeader()); err == nil {
		t.Error("an existing file was written over")
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-20], 0o644); err != nil {
		t.Fatal(err)
	}
	f, w, err := ResumeHandOver(path)
	if err != nil || !f.Truncated || len(f.Runs) != 1 || len(f.Kept()) != 1 {
		t.Fatalf("%v, %+v", err, f)
	}
	if err := w.Append(&HandOverFailed{HandOverCell: c.Of("b"), Index: 1, Reason: "so"}); err != nil {
		t.Fatal(err)
	}
	w.Close()
	f, err = ReadHandOver(path)
	if err != nil || len(f.Runs) != 1 || len(f.Failed) != 1 || f.Truncated || !f.Kept()[1] {
		t.Fatalf("%v, %+v", err, f)
	}
	if *f.Runs[0].Latency.Max != 1.5 || f.Runs[0].Latency.P50 != nil || f.Runs[0].Pages != 10 {
		t.Errorf("%+v", f.Runs[0])
	}
}

// The two kinds of files are told apart, and neither is taken for the other.
func TestHandOverIsNoResultFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.jsonl")
	w, err := CreateHandOver(path, handOverHeader())
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	f, h, err := ReadAny(path)
	if f != nil || h == nil || err != nil {
		t.Errorf("%v, %v, %v", f, h, err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "mtbench handover") {
		t.Errorf("read as a result file: %v", err)
	}
	other := filepath.Join(t.TempDir(), "r.jsonl")
	if w, err = Create(other, Header{Kind: Measured}); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if _, err := ReadHandOver(other); err == nil || !strings.Contains(err.Error(), "mtbench run") {
		t.Errorf("read as a hand-over file: %v", err)
	}
}

// What cannot be is refused with its line and why.
func TestHandOverBadInput(t *testing.T) {
	cell := `"model":"a","threads":1,"work_ns":0,"load_percent":10,"index":0,"repeat":0`
	run := `{"type":"handover",` + cell + `,"pages":1,"wall_ms":1,"pages_per_second":1,` +
		`"cpu_ns_per_page":1`
	for _, c := range []struct{ line, want string }{
		{`{"type":"run"}`, "a hand-over file has handover and"},
		{`{"type":"handover-header"}`, "no record of a hand-over file"},
		{`[]`, "no record of a hand-over file"},
		{run + `,"cpu_ns_per_page":2}`, "twice"},
		{strings.Replace(run, `"pages":1`, `"pages":0`, 1) + `}`, "must be above 0"},
		{strings.Replace(run, `"threads":1`, `"threads":2`, 1) + `}`, "not in the grid"},
		{strings.Replace(run, `"load_percent":10`, `"load_percent":0`, 1) + `}`, "load is 0"},
		{strings.Replace(run, `"index":0`, `"index":9999`, 1) + `}`, "not in the grid"},
		{strings.Replace(run, `"wall_ms":1`, `"wall_ms":-1`, 1) + `}`, "negative"},
		{strings.Replace(run, `"wall_ms":1,`, ``, 1) + `}`, "has no wall_ms"},
		{run + `,"latency_histogram":[{"up_to_us":2,"pages":1},{"up_to_us":1,"pages":1}]}`,
			"latency_histogram[1]"},
		{run + "}\n" + run + `}`, "line 2 already"},
		{`{"type":"handover-failed",` + cell + `}`, "has no reason"},
	} {
		path := filepath.Join(t.TempDir(), "h.jsonl")
		w, err := CreateHandOver(path, handOverHeader())
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		text, _ := os.ReadFile(path)
		if err := os.WriteFile(path, []byte(string(text)+c.line+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = ReadHandOver(path)
		var input *InputError
		if !errors.As(err, &input) || !strings.Contains(input.Msg, c.want) || input.Line < 2 {
			t.Errorf("%s\n got %v, want %q", c.line, err, c.want)
		}
	}
}

func TestHandOverHeaderBounds(t *testing.T) {
	for want, change := range map[string]func(*HandOverHeader){
		"no runs":     func(h *HandOverHeader) { h.Grid.Repeats = 0 },
		"more than":   func(h *HandOverHeader) { h.Grid.Repeats = MaxRuns },
		"work is":     func(h *HandOverHeader) { h.Grid.WorksNS = []int64{MaxHandOverWork + 1} },
		"time_ms is":  func(h *HandOverHeader) { h.Grid.Time = 0 },
		"empty name":  func(h *HandOverHeader) { h.Grid.Models = []string{""} },
		"poll_budget": func(h *HandOverHeader) { h.Grid.PollBudgets = []int{-2} },
	} {
		h := handOverHeader()
		change(&h)
		path := filepath.Join(t.TempDir(), "h.jsonl")
		w, err := CreateHandOver(path, h)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		if _, err := ReadHandOver(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// The ceiling is the longer of the submitter's price and the work over the workers with a CPU.
func TestCeiling(t *testing.T) {
	for _, c := range []struct {
		threads int
		work    int64
		want    float64
	}{{1, 0, 1e7}, {4, 100, 1e7}, {1, 1000, 1e6}, {4, 1000, 2e6}, {4, 100_000, 2e4}} {
		cell := HandOverCell{Threads: c.threads, WorkNS: c.work, Load: 50}
		if got := cell.Ceiling(2); got != c.want || cell.Offered(2) != c.want/2 {
			t.Errorf("%+v: %g, want %g", c, got, c.want)
		}
	}
	if full := (HandOverCell{Threads: 1, Load: 100}); full.Offered(2) != 0 {
		t.Error("full load is paced")
	}
}
