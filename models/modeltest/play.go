package modeltest

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"mtbench/internal/thread"
	"mtbench/models"
)

// CheckProtocol plays every script of a directory on the model and compares what each thread does
// with what the script says it must: which locks it takes, whom it signals, where it spins and when
// it passes a request on, in order. A script begins with a paragraph that names what of the
// original it holds the model to; its expected lines were written from the description of the
// original and not from a run.
//
// The commands of a script:
//
//	build side=source|destination wait=on|off threads=N [depth=N]
//	submit, flush, close   the submitter makes the call and goes on until it cannot
//	run main|N             the submitter, or worker N, goes on until it cannot
//	wake main|N            the thread wakes up from its condition or event without a signal
//
// A thread goes on until it blocks, spins for what is not there, is in the middle of Handle, or its
// call returns.
func CheckProtocol(t *testing.T, dir string, build models.Builder) {
	datadriven.Walk(t, dir, func(t *testing.T, path string) {
		if text, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(text), "# ") {
			t.Fatalf("%s does not begin with a paragraph that says what it proves (%v)", path, err)
		}
		p := &play{build: build}
		t.Cleanup(func() { p.leave(t) })
		datadriven.RunTest(t, path, p.command)
	})
}

// play is a pipeline on a machine on which a script says who goes on. Everything but the channels
// is the driver's while the machine stands still, and the running thread's while it does not.
type play struct {
	build models.Builder
	cfg   models.Config
	m     *Turns
	page  int // of the last Fill

	running *turn
	stop    bool                       // the running thread is where the script looks again
	call    func(thread.Thread) string // the submitter's next call; returns what came of it
	pipe    models.Pipeline
	closed  bool
	shown   int // lines of the trace that the script has seen

	still chan struct{} // the machine stands still
	next  chan *turn    // who goes on
	ended chan error
}

// command is one command of a script. It returns what happened.
func (p *play) command(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "build":
		p.start(t, d)
	case "submit", "flush", "close":
		p.submitter(t, d)
	case "run":
		p.step(t, d, p.thread(t, d))
	case "wake":
		p.thread(t, d).blocked = nil
		return ""
	default:
		d.Fatalf(t, "there is no command %q", d.Cmd)
	}
	lines := p.m.trace[p.shown:]
	p.shown = len(p.m.trace)
	return strings.Join(lines, "\n") + "\n"
}

func (p *play) start(t *testing.T, d *datadriven.TestData) {
	var side, wait string
	d.ScanArgs(t, "side", &side)
	d.ScanArgs(t, "wait", &wait)
	d.ScanArgs(t, "threads", &p.cfg.Threads)
	if d.HasArg("depth") {
		d.ScanArgs(t, "depth", &p.cfg.Depth)
	}
	p.cfg.Name, p.cfg.Wait = "compress", wait == "on"
	if side == "destination" {
		p.cfg.Name, p.cfg.Side = "decompress", models.Destination
	}
	p.m = NewTurns(0)
	p.m.Trace()
	p.m.play = p
	p.still, p.next, p.ended = make(chan struct{}), make(chan *turn), make(chan error, 1)
	go func() { p.ended <- p.m.Run("main", p.main) }()
	p.await(t, d)
}

// main is the submitter's thread: it makes the calls of the script, one by one.
func (p *play) main(t thread.Thread) {
	pipe, err := p.build(p.m, t, p.cfg, p)
	if err != nil {
		p.m.note(t.(*turn), fmt.Sprintf("Build: %v", err))
		return
	}
	p.pipe = pipe
	for !p.closed {
		t.(*turn).block(&p.call, "the script")
		p.m.note(t.(*turn), p.call(t))
	}
}

// submitter has the submitter make the call that the command names.
func (p *play) submitter(t *testing.T, d *datadriven.TestData) {
	main := p.m.threads[0]
	if main.blocked != any(&p.call) {
		d.Fatalf(t, "the submitter is still in its last call")
	}
	p.call = map[string]func(thread.Thread) string{
		"submit": func(t thread.Thread) string {
			if p.pipe.Submit(t) {
				return "accepted"
			}
			return "refused"
		},
		"flush": func(t thread.Thread) string { p.pipe.Flush(t); return "flushed" },
		"close": func(t thread.Thread) string { p.pipe.Close(t); p.closed = true; return "closed" },
	}[d.Cmd]
	main.blocked = nil
	p.step(t, d, main)
}

// thread finds the one that the command names.
func (p *play) thread(t *testing.T, d *datadriven.TestData) *turn {
	if len(d.CmdArgs) != 1 {
		d.Fatalf(t, "%s needs one thread: main or a number", d.Cmd)
	}
	name, i := d.CmdArgs[0].Key, 0
	if name != "main" {
		i, _ = strconv.Atoi(name)
		if i < 1 || i >= len(p.m.threads) {
			d.Fatalf(t, "there is no thread %q", name)
		}
	}
	return p.m.threads[i]
}

// step lets th go on until it cannot.
func (p *play) step(t *testing.T, d *datadriven.TestData, th *turn) {
	if th.ended || th.blocked != nil {
		d.Fatalf(t, "%s cannot go on: it waits for %s", th.name, th.what)
	}
	p.next <- th
	p.await(t, d)
}

func (p *play) await(t *testing.T, d *datadriven.TestData) {
	select {
	case <-p.still:
	case err := <-p.ended:
		if err != nil {
			d.Fatalf(t, "the machine gave up: %v", err)
		}
		p.ended <- nil
	case <-time.After(patience):
		d.Fatalf(t, "hang: a thread runs and calls nothing")
	}
}

// leave ends a script that did not close its pipeline, or failed on the way.
func (p *play) leave(t *testing.T) {
	if p.m == nil {
		return
	}
	close(p.next)
	select {
	case err := <-p.ended:
		if err != nil && !errors.Is(err, errPlayOver) {
			t.Error(err)
		}
	case <-time.After(time.Second): // a thread that calls nothing: await has told of it
	}
}

// errPlayOver ends a machine whose script has no more commands.
var errPlayOver = errors.New("the script is over")

// pick is the machine's choice: the running thread as long as it can, then whom the script names.
func (p *play) pick() *turn {
	if p.running == nil {
		p.running = p.m.threads[0]
	}
	if r := p.running; r.ended || r.blocked != nil || p.stop {
		p.stop = false
		if r.blocked != nil && strings.HasPrefix(r.what, "lock ") {
			p.m.note(r, "blocks: "+r.what)
		}
		p.still <- struct{}{}
		next, ok := <-p.next
		if !ok {
			p.m.giveUp(errPlayOver)
			panic(errGivenUp)
		}
		p.running = next
	}
	return p.running
}

// spin is the machine's SpinUntil: a thread that spins for what is not there gives the word back to
// the script, and when it goes on it looks again; one with a limit has then reached it.
func (p *play) spin(t *turn, why thread.State, limit int, pause bool, cond func() bool) bool {
	times, how := "without end", "no pause"
	if limit > 0 {
		times = fmt.Sprintf("%d times at most", limit)
	}
	if pause {
		how = "with a pause"
	}
	t.point(fmt.Sprintf("poll (%v), %s, %s", why, times, how))
	for !cond() {
		p.m.note(t, "finds nothing")
		p.stop = true
		t.switchTo()
		if limit > 0 && !cond() {
			p.m.note(t, "gives up polling")
			return false
		}
	}
	return true
}

// Init implements models.Work.
func (p *play) Init(r *models.Request) error {
	r.User = new(int)
	return nil
}

// Fill implements models.Work.
func (p *play) Fill(t thread.Thread, r *models.Request) {
	p.page++
	*r.User.(*int) = p.page
	p.m.note(t.(*turn), fmt.Sprintf("Fill request %d with page %d", r.Index, p.page))
}

// Handle implements models.Work. The script looks at the middle of it.
func (p *play) Handle(t thread.Thread, r *models.Request) {
	page := *r.User.(*int)
	p.m.note(t.(*turn), fmt.Sprintf("Handle page %d", page))
	p.stop = true
	t.(*turn).switchTo()
	p.m.note(t.(*turn), fmt.Sprintf("has handled page %d", page))
}

// Done implements models.Work.
func (p *play) Done(t thread.Thread, r *models.Request) {
	p.m.note(t.(*turn), fmt.Sprintf("Done page %d", *r.User.(*int)))
}
