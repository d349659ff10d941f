package results

import (
	"strings"
	"testing"
)

// filtered has runs of 2 models in 2 × 2 × 2 cases.
func filtered() *File {
	f := &File{Path: "x", Header: Header{Scenario: Scenario{Memory: 1 << 20, Codec: "zlib", Level: 1},
		Matrix: Matrix{Models: []string{"a", "b"}, Threads: []int{1, 4}, Waits: []bool{false, true},
			Scan: Scan{Codecs: []string{"zlib", "s2"}}}}}
	for _, c := range f.Header.Matrix.Cases() {
		f.Runs = append(f.Runs, Run{Cell: c.Of("a")}, Run{Cell: c.Of("b")})
	}
	f.Failed = []Failed{{Cell: Cell{Model: "b", Threads: 1, Varied: Varied{Codec: "s2"}}}}
	return f
}

// TestOnly asks for a part by every axis.
func TestOnly(t *testing.T) {
	for text, want := range map[string]int{"model=a": 8, "threads=4": 8, "threads=1,4": 16,
		"wait=on": 8, "codec=s2": 8, "memory=1024KiB": 16, "level=1": 16, "pin=none": 16,
		"poll-budget=default": 16, "depth=default": 16, "content=default": 16} {
		w, err := ParseWhere(text)
		if err != nil {
			t.Fatal(err)
		}
		part, err := filtered().Only([]Where{w})
		if err != nil || len(part.Runs) != want {
			t.Errorf("%s: %v, %+v", text, err, part)
			continue
		}
		m := &part.Header.Matrix
		if got := len(m.Cases()) * len(m.Models); got != want {
			t.Errorf("%s: a matrix of %d cells, want %d", text, got, want)
		}
		if notes := part.Header.Notes; len(notes) != 1 || !strings.Contains(notes[0], "only a part") {
			t.Errorf("%s: notes %q", text, notes)
		}
	}
	both := []Where{{"threads", []string{"1"}}, {"codec", []string{"s2"}}}
	if part, err := filtered().Only(both); err != nil || len(part.Runs) != 4 || len(part.Failed) != 1 {
		t.Errorf("both: %v, %+v", err, part)
	}
}

func TestOnlyRefuses(t *testing.T) {
	for _, text := range []string{"threads", "threads=", "speed=1", "memory=x", "memory=1,5MiB"} {
		if w, err := ParseWhere(text); err == nil && w.Key != "memory" {
			t.Errorf("%q is taken", text)
		}
	}
	_, err := filtered().Only([]Where{{"threads", []string{"8"}}})
	if err == nil || !strings.Contains(err.Error(), "threads is 1, 4") {
		t.Errorf("an absent value: %v", err)
	}
	_, err = filtered().Only([]Where{{"model", []string{"a"}}, {"model", []string{"b"}}})
	if err == nil {
		t.Error("conditions that exclude each other are taken")
	}
}
