package explore

import (
	"math/bits"

	"mtbench/internal/thread"
)

// Reduced visits the schedules of a program up to the order of steps that do not conflict: at least
// one of each class of schedules that differ in no more than that, until limit schedules were run
// (0: no limit) or one of them went wrong. Every state at the end of a schedule, and everything
// that the checks can see, is seen if Report.Exhausted.
//
// It is dynamic partial-order reduction (Flanagan and Godefroid, 2005) with source sets and sleep
// sets (Abdulla and others, 2014): after each step it looks for earlier steps of other threads that
// conflict and that nothing else orders, and has the walk come back to try the other order. It
// relies on the marks of the program: what is not marked is taken not to be shared, which only a
// race detector can hold, so data races of what is marked as plain are reported.
func Reduced(p Program, limit int64) Report {
	return (&reduction{program: p}).walk(limit)
}

func (d *reduction) walk(limit int64) Report {
	d.report.Bound = -1
	for !d.program.stopped() {
		d.begin()
		err := d.run.execute(d.program)
		if d.broken {
			err = ErrUnstable
		}
		d.report.Points += int64(len(d.run.record))
		d.waiting()
		if d.cut {
			d.report.Cut++
		} else if d.ended(err) {
			return d.report
		}
		if !d.advance() {
			d.report.Exhausted = true
			return d.report
		}
		if limit > 0 && d.report.Schedules+d.report.Cut >= limit {
			return d.report
		}
	}
	return d.report
}

// ended counts a schedule that came to its end, and reports whether the walk is over.
func (d *reduction) ended(err error) bool {
	d.report.Schedules++
	if d.end != nil {
		d.end(err)
		return d.broken
	}
	if err != nil {
		d.report.Failure = &Failure{Program: d.program.Name, Schedule: scheduleOf(d.run.record),
			Err: err, Found: d.report.Schedules}
	}
	return err != nil
}

// node is a state on the present schedule and the step that was taken from it.
type node struct {
	enabled uint32 // sets of threads, a bit each
	tried   uint32 // whose steps were taken from here
	wanted  uint32 // whose steps are to be taken from here, those tried included
	asleep  uint32 // whose steps would only lead to what was visited from an earlier state

	thread int
	use    thread.Use
	number uint32 // of the step among those of its thread, from 1
	clock  clock  // of the steps that happen before it, itself included
}

// reduction is the walk.
type reduction struct {
	program Program
	run     run
	report  Report

	// For tests: a fault, which takes threads out of those that are to be tried in another order;
	// and who is told of each end of a schedule, after which the walk goes on, whatever it was.
	spoil func(uint32) uint32
	end   func(error)

	nodes   []node
	keep    int // nodes that are walked again as they are, the last with another step
	at      int // steps taken in this run
	latest  [maxThreads]clock
	enabler [maxThreads]clock // of the step that let a thread go on which could not
	cut     bool              // nobody but sleepers could go on
	broken  bool
}

func (d *reduction) begin() {
	d.at, d.cut, d.broken = 0, false, false
	d.latest, d.enabler = [maxThreads]clock{}, [maxThreads]clock{}
	d.run.choose, d.run.watch = d.choose, d
}

// choose takes the step that the walk is to take again, or else the first by default that is not
// asleep.
func (d *reduction) choose(options []int, _ bool) int {
	if d.at < d.keep {
		for i, t := range options {
			if t == d.nodes[d.at].thread {
				return i
			}
		}
		d.broken = true
		return -1
	}
	n := node{asleep: d.sleepers()}
	chosen := -1
	for i, t := range options {
		n.enabled |= 1 << t
		if chosen < 0 && n.asleep>>t&1 == 0 {
			chosen, n.thread = i, t
		}
	}
	if chosen < 0 {
		d.cut = true
		return -1
	}
	n.wanted, n.tried = 1<<n.thread, 1<<n.thread
	d.nodes = append(d.nodes, n)
	return chosen
}

// sleepers are those who were asleep in the state before, or whose steps were taken from there
// before, unless the step that led here conflicts with what they are about to do.
func (d *reduction) sleepers() (set uint32) {
	if d.at == 0 {
		return 0
	}
	before := &d.nodes[d.at-1]
	for rest := (before.asleep | before.tried) &^ (1 << before.thread); rest != 0; {
		t := bits.TrailingZeros32(rest)
		rest &^= 1 << t
		if !before.use.Conflicts(d.run.machine.Intended(t)) {
			set |= 1 << t
		}
	}
	return set
}

// stepped is told of each step as it is taken.
func (d *reduction) stepped(t int, u thread.Use, resumed bool) {
	n := &d.nodes[d.at]
	n.use = u
	c := d.latest[t]
	if resumed {
		c.join(&d.enabler[t])
	}
	n.number = c[t] + 1
	d.at++
	if d.at < d.keep { // as it was
		d.latest[t] = n.clock
		return
	}
	d.after(d.at-1, t, u, &c)
	c[t] = n.number
	n.clock = c
	d.latest[t] = c
}

// after joins c, which is what t has done before it takes its step with u, with the steps before n
// that conflict with it, and has those that nothing else orders tried in the other order.
func (d *reduction) after(n, t int, u thread.Use, c *clock) {
	if u.How == thread.Lock {
		d.afterHolder(n, t, u, c)
		return
	}
	for i := n - 1; i >= 0; i-- {
		e := &d.nodes[i]
		if e.number <= c[e.thread] || !e.use.Conflicts(u) || e.thread == t {
			continue
		}
		d.reverse(i, n, t, c)
		c.join(&e.clock)
	}
}

// afterHolder is for a lock: it cannot be taken before it is given back, so that what is tried the
// other way round is who takes it first.
func (d *reduction) afterHolder(n, t int, u thread.Use, c *clock) {
	var back *node // the last that gave it back
	for i := n - 1; i >= 0; i-- {
		e := &d.nodes[i]
		switch {
		case e.use.How == thread.Anything && e.number > c[e.thread]:
			d.reverse(i, n, t, c)
			c.join(&e.clock)
		case e.use.Of != u.Of:
		case e.use.How == thread.Unlock && back == nil:
			back = e
		case e.use.How == thread.Lock:
			if e.thread != t && e.number > c[e.thread] {
				d.reverse(i, n, t, c)
			}
			if back != nil {
				c.join(&back.clock)
			}
			return
		}
	}
}

// waiting looks, at the end of a schedule, at those that still wait for a lock: they might have had
// it first.
func (d *reduction) waiting() {
	for t, c := range d.latest {
		if c[t] == 0 {
			continue
		}
		if u := d.run.machine.Intended(t); u.How == thread.Lock {
			d.after(d.at, t, u, &c)
		}
	}
}

func (d *reduction) enables(by, t int) {
	if by >= 0 {
		d.enabler[t] = d.nodes[d.at-1].clock
		return
	}
	for i := range d.latest { // time passes: after everything
		d.enabler[t].join(&d.latest[i])
	}
}

// reverse has the walk try step n, which t takes after the steps of c, before step i. What
// is to be taken from the state before i is the first step of whatever happened since and does not
// come after i; any of those will do that nothing among them comes before.
func (d *reduction) reverse(i, n, t int, c *clock) {
	e := &d.nodes[i]
	var first clock // by thread, the number of its first step among them; 0: none
	var initials uint32
	consider := func(thread int, number uint32, before *clock) {
		if first[thread] != 0 {
			return
		}
		first[thread] = number
		for other, f := range first {
			if other != thread && f != 0 && before[other] >= f {
				return
			}
		}
		initials |= 1 << thread
	}
	for k := i + 1; k < n; k++ {
		if f := &d.nodes[k]; f.clock[e.thread] < e.number {
			consider(f.thread, f.number, &f.clock)
		}
	}
	consider(t, c[t]+1, c)
	if initials&(e.wanted|e.asleep) != 0 {
		return
	}
	more := e.enabled
	switch can := initials & e.enabled; {
	case can>>t&1 != 0:
		more = 1 << t
	case can != 0:
		more = can & -can
	}
	if d.spoil != nil {
		more = d.spoil(more)
	}
	e.wanted |= more
}

// advance goes back to the last state from which there is a step to be taken. False: there is none.
func (d *reduction) advance() bool {
	for i := len(d.nodes) - 1; i >= 0; i-- {
		n := &d.nodes[i]
		left := n.wanted &^ n.tried &^ n.asleep
		if left == 0 {
			continue
		}
		n.thread = bits.TrailingZeros32(left)
		n.tried |= 1 << n.thread
		d.nodes = d.nodes[:i+1]
		d.keep = i + 1
		return true
	}
	return false
}
