package series

import (
	"context"
	"slices"
	"testing"
	"time"

	"mtbench/results"
)

// TestFailedRunsAreMadeAgain: of a planned series the pair of a run that failed is made again, and
// no other; the failure stays in the file, and the later run counts.
func TestFailedRunsAreMadeAgain(t *testing.T) {
	m := sequentialMatrix()
	m.Pairs, m.Reruns = 2, 0
	plan := Plan(m, 5)
	broken := func(s Slot) bool { return s.Threads == 4 && s.Pair == 1 && !s.AA && s.Model == "B" }
	file := &memoryFile{}
	first := &simulated{ratio: always(0.9), scatter: always(0.01), crash: broken}
	sum, err := first.engine(m, file, 5, time.Hour).Run(context.Background(), plan, &results.File{})
	if err != nil || sum.Failed[ClassCrash] == 0 {
		t.Fatalf("%+v, %v", sum, err)
	}
	failed := sum.Failed[ClassCrash]
	second := &simulated{ratio: always(0.9), scatter: always(0.01)}
	e := second.engine(m, file, 5, time.Hour)
	e.Again = true
	sum, err = e.Run(context.Background(), plan, fileOf(m, file))
	if err != nil || len(sum.Failed) != 0 || sum.Left != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
	if len(second.ran) != 2*failed {
		t.Errorf("%d runs were made again, want the %d of %d pairs", len(second.ran), 2*failed, failed)
	}
	for _, s := range second.ran {
		if s.Attempt != 1 || s.Again != len(plan) || s.Threads != 4 || s.Pair != 1 {
			t.Errorf("made again: %+v", s)
		}
	}
	kept := fileOf(m, file)
	if len(kept.Failed) != failed || len(kept.StillFailed()) != 0 {
		t.Errorf("%d failures are in the file, %d still count", len(kept.Failed), len(kept.StillFailed()))
	}
	third := &simulated{ratio: always(0.9), scatter: always(0.01)}
	e = third.engine(m, file, 5, time.Hour)
	e.Again = true
	if _, err := e.Run(context.Background(), plan, kept); err != nil || len(third.ran) != 0 {
		t.Errorf("once more: %d runs, %v", len(third.ran), err)
	}
}

// TestAgainKeepsTheChoicesOfASequentialSeries: what was made again in between changes which pairs
// came after it, and whoever goes on makes the same choices.
func TestAgainKeepsTheChoicesOfASequentialSeries(t *testing.T) {
	m := sequentialMatrix()
	broken := func(s Slot) bool { return s.Threads == 4 && s.Wait && s.Pair < 3 && s.Model == "B" }
	run := func(file *memoryFile, crash func(Slot) bool, stop int, again bool) []Slot {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		r := &simulated{ratio: always(0.9), scatter: always(0.05), crash: crash}
		if stop > 0 {
			r.stop, r.cancel = stop, cancel
		}
		e := r.engine(m, file, 5, time.Hour)
		e.Again = again
		_, err := e.Run(ctx, nil, fileOf(m, file))
		if err != nil && stop == 0 {
			t.Fatal(err)
		}
		return r.ran
	}
	file := &memoryFile{}
	run(file, broken, 60, false)
	whole := &memoryFile{records: slices.Clone(file.records)}
	wanted := run(whole, func(Slot) bool { return false }, 0, true)
	if !slices.ContainsFunc(wanted, func(s Slot) bool { return s.Again > 0 }) {
		t.Fatal("nothing was made again")
	}
	for _, at := range []int{1, 3, 8, 20} {
		part := &memoryFile{records: slices.Clone(file.records)}
		ran := run(part, func(Slot) bool { return false }, at, true)
		ran = append(ran, run(part, func(Slot) bool { return false }, 0, true)...)
		var inPlace, want []Slot
		for _, s := range ran {
			if s.Again == 0 {
				inPlace = append(inPlace, s)
			}
		}
		for _, s := range wanted {
			if s.Again == 0 {
				want = append(want, s)
			}
		}
		if !slices.Equal(inPlace, want) {
			t.Errorf("stopped after %d: %d runs in place, want %d", at, len(inPlace), len(want))
		}
		if left := fileOf(m, part).StillFailed(); len(left) != 0 {
			t.Errorf("stopped after %d: %d still failed", at, len(left))
		}
	}
}
