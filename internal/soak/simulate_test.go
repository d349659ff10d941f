package soak

import (
	"context"
	"testing"
	"time"

	"mtbench/internal/verdict"
	"mtbench/results"
)

func plan(series int) SeriesPlan {
	return SeriesPlan{Series: series, Seed: 5, Budget: 4 * time.Minute, Ratio: 1,
		Matrix: results.Matrix{Models: []string{"a", "b"}, Threads: []int{1, 4, 8, 16},
			Waits: []bool{false, true}, AA: 0.1, Equal: verdict.DefaultEqual}}
}

// TestSeriesOfNothing: of series in which nothing differs, whatever their noise is like, few say so
// after any pair.
func TestSeriesOfNothing(t *testing.T) {
	counts, err := Series(context.Background(), plan(40))
	if err != nil || len(counts) != len(Shapes()) {
		t.Fatal(counts, err)
	}
	wrong := 0
	for shape, c := range counts {
		t.Logf("%s: %+v", shape, c)
		wrong += c.False
		if c.Series != 10 || c.False != c.Ever || c.Right != 0 || c.Cases != 80 {
			t.Errorf("%s: %+v", shape, c)
		}
	}
	if wrong > 6 { // of 40 at .05: more in 1 of 100 soaks
		t.Errorf("a direction in %d of 40 series", wrong)
	}
}

// TestSeriesFindWhatIsPlanted: the soak can see a direction.
func TestSeriesFindWhatIsPlanted(t *testing.T) {
	p := plan(4)
	p.Ratio = 1.25
	counts, err := Series(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	for shape, c := range counts {
		if c.Ever != 1 || c.False != 0 || c.Right < 4 {
			t.Errorf("%s: %+v", shape, c)
		}
	}
}

// TestPiecesOfASoakMakeTheWhole.
func TestPiecesOfASoakMakeTheWhole(t *testing.T) {
	whole, err := Series(context.Background(), plan(4))
	p := plan(1)
	p.First = 2
	piece, err2 := Series(context.Background(), p)
	if err != nil || err2 != nil || len(piece) != 1 || piece[Drift] != whole[Drift] {
		t.Errorf("%v of %v: %v %v", piece, whole, err, err2)
	}
}
