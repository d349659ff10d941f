package predict

import (
	"math"
	"mtbench/results"
	"testing"
	"time"
)

// What the two factors say is what gives them: the pages of two CPUs that take turns, one state between them.
func TestMovesFromTurns(t *testing.T) {
	for _, want := range []Moves{{0.5, 0.3}, {1.3, 0.52}, {2, 0.8}} {
		turns := func(n int) float64 {
			var p place
			sum, pages := 0.0, 0
			for turn := range 400 {
				for range n {
					elsewhere := p.use(turn%2, want.Stays)
					if turn >= 300 {
						sum += 1 + want.Whole*elsewhere
						pages++
					}
				}
			}
			return sum / float64(pages)
		}
		none := turns(movesAfter[2])
		got := movesOf(turns(movesAfter[0])/none, turns(movesAfter[1])/none)
		if math.Abs(got.Whole-want.Whole) > 0.05*want.Whole || math.Abs(got.Stays-want.Stays) > 0.03 {
			t.Errorf("%v in turns came back as %v", want, got)
		}
	}
	for _, x := range [][2]float64{{1, 1}, {0.9, 1.2}, {1, 0.5}} { // it made no difference
		if got := movesOf(x[0], x[1]); got.Whole != 0 {
			t.Errorf("factors %v are %v", x, got)
		}
	}
	for _, x := range [][2]float64{{2, 2.5}, {2, 1}} { // noise: more than all of it, and less than a quarter
		if got := movesOf(x[0], x[1]); !(got.Whole >= 1 && got.Whole <= 5 && got.Stays >= 0 && got.Stays <= 0.9) {
			t.Errorf("factors %v are %v", x, got)
		}
	}
}

// A state is in one place at a time, part by part, and in nobody's way before it was used.
func TestPlaceOfAState(t *testing.T) {
	var p place
	for i, x := range []struct {
		cpu       int
		elsewhere float64
	}{{3, 0}, {3, 0}, {5, 1}, {5, 0.5}, {3, 0.75}, {7, 1}, {7, 0.5}, {3, 0.84375}} {
		got := p.use(x.cpu, 0.5)
		sum := 0.0
		for _, s := range p {
			sum += s.part
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("%d: the parts of %v are %v", i, p, sum)
		}
		if math.Abs(got-x.elsewhere) > 1e-9 {
			t.Errorf("%d: CPU %d found %v elsewhere, want %v", i, x.cpu, got, x.elsewhere)
		}
	}
	for range 100 {
		p.use(1, 0.5)
	}
	if len(p) != 1 {
		t.Errorf("after 100 pages on one CPU it is on %d: %v", len(p), p)
	}
}

// A state in another CPU's caches makes pages take longer where there is another CPU.
func TestMovesSlowPages(t *testing.T) {
	total := func(model string, cpus, threads int, m [2]Moves) float64 {
		p := typical()
		for i := range p.Pages {
			p.Pages[i].Encode, p.Pages[i].Decode = 50*time.Microsecond, 50*time.Microsecond
		}
		p.Moves = m
		run, _, err := Run(t.Context(), Setup{Scenario: scenario(), CPUs: cpus}, p, results.Cell{Model: model, Threads: threads, Wait: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return run.TotalTimeMS
	}
	dear := Moves{Whole: 5, Stays: 0.5}
	both := [2]Moves{dear, dear}
	if a, b := total("lockless", 1, 8, [2]Moves{}), total("lockless", 1, 8, both); a != b {
		t.Errorf("on one CPU %.2f ms became %.2f", a, b)
	}
	if a, b := total("lockless", 3, 8, [2]Moves{}), total("lockless", 3, 8, both); b < 1.02*a {
		t.Errorf("on three CPUs %.2f ms became only %.2f", a, b)
	}
}
