package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"mtbench/results"
)

// writeSeries makes a result file of pairs in one cell, lockless taking ratio times as long and
// waking as often, on a host of so many CPUs.
func writeSeries(t *testing.T, name string, cpus, pairs int, ratio float64) string {
	t.Helper()
	header := results.Header{Type: results.TypeHeader, Schema: results.Schema, Kind: results.Measured,
		Host:   results.Host{CPUs: cpus},
		Matrix: results.Matrix{Models: []string{"locked", "lockless"}, Pairs: pairs}}
	lines := [][]byte{encode(t, header)}
	for pair := range pairs {
		for i, model := range []string{"locked", "lockless"} {
			times := []float64{1, ratio}[i] * (1 + 0.001*float64(pair%5))
			lines = append(lines, encode(t, results.Run{
				Type: results.TypeRun, Cell: results.Cell{Model: model, Threads: 4}, Index: 2*pair + i,
				Pair:      pair,
				Completed: true, EndReason: "completed", UnverifiedReason: "made up",
				TotalTimeMS: 1000 * times, Pages: 1000, PagesCompressed: 1000,
				Timeline: []results.Point{},
				ThreadUsage: []results.ThreadUsage{{Process: "source", Role: "main", WallMS: 1000,
					FutexWakes: int64(times * 1000), Locks: int64(times * 9000)}},
			}))
		}
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, append(bytes.Join(lines, []byte("\n")), '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	line, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// execute runs a command and returns its output, its words on standard error, and its status.
func execute(cmd *cobra.Command, args ...string) (out, words string, status int) {
	var stdout, stderr bytes.Buffer
	cmd.SetArgs(args)
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err := cmd.Execute()
	if err == nil {
		return stdout.String(), stderr.String(), statusOK
	}
	return stdout.String(), stderr.String() + err.Error(), statusOf(err)
}

const myClaim = `claims:
  - {id: faster, says: "it is faster", source: "me", metric: total_time,
     where: {threads: [4], wait: ["off"]}, base: locked, other: lockless, relation: lower}
`

func TestClaimsStatus(t *testing.T) {
	claims := filepath.Join(t.TempDir(), "my.yaml")
	if err := os.WriteFile(claims, []byte(myClaim), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		cpus    int
		pairs   int
		ratio   float64
		status  int
		outcome string
	}{
		{"supported", 64, 10, 0.5, statusOK, "supported"},
		{"contradicted", 64, 10, 2, statusRegression, "contradicted"},
		{"outside its regime", 2, 10, 2, statusOK, "outside its regime"},
		{"too few", 64, 3, 0.5, statusEvidence, "3 of 3 pairs"},
	} {
		file := writeSeries(t, "r.jsonl", c.cpus, c.pairs, c.ratio)
		for _, format := range claimsFormats {
			out, words, status := execute(newClaimsCommand(), file, "--claims", claims, "--format", format)
			if status != c.status || !strings.Contains(out, c.outcome) {
				t.Errorf("%s: status %d, want %d\n%s%s", c.name, status, c.status, out, words)
			}
			if !strings.Contains(words, "1 claims: ") {
				t.Errorf("%s: the last line is %q", c.name, words)
			}
		}
	}
}

// TestClaimsOfTheLetter: what one case measures is judged and all others name their command.
func TestClaimsOfTheLetter(t *testing.T) {
	out, _, status := execute(newClaimsCommand(), writeSeries(t, "r.jsonl", 64, 10, 0.5))
	if status != statusOK || strings.Count(out, "mtbench run --models") < 20 ||
		!strings.Contains(out, "too many wait-wakes go to kernel space") {
		t.Errorf("status %d\n%s", status, out)
	}
}

// Verdicts on predicted figures say so, and predictions are not judged together with measurements.
func TestClaimsOfPredictions(t *testing.T) {
	measured, predicted := writeSeries(t, "m.jsonl", 64, 10, 0.5),
		writeSeries(t, "p.jsonl", 64, 10, 0.4)
	text, err := os.ReadFile(predicted)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte(`"kind":"measured"`), []byte(`"kind":"predicted"`), 1)
	if err := os.WriteFile(predicted, text, 0o644); err != nil {
		t.Fatal(err)
	}
	out, words, _ := execute(newClaimsCommand(), predicted)
	if !strings.HasPrefix(out, "PREDICTED") || !strings.Contains(words, "of predicted figures") {
		t.Errorf("a prediction is judged as\n%.200s\n%s", out, words)
	}
	if out, words, _ := execute(newClaimsCommand(), measured); strings.Contains(out+words,
		"redicted ") {
		t.Errorf("a measurement is judged as\n%.200s\n%s", out, words)
	}
	if _, words, status := execute(newClaimsCommand(), measured,
		predicted); status != statusIncomparable ||
		!strings.Contains(words, "judge them apart") {
		t.Errorf("both together: status %d, %s", status, words)
	}
}

func TestClaimsBadInput(t *testing.T) {
	file := writeSeries(t, "r.jsonl", 64, 10, 0.5)
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	text := strings.Replace(myClaim, "total_time", "time", 1)
	if err := os.WriteFile(bad, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{}, {"/nonexistent"}, {file, "--claims", bad}, {file, "--claims", "/nonexistent"},
		{file, "--format", "poem"}, {writeSeries(t, "r.jsonl", 64, 0, 1)},
	} {
		if _, words, status := execute(newClaimsCommand(), args...); status != statusUsage {
			t.Errorf("%v: status %d, %s", args, status, words)
		}
	}
	if _, words, _ := execute(newClaimsCommand(), file, "--claims", bad); !strings.Contains(words,
		"bad.yaml:2: there is no metric") {
		t.Errorf("%q names neither file nor line", words)
	}
	if out, _, status := execute(newClaimsCommand(), "--metrics"); status != statusOK ||
		!strings.Contains(out, "wait_wakes_per_page") {
		t.Errorf("--metrics: status %d, %s", status, out)
	}
}

func TestCompareStatus(t *testing.T) {
	series := func(cpus, pairs int, ratio float64) string {
		return writeSeries(t, "new.jsonl", cpus, pairs, ratio)
	}
	before := series(64, 10, 1)
	byTime := []string{"--metrics", "total_time"}
	for _, c := range []struct {
		name   string
		after  string
		args   []string
		status int
		words  string
	}{
		{"the same", series(64, 10, 1), nil, statusOK, "no regression of more than 5%"},
		{"worse", series(64, 10, 2), nil, statusRegression, "wait_wakes_per_page of lockless"},
		{"worse by time", series(64, 10, 2), byTime, statusRegression,
			"total_time of lockless with 4 threads, wait off"},
		{"worse by less", series(64, 10, 1.8), []string{"--threshold", "100%"}, statusOK, ""},
		{"too few", series(64, 2, 2), nil, statusEvidence, "not enough evidence"},
		{"another host", series(4, 10, 1), nil, statusOK, "the CPUs differs: 64, then 4"},
		{"no metric", before, []string{"--metrics", "speed"}, statusUsage, `no metric "speed"`},
		{"no run", series(64, 0, 2), nil, statusUsage, "has no run"},
		{"schema 1", edited(t, `"schema":2`, `"schema":1`), nil, statusIncomparable, "not compared; measure anew"},
		{"another workload", edited(t, `"vcpus":0`, `"vcpus":3`), nil, statusIncomparable, "differ in vcpus (0, then 3)"},
	} {
		args := append([]string{before, c.after}, c.args...)
		out, words, status := execute(newCompareCommand(), args...)
		if status != c.status || !strings.Contains(words, c.words) {
			t.Errorf("%s: status %d, want %d and %q\n%s%s", c.name, status, c.status, c.words, out, words)
		}
	}
}

// TestCompareOfACaseThatFailed: a case whose runs all crashed, or delivered other memory, or is
// absent is named, and nobody says "no regression".
func TestCompareOfACaseThatFailed(t *testing.T) {
	before := writeSeries(t, "old.jsonl", 64, 10, 1)
	failed := func(class string, all bool) string {
		path := writeSeries(t, "new.jsonl", 64, 10, 1)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var kept [][]byte
		for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
			gone := i > 0 && bytes.Contains(line, []byte(`"lockless"`)) && (all || i == 2)
			if !gone {
				kept = append(kept, line)
			} else if class != "" {
				kept = append(kept, encode(t, results.Failed{Type: results.TypeFailed, Index: i - 1,
					Pair: i / 2,
					Cell: results.Cell{Model: "lockless", Threads: 4}, Class: class, Reason: "planted"}))
			}
		}
		if err := os.WriteFile(path, append(bytes.Join(kept, []byte("\n")), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		name, after string
		args        []string
		status      int
		words, out  string
	}{
		{"all crashed", failed("crash", true), nil, statusRegression, "1 failed", "10 runs of 10 failed, the last (crash) because planted"},
		{"one delivered other memory", failed("memory", false), nil, statusRegression, "1 failed", "1 run of 10 failed, the last (memory)"},
		{"absent", failed("", true), nil, statusEvidence, "1 missing", "it has no run of it"},
		{"absent, asked for nothing", failed("", true), []string{"--fail-on", "none"}, statusOK, "1 missing", "MISSING"},
		{"absent, asked for worse", failed("", true), []string{"--fail-on", "worse"}, statusOK, "1 missing", "MISSING"},
		{"asked for equal", before, []string{"--fail-on", "equal"}, statusRegression, "no regression of more than 5%: 0 worse", "equal"},
		{"asked for nonsense", before, []string{"--fail-on", "bad"}, statusUsage, `--fail-on: "bad" is unknown`, ""},
	} {
		out, words, status := execute(newCompareCommand(), append([]string{before, c.after},
			c.args...)...)
		if status != c.status || !strings.Contains(words, c.words) || !strings.Contains(out, c.out) {
			t.Errorf("%s: status %d, want %d\n%s%s", c.name, status, c.status, out, words)
		}
		if c.after != before && strings.Contains(words, "no regression") {
			t.Errorf("%s: %s", c.name, words)
		}
	}
}

// TestCompareFormats: each format says the same, and its last line counts the standings.
func TestCompareFormats(t *testing.T) {
	before, after := writeSeries(t, "old.jsonl", 64, 10, 1), writeSeries(t, "new.jsonl", 64, 10, 2)
	const counts = "2 worse, 0 better, 4 equal, 0 unproved, 0 failed, 0 missing"
	lastOf := func(text string) string {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		return lines[len(lines)-1]
	}
	for _, c := range []struct{ format, row, last string }{
		{"terminal", "lockless       REGRESSION", ""},
		{"markdown", `| wait\_wakes\_per\_page | 4 threads, wait off | lockless | **worse** | worse: +99.9 % `,
			counts},
		{"json", `"metric":"wait_wakes_per_page","unit":"calls/page","model":"lockless",` +
			`"case":"4 threads, wait off","standing":"worse","old_runs":10,"new_runs":10,"ratio":`,
			`"worse":2,"better":0,"equal":4,"unproved":0,"undecided":0,"failed":0,` +
				`"missing":0}`},
	} {
		out, words, status := execute(newCompareCommand(), before, after, "--format", c.format)
		if status != statusRegression || !strings.Contains(lastOf(words), counts) ||
			!strings.Contains(out, c.row) || !strings.Contains(lastOf(out), c.last) {
			t.Errorf("%s: status %d\n%s%s", c.format, status, out, words)
		}
	}
	out, _, _ := execute(newCompareCommand(), before, after, "--format", "json")
	for line := range strings.Lines(out) {
		var r struct {
			Type, Standing string
			Ratio          *float64
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Type == "" {
			t.Errorf("%s: %v", line, err)
		}
		if r.Standing == "worse" && (r.Ratio == nil || *r.Ratio < 1.9 || *r.Ratio > 2.1) {
			t.Errorf("what doubled has another ratio: %s", line)
		}
	}
	if _, words, status := execute(newCompareCommand(), before, after, "--format", "yaml"); status !=
		statusUsage || !strings.Contains(words, `--format: "yaml" is unknown; there are terminal`) {
		t.Errorf("status %d: %s", status, words)
	}
}

// edited is a series in whose file one thing is another.
func edited(t *testing.T, was, is string) string {
	path := writeSeries(t, "new.jsonl", 64, 10, 1)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte(was), []byte(is), 1)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDoctorSaysWhatHelps(t *testing.T) {
	out, _, status := execute(newDoctorCommand())
	if status != statusOK || (strings.Contains(out, "disturbs ") != strings.Contains(out, "helps  ") ||
		strings.Count(out, "hardware counters  ") != 1) {
		t.Errorf("status %d\n%s", status, out)
	}
}
