// Package multifd is the hand-over between QEMU's migration thread and its multifd channels: whole
// packets of pages, one packet a channel, and a semaphore each way. The sender is the one without
// locks of February 2024, or the one before it, which takes each channel's lock.
//
// Who owns what. There is one packet more than channels, the submitter's, which Submit fills. A
// packet is passed on by a swap: the store of pending passes the full one to the channel and pairs
// with the channel's load of it; the channel's store of false passes it back, handled, and pairs
// with the load in the submitter's search, which gets it in the next swap:
//
//	submitter's packet ── swap, pending = true ──▶ channel ── pending = false ──▶ next swap
//	      ▲ Fill                                      Handle                        Done
//
// A channel posts ready when it can take a packet, and there is one such credit a channel to begin
// with; the submitter takes one before each search, which is why a search always finds a channel:
// channels clear pending before they post.
//
// A packet goes out when a page more comes, and at a flush. The destination is the one that reads
// a file: no credits, and a search that spins without a pause.
package multifd

import (
	"fmt"
	"sync/atomic"

	"mtbench/internal/thread"
	"mtbench/models"
)

// defaultPages is pages a packet: 512 KiB of 4 KiB pages.
const defaultPages = 128

// Options are the settings of this model alone.
type Options struct {
	Locked bool // the sender of 2020: a lock a channel, held over the work on a packet
}

type pipeline struct {
	work   models.Work
	wait   bool
	locked bool

	ready   *semaphore // posted by channels, taken by the submitter; nil at the destination
	exiting atomic.Bool

	// The submitter's own.
	submitter thread.Thread // caller of the call that is going on, for hasIdle
	hasIdle   func() bool   // made once: a closure made in Submit would allocate
	packet    *packet
	next      int // the channel to begin the search with
	channels  []channel
}

// packet is pages that travel together.
type packet struct {
	requests []models.Request
	n        int // filled; after the swap back, those that hold results
}

// channel is MultiFDSendParams. Both flags are set by the submitter and cleared by the channel.
type channel struct {
	sem     *semaphore // posted by the submitter: look at the flags
	synced  *semaphore // posted by the channel: every job before the sync is done
	pending atomic.Bool
	sync    atomic.Bool
	mu      thread.Mutex // locked: guards pending and the swap
	packet  *packet      // the channel's while pending is set, the submitter's while not
	state   any          // lent to the requests that this channel handles
	joiner  thread.Joiner
	_       [64]byte
}

// InFlight is how many requests there are, all of which can be in flight at once.
func InFlight(cfg models.Config) int { return cfg.DepthOr(defaultPages) * (cfg.Threads + 1) }

// Build makes the sender without locks.
func Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	return Options{}.Build(m, t, cfg, work)
}

// Build makes the packets, with a codec state a channel where the work can lend one, and starts
// the channels. Config.Depth is pages a packet.
func (o Options) Build(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	source := cfg.Side == models.Source
	p := &pipeline{work: work, wait: cfg.Wait || !source, locked: o.Locked,
		channels: make([]channel, cfg.Threads)}
	p.hasIdle = func() bool { return p.find(p.submitter) != nil }
	if err := p.makePackets(cfg); err != nil {
		return nil, err
	}
	if source {
		p.ready = newSemaphore(m, "channels_ready", cfg.Threads, thread.LockGlobal, thread.WaitRoom)
	}
	for i := range p.channels {
		c := &p.channels[i]
		name := fmt.Sprintf("%s[%d]", cfg.Name, i)
		c.sem = newSemaphore(m, "sem_"+name, 0, thread.LockSlot, thread.WaitWork)
		c.synced = newSemaphore(m, "sem_sync_"+name, 0, thread.LockSlot, thread.WaitRoom)
		c.mu = m.NewMutex("mutex_"+name, thread.LockSlot)
	}
	for i := range p.channels {
		c := &p.channels[i]
		c.joiner = m.Start(t, cfg.Name, thread.Worker, func(t thread.Thread) { p.serve(t, c) })
	}
	return p, nil
}

func (p *pipeline) makePackets(cfg models.Config) error {
	pages := cfg.DepthOr(defaultPages)
	states := cfg.StatesOf(p.work, models.PerWorker)
	for i := range cfg.Threads + 1 {
		packet := &packet{requests: make([]models.Request, pages)}
		for k := range packet.requests {
			packet.requests[k].Index = i*pages + k
			if err := states.Init(&packet.requests[k]); err != nil {
				return err
			}
		}
		if i == cfg.Threads {
			p.packet = packet
			break
		}
		c := &p.channels[i]
		c.packet = packet
		var err error
		if c.state, err = states.New(); err != nil {
			return err
		}
	}
	return nil
}

// Submit is multifd_queue_page: a page goes into the packet; a full one is sent first.
func (p *pipeline) Submit(t thread.Thread) bool {
	if p.packet.n == len(p.packet.requests) && !p.send(t, p.wait) {
		return false
	}
	r := &p.packet.requests[p.packet.n]
	p.work.Fill(t, r)
	p.packet.n++
	return true
}

// send is multifd_send_pages: a credit, the search, the swap, the post; then the results that came
// back with the empty packet are taken out, while the channel works. False: there was no credit.
func (p *pipeline) send(t thread.Thread, wait bool) bool {
	if !p.credit(t, wait) {
		return false
	}
	c := p.claim(t)
	thread.Writes(t, &c.packet)
	c.packet, p.packet = p.packet, c.packet
	thread.Stores(t, &c.pending)
	c.pending.Store(true)
	if p.locked {
		c.mu.Unlock(t)
	}
	c.sem.post(t)
	p.takeOut(t, p.packet)
	return true
}

// credit waits until a channel can take a packet.
func (p *pipeline) credit(t thread.Thread, wait bool) bool {
	switch {
	case p.ready == nil:
		p.submitter = t
		t.SpinUntil(thread.SpinRoom, 0, false, p.hasIdle)
	case wait:
		p.ready.wait(t)
	default:
		return p.ready.try(t)
	}
	return true
}

// claim finds a channel without a job, in turn. With locks it returns with the channel's lock
// held, and may sleep behind one that works although another is free: what 2024 took away.
func (p *pipeline) claim(t thread.Thread) *channel {
	for range p.channels {
		c := &p.channels[p.next]
		if p.next++; p.next == len(p.channels) {
			p.next = 0
		}
		if p.locked {
			c.mu.Lock(t)
		}
		thread.Loads(t, &c.pending)
		if !c.pending.Load() {
			return c
		}
		if p.locked {
			c.mu.Unlock(t)
		}
	}
	panic("multifd: a credit and no channel without a job")
}

// find reports a channel without a job, nil if there is none. It changes nothing.
func (p *pipeline) find(t thread.Thread) *channel {
	for i := range p.channels {
		thread.Loads(t, &p.channels[i].pending)
		if !p.channels[i].pending.Load() {
			return &p.channels[i]
		}
	}
	return nil
}

// takeOut is for a packet that has been handled, or is empty.
func (p *pipeline) takeOut(t thread.Thread, packet *packet) {
	for i := range packet.n {
		p.work.Done(t, &packet.requests[i])
	}
	packet.n = 0
}

// serve is multifd_send_thread: one look at the flags a post, then one credit. A job comes before a
// sync that was asked for after it. The credit of a sync is given before its end is told, where the
// original gives it after, so that a submitter that refuses finds all credits after a flush.
func (p *pipeline) serve(t thread.Thread, c *channel) {
	for {
		c.sem.wait(t)
		thread.Loads(t, &p.exiting)
		if p.exiting.Load() {
			return
		}
		thread.Loads(t, &c.pending)
		if c.pending.Load() {
			p.handle(t, c)
			p.giveCredit(t)
			continue
		}
		thread.Stores(t, &c.sync)
		c.sync.Store(false)
		p.giveCredit(t)
		c.synced.post(t)
	}
}

func (p *pipeline) giveCredit(t thread.Thread) {
	if p.ready != nil {
		p.ready.post(t)
	}
}

// handle does the pages of the packet and passes it back. With locks the pages are done under the
// channel's, which is then taken once more to clear pending.
func (p *pipeline) handle(t thread.Thread, c *channel) {
	if p.locked {
		c.mu.Lock(t)
	}
	for i := range c.packet.n {
		r := &c.packet.requests[i]
		r.State = c.state
		p.work.Handle(t, r)
	}
	if p.locked {
		c.mu.Unlock(t) // here the original writes to its socket
		c.mu.Lock(t)
	}
	thread.Stores(t, &c.pending)
	c.pending.Store(false)
	if p.locked {
		c.mu.Unlock(t)
	}
}

// Flush is multifd_send_sync_main: the packet that is begun, then a sync to every channel, then
// from each the credit of its turn and the end of the sync. After that no channel has a job, and
// every packet is the submitter's.
func (p *pipeline) Flush(t thread.Thread) {
	if p.packet.n > 0 {
		p.send(t, true)
	}
	for i := range p.channels {
		thread.Stores(t, &p.channels[i].sync)
		p.channels[i].sync.Store(true)
		p.channels[i].sem.post(t)
	}
	for i := range p.channels {
		if p.ready != nil {
			p.ready.wait(t)
		}
		p.channels[i].synced.wait(t)
	}
	for i := range p.channels {
		p.takeOut(t, p.channels[i].packet)
	}
}

// Close is multifd_send_terminate_threads: exiting, then a post to each, then join.
func (p *pipeline) Close(t thread.Thread) {
	thread.Stores(t, &p.exiting)
	p.exiting.Store(true)
	for i := range p.channels {
		p.channels[i].sem.post(t)
	}
	for i := range p.channels {
		p.channels[i].joiner.Join(t)
	}
}
