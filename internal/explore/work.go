package explore

import (
	"fmt"

	"mtbench/internal/thread"
	"mtbench/models"
)

// Case is one way to use a pipeline.
type Case struct {
	Name     string
	Config   models.Config
	Pages    int
	Self     bool // the submitter does what the model refuses
	Flush    int  // flush after so many pages; 0: only at the end
	Rest     int  // sleep after so many pages, until everybody else sleeps; 0: never
	Spurious int  // wake-ups without a signal, at most
	Leave    bool // close without a flush: what is in flight is handled but need not be done
}

// InFlight says how many requests a model has, all of which can be in flight at once.
type InFlight func(models.Config) int

// Program is the program that uses the model in one of the cases, and checks that every accepted
// page is handled and done exactly once, by the right thread and with no request in two hands; that
// the bound on what is in flight holds; that a model that is to wait accepts every page; and that
// the memory at the far end is the same.
func (m Model) Program(c Case) Program {
	return Program{Name: m.Name + "/" + c.Name, Spurious: c.Spurious, New: func() Instance {
		return &ledger{build: m.Build, c: c, bound: m.InFlight(c.Config), ordered: m.Ordered,
			handles: make([]uint8, c.Pages), dones: make([]uint8, c.Pages),
			last:   map[thread.Thread]int{},
			source: memory(c.Pages), destination: make([]uint32, c.Pages)}
	}}
}

func memory(pages int) []uint32 {
	m := make([]uint32, pages)
	for i := range m {
		m[i] = uint32(i+1) * 0x9e3779b1
	}
	return m
}

// owner is whose a request is.
type owner uint8

const (
	free owner = iota
	filled
	handing
	handled
)

func (o owner) String() string {
	return [...]string{"free", "filled", "being handled", "handled"}[o]
}

// job is the ledger's part of a request. Whatever passes the request on must order all accesses to
// it: two owners meet here.
type job struct {
	owner  owner
	page   int
	result uint32
	by     thread.Thread // who handled it
}

// ledger is the work, and the judge of the run.
type ledger struct {
	build   models.Builder
	c       Case
	bound   int
	ordered bool

	main     thread.Thread
	self     *models.Self // nil: without
	next     int          // page of the next Fill
	inFlight int
	handles  []uint8 // by page
	dones    []uint8
	last     map[thread.Thread]int // page of each worker that was done last

	source, destination []uint32

	fault error // the first
}

// Fault implements Instance.
func (l *ledger) Fault() error { return l.fault }

func (l *ledger) wrong(format string, args ...any) {
	if l.fault == nil {
		l.fault = fmt.Errorf(format, args...)
	}
}

// Main implements Instance.
func (l *ledger) Main(m thread.Machine, t thread.Thread) {
	l.main = t
	p, err := l.build(m, t, l.c.Config, l)
	if err != nil {
		l.wrong("Build: %v", err)
		return
	}
	if l.c.Self {
		l.self, _ = models.NewSelf(l) // Init never fails
	}
	for i := 1; l.next < l.c.Pages; i++ {
		switch {
		case l.submit(t, p):
		case l.self != nil:
			l.self.Do(t)
		default:
			p.Flush(t) // refused: nothing else would ever make room
		}
		l.between(t, p, i)
	}
	if !l.c.Leave {
		p.Flush(t)
		l.flushed()
	}
	p.Close(t)
	l.ended()
}

func (l *ledger) between(t thread.Thread, p models.Pipeline, i int) {
	if l.c.Flush > 0 && i%l.c.Flush == 0 {
		p.Flush(t)
		l.flushed()
	}
	if l.c.Rest > 0 && i%l.c.Rest == 0 {
		t.SleepUntil(t.Now()+1_000_000, thread.Sleeping)
	}
}

func (l *ledger) submit(t thread.Thread, p models.Pipeline) bool {
	was := l.next
	ok := p.Submit(t)
	switch {
	case ok && l.next != was+1:
		l.wrong("Submit returned true after %d calls of Fill", l.next-was)
	case !ok && l.next != was:
		l.wrong("Submit refused a page after it had filled a request")
	case !ok && (l.c.Config.Wait || l.c.Config.Side == models.Destination):
		l.wrong("Submit refused a page although it was to wait")
	case !ok && l.inFlight == 0:
		l.wrong("Submit refused a page although nothing was in flight")
	}
	return ok
}

// flushed: a flush has returned.
func (l *ledger) flushed() {
	if l.inFlight != 0 {
		l.wrong("%d requests in flight after a flush", l.inFlight)
	}
	for i := range l.next {
		thread.Reads(l.main, &l.handles[i])
		if l.handles[i] != 1 || l.dones[i] != 1 {
			l.wrong("after a flush, page %d was handled %d times and done %d times", i, l.handles[i],
				l.dones[i])
		}
		if l.destination[i] != l.source[i] {
			l.wrong("after a flush, page %d differs at the destination", i)
		}
	}
}

// ended: the pipeline is closed and its workers joined.
func (l *ledger) ended() {
	for i := range l.next {
		thread.Reads(l.main, &l.handles[i])
		if l.handles[i] > 1 || l.dones[i] > l.handles[i] {
			l.wrong("page %d was handled %d times and done %d times", i, l.handles[i], l.dones[i])
		}
	}
}

// Init implements models.Work.
func (l *ledger) Init(r *models.Request) error {
	r.User = &job{}
	return nil
}

// pass moves a request from one owner to the next.
func (l *ledger) pass(t thread.Thread, what string, r *models.Request, from, to owner) *job {
	j := r.User.(*job)
	thread.Writes(t, j)
	if j.owner != from {
		l.wrong("%s of request %d, which is %v and not %v: two owners", what, r.Index, j.owner, from)
	}
	j.owner = to
	return j
}

// Fill implements models.Work.
func (l *ledger) Fill(t thread.Thread, r *models.Request) {
	l.onMain(t, "Fill")
	j := l.pass(t, "Fill", r, free, filled)
	if l.next == l.c.Pages {
		l.wrong("Fill was called without a page to submit")
		return
	}
	j.page = l.next
	l.next++
	if r.Index == models.SelfIndex {
		return
	}
	if l.inFlight++; l.inFlight > l.bound {
		l.wrong("%d requests in flight; the bound is %d", l.inFlight, l.bound)
	}
}

// Handle implements models.Work.
func (l *ledger) Handle(t thread.Thread, r *models.Request) {
	if (t == l.main) != (r.Index == models.SelfIndex) {
		l.wrong("Handle of request %d on thread %s", r.Index, t.Name())
	}
	j := l.pass(t, "Handle", r, filled, handing)
	thread.Writes(t, &l.handles[j.page])
	j.result = ^l.source[j.page]
	l.handles[j.page]++
	j.by = t
	l.pass(t, "the end of Handle", r, handing, handled)
}

// Done implements models.Work.
func (l *ledger) Done(t thread.Thread, r *models.Request) {
	l.onMain(t, "Done")
	j := l.pass(t, "Done", r, handled, free)
	l.destination[j.page] = ^j.result
	l.dones[j.page]++
	if r.Index == models.SelfIndex {
		return
	}
	l.inFlight--
	if last, ok := l.last[j.by]; l.ordered && ok && last > j.page {
		l.wrong("Done of page %d after page %d, which the same worker was given later", j.page, last)
	}
	l.last[j.by] = j.page
}

func (l *ledger) onMain(t thread.Thread, what string) {
	if t != l.main {
		l.wrong("%s on thread %s, not the submitter's", what, t.Name())
	}
}

// Cases are the programs that every model is explored with: few threads and few pages, for bugs of
// hand-over need no more, and every more makes the tree deeper.
func Cases() []Case {
	cfg := func(threads int, wait bool, side models.Side, depth int) models.Config {
		return models.Config{Threads: threads, Wait: wait, Side: side, Depth: depth, Name: "w"}
	}
	return []Case{
		{Name: "one worker, wait", Config: cfg(1, true, models.Source, 1), Pages: 3},
		{Name: "one worker, refuse", Config: cfg(1, false, models.Source, 1), Pages: 3, Flush: 2},
		{Name: "two workers, wait", Config: cfg(2, true, models.Source, 1), Pages: 4, Flush: 3},
		{Name: "two workers, refuse", Config: cfg(2, false, models.Source, 1), Pages: 3},
		{Name: "one worker, self", Config: cfg(1, false, models.Source, 1), Self: true, Pages: 3},
		{Name: "two workers, self", Config: cfg(2, false, models.Source, 1), Self: true, Pages: 4, Flush: 3},
		{Name: "depth two", Config: cfg(1, true, models.Source, 2), Pages: 4},
		{Name: "rest", Config: cfg(2, true, models.Source, 1), Pages: 2, Flush: 1, Rest: 1},
		{Name: "destination", Config: cfg(2, false, models.Destination, 1), Pages: 4},
		{Name: "spurious wake-ups", Config: cfg(1, true, models.Source, 1), Pages: 3, Spurious: 1},
		{Name: "close in flight", Config: cfg(2, true, models.Source, 1), Pages: 2, Leave: true},
		{Name: "close at once", Config: cfg(2, true, models.Source, 1), Pages: 0, Leave: true},
	}
}
