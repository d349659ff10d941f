package gate_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"mtbench/internal/gate"
	"mtbench/models/registry"
	"mtbench/results"
)

// Every contender comes to the committed figures. With -short, which is for the race detector, two
// do.
func TestCommitted(t *testing.T) {
	committed, err := gate.Committed()
	if err != nil {
		t.Fatal(err)
	}
	contenders := registry.All()
	if testing.Short() {
		contenders = some(t)
		committed = committed.Of([]string{contenders[0].Name, contenders[1].Name})
	}
	now, err := gate.Run(t.Context(), contenders)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := committed.Compare(now)
	if err != nil {
		t.Fatalf("%v; make the file anew: %s", err, anew)
	}
	for i, c := range changes {
		if i == 20 {
			t.Errorf("and %d cases more", len(changes)-i)
			break
		}
		t.Errorf("%s: new %v, gone %v, %d figures moved, first %v", c.Key, c.New, c.Gone, len(c.Moved),
			c.Moved[:min(5, len(c.Moved))])
	}
	if len(changes) > 0 {
		t.Errorf("a change of the source has moved what the models count in virtual time. "+
			"If it is meant: %s, and commit the file with the change", anew)
	}
}

const anew = "go run ./cmd/mtbench gate --write internal/gate/expected.jsonl"

// some are contenders that take little time.
func some(t *testing.T) (list []registry.Contender) {
	t.Helper()
	for _, name := range []string{"locked", "lockless"} {
		c, err := registry.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

// The same source comes to the same bytes, however often and on however many CPUs.
func TestNoAlarm(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	repeats := 20
	if testing.Short() {
		repeats = 3
	}
	var first []byte
	for i := range repeats {
		runtime.GOMAXPROCS(1 + i%4)
		now, err := gate.Run(t.Context(), some(t))
		if err != nil {
			t.Fatal(err)
		}
		text, err := now.Text()
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = text
		}
		if !bytes.Equal(text, first) {
			t.Fatalf("repeat %d differs from the first", i)
		}
	}
}

// What Write wrote, Read reads, and it is overwritten; what is no such file is not.
func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "e.jsonl")
	e, err := gate.Committed()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := errors.Join(gate.MayWrite(path), e.Write(path)); err != nil {
			t.Fatal(err)
		}
	}
	back, err := gate.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if changes, err := e.Compare(back); err != nil || len(changes) > 0 || len(back.Cases) == 0 {
		t.Errorf("%d cases came back, %v changed: %v", len(back.Cases), changes, err)
	}
	if err := os.WriteFile(path, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := gate.MayWrite(path); err == nil || !strings.Contains(err.Error(), "not overwritten") {
		t.Errorf("a file of something else may be overwritten: %v", err)
	}
	if err := gate.MayWrite("/nowhere/e"); err == nil {
		t.Error("a file in no directory may be written")
	}
}

// A file that is none is refused in a sentence that names the line.
func TestBadFile(t *testing.T) {
	e, err := gate.Committed()
	if err != nil {
		t.Fatal(err)
	}
	e.Cases = e.Cases[:1]
	good, err := e.Text()
	if err != nil {
		t.Fatal(err)
	}
	head, one, _ := strings.Cut(string(good), "\n")
	change := func(old, text string) string {
		if !strings.Contains(string(good), old) {
			t.Fatalf("no %s in %s", old, good)
		}
		return strings.Replace(string(good), old, text, 1)
	}
	for want, text := range map[string]string{
		"it holds no case":                   "",
		":1: not a file of expected figures": "precious",
		":1: schema 2; this build reads 1":   change(`"schema":1`, `"schema":2`),
		":1: limits of -1 for":               change(`"counters":0`, `"counters":-1`),
		"0.6 for times":                      change(`"times":0.005`, `"times":0.6`),
		`unknown field "surprise"`:           change(`"schema":1`, `"schema":1,"surprise":1`),
		"/e.jsonl: it holds no case":         head + "\n",
		":3: null, ":                         head + "\n" + one + one,
		`:2: type is "ease"`:                 change(`"type":"case"`, `"type":"ease"`),
		`:2: there is no figure "pages_x"`:   change(`"pages":`, `"pages_x":`),
		":2: figures is a number 1.5":        change(`"pages":`, `"pages":1.5,"rounds":`),
		"pages is -1; it is 0 to":            change(`"pages":`, `"pages":-1,"rounds":`),
		"a model's name of 0 bytes":          change(`"model":"null"`, `"model":""`),
		":2: no such record: unexpected EOF": head + "\n" + one[:40],
		"more than 8388608 bytes":            string(good) + strings.Repeat(" ", 8<<20),
	} {
		path := filepath.Join(t.TempDir(), "e.jsonl")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := gate.Read(path)
		var input *results.InputError
		if !errors.As(err, &input) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	if _, err := gate.Read("missing"); err == nil || !strings.Contains(err.Error(), "--write") {
		t.Errorf("a missing file: %v", err)
	}
}

// A counter moves by 1, a time by more than its limit; a case may be new or gone; and figures of
// another workload or other costs are not compared.
func TestCompare(t *testing.T) {
	base := func() *gate.Expected {
		return &gate.Expected{Header: gate.Header{Limits: gate.Limits{Times: 0.005}, Profile: "x"},
			Cases: []gate.Case{{Key: gate.Key{Model: "m"},
				Figures: map[string]int64{"main_locks": 100_000, "total_time_ns": 1_000_000}}}}
	}
	for _, c := range []struct {
		figure string
		value  int64
		moved  bool
	}{
		{"main_locks", 100_000, false}, {"main_locks", 100_001, true}, {"main_locks", 99_999, true},
		{"total_time_ns", 1_005_000, false}, {"total_time_ns", 1_005_001, true},
		{"total_time_ns", 994_999, true}, {"busy", 1, true},
	} {
		now := base()
		now.Cases[0].Figures[c.figure] = c.value
		changes, err := base().Compare(now)
		if err != nil || (len(changes) == 1) != c.moved {
			t.Errorf("%s %d: changes %v, want %v: %v", c.figure, c.value, changes, c.moved, err)
		}
	}
	other := base()
	other.Cases[0].Model = "n"
	changes, err := base().Compare(other)
	if err != nil || len(changes) != 2 || !changes[0].New || !changes[1].Gone {
		t.Errorf("another model: %v, %v", changes, err)
	}
	for _, change := range []func(*gate.Expected){
		func(e *gate.Expected) { e.Profile = "y" },
		func(e *gate.Expected) { e.Workload.Memory = 1 },
	} {
		now := base()
		change(now)
		var no *gate.IncomparableError
		if _, err := base().Compare(now); !errors.As(err, &no) {
			t.Errorf("compared: %v", err)
		}
	}
}
