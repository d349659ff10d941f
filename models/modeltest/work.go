package modeltest

import (
	"fmt"
	"sync"

	"mtbench/internal/thread"
	"mtbench/models"
)

// holder is who a request belongs to, and what happened to it last.
type holder uint8

const (
	free    holder = iota // the submitter's, no job in it
	filled                // on its way to a worker
	handing               // a worker's, in Handle
	handled               // on its way back
)

func (h holder) String() string {
	return [...]string{"free", "filled", "being handled", "handled and not done"}[h]
}

// job is the test's part of a request. Its fields are plain on purpose: whatever passes a request
// on must order them, and the race detector sees it if something does not.
type job struct {
	holder holder
	ticket int
	result uint64
	by     thread.Thread // who handled it
}

// counting is a Work that counts: every ticket is handled once and done once, on the right threads,
// and no request has two owners.
type counting struct {
	main  thread.Thread
	bound int // most requests between Fill and Done

	ordered bool                  // each worker's results come out in the order of their Fill
	last    map[thread.Thread]int // the submitter's: the last ticket of each worker that was done

	jobs     []*job
	next     int     // ticket of the next Fill; the submitter's
	inFlight int     // the submitter's
	handles  []uint8 // by ticket; a worker's while it has the request
	dones    []uint8 // by ticket; the submitter's

	inFill, inHandle func(t thread.Thread, ticket int) // nil: nothing

	failInit int // Init fails at this call, counted from 1; 0: never
	note     func(what string)

	mu     sync.Mutex // guards faults; taken only when something is wrong
	faults []error
}

// maxFaults is how many faults a run reports; the first tell enough.
const maxFaults = 5

func newCounting(tickets int) *counting {
	return &counting{handles: make([]uint8, tickets), dones: make([]uint8, tickets),
		last: map[thread.Thread]int{}}
}

func (w *counting) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.faults) < maxFaults {
		w.faults = append(w.faults, fmt.Errorf(format, args...))
	}
}

// errInit is what a failing Init returns.
var errInit = fmt.Errorf("this Init was told to fail")

func (w *counting) Init(r *models.Request) error {
	if r.Index != len(w.jobs) && r.Index != models.SelfIndex {
		w.fault("Init number %d is for request %d", len(w.jobs), r.Index)
	}
	if w.failInit == len(w.jobs)+1 {
		return errInit
	}
	j := &job{}
	r.User = j
	w.jobs = append(w.jobs, j)
	return nil
}

// pass moves j from one owner to the next.
func (w *counting) pass(what string, r *models.Request, from, to holder) *job {
	j := r.User.(*job)
	if j.holder != from {
		w.fault("%s of request %d, ticket %d, which is %s: two owners", what, r.Index, j.ticket, j.holder)
	}
	j.holder = to
	if w.note != nil {
		w.note(fmt.Sprintf("%s %d", what, r.Index))
	}
	return j
}

func (w *counting) Fill(t thread.Thread, r *models.Request) {
	w.onMain(t, "Fill")
	j := w.pass("Fill", r, free, filled)
	if w.next == len(w.handles) {
		w.fault("Fill number %d, of %d pages", w.next+1, len(w.handles))
		return
	}
	j.ticket = w.next
	w.next++
	if r.Index != models.SelfIndex {
		w.inFlight++
	}
	if w.inFlight > w.bound {
		w.fault("%d requests in flight; the model's bound is %d", w.inFlight, w.bound)
	}
	if w.inFill != nil {
		w.inFill(t, j.ticket)
	}
}

func (w *counting) Handle(t thread.Thread, r *models.Request) {
	if own := r.Index == models.SelfIndex; own != (t == w.main) || own == (t.Role() == thread.Worker) {
		w.fault("Handle of request %d on thread %s", r.Index, t.Name())
	}
	j := w.pass("Handle", r, filled, handing)
	ticket := j.ticket
	if w.inHandle != nil {
		w.inHandle(t, ticket)
	}
	w.handles[ticket]++
	j.result, j.by = answer(ticket), t
	w.pass("end of Handle", r, handing, handled)
}

func (w *counting) Done(t thread.Thread, r *models.Request) {
	w.onMain(t, "Done")
	j := w.pass("Done", r, handled, free)
	if j.result != answer(j.ticket) {
		w.fault("Done of ticket %d got another job's result", j.ticket)
	}
	w.dones[j.ticket]++
	if r.Index != models.SelfIndex {
		w.inFlight--
		w.inOrder(j)
	}
}

func (w *counting) inOrder(j *job) {
	if !w.ordered {
		return
	}
	if last, ok := w.last[j.by]; ok && last > j.ticket {
		w.fault("Done of ticket %d after %d, which the same worker was given later", j.ticket, last)
	}
	w.last[j.by] = j.ticket
}

func (w *counting) onMain(t thread.Thread, what string) {
	if t != w.main {
		w.fault("%s on thread %s, not the submitter's", what, t.Name())
	}
}

// answer is what a ticket's result must be.
func answer(ticket int) uint64 { return (uint64(ticket) + 1) * 0x9e3779b97f4a7c15 }

// checkFlushed reports every accepted ticket that was not handled and done exactly once.
func (w *counting) checkFlushed(after string) {
	if w.inFlight != 0 {
		w.fault("%d requests in flight after %s", w.inFlight, after)
	}
	for i := range w.next {
		if w.handles[i] != 1 || w.dones[i] != 1 {
			w.fault("after %s, ticket %d was handled %d times and done %d times; both must be once",
				after, i, w.handles[i], w.dones[i])
		}
	}
}

// checkStopped reports what ran more than once, where not all had to run.
func (w *counting) checkStopped() {
	for i := range w.next {
		if w.handles[i] > 1 || w.dones[i] > w.handles[i] {
			w.fault("ticket %d was handled %d times and done %d times", i, w.handles[i], w.dones[i])
		}
	}
}
