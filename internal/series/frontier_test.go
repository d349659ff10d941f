package series

import (
	"context"
	"errors"
	"math"
	"testing"

	"mtbench/results"
)

func searchAt(t *testing.T, frontier float64) results.Frontier {
	s := Searcher{Unit: 1000, Probe: func(_ context.Context, rate float64) (results.Probe, error) {
		return results.Probe{Rate: rate, Completed: rate <= frontier*1000}, nil
	}}
	f, err := s.Search(context.Background(), frontierStart)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSearchFindsTheFrontier(t *testing.T) {
	for _, want := range []float64{0.02, 0.3, 0.5, 0.77, 1, 9.3, 60} {
		f := searchAt(t, want)
		if f.Highest == nil || f.Lowest == nil || *f.Highest > want*1000 || *f.Lowest <= want*1000 {
			t.Errorf("frontier %g: bracket %v to %v", want, f.Highest, f.Lowest)
			continue
		}
		if width := *f.Lowest / *f.Highest; width > math.Pow(2, 1.0/32)+1e-9 {
			t.Errorf("frontier %g: the bracket is %.3f wide", want, width)
		}
	}
}

func TestSearchWithoutAFrontier(t *testing.T) {
	if f := searchAt(t, 0); f.Highest != nil || f.Lowest == nil {
		t.Errorf("nothing completes: %v to %v", f.Highest, f.Lowest)
	}
	if f := searchAt(t, 1e9); f.Highest == nil || f.Lowest != nil {
		t.Errorf("everything completes: %v to %v", f.Highest, f.Lowest)
	}
}

func TestSearchStopsAtAnError(t *testing.T) {
	gone := errors.New("gone")
	n := 0
	s := Searcher{Unit: 1, Probe: func(context.Context, float64) (results.Probe, error) {
		if n++; n == 3 {
			return results.Probe{}, gone
		}
		return results.Probe{Completed: true}, nil
	}}
	if _, err := s.Search(context.Background(), 1); !errors.Is(err, gone) || n != 3 {
		t.Errorf("got %v after %d probes", err, n)
	}
}
