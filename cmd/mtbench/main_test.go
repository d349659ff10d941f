package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mtbench/internal/series"
	"mtbench/results"
)

// The tests of this file use mtbench as a person does: the built binary, its output, its status.

var binary string // set once by TestMain, before any test

func TestMain(m *testing.M) {
	dieOfMemory()
	// The binary is built by a child, which the test cache cannot see into. This links the whole
	// command into the test as well, so that every change of it makes the tests run again.
	_ = newRootCommand()
	dir, err := os.MkdirTemp("", "mtbench")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "mtbench")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// mtbench runs the binary in dir and returns what it printed and its status.
func mtbench(t *testing.T, dir string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// small are the flags of a series of a second or two.
func small(more ...string) []string {
	return append([]string{"run", "--threads", "2", "--wait", "on", "--pairs", "2", "--aa", "0%",
		"--reruns", "0",
		"--memory", "4MiB", "--vcpus", "2", "--dirty-rate", "100", "--limit", "20s",
		"--link-bandwidth", "5.3x", "--downtime-limit", "1.5ms"}, more...)
}

func TestRunReportResumeCompare(t *testing.T) {
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, small("--output", "a.jsonl", "--seed", "7")...)
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	for _, want := range []string{"locked", "lockless", "a.jsonl", "a.svg"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not name %s:\n%s", want, out)
		}
	}
	f := readFile(t, filepath.Join(dir, "a.jsonl"))
	if len(f.Runs) != 4 || len(f.Failed) != 0 || f.Header.Seed != 7 {
		t.Fatalf("%d runs, %d failed, seed %d", len(f.Runs), len(f.Failed), f.Header.Seed)
	}
	for _, r := range f.Runs {
		checkRecord(t, &r)
	}
	for _, format := range formatNames() {
		if _, errs, status := mtbench(t, dir, "report", "a.jsonl", "--format", format, "-o",
			"out"); status != 0 {
			t.Errorf("report --format %s: status %d: %s", format, status, errs)
		}
	}
	if _, errs, status := mtbench(t, dir, "compare", "a.jsonl", "a.jsonl"); status != statusOK &&
		status != statusEvidence {
		t.Errorf("comparing a file with itself: status %d: %s", status, errs)
	}
}

func readFile(t *testing.T, path string) *results.File {
	t.Helper()
	f, err := results.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func checkRecord(t *testing.T, r *results.Run) {
	t.Helper()
	if !r.Completed || r.Verified == nil || !*r.Verified {
		t.Errorf("run %d: completed %v, verified %v (%s)", r.Index, r.Completed, r.Verified,
			r.UnverifiedReason)
	}
	if r.Pages < 1024 || r.Pages != r.PagesCompressed+r.PagesRaw+r.PagesZero {
		t.Errorf("run %d: %d pages are %d + %d + %d", r.Index, r.Pages, r.PagesCompressed, r.PagesRaw,
			r.PagesZero)
	}
	roles := map[string]int{}
	for _, u := range r.ThreadUsage {
		roles[u.Process+" "+u.Role]++
		if u.Role == "worker" && (u.CPUMS == nil || u.TID == 0) {
			t.Errorf("run %d: worker %s has no CPU time or tid", r.Index, u.Name)
		}
	}
	if roles["source main"] != 1 || roles["source worker"] != 2 || roles["source vcpu"] != 2 ||
		roles["destination main"] != 1 || roles["destination worker"] != 16 {
		t.Errorf("run %d: threads by role %v", r.Index, roles)
	}
}

func TestResumeAfterACut(t *testing.T) {
	dir := t.TempDir()
	if _, errs, status := mtbench(t, dir, small("--output", "a.jsonl", "--destination",
		"discard")...); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	path := filepath.Join(dir, "a.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	cut := append(bytes.Join(lines[:3], nil), lines[3][:len(lines[3])/2]...)
	if err := os.WriteFile(path, cut, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, errs, status := mtbench(t, dir, "run", "--resume", "a.jsonl", "--dry-run"); status != 0 {
		t.Errorf("dry run: status %d: %s", status, errs)
	}
	if now, _ := os.ReadFile(path); !bytes.Equal(now, cut) {
		t.Error("a dry run has changed the file")
	}
	if _, errs, status := mtbench(t, dir, "run", "--resume", "a.jsonl"); status != 0 {
		t.Fatalf("resume: status %d: %s", status, errs)
	}
	got := readFile(t, path)
	var indexes []int
	for _, r := range got.Runs {
		indexes = append(indexes, r.Index)
	}
	if want := []int{0, 1, 2, 3}; len(indexes) != 4 || indexes[2] != want[2] ||
		indexes[3] != want[3] || got.Truncated {
		t.Errorf("resumed file has runs %v, truncated %v", indexes, got.Truncated)
	}
}

func TestAnotherOccasion(t *testing.T) {
	dir := t.TempDir()
	if out, errs, status := mtbench(t, dir, small("--seed", "7", "--output", "a.jsonl",
		"--destination", "discard")...); status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	out, errs, status := mtbench(t, dir, "run", "--like", "a.jsonl", "--output", "b.jsonl")
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	a, b := readFile(t, filepath.Join(dir, "a.jsonl")), readFile(t, filepath.Join(dir, "b.jsonl"))
	if a.Header.Scenario != b.Header.Scenario || a.Header.Host.WorkTurns != b.Header.Host.WorkTurns {
		t.Errorf("another occasion has the workload %+v, want %+v", b.Header.Scenario, a.Header.Scenario)
	}
	if a.Header.Seed == b.Header.Seed || len(a.Runs) != len(b.Runs) {
		t.Errorf("seeds %d and %d, %d and %d runs", a.Header.Seed, b.Header.Seed, len(a.Runs),
			len(b.Runs))
	}
	out, errs, status = mtbench(t, dir, "report", "a.jsonl", "b.jsonl", "--only", "occasions")
	if status != 0 || !strings.Contains(out, "2 series of one build") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

func TestInterruptKeepsWhatIsFinished(t *testing.T) {
	dir := t.TempDir()
	words, status := interrupted(t, dir, func() { waitForRuns(t, filepath.Join(dir, "a.jsonl"), 2) },
		small("--output", "a.jsonl", "--pairs", "500")...)
	if status != statusInterrupted {
		t.Errorf("status %d, want %d: %s", status, statusInterrupted, words)
	}
	if f := readFile(t, filepath.Join(dir, "a.jsonl")); len(f.Runs) < 2 || f.Truncated {
		t.Errorf("%d runs were kept, truncated %v", len(f.Runs), f.Truncated)
	}
	if !strings.Contains(words, "--resume a.jsonl") {
		t.Errorf("the last line does not say how to go on: %s", words)
	}
}

// interrupted runs mtbench in dir, interrupts it when ready returns, and gives what it said on
// standard error and its status.
func interrupted(t *testing.T, dir string, ready func(), args ...string) (words string,
	status int) {
	t.Helper()
	return signalled(t, dir, syscall.SIGINT, func(int) { ready() }, args...)
}

// waitForRuns waits until the file holds n records beside its header. The bound is for a hang.
func waitForRuns(t *testing.T, path string, n int) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		text, _ := os.ReadFile(path)
		if bytes.Count(text, []byte("\n")) > n {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s never held %d runs", path, n)
}

func TestAKilledParentLeavesNoChild(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(binary, small("--output", "a.jsonl", "--pairs", "500")...)
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForRuns(t, filepath.Join(dir, "a.jsonl"), 1)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if len(children(t)) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("children of a killed parent are alive: %v", children(t))
		}
	}
}

// children are the processes of this test's binary.
func children(t *testing.T) []string {
	t.Helper()
	exes, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	var alive []string
	for _, exe := range exes {
		if target, err := os.Readlink(exe); err == nil && target == binary {
			alive = append(alive, exe)
		}
	}
	return alive
}

func TestBadInputIsRefusedWithASentence(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("there.jsonl", "precious")
	write("empty.jsonl", "")
	write("foreign.jsonl", `{"hello":"world"}`+"\n")
	write("newer.jsonl", `{"type":"header","schema":99,"kind":"measured","host":{},"scenario":{}}`+"\n")
	header := `{"type":"header","schema":1,"kind":"measured","host":{},"scenario":{}}` + "\n"
	write("good.jsonl", header)
	write("copy.jsonl", header)
	write("late.jsonl", strings.Replace(header, `"host"`, `"created":"late","host"`, 1))
	write("bad.yaml", "a: [b\n- : {")
	write("claims.yaml", "claims:\n  - id: x\n    metrik: total_time\n")
	cases := []struct {
		args string
		want string // of the sentence
	}{
		{"run --models lokced", "lokced"},
		{"run --models locked,locked", "twice"},
		{"run --threads 0", "0 is not between 1 and 255"},
		{"run --threads 100000", "100000 is not between"},
		{"run --threads x", `--threads: "x" is not a list of whole numbers; write for example 4,8,16`},
		{"run --seed -1", `--seed: "-1" is not a whole number from 0`},
		{"run --limit 5", `--limit: "5" has no unit; write for example 5s`},
		{"run --limit soon", `--limit: "soon" is not a duration`},
		{"run --pin=maybe", `--pin: "maybe" is neither one of core, smt, llc, node, spread nor a list`},
		{"run --pin 4000,0", "--pin: CPU 4000 is offline or not allowed to this process"},
		{"run --pin --machine goroutine", "--pin: goroutines have no CPU of their own"},
		{"run --vcpus many", `--vcpus: "many" is not a whole number`},
		{"run --nope", "there is no flag --nope; mtbench run --help lists them"},
		{"run -x", "there is no flag -x;"},
		{"run --output", "--output needs a value"},
		{"run --output=", "--output is empty"},
		{"report --only= missing.jsonl", "--only is empty"},
		{"run --decompress-threads 0", "--decompress-threads: 0 is not between 1 and 255"},
		{"run --vcpus 1000", "--vcpus: 1000 is not between 1 and 512"},
		{"run --memory 0", `--memory: "0" is 0 bytes; write sizes with their unit`},
		{"run --write-bytes 7", "--write-bytes: 7; it is a multiple of 8 between 8 and 4096"},
		{"run --pattern x", `--pattern: "x" is unknown; there are uniform, sequential, zipf`},
		{"run --flush x", `--flush: "x" is unknown; there are sync, wrap, iteration`},
		{"run --level 77", "--level: 77; codec zlib has the levels"},
		{"run --link-burst 0", "--link-burst: 0 bytes is not between 1 byte and 1 TiB"},
		{"run --downtime-limit 2h", "--downtime-limit: 2h0m0s is not between 0s and 1h"},
		{"run --machine x", `--machine: "x" is unknown`},
		{"run --codec spin:", `--codec: codec "spin:": the work is a duration`},
		{"run --pairs 0", "--pairs: 0 is not between 1 and 10000"},
		{"run --equal 0%", "--equal: nothing is proved to be equal within 0%"},
		{"run --budget 5ms", "--budget: 5ms is less than a second"},
		{"run --threads four", "four"},
		{"run --wait maybe", "neither on nor off, nor self"},
		{"run --wait self,self", "nor self given once"},
		{"run --memory 1000000GiB --output x.jsonl", "memory"},
		{"run --memory 5000 --output x.jsonl", "multiple"},
		{"run --memory lots", "not a size"},
		{"run --dirty-rate -5", "no page rate"},
		{"run --dirty-rate NaN", "no page rate"},
		{"run --link-bandwidth fast", "no bandwidth"},
		{"run --content file:/nowhere/at/all --output x.jsonl", "/nowhere/at/all"},
		{"run --content marble --output x.jsonl", "marble"},
		{"run --codec lzma --output x.jsonl", "lzma"},
		{"run --level 77 --output x.jsonl", "77"},
		{"run --pattern random --output x.jsonl", "random"},
		{"run --flush never --output x.jsonl", "never"},
		{"run --pairs -1", "--pairs"},
		{"run --reruns 1000", "--reruns"},
		{"run --limit 0s", "--limit"},
		{"run --equal 5", "5%"},
		{"run --models ideal", "discard"},
		{"run --output there.jsonl", "exists already"},
		{"run --output /nowhere/x.jsonl", "/nowhere"},
		{"run --resume there.jsonl", "not a result file"},
		{"run --resume empty.jsonl", "empty"},
		{"run --resume newer.jsonl", "schema 99"},
		{"run --resume there.jsonl --threads 4", "--threads"},
		{"run --like there.jsonl", "not a result file"},
		{"run --like published.jsonl --pairs 3", "--pairs"},
		{"run extra args", `mtbench run takes flags alone, and "extra" is none`},
		{"report", "mtbench report needs a result file"},
		{"claims", "mtbench claims needs a result file"},
		{"compare", "needs two result files, the old one and the new one, or one of two builds; 0 given"},
		{"compare one.jsonl", "one.jsonl: there is no such file"},
		{"report good.jsonl good.jsonl", "good.jsonl: is given twice"},
		{"report good.jsonl copy.jsonl", "copy.jsonl: is given twice, or is a copy of good.jsonl"},
		{"report late.jsonl", "late.jsonl:1: created is"},
		{"report good.jsonl -o there.jsonl", "--output: there.jsonl is a file, not a directory"},
		{"claims good.jsonl --claims bad.yaml", "is not a claims file: it is not YAML"},
		{"help nope", `mtbench has no command "nope"; mtbench --help lists them`},
		{"soak nope", `mtbench soak has no command "nope"`},
		{"reprot", "did you mean report?"},
		{"report missing.jsonl", "missing.jsonl"},
		{"report foreign.jsonl", "foreign.jsonl"},
		{"report empty.jsonl --format paper", "paper"},
		{"report newer.jsonl --plots gif", "gif"},
		{"compare empty.jsonl newer.jsonl", "empty.jsonl"},
		{"claims foreign.jsonl", "foreign.jsonl"},
		{"frontier --repeats 0", "--repeats"},
		{"frontier --budget 5m", "there is no flag --budget"},
		{"calibrate -o /nowhere/c.json", "--output: there is no directory /nowhere"},
		{"calibrate -o there.jsonl", "exists already"},
		{"run --extra lockless-rr", "is no model in a case"},
		{"run --extra lockless-rr:four:off", "is no count of threads"},
		{"run --extra lockless-rr:32:off", "is in no case of the matrix"},
		{"run --extra lockless:4:off", "runs in every case"},
		{"run --extra lockless-rr:4:off,lockless-rr:4:off", "twice"},
		{"run --extra nope:4:off", "nope"},
		{"soak aa --pairs 0", "--pairs"},
		{"soak aa --reruns -1", "--reruns: -1 is not between 0 and 100"},
		{"soak truth --max-pairs 1", "--max-pairs: 1 is not between 2 and"},
		{"soak truth --first -1", "--first"},
		{"soak account --models nope", "nope"},
		{"soak account --max-pairs 0", "--max-pairs"},
		{"nonsense", "nonsense"},
	}
	for _, c := range cases {
		_, errs, status := mtbench(t, dir, strings.Fields(c.args)...)
		if status != statusUsage || !strings.Contains(errs, c.want) {
			t.Errorf("mtbench %s: status %d, want %d with %q:\n%s", c.args, status, statusUsage, c.want,
				errs)
		}
		if n := strings.Count(strings.TrimSpace(errs), "\n"); n > 3 {
			t.Errorf("mtbench %s: %d lines instead of a sentence:\n%s", c.args, n+1, errs)
		}
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "there.jsonl")); string(text) != "precious" {
		t.Error("a file that was there has been changed")
	}
	if _, err := os.Stat(filepath.Join(dir, "x.jsonl")); err == nil {
		t.Error("a refused series has left a file")
	}
}

func TestDryRunStartsNothing(t *testing.T) {
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, "run", "--dry-run", "--output", "a.jsonl")
	if status != 0 || !strings.Contains(out, "as many as the evidence needs") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("a dry run has left %v", left)
	}
}

// everyPrinting are commands that print, those that read a result file with good.
func everyPrinting(good string) []string {
	return []string{"--help", "help run", "--version", "fields", "claims --metrics",
		"report " + good, "report --format csv " + good, "claims " + good, "compare " + good + " " + good,
		"run --dry-run", "explore --list", "report -o out " + good}
}

// A disk that is full is no fault of the input: status 1, whoever prints.
func TestFullStandardOutput(t *testing.T) {
	dir := t.TempDir()
	good := writeSeries(t, "good.jsonl", 64, 10, 1)
	for _, args := range everyPrinting(good) {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip("no /dev/full here")
		}
		cmd := exec.Command(binary, strings.Fields(args)...)
		var errs bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, full, &errs
		_ = cmd.Run()
		full.Close()
		if status := cmd.ProcessState.ExitCode(); status != statusInternal ||
			!strings.Contains(errs.String(), "standard output cannot be written: no space left") {
			t.Errorf("mtbench %s > /dev/full: status %d: %s", args, status, errs.String())
		}
	}
}

func TestFinalLineCountsWhatIsKept(t *testing.T) {
	for attempts, want := range map[int]string{0: "", 1: "; 1 attempt was run again",
		4: "; 4 attempts were run again"} {
		if got := again(series.Summary{Runs: 10, Again: attempts}); got != want {
			t.Errorf("%d attempts: %q, want %q", attempts, got, want)
		}
	}
}

func TestProgressLine(t *testing.T) {
	for threads, want := range map[int]string{1: " 1 thread   wait on", 16: "16 threads  wait on"} {
		s := series.Slot{Cell: results.Cell{Model: "locked", Threads: threads, Wait: true}}
		if got := caseOf(s); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}

// TestForcedFailures makes children fail in ways that a series must survive.
func TestForcedFailures(t *testing.T) {
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, "internal-child")
	if status != statusInternal || !strings.Contains(errs, "no job") {
		t.Errorf("a child without a job: status %d, %s%s", status, out, errs)
	}
}

func TestFieldsNamesEveryField(t *testing.T) {
	out, _, status := mtbench(t, t.TempDir(), "fields")
	if status != 0 {
		t.Fatalf("status %d", status)
	}
	for _, f := range results.Fields() {
		if !strings.Contains(out, "`"+f.Path+"`") {
			t.Errorf("%s is not explained", f.Path)
		}
	}
}

func TestRecordsAreOneJSONObjectALine(t *testing.T) {
	dir := t.TempDir()
	if _, errs, status := mtbench(t, dir, small("--output", "a.jsonl", "--pairs", "1", "--destination",
		"discard")...); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	text, err := os.ReadFile(filepath.Join(dir, "a.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		var record struct{ Type string }
		if err := json.Unmarshal(line, &record); err != nil || (record.Type == "header") != (i == 0) {
			t.Errorf("line %d: type %q, %v", i+1, record.Type, err)
		}
	}
}
