package series

import (
	"fmt"
	"strings"
	"testing"

	"mtbench/results"
)

func order(slots []Slot) string {
	var b strings.Builder
	for _, s := range slots {
		fmt.Fprintf(&b, "%s%s%d ", s.Model, s.Side, s.Pair)
	}
	return strings.TrimSpace(b.String())
}

func TestBlocksMirror(t *testing.T) {
	cases := []struct {
		models []string
		pairs  int
		want   string
	}{
		{[]string{"A", "B"}, 2, "A0 B0 B1 A1"},
		{[]string{"A", "B"}, 3, "A0 B0 B1 A1 A2 B2"},
		{[]string{"A", "B", "C"}, 2, "A0 B0 C0 C1 B1 A1"},
		{[]string{"A"}, 3, "A0 A1 A2"},
	}
	for _, c := range cases {
		m := results.Matrix{Models: c.models, Threads: []int{4}, Waits: []bool{true}, Pairs: c.pairs}
		if got := order(Plan(m, 1)); got != c.want {
			t.Errorf("%d models, %d pairs: got %s, want %s", len(c.models), c.pairs, got, c.want)
		}
	}
}

func TestPositionsAndIndexesCount(t *testing.T) {
	m := results.Matrix{Models: []string{"A", "B", "C"}, Threads: []int{1}, Waits: []bool{false}, Pairs: 4}
	for i, s := range Plan(m, 1) {
		if s.Index != i || s.Position != i%6 || s.Block != i/6 {
			t.Errorf("run %d: index %d, block %d, position %d", i, s.Index, s.Block, s.Position)
		}
	}
}

func TestRunsOfAPairShareTheSeed(t *testing.T) {
	m := results.Matrix{Models: []string{"A", "B"}, Threads: []int{1, 4}, Waits: []bool{false}, Pairs: 6, AA: 0.5}
	type key struct {
		pair int
		aa   bool
	}
	seeds := map[key]uint64{}
	used := map[uint64]key{}
	for _, s := range Plan(m, 7) {
		k := key{s.Pair, s.AA}
		if old, ok := seeds[k]; ok && old != s.Seed {
			t.Errorf("pair %v has two seeds", k)
		}
		if old, ok := used[s.Seed]; ok && old != k {
			t.Errorf("pairs %v and %v share a seed", k, old)
		}
		seeds[k], used[s.Seed] = s.Seed, k
	}
}

func TestShareOfAABlocks(t *testing.T) {
	m := results.Matrix{Models: []string{"A", "B"}, Threads: []int{1, 2, 4, 8, 16}, Waits: []bool{false, true}, AA: 0.1}
	var aa, pairs int
	models := map[string]int{}
	for _, s := range Plan(m, 1) {
		if s.AA {
			aa++
			models[s.Model]++
		} else {
			pairs++
		}
	}
	// 6 cells of 10 pairs and 4 of 4 are 38 blocks of 4 runs; a tenth of 38 blocks is 3.
	if pairs != 152 || aa != 12 || models["A"] != 8 || models["B"] != 4 {
		t.Errorf("got %d runs, %d A/A runs by model %v", pairs, aa, models)
	}
}

// TestExtraRunsInItsCellOnly, behind the model that it is set against, in every block, and in no A/A one.
func TestExtraRunsInItsCellOnly(t *testing.T) {
	m := results.Matrix{Models: []string{"A", "B"}, Threads: []int{4}, Waits: []bool{false, true}, Pairs: 4,
		AA: 1, Extra: []results.Cell{{Model: "X", Threads: 4, Wait: false}}}
	var off, on []Slot
	for i, s := range Plan(m, 1) {
		switch {
		case s.Index != i:
			t.Errorf("run %d has the index %d", i, s.Index)
		case s.AA && s.Model == "X":
			t.Error("an A/A block of an extra")
		case s.AA:
		case s.Wait:
			on = append(on, s)
		default:
			off = append(off, s)
		}
	}
	if got, want := order(off), "A0 B0 X0 X1 B1 A1 A2 B2 X2 X3 B3 A3"; got != want {
		t.Errorf("the cell of the extra runs %s, want %s", got, want)
	}
	if got, want := order(on), "A0 B0 B1 A1 A2 B2 B3 A3"; got != want {
		t.Errorf("the other cell runs %s, want %s", got, want)
	}
}

// TestDefaultPlan holds what the default matrix promises: A/A pairs enough, from every case, and the model
// that refuses every page in the pairs of one.
func TestDefaultPlan(t *testing.T) {
	m := Defaults().Matrix
	m.Extra = DefaultExtras()
	aa, null, cells := 0, 0, map[results.Cell]bool{}
	for _, s := range Plan(m, 1) {
		if s.AA {
			aa++
			cells[s.Case()] = true
		}
		if s.Model == "null" {
			null++
		}
	}
	if aa/2 != 16 || len(cells) != len(m.Cases()) || null != letterPairs {
		t.Errorf("%d A/A pairs in %d cells, %d runs of null", aa/2, len(cells), null)
	}
}

func TestTrimDropsExtrasWithoutARoom(t *testing.T) {
	for changed, want := range map[string]int{"": 1, "models": 0, "round-robin": 0, "pairs": 1, "extra": 1} {
		s := Defaults()
		s.Matrix.Extra = DefaultExtras()
		if Trim(&s, func(flag string) bool { return flag == changed }); len(s.Matrix.Extra) != want {
			t.Errorf("with --%s there are %d extras, want %d", changed, len(s.Matrix.Extra), want)
		}
	}
	s := Defaults()
	s.Matrix.Extra = append(DefaultExtras(), results.Cell{Model: "lockless-rr", Threads: 8})
	s.Matrix.Threads = []int{8}
	if Trim(&s, func(string) bool { return false }); len(s.Matrix.Extra) != 1 ||
		s.Matrix.Extra[0].Threads != 8 {
		t.Errorf("with 8 threads alone there are the extras %v", s.Matrix.Extra)
	}
}

func TestBlocksGoRoundTheCells(t *testing.T) {
	m := results.Matrix{Models: []string{"A", "B"}, Threads: []int{1, 4}, Waits: []bool{true}, Pairs: 4}
	var got []int
	for _, s := range Plan(m, 1) {
		if s.Position == 0 {
			got = append(got, s.Threads)
		}
	}
	if fmt.Sprint(got) != "[1 4 1 4]" {
		t.Errorf("blocks run in cells %v", got)
	}
}
