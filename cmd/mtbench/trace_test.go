package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mtbench/internal/trace/tracetest"
	"mtbench/results"
)

// A traced series: one run of each model in each case, each with a trace of both processes on one
// time axis, in a file that says so and is no evidence.
func TestTracedSeries(t *testing.T) {
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, "run", "--threads", "2", "--wait", "on,off", "--memory",
		"1MiB", "--link-bandwidth", "5.3x", "--downtime-limit", "1.5ms",
		"--dirty-rate", "0.1x",
		"--vcpus", "1", "--dirty-rate", "0", "--decompress-threads", "2", "--trace", "traces", "-o",
		"a.jsonl")
	if status != 0 || !strings.Contains(out, "TRACED, no evidence") ||
		!strings.Contains(out, "traces   traces (open one at ui.perfetto.dev)") {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	f := readFile(t, filepath.Join(dir, "a.jsonl"))
	if f.Header.Kind != results.Traced || len(f.Runs) != 4 || len(f.Header.Notes) != 1 {
		t.Errorf("kind %s, %d runs, notes %q", f.Header.Kind, len(f.Runs), f.Header.Notes)
	}
	for i := range f.Runs {
		r := &f.Runs[i]
		if !r.Traced || !r.Completed || r.AA {
			t.Errorf("run %d: traced %v, completed %v, A/A %v", i, r.Traced, r.Completed, r.AA)
		}
		checkTrace(t, dir, r)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "traces", "*")); len(left) != len(f.Runs) {
		t.Errorf("the directory of traces has %v", left)
	}
	tracedIsNoEvidence(t, dir)
}

// checkTrace holds the trace of one run to the format and to the run's record.
func checkTrace(t *testing.T, dir string, r *results.Run) {
	t.Helper()
	name := r.Model + "-2-wait-" + results.OnOff(r.Wait) + ".json"
	text, err := os.ReadFile(filepath.Join(dir, "traces", name))
	if err != nil {
		t.Error(err)
		return
	}
	f, err := tracetest.Read(text)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if f.About["kind"] != results.Traced || f.About["model"] != r.Model || f.About["wait"] != r.Wait ||
		f.About["total_time_ms"] != r.TotalTimeMS || f.About["events_dropped"] != 0.0 {
		t.Errorf("%s: about %v", name, f.About)
	}
	found := map[string]*tracetest.Thread{} // by process and thread
	for k, th := range f.Threads {
		found[f.Processes[k.PID]+" "+th.Name] = th
		if !th.Whole() || th.Spans == 0 {
			t.Errorf("%s: the life of %s has holes, in %d spans", name, th.Name, th.Spans)
		}
	}
	for _, u := range r.ThreadUsage {
		k := tracetest.Key{PID: pidOf(f, u.Process), TID: u.TID}
		th := f.Threads[k]
		if th == nil && u.Role != "other" {
			t.Errorf("%s: thread %d of the record (%s) is not in the trace", name, u.TID, u.Name)
		} else if th != nil && (th.To-th.From)/1000 < u.WallMS-0.01 {
			t.Errorf("%s: %s lived for %g ms by the trace and %g ms by the record", name, th.Name,
				(th.To-th.From)/1000, u.WallMS)
		}
	}
	main, far := found["source live_migration#0"], found["destination incoming#0"]
	if main == nil || far == nil {
		t.Errorf("%s: there are %v", name, found)
		return
	}
	if main.Instants["measured time begins"] != 1 || main.From > far.To || far.From > main.To {
		t.Errorf("%s: source and destination do not meet: %g to %g and %g to %g", name, main.From,
			main.To,
			far.From, far.To)
	}
	if len(f.Arrows) == 0 {
		t.Errorf("%s: nobody woke anybody", name)
	}
}

func pidOf(f *tracetest.File, process string) int {
	for pid, name := range f.Processes {
		if name == process {
			return pid
		}
	}
	return 0
}

func tracedIsNoEvidence(t *testing.T, dir string) {
	t.Helper()
	out, errs, status := mtbench(t, dir, "claims", "a.jsonl")
	if status != statusEvidence || !strings.Contains(errs,
		"0 supported, 0 contradicted, 0 immaterial (equal within the margin), 0 not enough evidence") ||
		!strings.Contains(out, "no run of it that was not traced") {
		t.Errorf("claims: status %d: %s", status, errs)
	}
	_, errs, status = mtbench(t, dir, "compare", "a.jsonl", "a.jsonl")
	if status != statusIncomparable || !strings.Contains(errs, "were traced") {
		t.Errorf("compare: status %d: %s", status, errs)
	}
	if _, errs, status = mtbench(t, dir, "run", "--resume", "a.jsonl"); status != statusUsage ||
		!strings.Contains(errs, "holds traced figures") {
		t.Errorf("resume: status %d: %s", status, errs)
	}
	if _, errs, status = mtbench(t, dir, "report", "a.jsonl", "--format", "html", "-o",
		"out"); status != 0 {
		t.Errorf("report: status %d: %s", status, errs)
	}
	page, _ := os.ReadFile(filepath.Join(dir, "out", "report.html"))
	if !strings.Contains(string(page), "TRACED, no evidence") {
		t.Error("the page does not say that the series was traced")
	}
}

// A trace without a destination is one of the source alone.
func TestTracedDiscard(t *testing.T) {
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, "run", "--models", "locked", "--threads", "1", "--wait", "on",
		"--memory",
		"256KiB", "--vcpus", "1", "--dirty-rate", "0", "--destination", "discard", "--trace", ".", "-o",
		"a.jsonl")
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	text, err := os.ReadFile(filepath.Join(dir, "locked-1-wait-on.json"))
	if err != nil {
		t.Fatal(err)
	}
	if f, err := tracetest.Read(text); err != nil || len(f.Processes) != 1 {
		t.Errorf("processes %v, %v", f.Processes, err)
	}
}

// What contradicts a trace is refused before anything runs.
func TestTraceBadInput(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"there": "precious",
		"locked-4-wait-on.json": "precious"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]string{
		"--trace x --pairs 5":           "--trace makes one run of each model",
		"--trace x --aa 10%":            "--trace makes one run of each model",
		"--trace x --reruns 1":          "--trace makes one run of each model",
		"--trace x --machine goroutine": "--trace: only kernel threads are traced",
		"--trace x --account off":       "--trace: a trace is made of the account",
		"--trace there":                 "--trace: the directory there cannot be made: not a directory",
		"--trace there/below": "--trace: the directory there/below cannot be made: not a " +
			"directory",
		"--trace . --threads 4 --wait on": "--trace: locked-4-wait-on.json exists already",
		"--trace=":                        "--trace is empty",
		"--trace x --resume a.jsonl":      "--trace cannot be given with --resume",
	} {
		_, errs, status := mtbench(t, dir, strings.Fields("run -o x.jsonl "+args)...)
		if status != statusUsage || !strings.Contains(errs, want) {
			t.Errorf("run %s: status %d, want %d with %q:\n%s", args, status, statusUsage, want, errs)
		}
	}
	for _, name := range []string{"x", "x.jsonl"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			t.Errorf("a refused series has left %s", name)
		}
	}
}
