package verdict

import (
	"errors"
	"strings"
	"testing"

	"mtbench/internal/metric"
	"mtbench/results"
)

// counted gives every run n wakes a page at its main thread.
func counted(f *results.File, path string, wakes func(i int) int64) *results.File {
	f.Path = path
	for i := range f.Runs {
		f.Runs[i].ThreadUsage = []results.ThreadUsage{{Process: "source", Role: "main", WallMS: 1,
			FutexWakes: wakes(i) * f.Runs[i].Pages, Locks: 2 * f.Runs[i].Pages}}
	}
	return f
}

func TestCompareFilesGatesOnCounters(t *testing.T) {
	before := counted(twoModels(1, 10, 31).file(), "old", func(i int) int64 { return 20 + int64(i%3) })
	slower := counted(twoModels(3, 10, 32).file(), "new", func(i int) int64 { return 20 + int64(i%3) })
	list, err := CompareFiles(before, slower, ChangeOptions{})
	if err != nil || len(list.Regressions()) != 0 || !list.Provable() {
		t.Errorf("only the time changed: %v %+v", err, list.Regressions())
	}
	more := counted(twoModels(1, 10, 33).file(), "new", func(i int) int64 { return 24 + int64(i%3) })
	list, err = CompareFiles(before, more, ChangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Regressions() {
		if c.Metric.Name != "wait_wakes_per_page" || !c.Unpaired || c.Change.Lo <= 0 {
			t.Errorf("regression %+v", c)
		}
	}
	if n := len(list.Regressions()); n != 2 {
		t.Errorf("%d regressions, want one of each model", n)
	}
	// The other way round it is an improvement.
	if list, _ := CompareFiles(more, before, ChangeOptions{}); len(list.Regressions()) != 0 {
		t.Errorf("an improvement regresses: %+v", list.Regressions())
	}
	// Below the threshold it is none.
	list, _ = CompareFiles(before, more, ChangeOptions{Threshold: 0.5})
	if len(list.Regressions()) != 0 {
		t.Error("20 % more is beyond a threshold of 50 %")
	}
}

func TestCompareFilesByTime(t *testing.T) {
	before, after := twoModels(1, 10, 34).file(), twoModels(1.5, 10, 35).file()
	list, err := CompareFiles(before, after,
		ChangeOptions{Metrics: []metric.Metric{totalTimeMetric()}})
	if err != nil {
		t.Fatal(err)
	}
	worse := list.Regressions()
	if len(worse) != 1 || worse[0].Model != "lockless" {
		t.Errorf("regressions %+v, want lockless alone", worse)
	}
	few := twoModels(3, 3, 36).file()
	list, _ = CompareFiles(few, few, ChangeOptions{Metrics: []metric.Metric{totalTimeMetric()}})
	if list.Provable() {
		t.Error("three runs a side can prove something")
	}
}

func TestCompletionRegresses(t *testing.T) {
	before, after := twoModels(1, 10, 37).file(), twoModels(1, 10, 38).file()
	for i := range after.Runs {
		after.Runs[i].Completed = after.Runs[i].Model == "locked"
	}
	list, err := CompareFiles(before, after, ChangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	worse := list.Regressions()
	if len(worse) != 1 || worse[0].Metric.Name != "completed" || worse[0].Model != "lockless" {
		t.Errorf("regressions %+v", worse)
	}
}

func TestIncomparable(t *testing.T) {
	a, b := twoModels(1, 6, 39).file(), twoModels(1, 6, 40).file()
	a.Path, b.Path = "a", "b"
	refuse := func(what, want string) {
		t.Helper()
		_, err := CompareFiles(a, b, ChangeOptions{})
		var no *IncomparableError
		if !errors.As(err, &no) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	b.Header.Schema = 1
	refuse("schema",
		"b: schema 1: an older mtbench wrote it, and it can be reported but not compared; measure anew")
	b.Header.Schema = results.Schema
	b.Header.Scenario.VCPUs = 3
	refuse("workload", "differ in vcpus (0, then 3)")
	b.Header.Scenario = a.Header.Scenario
	b.Header.Kind = results.Predicted
	refuse("kind", "one kind only")
	a.Header.Kind, b.Header.Kind = results.Traced, results.Traced
	refuse("traced", "no evidence")
	a.Header.Kind, b.Header.Kind = results.Measured, results.Measured
	for i := range b.Runs {
		b.Runs[i].Threads = 7
	}
	refuse("cells", "no model and cell in common")
}

// TestSameMultiple: the host's speed was measured anew, the workload is the same.
func TestSameMultiple(t *testing.T) {
	a, b := twoModels(1, 6, 41).file(), twoModels(1, 6, 42).file()
	a.Header.Scenario.DirtyRateMultiple, b.Header.Scenario.DirtyRateMultiple = 1.5, 1.5
	a.Header.Scenario.DirtyRate, b.Header.Scenario.DirtyRate = 50000, 51000
	b.Header.Scenario.SocketBuffer = 4096
	a.Header.Host.PageServiceU, b.Header.Host.PageServiceU = 9, 9.5
	a.Header.Host.CPUModel, b.Header.Host.CPUModel = "x", "y"
	list, err := CompareFiles(a, b, ChangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(list.Warnings, "\n")
	if !strings.Contains(text, "CPU model differs: x, then y") {
		t.Errorf("warnings %q", text)
	}
	b.Header.Host.PageServiceU = 12
	var no *IncomparableError
	if _, err := CompareFiles(a, b, ChangeOptions{}); !errors.As(err, &no) ||
		!strings.Contains(err.Error(), "speed changed") {
		t.Errorf("a page costs a third more: %v", err)
	}
	if _, err := CompareFiles(a, b, ChangeOptions{PageCost: 0.5}); err != nil {
		t.Error(err)
	}
	b.Header.Scenario.DirtyRateMultiple = 2
	if _, err := CompareFiles(a, b, ChangeOptions{}); err == nil {
		t.Error("different multiples were compared")
	}
}
