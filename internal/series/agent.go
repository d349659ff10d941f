package series

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"mtbench/internal/host"
	"mtbench/internal/peer"
	"mtbench/internal/thread"
	"mtbench/workloads"
)

// admitTime is how long the destination waits for its stream to be opened.
const admitTime = 30 * time.Second

// agent is the far host's side of a series: it makes the destination's half of each run as it is
// asked to.
type agent struct {
	talk *peer.Talk
	host *host.Machine
	args []string
	work float64 // turns of the work loop a nanosecond on this host

	at     netip.AddrPort // where the gate is opened; port 0 = any free one
	gate   *peer.Gate
	secret func(run uint32, told *peer.Secret) (peer.Secret, error)

	met   func()        // called when both hosts have come to terms
	bound func() func() // bounds what is still said, until what it returns is called

	joins, hears sync.WaitGroup
	run          *agentRun // the present one, or the last; of the serving goroutine alone
}

func newAgent(in io.Reader, out io.Writer) *agent {
	return &agent{talk: peer.NewTalk(in, out), host: host.Local(), args: []string{ChildCommand}}
}

// agentRun is one half of a run.
type agentRun struct {
	number uint32
	ours   *net.UnixConn // the other end of the process's conversation
	theirs *os.File      // the process's
	cancel context.CancelFunc

	mu    sync.Mutex
	child *child // nil before it is started and after it was reaped
}

// ServeDestination is the body of mtbench on the host of a destination, which ssh has started: it
// introduces itself on out, makes the destination's half of each run that is asked for on in, and
// ends with in, with ctx, or when nothing is heard any more. copied is the directory of a copy of
// this program, which is removed at once; "" = there is none. What went wrong is returned for
// standard error, which ssh carries to the other host.
func ServeDestination(ctx context.Context, in, out *os.File, b Build, copied string) error {
	forget(copied)
	addr, err := peer.ServerAddress(os.Getenv("SSH_CONNECTION"))
	if err != nil {
		return fmt.Errorf("the migration stream has no address here: %w", err)
	}
	a := newAgent(in, out)
	a.at, a.secret, a.met = netip.AddrPortFrom(addr, 0), wasTold, func() {}
	a.bound = func() func() {
		// What is written to an ssh whose network is gone is never read. The processes end with this
		// one.
		end := time.AfterFunc(partTime, func() { os.Exit(1) })
		return func() { end.Stop() }
	}
	// Whoever hears lives as long as the process, asleep in a read.
	if err = a.converse(ctx, b); isGoodBye(err) {
		return nil
	}
	return err
}

// wasTold is the secret of a stream where the conversation keeps it.
func wasTold(_ uint32, told *peer.Secret) (peer.Secret, error) {
	if told == nil {
		return peer.Secret{}, errors.New("a run was asked for without the secret of its stream")
	}
	return *told, nil
}

// isGoodBye reports whether a conversation ended as it should.
func isGoodBye(err error) bool {
	_, said := errors.AsType[farewell](err)
	return said || errors.Is(err, io.EOF)
}

// converse comes to terms with the other host and does what it asks for, until the conversation
// ends: by a farewell, or for the reason that is returned. The listening goes on until there is
// nothing to read any more.
func (a *agent) converse(ctx context.Context, b Build) error {
	err := a.introduce(b)
	if a.gate != nil {
		defer a.gate.Close()
	}
	if err != nil {
		return err
	}
	a.met()
	inner, cancel := context.WithCancelCause(ctx)
	frames := make(chan peer.Frame)
	a.hears.Add(1)
	go func() { defer a.hears.Done(); cancel(a.hear(inner, frames)) }()
	a.joins.Add(1)
	go func() { defer a.joins.Done(); a.talk.Keep(inner.Done(), cancel) }()
	err = a.serve(inner, frames)
	cancel(nil)
	defer a.bound()()
	if !isGoodBye(err) {
		_ = a.talk.Send(0, reply{Bye: whyEnds(err)})
	}
	if a.run != nil {
		a.run.stop(false)
	}
	a.joins.Wait()
	return err
}

// whyEnds is what the other host is told of the end of a conversation.
func whyEnds(err error) string {
	if errors.Is(err, context.Canceled) {
		return "mtbench there was told to end"
	}
	return err.Error()
}

// forget removes a copy of this program, which goes on without its file. Nothing else is removed,
// whatever the name says.
func forget(dir string) {
	self, err := os.Executable()
	if dir == "" || err != nil {
		return
	}
	there, err := filepath.EvalSymlinks(dir)
	if err == nil && filepath.Dir(self) == there {
		_ = os.Remove(self)
		_ = os.Remove(there)
	}
}

// introduce opens the gate and comes to terms with the other host.
func (a *agent) introduce(b Build) error {
	ours, err := introduce(b)
	if err != nil {
		return err
	}
	if a.gate, err = peer.Listen(a.at); err != nil {
		return fmt.Errorf("the migration stream cannot be listened for: %w", err)
	}
	a.work = thread.CalibrateWork()
	ours.Host, ours.Boot, ours.Bounds = describe(a.host, a.work), bootID(), a.host.MemoryBounds()
	ours.Address = a.gate.Addr().String()
	if err := a.talk.Send(0, ours); err != nil {
		return err
	}
	f, err := a.talk.Receive()
	var theirs introduction
	if err == nil {
		err = f.Into(&theirs)
	}
	if err != nil {
		return fmt.Errorf("the source's host does not introduce itself: %w", err)
	}
	return ours.agree(&theirs, "source")
}

// hear passes on what the other host says, and returns why it says no more. What it says after the
// end is not listened to.
func (a *agent) hear(ctx context.Context, frames chan<- peer.Frame) error {
	for {
		f, err := a.talk.Receive()
		if err != nil {
			return err
		}
		select {
		case frames <- f:
		case <-ctx.Done():
		}
	}
}

// serve does what it is asked to until there is nobody to ask.
func (a *agent) serve(ctx context.Context, frames <-chan peer.Frame) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case f := <-frames:
			if f.Kind == peer.Relayed {
				if a.run != nil && a.run.number == f.Run {
					pass(a.run.ours, f.Body)
				}
				continue
			}
			var r request
			if err := f.Into(&r); err != nil {
				return err
			}
			if r.Bye != "" {
				return farewell(r.Bye)
			}
			if err := a.answer(ctx, f.Run, r); err != nil {
				return err
			}
		}
	}
}

func (a *agent) answer(ctx context.Context, number uint32, r request) error {
	switch {
	case r.Stop != nil && a.run != nil && a.run.number == number:
		a.joins.Add(1)
		go func(run *agentRun) { defer a.joins.Done(); run.stop(r.Stop.Hangs) }(a.run)
	case r.Begin != nil:
		return a.begin(ctx, number, r.Begin)
	}
	return nil
}

// begin makes the half of a run beside the listening. The source's host asks for the next one when
// it has heard of the end of the last.
func (a *agent) begin(ctx context.Context, number uint32, b *begin) error {
	if a.run != nil && number <= a.run.number {
		return fmt.Errorf("run %d was asked for after run %d: a number, and the secret of its stream, "+
			"is good once", number, a.run.number)
	}
	secret, err := a.secret(number, b.Secret)
	if err != nil {
		return err
	}
	ours, theirs, err := conversation()
	if err != nil {
		return err
	}
	inner, cancel := context.WithCancel(ctx)
	r := &agentRun{number: number, ours: ours, theirs: theirs, cancel: cancel}
	a.run = r
	a.joins.Add(1)
	go func() {
		defer a.joins.Done()
		defer cancel()
		defer ours.Close()
		e := a.do(inner, r, b, secret)
		_ = a.talk.Send(number, reply{Ended: e})
	}()
	return nil
}

// do makes a half: the gate, the process, its conversation, and what disturbed it.
func (a *agent) do(ctx context.Context, r *agentRun, b *begin, s peer.Secret) *ended {
	defer r.theirs.Close()
	memory := a.host.WatchMemory()
	sampler := a.host.Start(a.host.BackgroundCPU(backgroundWatch))
	before := host.OwnCPU()
	streams, err := a.admit(ctx, r.number, s)
	if err != nil {
		return crashed(fmt.Errorf("the migration stream was not opened: %w", err))
	}
	defer streams[0].Close()
	if b.Probe {
		return &ended{Outcome: outcome{OK: true}}
	}
	c, err := a.start(r, streams[0], b.Scenario)
	if err != nil {
		return crashed(err)
	}
	stop := context.AfterFunc(ctx, c.kill)
	defer stop()
	relayed := make(chan struct{})
	go func() { defer close(relayed); relay(a.talk, r.number, r.ours) }()
	v := read(c)
	r.mu.Lock()
	r.child = nil
	r.mu.Unlock()
	<-relayed
	f := family{destination: c}
	e := &ended{Outcome: v, Words: f.words(), CPU: f.cpu() + host.OwnCPU() - before}
	e.Noise = sampler.Stop(e.CPU)
	if why := f.lackOfMemory(memory, v.Reason+e.Words); why != "" && !v.OK {
		e.Outcome.Reason += ": " + why
	}
	return e
}

// admit opens the gate, says so, and waits for the stream. Those who have waited at the gate since
// the last run are turned away first.
func (a *agent) admit(ctx context.Context, number uint32, s peer.Secret) ([]*net.TCPConn, error) {
	timed, cancel := context.WithTimeoutCause(ctx, admitTime,
		fmt.Errorf("no connection with its secret came within %v", admitTime))
	defer cancel()
	said := make(chan error, 1)
	go func() { said <- a.talk.Send(number, reply{Listens: true}) }()
	streams, err := a.gate.Admit(timed, s, 1)
	if err != nil && context.Cause(timed) != nil {
		err = context.Cause(timed)
	}
	return streams, errors.Join(<-said, err)
}

// start starts the destination's process with its stream and its conversation.
func (a *agent) start(r *agentRun, stream *net.TCPConn, sc workloads.Scenario) (*child, error) {
	data, err := stream.File()
	if err != nil {
		return nil, err
	}
	defer data.Close()
	defer r.theirs.Close()
	defer stream.Close()
	sc.WorkTurns = a.work
	r.mu.Lock()
	defer r.mu.Unlock()
	c, err := this().start(roleDestination, a.args, job{protocol, roleDestination, sc}, data, r.theirs)
	if err == nil {
		r.child = c
	}
	return c, err
}

func crashed(err error) *ended {
	return &ended{Outcome: outcome{Class: ClassCrash,
		Reason: "the destination's host: " + err.Error()}}
}

// stop ends the half. A process that hangs says first where it is.
func (r *agentRun) stop(hangs bool) {
	r.mu.Lock()
	c := r.child
	if c != nil && hangs {
		c.ask()
	}
	r.mu.Unlock()
	if c != nil && hangs {
		time.Sleep(dumpTime)
	}
	r.cancel()
}
