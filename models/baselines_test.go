package models_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/modeltest"
)

// diary is a Work that writes down what is asked of it. Shares are written by worker, so that none
// shares a slot with another.
type diary struct {
	inits  int
	pages  []string
	shares [4][]string
	err    error
}

func (d *diary) Init(*models.Request) error {
	d.inits++
	return d.err
}
func (d *diary) note(what string, t thread.Thread) {
	d.pages = append(d.pages,
		what+" on "+t.Name())
}
func (d *diary) Fill(t thread.Thread, _ *models.Request)   { d.note("fill", t) }
func (d *diary) Handle(t thread.Thread, _ *models.Request) { d.note("handle", t) }
func (d *diary) Done(t thread.Thread, _ *models.Request)   { d.note("done", t) }

// sharing adds shares to the diary.
type sharing struct{ diary }

func (s *sharing) Share(t thread.Thread, r *models.Request, w, n int) {
	s.shares[w] = append(s.shares[w], fmt.Sprintf("%d of %d, request %d, %v", w, n, r.Index,
		t.Role() == thread.Worker))
}

func config(n int) models.Config { return models.Config{Threads: n, Name: "compress"} }

// on runs f with a pipeline on a machine where threads take turns, and on kernel threads.
func on(t *testing.T, build models.Builder, n int, newWork func() models.Work,
	f func(thread.Thread, models.Pipeline, models.Work)) {
	t.Helper()
	for name, m := range map[string]thread.Machine{
		"turns":  modeltest.NewTurns(1),
		"kernel": modeltest.Watch(thread.NewKernel(thread.Options{MaxThreads: n + 1})),
	} {
		err := m.Run("main", func(th thread.Thread) {
			work := newWork()
			p, err := build(m, th, config(n), work)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			f(th, p, work)
			p.Close(th)
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNull(t *testing.T) {
	work := func() models.Work { return &diary{} }
	on(t, models.Null, 4, work, func(th thread.Thread, p models.Pipeline, w models.Work) {
		if p.Submit(th) {
			t.Error("null took a page")
		}
		p.Flush(th)
		if d := w.(*diary); len(d.pages)+d.inits != 0 {
			t.Errorf("null worked: %+v", d)
		}
	})
}

func TestInline(t *testing.T) {
	work := func() models.Work { return &diary{} }
	on(t, models.Inline, 4, work, func(th thread.Thread, p models.Pipeline, w models.Work) {
		if !p.Submit(th) {
			t.Error("inline refused a page")
		}
		want := []string{"fill on main", "handle on main", "done on main"}
		if d := w.(*diary); !slices.Equal(d.pages, want) || d.inits != 1 {
			t.Errorf("inline did %v with %d requests, want %v with 1", d.pages, d.inits, want)
		}
	})
}

// TestSelf: beside a pipeline that refuses all, the submitter's own request does the whole job.
func TestSelf(t *testing.T) {
	work := func() models.Work { return &diary{} }
	on(t, models.Null, 4, work, func(th thread.Thread, p models.Pipeline, w models.Work) {
		self, err := models.NewSelf(w)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if !p.Submit(th) {
				self.Do(th)
			}
		}
		want := []string{"fill on main", "handle on main", "done on main"}
		if d := w.(*diary); !slices.Equal(d.pages, append(want, want...)) || d.inits != 1 {
			t.Errorf("self did %v with %d requests, want twice %v with 1", d.pages, d.inits, want)
		}
	})
	failing := errors.New("no codec")
	if s, err := models.NewSelf(&diary{err: failing}); s != nil || !errors.Is(err, failing) {
		t.Errorf("with an Init that fails NewSelf returned %v, %v", s, err)
	}
}

func TestIdealSharesRounds(t *testing.T) {
	const rounds, n = 20, 4
	work := func() models.Work { return &sharing{} }
	on(t, models.Ideal, n, work, func(th thread.Thread, p models.Pipeline, w models.Work) {
		s := w.(*sharing)
		for round := 1; round <= rounds; round++ {
			p.(models.Rounder).Round(th)
			for i, share := range s.shares { // Round has returned: the shares are the submitter's
				want := fmt.Sprintf("%d of %d, request %d, true", i, n, i)
				if len(share) != round || share[round-1] != want {
					t.Fatalf("round %d, worker %d: %q, want %d times %q", round, i, share, round, want)
				}
			}
		}
		if !p.Submit(th) || len(s.pages) != 3 {
			t.Errorf("Submit between rounds did %v", s.pages)
		}
	})
}

// TestIdealSchedules: no order of calls loses a round or a quit.
func TestIdealSchedules(t *testing.T) {
	for seed := range uint64(300) {
		m := modeltest.NewTurns(seed)
		err := m.Run("main", func(th thread.Thread) {
			p, err := models.Ideal(m, th, config(3), &sharing{})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				p.(models.Rounder).Round(th)
			}
			p.Close(th)
		})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func TestBaselinesRefuse(t *testing.T) {
	failing := errors.New("no codec")
	for name, c := range map[string]struct {
		build models.Builder
		cfg   models.Config
		work  models.Work
		want  error // nil: any
	}{
		"ideal without shares": {models.Ideal, config(1), &diary{}, models.ErrNoShares},
		"ideal's Init":         {models.Ideal, config(1), &sharing{diary{err: failing}}, failing},
		"inline's Init":        {models.Inline, config(1), &diary{err: failing}, failing},
		"null, 0 threads":      {models.Null, config(0), &diary{}, nil},
		"inline, 256 threads":  {models.Inline, config(256), &diary{}, nil},
		"ideal, -1 threads":    {models.Ideal, config(-1), &sharing{}, nil},
	} {
		_, err := c.build(modeltest.NewTurns(0), nil, c.cfg, c.work)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func BenchmarkHandOver(b *testing.B) {
	b.Run("null", func(b *testing.B) { modeltest.Benchmark(b, models.Null, config(1)) })
	b.Run("inline", func(b *testing.B) { modeltest.Benchmark(b, models.Inline, config(1)) })
}
