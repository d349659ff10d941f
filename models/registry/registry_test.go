package registry_test

import (
	"strings"
	"testing"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/modeltest"
	"mtbench/models/registry"
)

func TestLookup(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range registry.All() {
		got, err := registry.Lookup(c.Name)
		if err != nil || got.Name != c.Name || got.Build == nil || got.Doc == "" {
			t.Errorf("Lookup(%q) = %+v, %v", c.Name, got, err)
		}
		if seen[c.Name] {
			t.Errorf("%q is there twice", c.Name)
		}
		seen[c.Name] = true
	}
	_, err := registry.Lookup("lokced")
	if err == nil || !strings.Contains(err.Error(), `unknown model "lokced"; there are null, inline, `) {
		t.Errorf("got %v", err)
	}
}

// TestBuilders: each contender is what its name says, as far as a trace tells them apart.
func TestBuilders(t *testing.T) {
	traces := map[string]string{}
	for _, c := range registry.All() {
		if c.Kind == registry.Baseline || c.Name == "step0-locked" || c.Name == "step6-lockless" {
			continue // the ends equal the models, which package steps tests
		}
		text := traceOf(t, c)
		if same, ok := traces[text]; ok {
			t.Errorf("%s does what %s does", c.Name, same)
		}
		traces[text] = c.Name
	}
}

// traceOf is long enough for a full ring beside one with room, where round robin differs.
func traceOf(t *testing.T, c registry.Contender) string {
	var all []string
	for seed := range uint64(20) {
		cfg := models.Config{Threads: 2, Wait: true, Depth: 1, PollBudget: 10, Name: "w"}
		lines, err := modeltest.Trace(c.Build, cfg, 60, seed)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		all = append(all, lines...)
	}
	return strings.Join(all, "\n")
}

// inits counts requests as they are made.
type inits struct {
	models.Work
	n int
}

func (w *inits) Init(*models.Request) error { w.n++; return nil }

// TestInFlight: each contender makes as many requests as it says, whatever the settings.
func TestInFlight(t *testing.T) {
	for _, c := range registry.All() {
		if c.InFlight == nil {
			if c.Kind != registry.Baseline {
				t.Errorf("%s does not say what is in flight", c.Name)
			}
			continue
		}
		for _, cfg := range []models.Config{{Threads: 1, Name: "w"}, {Threads: 3, Depth: 5, Name: "w"}} {
			w := &inits{}
			m := modeltest.NewTurns(1)
			err := m.Run("main", func(t thread.Thread) {
				if p, err := c.Build(m, t, cfg, w); err == nil {
					p.Close(t)
				}
			})
			if err != nil || w.n != c.InFlight(cfg) {
				t.Errorf("%s with %+v: %d requests, not %d (%v)", c.Name, cfg, w.n, c.InFlight(cfg), err)
			}
		}
	}
}
