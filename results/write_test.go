package results

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func testHeader() Header {
	return Header{
		Kind: Measured, Version: "0.1", Argv: []string{"mtbench", "run"}, Seed: 1 << 63,
		Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Host:    Host{Name: "h", CPUs: 2},
		Matrix:  Matrix{Models: []string{"locked"}, Threads: []int{4}, Waits: []bool{true}},
	}
}

func testRun(index int) Run {
	cpu, verified := 12.5, true
	return Run{
		Cell: Cell{Model: "locked", Threads: 4, Wait: true}, Index: index, Completed: true,
		Verified:  &verified,
		EndReason: "completed", TotalTimeMS: 100.25, Pages: 1 << 40, PagesCompressed: 1 << 40,
		Started:  time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC),
		Timeline: []Point{{MS: 100, RemainingBytes: 4096}},
		ThreadUsage: []ThreadUsage{{
			Process: "source", Name: "migration", Role: "main", CPUMS: &cpu,
			StatesMS: States{{"codec", 3}},
		}},
	}
}

func write(t *testing.T, recs ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "r.jsonl")
	w, err := Create(path, testHeader())
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		if err := w.Append(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	run, fail := testRun(0), Failed{Cell: Cell{Model: "lockless", Threads: 8}, Index: 1, Class: "hang",
		Reason: "a\nb"}
	file, err := Read(write(t, run, &fail))
	if err != nil {
		t.Fatal(err)
	}
	header := testHeader()
	header.Type, header.Schema = TypeHeader, Schema
	run.Type, fail.Type = TypeRun, TypeFailed
	want := &File{
		Path: file.Path, Header: header, Runs: []Run{run}, Failed: []Failed{fail},
		SHA256: file.SHA256,
	}
	if diff := cmp.Diff(want, file); diff != "" {
		t.Error(diff)
	}
	if len(file.SHA256) != 64 {
		t.Errorf("SHA256 is %q", file.SHA256)
	}
}

func TestCreateRefusesAFile(t *testing.T) {
	path := write(t, testRun(0))
	before, _ := os.ReadFile(path)
	_, err := Create(path, testHeader())
	wantInput(t, err, "exists already")
	if after, _ := os.ReadFile(path); string(before) != string(after) {
		t.Error("the file that was refused has changed")
	}
}

func TestAppendRefuses(t *testing.T) {
	path := write(t)
	_, w, err := OpenResume(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	nan, long := testRun(0), testRun(0)
	nan.TotalTimeMS = math.NaN()
	long.EndReason = strings.Repeat("x", MaxLineBytes)
	for name, rec := range map[string]any{"NaN": nan, "header": testHeader(), "long": long} {
		if err := w.Append(rec); err == nil {
			t.Errorf("%s: was written", name)
		}
	}
	if err := w.Append(testRun(0)); err != nil {
		t.Fatal(err)
	}
	if file, err := Read(path); err != nil || len(file.Runs) != 1 || file.Truncated {
		t.Errorf("after refused records: %+v, %v", file, err)
	}
}

func TestOneWriter(t *testing.T) {
	path := write(t)
	_, w, err := OpenResume(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	_, _, err = OpenResume(path)
	wantInput(t, err, "another mtbench")
}

// A file cut anywhere behind its header is resumed: what was whole stays, the rest is cut off, and
// what is appended is read.
func TestResumeAfterACutAnywhere(t *testing.T) {
	whole, _ := os.ReadFile(write(t, testRun(0), testRun(1)))
	header := strings.IndexByte(string(whole), '\n') + 1
	for cut := header; cut <= len(whole); cut += 7 {
		path := filepath.Join(t.TempDir(), "r.jsonl")
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		file, w, err := OpenResume(path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, whole[:cut]) {
			t.Fatalf("cut at %d: opening has changed the file", cut)
		}
		if err := w.Append(testRun(7)); err != nil {
			t.Fatal(err)
		}
		w.Close()
		again, err := Read(path)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if n := len(again.Runs); n != len(file.Runs)+1 || again.Runs[n-1].Index != 7 {
			t.Fatalf("cut at %d: %d runs after %d", cut, n, len(file.Runs))
		}
		if again.Truncated {
			t.Fatalf("cut at %d: half a line was left", cut)
		}
	}
}

// A last line that lacks nothing but its newline is a record, and the next record gives it the
// newline.
func TestResumeWithoutNewline(t *testing.T) {
	path := write(t, testRun(0))
	whole, _ := os.ReadFile(path)
	if err := os.WriteFile(path, whole[:len(whole)-1], 0o644); err != nil {
		t.Fatal(err)
	}
	file, w, err := OpenResume(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if len(file.Runs) != 1 || file.Truncated {
		t.Errorf("%d runs, truncated %t", len(file.Runs), file.Truncated)
	}
	if err := w.Append(testRun(1)); err != nil {
		t.Fatal(err)
	}
	if now, _ := os.ReadFile(path); !bytes.HasPrefix(now, whole) {
		t.Error("the newline was not put back")
	}
	if again, err := Read(path); err != nil || len(again.Runs) != 2 {
		t.Errorf("after an appended record: %v", err)
	}
}

// A file appears with its header or not at all, on file systems with and without unnamed files.
func TestNothingIsSeenBeforeTheHeader(t *testing.T) {
	for name, make := range map[string]func(string) (*Unseen, error){"unnamed": NewUnseen,
		"hidden": newHidden} {
		dir := t.TempDir()
		path := filepath.Join(dir, "r.jsonl")
		f, err := make(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: there before it is shown: %v", name, err)
		}
		if err := f.Show(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "r.jsonl" {
			t.Errorf("%s: the directory has %v", name, left)
		}
		other, err := make(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Show(path); !errors.Is(err, os.ErrExist) {
			t.Errorf("%s: shown in the place of another: %v", name, err)
		}
		if err := errors.Join(other.Drop(), f.Drop()); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%s: dropping leaves %v", name, left)
		}
	}
}

func TestAHeaderThatCannotBeWrittenLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	h := testHeader()
	h.Scenario.DirtyRate = math.NaN()
	if _, err := Create(filepath.Join(dir, "r.jsonl"), h); err == nil {
		t.Error("NaN was written")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("the directory has %v", left)
	}
}

func TestIntactSeesWhatOthersDid(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(path string) error
		want string
	}{
		"removed":  {os.Remove, "is gone"},
		"moved":    {func(p string) error { return os.Rename(p, p+"2") }, "is gone"},
		"no more":  {func(p string) error { return os.RemoveAll(filepath.Dir(p)) }, "is gone"},
		"cut":      {func(p string) error { return os.Truncate(p, 30) }, "it has 30 bytes"},
		"longer":   {func(p string) error { return os.Truncate(p, 1<<20) }, "changed from outside"},
		"replaced": {func(p string) error { return errors.Join(os.Remove(p), os.WriteFile(p, nil, 0o644)) }, "another file"},
	} {
		path := write(t, testRun(0))
		_, w, err := OpenResume(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append(testRun(1)); err != nil {
			t.Fatal(err)
		}
		if err := w.Intact(); err != nil {
			t.Errorf("%s: before: %v", name, err)
		}
		if err := c.do(path); err != nil {
			t.Fatal(err)
		}
		if err := w.Intact(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q in it", name, err, c.want)
		}
		w.Close()
	}
}

func wantInput(t *testing.T, err error, words string) {
	t.Helper()
	var input *InputError
	if !errors.As(err, &input) {
		t.Fatalf("error is %v (%T), not an *InputError", err, err)
	}
	if !strings.Contains(err.Error(), words) {
		t.Errorf("error is %q; want %q in it", err, words)
	}
}

// A series ends before its file is one that cannot be read.
func TestAFullFileTakesNoMore(t *testing.T) {
	w := &Writer{path: "r.jsonl", have: MaxFileBytes - MaxLineBytes}
	if err := w.room(); err != nil {
		t.Error(err)
	}
	w.have++
	if err := w.room(); err == nil || !strings.Contains(err.Error(), "begin another series") {
		t.Errorf("a full file: %v", err)
	}
}
