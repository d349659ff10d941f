package sim_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"mtbench/internal/sim"
	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/modeltest"
)

var update = flag.Bool("update", false, "rewrite the golden traces")

// story is a work that tells what happens to each page.
type story struct{ next int }

func (s *story) Init(*models.Request) error { return nil }

func (s *story) Fill(t thread.Thread, r *models.Request) {
	s.next++
	r.User = s.next
	sim.Note(t, fmt.Sprintf("fills request %d with page %d", r.Index, s.next))
}

func (s *story) Handle(t thread.Thread, r *models.Request) {
	sim.Note(t, fmt.Sprintf("begins page %d", r.User))
	t.Compute(30 * time.Microsecond)
	sim.Note(t, fmt.Sprintf("has done page %d", r.User))
}

func (s *story) Done(t thread.Thread, r *models.Request) {
	sim.Note(t, fmt.Sprintf("takes page %d out", r.User))
}

// tell runs three pages through one worker, waiting for it, in virtual time.
func tell(t *testing.T, model modeltest.Model, tracer sim.Tracer) {
	costs := sim.Typical()
	costs.WakeSpread = 0
	m, err := sim.New(sim.Options{CPUs: 4, Costs: costs, Trace: tracer, MaxTime: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	err = m.Run("main", func(th thread.Thread) {
		p, err := model.Build(m, th, models.Config{Threads: 1, Wait: true, Name: "compress"}, &story{})
		if err != nil {
			t.Error(err)
			return
		}
		th.Compute(300 * time.Microsecond) // the worker goes to sleep meanwhile
		for page := range 3 {
			sim.Note(th, fmt.Sprintf("submits page %d", page+1))
			p.Submit(th)
		}
		sim.Note(th, "flushes")
		p.Flush(th)
		sim.Note(th, "closes")
		p.Close(th)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The golden traces are explanations: each begins with a paragraph that says what it proves.
func TestTracesThatTeach(t *testing.T) {
	for _, model := range contenders() {
		var b strings.Builder
		tell(t, model, func(e sim.TraceEvent) {
			if line := e.Line(); line != "" {
				b.WriteString(line + "\n")
			}
		})
		golden(t, "testdata/"+model.Name+".trace", b.String())
	}
}

// golden compares the trace with what follows the paragraph of the file.
func golden(t *testing.T, file, got string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	why, want, ok := strings.Cut(string(text), "\n\n")
	if !ok || !strings.HasPrefix(why, "#") {
		t.Fatalf("%s does not begin with a paragraph that says what it proves", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(why+"\n\n"+got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("%s: the trace is now\n%s", file, got)
	}
}

func TestChromeTraceIsJSON(t *testing.T) {
	var b bytes.Buffer
	c := sim.NewChrome(&b)
	tell(t, contenders()[0], c.Trace)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Name string
		Ph   string
		Ts   float64
		Dur  float64
	}
	if err := json.Unmarshal(b.Bytes(), &events); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range events {
		seen[e.Ph+e.Name] = true
		if e.Ph == "X" && e.Dur <= 0 {
			t.Errorf("%s lasts %g µs", e.Name, e.Dur)
		}
	}
	for _, want := range []string{"Mthread_name", "Xwait-work", "iwakes compress"} {
		if !seen[want] {
			t.Errorf("no %s in the trace", want)
		}
	}
}
