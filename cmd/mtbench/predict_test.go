package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mtbench/internal/trace/tracetest"
	"mtbench/results"
)

// calibrated makes a calibration of this host in dir.
func calibrated(t *testing.T, dir string) {
	t.Helper()
	out, errs, status := mtbench(t, dir, "calibrate", "--quick", "--seed", "1", "-o", "cal.json")
	if status != 0 || !strings.Contains(out, "calibration  cal.json") ||
		!strings.Contains(out, "futex_wake_ns") {
		t.Fatalf("calibrate: status %d\n%s%s", status, out, errs)
	}
}

// TestCalibratePredictReport goes the way of the how-to, small, and then every wrong way.
func TestCalibratePredictReport(t *testing.T) {
	dir := t.TempDir()
	calibrated(t, dir)
	out, errs, status := mtbench(t, dir, "predict", "--calibration", "cal.json", "--cpus", "64",
		"--threads", "4",
		"--wait", "on", "--memory", "2MiB", "--dirty-rate", "0", "--vcpus", "2", "--resamples", "2",
		"--trace",
		"trace.json", "-o", "p.jsonl")
	if status != 0 || !strings.Contains(out, "PREDICTED in virtual time, not measured") ||
		!strings.Contains(out, "trace    trace.json") {
		t.Fatalf("predict: status %d\n%s%s", status, out, errs)
	}
	f := readFile(t, filepath.Join(dir, "p.jsonl"))
	if f.Header.Kind != results.Predicted || len(f.Runs) != 4 || f.Header.Calibration == nil ||
		f.Header.Calibration.File != "cal.json" || f.Header.Host.CPUs != 64 {
		t.Errorf("kind %s, %d runs, calibration %+v", f.Header.Kind, len(f.Runs), f.Header.Calibration)
	}
	for _, format := range []string{"terminal", "markdown", "html"} {
		out, errs, status := mtbench(t, dir, "report", "p.jsonl", "--format", format, "-o", "out")
		if status != 0 {
			t.Errorf("report --format %s: status %d: %s", format, status, errs)
		}
		if text := out + filesBelow(t, filepath.Join(dir, "out")); !strings.Contains(text,
			"PREDICTED in virtual time") {
			t.Errorf("report --format %s does not say that the file is predicted", format)
		}
	}
	predictedTrace(t, filepath.Join(dir, "trace.json"))
	t.Run("bad calibrations", func(t *testing.T) { badCalibrations(t, dir) })
	t.Run("bad input", func(t *testing.T) { badPredictions(t, dir) })
	t.Run("against", func(t *testing.T) { predictAgainst(t, dir) })
	t.Run("interrupt", func(t *testing.T) { interruptPrediction(t, dir) })
}

// filesBelow is the text of all files of a directory.
func filesBelow(t *testing.T, dir string) (text string) {
	t.Helper()
	list, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range list {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	return text
}

func predictedTrace(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := tracetest.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for k, th := range f.Threads {
		name, _, _ := strings.Cut(th.Name, "#")
		names[f.Processes[k.PID]+" "+name]++
	}
	if names["source live_migration"] != 1 || names["source compress"] != 4 ||
		names["destination incoming"] != 1 || names["destination decompress"] != 16 ||
		len(f.Arrows) == 0 {
		t.Errorf("threads %v, %d arrows", names, len(f.Arrows))
	}
	if f.About["kind"] != results.Predicted || f.About["model"] != "locked" {
		t.Errorf("about %v", f.About)
	}
}

// badCalibrations: each file that is none is refused in a sentence that says why.
func badCalibrations(t *testing.T, dir string) {
	good, err := os.ReadFile(filepath.Join(dir, "cal.json"))
	if err != nil {
		t.Fatal(err)
	}
	edited := func(edit func(c map[string]any)) string {
		var c map[string]any
		if err := json.Unmarshal(good, &c); err != nil {
			t.Fatal(err)
		}
		edit(c)
		text, _ := json.Marshal(c)
		return string(text)
	}
	samples := func(c map[string]any) map[string]any { return c["samples"].(map[string]any) }
	for name, c := range map[string]struct{ text, want string }{
		"cut":     {string(good[:len(good)/2]), "cut.json: not a calibration: it ends in the middle"},
		"empty":   {"", "empty.json: not a calibration: the file is empty"},
		"foreign": {`{"type":"header","schema":1}`, `foreign.json: type is "header"; a calibration has "calibration"`},
		"text":    {"hello", "text.json: not a calibration: it is not a JSON object"},
		"more":    {string(good) + "{}", "more.json: not a calibration: it is not a JSON object"},
		"big":     {strings.Repeat(" ", 8<<20+1), "big.json: more than 8388608 bytes"},
		"newer": {edited(func(c map[string]any) { c["schema"] = 99 }),
			"newer.json: schema 99; this build reads"},
		"figure": {edited(func(c map[string]any) { delete(samples(c), "atomic_ns") }),
			"no samples of atomic_ns"},
		"negative": {edited(func(c map[string]any) { samples(c)["atomic_ns"] = []int{-4} }), "sample 0 is -4 ns"},
		"kind": {edited(func(c map[string]any) { samples(c)["atomic_ns"] = "many" }),
			"samples is a string"},
		"pages": {edited(func(c map[string]any) { c["pages"] = []any{} }),
			"0 pages; there must be 1 to"},
		"codec": {edited(func(c map[string]any) { c["codec"] = "lzma" }), `codec "lzma" is unknown`},
		"level": {edited(func(c map[string]any) { c["level"] = 77 }),
			"level is 77; codec zlib has the levels"},
		"content": {edited(func(c map[string]any) { c["content"] = "" }), "content is empty"},
	} {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, "predict --calibration "+name+".json -o x.jsonl", c.want)
	}
	refused(t, dir, "predict --calibration missing.json -o x.jsonl",
		"there is no calibration missing.json; make one with: mtbench calibrate -o missing.json")
	if err := os.Mkdir(filepath.Join(dir, "none"), 0o755); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, "predict --calibration none -o x.jsonl", "the directory none holds no calibration")
	refused(t, dir, "predict -o x.jsonl",
		"a prediction needs a --calibration; make one with: mtbench calibrate")
}

// refused runs a command that must end with the status of bad input, in one sentence, and leave
// nothing.
func refused(t *testing.T, dir, args, want string) {
	t.Helper()
	_, errs, status := mtbench(t, dir, strings.Fields(args)...)
	if status != statusUsage || !strings.Contains(errs, want) || strings.Contains(errs, "goroutine") {
		t.Errorf("mtbench %s: status %d, want %d with %q:\n%s", args, status, statusUsage, want, errs)
	}
	if n := strings.Count(strings.TrimSpace(errs), "\n"); n > 2 {
		t.Errorf("mtbench %s: %d lines instead of a sentence:\n%s", args, n+1, errs)
	}
	for _, left := range []string{"x.jsonl", "x.json"} {
		if _, err := os.Lstat(filepath.Join(dir, left)); err == nil {
			t.Errorf("mtbench %s has left %s", args, left)
			os.Remove(filepath.Join(dir, left))
		}
	}
}

func badPredictions(t *testing.T, dir string) {
	if err := os.WriteFile(filepath.Join(dir, "there.jsonl"), []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--cpus 0":                          "--cpus: 0 is not between 1 and 4096",
		"--cpus -3":                         "--cpus: -3 is not between 1 and 4096",
		"--cpus 99999":                      "--cpus: 99999 is not between 1 and 4096",
		"--memory -5":                       `--memory: "-5" is not a size`,
		"--memory 0":                        `--memory: "0" is 0 bytes; write sizes with their unit`,
		"--memory 5000":                     "--memory: 5 kB; it is a multiple of",
		"--memory 1000000TiB":               "--memory: 1000000 TiB; it is",
		"--threads 0":                       "--threads: 0 is not between",
		"--threads 4,4":                     "--threads names a count twice",
		"--models nope":                     `unknown model "nope"`,
		"--models ideal,locked":             "discard",
		"--models locked,locked":            "names locked twice",
		"--vcpus 0":                         "--vcpus: 0 is not between",
		"--vcpus 9999":                      "--vcpus: 9999 is not between",
		"--decompress-threads 0":            "--decompress-threads: 0 is not between",
		"--write-bytes 7":                   "--write-bytes: 7",
		"--pattern never":                   `--pattern: "never" is unknown`,
		"--flush never":                     `--flush: "never" is unknown`,
		"--destination mars":                `--destination: "mars" is unknown`,
		"--link-burst 0":                    "--link-burst: 0 bytes",
		"--machine goroutine":               "only kernel threads are predicted",
		"--pin":                             "--pin: virtual threads are not pinned",
		"--limit 0s":                        "--limit: 0s; the bound of a run is above 0s",
		"--scale -1":                        "--scale: 1/-1 of the memory",
		"--scale 0":                         "--scale: 1/0 of the memory",
		"--scale 1000000":                   "--scale: a scale of 1/1000000 leaves 0 bytes",
		"--resamples 0":                     "--resamples: 0 is not between 1 and 1000",
		"--codec zstd":                      "calibrate for what is to be predicted",
		"--refit 3":                         "--refit goes with --letter",
		"--two-hosts --destination discard": "needs --destination process",
		"--trace there.jsonl":               "--trace: there.jsonl exists already",
		"--trace /nowhere/t.json": "--trace: /nowhere/t.json cannot be made: no such file " +
			"or directory",
		"--against missing.jsonl": "missing.jsonl: there is no such file",
		"--against there.jsonl":   "there.jsonl:1: not a result file",
		"--against p.jsonl": "p.jsonl holds predicted figures; --against needs " +
			"measured ones",
		"--against p.jsonl --cpus 4": "--cpus cannot be given with --against",
		"--letter":                   "--calibration cannot be given with --letter",
		"--output there.jsonl":       "--output: there.jsonl exists already",
		"--output /nowhere/x":        "--output: there is no directory /nowhere",
	} {
		refused(t, dir, "predict -o x.jsonl --calibration cal.json --resamples 1 "+args, want)
	}
	for args, want := range map[string]string{
		"--cpus 4":  "--cpus cannot be given with --letter",
		"--trace t": "--trace cannot be given with --letter",
		"--scale 0": "--scale: 1/0 of the memory", "--refit 99": "--refit: 99 is not between 0 and 20",
		"--output there.jsonl": "--output: there.jsonl exists already",
	} {
		refused(t, dir, "predict --letter -o x.jsonl "+args, want)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "there.jsonl")); string(text) != "precious" {
		t.Error("a file that was there has been changed")
	}
}

// predictAgainst predicts a tiny series of this host, and refuses a calibration of another one and
// a measured file whose matrix cannot be.
func predictAgainst(t *testing.T, dir string) {
	if _, errs, status := mtbench(t, dir, small("-o", "m.jsonl", "--pairs", "1", "--calibrate", "cals",
		"--calibrate-quick")...); status != 0 {
		t.Fatalf("run: status %d: %s", status, errs)
	}
	if made, _ := filepath.Glob(filepath.Join(dir, "cals", "*.json")); len(made) != 2 {
		t.Errorf("before and after the one round there were made the calibrations %q", made)
	}
	refused(t, dir, "run --calibrate cals -o n.jsonl", "cals exists already")
	refused(t, dir, "run --calibrate nowhere/cals -o n.jsonl", "there is no directory nowhere")
	for i, calibration := range []string{"cal.json", "cals"} {
		output := fmt.Sprintf("pa%d.jsonl", i)
		out, errs, status := mtbench(t, dir, "predict", "--calibration", calibration, "--against",
			"m.jsonl",
			"--resamples", "2", "-o", output)
		if status != 0 || !strings.Contains(out, "results  "+output) {
			t.Errorf("predict --against: status %d\n%s%s", status, out, errs)
		}
	}
	change := func(from, to, old, text string) {
		b, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil || !bytes.Contains(b, []byte(old)) {
			t.Fatalf("%s has no %s: %v", from, old, err)
		}
		b = bytes.ReplaceAll(b, []byte(old), []byte(text))
		if err := os.WriteFile(filepath.Join(dir, to), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	host := readFile(t, filepath.Join(dir, "m.jsonl")).Header.Host.CPUModel
	change("cal.json", "elsewhere.json", host, "Elsewhere 9000")
	refused(t, dir, "predict --calibration elsewhere.json --against m.jsonl -o x.jsonl",
		"calibrate on the host that was measured")
	change("m.jsonl", "none.jsonl", `"models":["locked","lockless"]`, `"models":[]`)
	refused(t, dir, "predict --calibration cal.json --against none.jsonl -o x.jsonl",
		"none.jsonl: --models names no model")
	change("m.jsonl", "vcpus.jsonl", `"vcpus":2`, `"vcpus":20000`)
	refused(t, dir, "predict --calibration cal.json --against vcpus.jsonl -o x.jsonl",
		"vcpus: 20000 is not between")
}

// interruptPrediction: what was finished is kept, and the status says so.
func interruptPrediction(t *testing.T, dir string) {
	words, status := interrupted(t, dir, func() { waitForRuns(t, filepath.Join(dir, "i.jsonl"), 2) },
		"predict", "--calibration", "cal.json", "--threads", "1",
		"--wait", "on", "--memory", "8MiB", "--resamples", "1000", "-o", "i.jsonl")
	f := readFile(t, filepath.Join(dir, "i.jsonl"))
	if status != statusInterrupted || len(f.Runs) < 2 || !strings.Contains(words,
		"which are in i.jsonl") {
		t.Errorf("status %d, %d runs: %s", status, len(f.Runs), words)
	}
}

// TestLetterInterrupted: the rows that are there are kept, the one that is going on is left at
// once, and the file can be read.
func TestLetterInterrupted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "l.jsonl")
	words, status := interrupted(t, dir, func() { waitForRuns(t, path, 1) },
		"predict", "--letter", "--scale", "800", "-o", "l.jsonl")
	n := len(readFile(t, path).Runs)
	if status != statusInterrupted || n < 1 || n > 11 ||
		!strings.Contains(words, "of 12 runs, which are in l.jsonl") {
		t.Errorf("status %d, %d runs: %s", status, n, words)
	}
}

func TestCalibrateBadInput(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "there"), []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--content marble":      `--content: page content "marble" is unknown`,
		"--content file:/nope":  "--content: page content file:/nope: no such file",
		"--codec lzma":          `--codec: codec "lzma" is unknown`,
		"--level 99":            "--level: codec zlib has levels 0 to 9",
		"--seed x":              `--seed: "x" is not a whole number`,
		"--output there":        "--output: there exists already; it is not overwritten",
		"--output there/x.json": "--output: there is no directory there",
		"--output none/x.json":  "--output: there is no directory none",
		"--output /proc/x.json": "--output: no file can be made in the directory /proc",
		"--output .":            "--output: . exists already",
		"more":                  `mtbench calibrate takes flags alone, and "more" is none`,
	} {
		refused(t, dir, "calibrate -o x.json "+args, want)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("refused calibrations have left %v", left)
	}
}

// A build that explores is another program: it explores, and does not measure; the ordinary build
// names the command that makes it.
func TestExplore(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, "explore", "go build -tags explore -o mtbench-explore ./cmd/mtbench")
	if out, _, status := mtbench(t, dir, "explore", "--list"); status != 0 ||
		!strings.Contains(out, "asleep-flag") {
		t.Errorf("--list: status %d\n%s", status, out)
	}
	if testing.Short() {
		t.Skip("the rest needs a build of its own")
	}
	ordinary := binary
	defer func() { binary = ordinary }()
	binary = filepath.Join(dir, "mtbench-explore")
	build := exec.Command("go", "build", "-buildvcs=false", "-tags", "explore", "-o", binary, ".")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for args, want := range map[string]string{
		"run -o x.jsonl":                         "it explores and does not measure",
		"frontier -o x.jsonl":                    "it explores and does not measure",
		"calibrate -o x.json":                    "it explores and does not measure",
		"explore --models nope":                  `--models: unknown model "nope"`,
		"explore --models null":                  "--models: null is a baseline without a hand-over",
		"explore --schedules 0":                  "--schedules: 0 is not between",
		"explore --bound -1":                     "--bound: -1 is not between 0 and 100",
		"explore --depth 0":                      "--depth: 0 is not between 1 and 100",
		"explore --schedule 1":                   "--schedule and --program are given together",
		"explore --program x --schedule default": "--schedule is of one model",
		"explore --models locked --program x --schedule default": `--program: there is no program "x"`,
	} {
		refused(t, dir, args, want)
	}
	schedule := func(numbers string) []string {
		return []string{"explore", "--models", "asleep-flag", "--program", "one worker, wait",
			"--schedule", numbers}
	}
	for numbers, want := range map[string]struct {
		status int
		text   string
	}{
		"default": {statusOK, "nothing went wrong"},
		"31 1":    {statusMemory, "sleeps on event"},
		"0 99":    {statusUsage, "--schedule: the schedule does not fit the program"},
		"1 2 3":   {statusUsage, "--schedule: 3 numbers; they come in pairs"},
		"many":    {statusUsage, `--schedule: number 1 is "many"`},
	} {
		out, errs, status := mtbench(t, dir, schedule(numbers)...)
		if status != want.status || !strings.Contains(out+errs, want.text) {
			t.Errorf("schedule %q: status %d, want %d with %q:\n%s%s", numbers, status, want.status,
				want.text, out,
				errs)
		}
	}
	out, errs, status := mtbench(t, dir, "explore", "--schedules", "200")
	if status != 0 || !strings.Contains(out, "locked: 200 schedules") ||
		!strings.Contains(out, "lockless: 200 ") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	interruptExploring(t, dir)
}

// interruptExploring: a walk of many schedules ends when it is told to.
func interruptExploring(t *testing.T, dir string) {
	t.Helper()
	words, status := interrupted(t, dir, func() { time.Sleep(300 * time.Millisecond) }, "explore",
		"--models",
		"locked", "--schedules", "1000000000")
	if status != statusInterrupted || !strings.Contains(words, "interrupted; locked: ") {
		t.Errorf("status %d: %s", status, words)
	}
}
