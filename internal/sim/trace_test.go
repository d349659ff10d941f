package sim_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"mtbench/internal/sim"
	"mtbench/internal/thread"
	"mtbench/internal/trace"
	"mtbench/internal/trace/tracetest"
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

// The golden traces explain the letter's two models: each begins with a paragraph that says what it
// proves. The other contenders have protocol scripts.
func TestTracesThatTeach(t *testing.T) {
	for _, model := range contenders()[:2] {
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

// A predicted trace is held to the format, shows what the threads do and who woke whom.
func TestChromeTraceOfVirtualTime(t *testing.T) {
	for _, model := range contenders()[:2] {
		var b bytes.Buffer
		c := trace.NewChrome(&b)
		c.Process(1, "source", 0)
		tell(t, model, sim.NewChrome(c, func(string) int { return 1 }))
		if err := c.Close(nil); err != nil {
			t.Fatal(err)
		}
		f, err := tracetest.Read(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		main, worker := f.Threads[tracetest.Key{PID: 1, TID: 0}], f.Threads[tracetest.Key{PID: 1, TID: 1}]
		if main.Name != "main#0" || worker.Name != "compress#1" || worker.States["wait-work"] <= 0 {
			t.Errorf("%s: %s and %s, which does %v", model.Name, main.Name, worker.Name, worker.States)
		}
		if !main.Whole() || !worker.Whole() || worker.From <= 0 {
			t.Errorf("%s: the life of a thread has holes, or the worker's begins at %g µs", model.Name,
				worker.From)
		}
		woken := 0
		for _, a := range f.Arrows {
			if a.From.TID == 0 && a.To.TID == 1 && a.Then > a.At {
				woken++
			}
		}
		if woken == 0 || len(main.Instants) == 0 {
			t.Errorf("%s: %d arrows from main to its worker, instants %v", model.Name, woken, main.Instants)
		}
	}
}
