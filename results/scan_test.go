package results

import (
	"slices"
	"strings"
	"testing"
)

// TestScan makes every axis of a matrix and looks for its values in the names of the cases.
func TestScan(t *testing.T) {
	m := Matrix{Models: []string{"a"}, Threads: []int{4}, Waits: []bool{true}, Scan: Scan{
		Memories: []int64{64 << 20, 3 << 19}, Contents: []string{"text", "zero"},
		Codecs: []string{"zlib", "spin:5us"}, Levels: []int{1, 2},
		Placements: []string{NotPinned, "core"}}}
	cases := m.Cases()
	if len(cases) != 32 {
		t.Fatalf("%d cases, want 32", len(cases))
	}
	last := cases[len(cases)-1]
	if got, want := last.String(), "4 threads, wait on, memory 1.5 MiB, zero pages, spin:5us, "+
		"level 2, pinned by core"; got != want {
		t.Errorf("case %q, want %q", got, want)
	}
	if got, want := last.Short(), "4-on-1.5MiB-zero-spin5us-l2-pincore"; got != want {
		t.Errorf("identifier %q, want %q", got, want)
	}
	seen := map[string]bool{}
	for _, c := range cases {
		if c.Check() != nil || seen[c.Short()] || c.Compare(c) != 0 {
			t.Errorf("%s: %v", c, c.Check())
		}
		seen[c.Short()] = true
	}
	if slices.IsSortedFunc(cases, Cell.Compare) {
		t.Error("cases in the order of the flags are sorted by chance: the test sees nothing")
	}
	in := Scenario{Memory: 1, Content: "mixed", Codec: "zstd", Level: 3, Placement: "smt"}.In(cases[0])
	if in.Memory != 64<<20 || in.Content != "text" || in.Codec != "zlib" || in.Level != 1 ||
		in.Placement != "" {
		t.Errorf("the scenario of %s is %+v", cases[0], in)
	}
}

// The words of a cell stand in names, plots and pages: a file cannot put anything else there.
func TestScanRefusesHostileWords(t *testing.T) {
	for _, c := range []Cell{{Varied: Varied{Codec: "<b>"}}, {Varied: Varied{Content: "a b"}},
		{Varied: Varied{Placement: "x\x1b[0m"}}, {Varied: Varied{Memory: -1}},
		{Varied: Varied{Codec: strings.Repeat("x", 41)}}} {
		if c.Check() == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
