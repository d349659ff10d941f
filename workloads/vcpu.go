package workloads

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"mtbench/internal/thread"
)

const (
	// PacePeriod is how often a vCPU wakes to do the writes that have become due. At 16 vCPUs it
	// costs 1600 wake-ups a second, whatever the rate; a round of memory takes many of them.
	PacePeriod = 10 * time.Millisecond

	// MaxBacklog is what a vCPU that got no CPU may catch up with, in time; what is older is
	// dropped, and the rate achieved shows it. Within it, a model that takes the vCPUs' CPU away
	// does not lighten its own load.
	MaxBacklog = 100 * time.Millisecond

	// batchWrites is how many writes a vCPU does before it can be stopped: some 20 µs.
	batchWrites = 64
)

// Store writes into a page, or spends the time of it. Any number of threads call it at once.
type Store interface {
	Store(t thread.Thread, page int, random uint64)
}

// VCPUs is what the guest's writers do.
type VCPUs struct {
	Count   int
	Rate    float64 // page writes a second over all of them; 0 = none, and no threads
	Pattern string  // see Patterns
	Seed    uint64
}

// Writers are the running vCPUs. All methods are the migration thread's.
type Writers struct {
	vcpus   []*vcpu
	begun   time.Duration
	ran     time.Duration // begun to stopped; 0 while they run
	stopped bool
}

// vcpu is one writer thread. A vCPU holds its mutex while it writes, so that who takes the mutex
// knows that it stands still; nobody else takes it but to stop it.
type vcpu struct {
	asked   atomic.Bool // to stop; before the mutex, which a vCPU with a backlog retakes at once
	mu      thread.Mutex
	stop    bool  // under mu
	written int64 // under mu

	log    *DirtyLog
	store  Store
	next   func() int // the page to write
	random *rand.PCG
	rate   float64 // writes a second
	joiner thread.Joiner
}

// StartWriters starts the vCPU threads, named as QEMU names them.
func StartWriters(m thread.Machine, t thread.Thread, v VCPUs, log *DirtyLog, store Store,
	pages int) (*Writers, error) {
	w := &Writers{}
	if v.Rate > 0 {
		for i := range v.Count {
			next, err := newPattern(v.Pattern, pages, i, v.Count, v.Seed)
			if err != nil {
				return nil, err
			}
			w.vcpus = append(w.vcpus, &vcpu{
				mu:  m.NewMutex("vcpu", thread.Joining),
				log: log, store: store, next: next,
				random: rand.NewPCG(v.Seed^0x9e3779b97f4a7c15, uint64(i)),
				rate:   v.Rate / float64(v.Count),
			})
		}
	}
	w.begun = t.Now()
	for i, c := range w.vcpus {
		// Spread over the period, so that they do not all wake at once.
		first := w.begun + PacePeriod*time.Duration(i)/time.Duration(len(w.vcpus))
		c.joiner = m.Start(t, fmt.Sprintf("CPU %d/KVM", i), thread.VCPU, func(t thread.Thread) {
			c.run(t, first)
		})
	}
	return w, nil
}

// Stop stops the writers: when it returns no page is written any more. A vCPU that sleeps is not
// waited for; it finds itself stopped when it wakes.
func (w *Writers) Stop(t thread.Thread) {
	if w.stopped {
		return
	}
	w.stopped = true
	// All are asked before one is waited for, as a hypervisor kicks all vCPUs first: the mutex is
	// not fair, and those not reached yet would go on writing.
	for _, c := range w.vcpus {
		c.asked.Store(true)
	}
	for _, c := range w.vcpus {
		c.mu.Lock(t)
		c.stop = true
		c.mu.Unlock(t)
	}
	w.ran = t.Now() - w.begun
}

// Join stops the writers and waits until their threads have ended.
func (w *Writers) Join(t thread.Thread) {
	w.Stop(t)
	for _, c := range w.vcpus {
		c.joiner.Join(t)
	}
}

// Achieved is how many page writes a second were done while the vCPUs ran. After Join.
func (w *Writers) Achieved() float64 {
	var written int64
	for _, c := range w.vcpus {
		written += c.written
	}
	if w.ran <= 0 {
		return 0
	}
	return float64(written) / w.ran.Seconds()
}

// run writes what is due, sleeps, and so on. base is when the writes counted in done began.
func (c *vcpu) run(t thread.Thread, base time.Duration) {
	t.SleepUntil(base, thread.Sleeping)
	var done int64
	for {
		now := t.Now()
		if late := now - base - c.due(done); late > MaxBacklog {
			base += late - MaxBacklog // what is older is dropped
		}
		for owed := int64((now-base).Seconds()*c.rate) - done; owed > 0; {
			n := min(owed, batchWrites)
			if !c.write(t, n) {
				return
			}
			owed -= n
			done += n
		}
		if !c.write(t, 0) {
			return
		}
		t.SleepUntil(max(now+PacePeriod, base+c.due(done+1)), thread.Sleeping)
	}
}

// due is how long after base the n-th write is due.
func (c *vcpu) due(n int64) time.Duration {
	return time.Duration(float64(n) / c.rate * float64(time.Second))
}

// write does n writes, each a store and then its bit in the log. False: the vCPU was stopped.
func (c *vcpu) write(t thread.Thread, n int64) bool {
	if c.asked.Load() {
		return false
	}
	c.mu.Lock(t)
	defer c.mu.Unlock(t)
	if c.stop {
		return false
	}
	was := t.Enter(thread.Writing)
	for range n {
		page := c.next()
		c.store.Store(t, page, c.random.Uint64())
		c.log.Mark(page)
	}
	c.written += n
	t.Enter(was)
	return true
}

// hostGuest is the Guest of a real run.
type hostGuest struct {
	mem     *Memory
	log     *DirtyLog
	writers *Writers
}

func (g *hostGuest) Pages() int { return g.mem.Pages() }

func (g *hostGuest) Sync(t thread.Thread, into *Bitmap) int64 { return g.log.Sync(t, into) }

func (g *hostGuest) IsZero(_ thread.Thread, page int) bool { return g.mem.IsZero(page) }

func (g *hostGuest) Stop(t thread.Thread) { g.writers.Stop(t) }
