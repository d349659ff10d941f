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

// TestTheFirstModelOpensEveryBlock: who goes first is drawn for each pair: about half of all, and
// no longer half of each block. A pair is forwards or backwards, so that neighbours stay
// neighbours.
func TestTheFirstModelOpensEveryBlock(t *testing.T) {
	m := results.Matrix{Models: []string{"A", "B", "C"}, Threads: []int{1, 4},
		Waits: []bool{false, true}, Pairs: 100, AA: 0.5}
	first, opens := map[string]int{}, map[string]int{}
	mirrored := 0
	slots := Plan(m, 1)
	for i, s := range slots {
		switch {
		case s.AA && s.Position%2 == 0:
			first[s.Side]++
		case s.AA || s.Model != "B":
		case slots[i-1].Pair != s.Pair || slots[i+1].Pair != s.Pair:
			t.Fatalf("run %d: B is not between the others of its pair", i)
		default:
			first[slots[i-1].Model]++
			if s.Pair%2 == 0 {
				opens[slots[i-1].Model]++
			} else if slots[i-1].Model == slots[i-4].Model {
				mirrored++
			}
		}
	}
	for what, got := range map[string]int{"A first": first["A"], "A opens ×2": 2 * opens["A"],
		"same order twice ×2": 2 * mirrored} {
		if got < 150 || got > 250 {
			t.Errorf("%s: %d of 400", what, got)
		}
	}
	if first["a"] < 60 || first["b"] < 60 {
		t.Errorf("A/A begins with %v", first)
	}
	if other := Plan(m, 2); order(other) == order(slots) {
		t.Error("another seed draws the same order")
	}
	if order(Plan(m, 1)) != order(slots) {
		t.Error("the same seed draws another order")
	}
}

func TestPositionsAndIndexesCount(t *testing.T) {
	m := results.Matrix{Models: []string{"A", "B", "C"}, Threads: []int{1}, Waits: []bool{false},
		Pairs: 4}
	for i, s := range Plan(m, 1) {
		if s.Index != i || s.Position != i%6 || s.Block != i/6 {
			t.Errorf("run %d: index %d, block %d, position %d", i, s.Index, s.Block, s.Position)
		}
	}
}

func TestRunsOfAPairShareTheSeed(t *testing.T) {
	m := results.Matrix{Models: []string{"A", "B"}, Threads: []int{1, 4}, Waits: []bool{false},
		Pairs: 6, AA: 0.5}
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

// TestEveryAAPairLandsInAWaitOnCell: the classes of cases alternate, the cases of a class go round,
// and so do the models: for every list of threads.
func TestEveryAAPairLandsInAWaitOnCell(t *testing.T) {
	for _, threads := range [][]int{{4}, {1, 4}, {1, 2, 4}, {1, 4, 8, 16}, {1, 2, 4, 8, 16}} {
		m := results.Matrix{Models: []string{"A", "B"}, Threads: threads, Waits: []bool{false, true},
			AA: 0.25, Pairs: 32}
		waits, models, cells := map[bool]int{}, map[string]int{}, map[results.Cell]int{}
		aa := 0
		for _, s := range Plan(m, 1) {
			if s.AA {
				waits[s.Wait]++
				models[s.Model]++
				cells[s.Case()]++
				aa++
			}
		}
		if want := 32 * 4 * len(threads) / 4; aa != want {
			t.Errorf("threads %v: %d A/A runs, want %d", threads, aa, want)
		}
		if waits[false] != waits[true] || models["A"] == 0 || models["B"] == 0 ||
			len(cells) != 2*len(threads) {
			t.Errorf("threads %v: A/A runs by wait %v, by model %v, in %d cases", threads, waits, models,
				len(cells))
		}
	}
}

// TestExtraRunsInItsCellOnly, behind the model that it is set against, in every block, and in no
// A/A one.
func TestExtraRunsInItsCellOnly(t *testing.T) {
	m := results.Matrix{Models: []string{"A", "B"}, Threads: []int{4}, Waits: []bool{false, true},
		Pairs: 4,
		AA:    1, Extra: []results.Cell{{Model: "X", Threads: 4, Wait: false}}}
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
	if len(off) != 12 || len(on) != 8 {
		t.Errorf("%d runs in the cell of the extra, %d in the other; want 12 and 8", len(off), len(on))
	}
	for i, s := range off {
		if (s.Model == "B") != (i%3 == 1) || s.Pair != i/3 {
			t.Errorf("the cell of the extra runs %s: it stands apart from B", order(off))
		}
	}
}

func TestTrimDropsExtrasWithoutARoom(t *testing.T) {
	for changed, want := range map[string]int{"": 1, "models": 0, "round-robin": 0, "pairs": 1,
		"extra": 1} {
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
	m := results.Matrix{Models: []string{"A", "B"}, Threads: []int{1, 4}, Waits: []bool{true},
		Pairs: 4}
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
