package series

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"mtbench/internal/host"
	"mtbench/internal/link"
	"mtbench/internal/peer"
	"mtbench/results"
	"mtbench/workloads"
)

// FarOptions say how a destination on another host is come to. They are no part of a series: who
// goes on with one gives them again.
type FarOptions struct {
	SSH        []string // the user's ssh and its first arguments; none = ssh
	Binary     string   // path of mtbench there; "" = found, or copied
	Unattended bool     // nobody can be asked for a password

	// Secret gives the secret that mtbench receive was given, where it is that which is called. It
	// may ask a person.
	Secret func(context.Context) (peer.Shared, error)

	// ClearContent lets pages of a file go over the network in clear.
	ClearContent bool
}

// The bounds of waiting for another host.
const (
	reachTime  = 2 * time.Minute  // from the start to the introduction, with copy and password
	sayTime    = time.Second      // for a last word that may not come through
	listenTime = 30 * time.Second // until a destination stands ready for its stream
	stopTime   = 10 * time.Second // until a run that was told to stop has ended
	partTime   = 5 * time.Second  // until the other side has ended after a good-bye
)

// way is what the conversation with another host goes over, seen from the source's.
type way interface {
	io.Writer
	// open makes the other side listen, and returns what it says.
	open() (io.Reader, error)
	// address is where the migration stream goes, of what the destination says of itself.
	address(says netip.AddrPort) netip.AddrPort
	// stream is the secret of a run's stream, and the same if it must be told.
	stream(run uint32) (s peer.Secret, told *peer.Secret)
	// part says that nothing more is said: the other side ends.
	part()
	// drain hears the other side out, without listening, for d at most; nobody may read meanwhile.
	drain(d time.Duration)
	// kill ends it at once, beside whatever else goes on.
	kill()
	// wait waits for an end that was caused, and adds what is known of it to a failure, or nil.
	wait(failed error) error
}

// come starts on the way to a target. program is the SHA-256 of this one.
func come(ctx context.Context, target peer.Target, o FarOptions, program string) (way, error) {
	if target.Direct {
		return comeDirectly(ctx, target, o)
	}
	return comeBySSH(target, o, program)
}

// farHost is the source's hold of a destination on another host: a way to it, and the conversation
// over that.
type farHost struct {
	target  peer.Target
	way     way
	talk    *peer.Talk
	theirs  introduction
	addr    netip.AddrPort
	same    bool // one machine with the source
	joins   sync.WaitGroup
	gone    chan struct{} // closed when the conversation is over
	partOne sync.Once     // what ends it happens once

	mu     sync.Mutex
	lost   error
	number uint32
	run    *farRun // the present one; nil between runs
}

// reach starts the destination's half of a series on another host.
func reach(ctx context.Context, target peer.Target, o FarOptions, b Build) (*farHost, error) {
	ours, err := introduce(b)
	if err != nil {
		return nil, err
	}
	h := &farHost{target: target, gone: make(chan struct{})}
	if h.way, err = come(ctx, target, o, ours.Program); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%v: %w", target, err)
	}
	timed, cancel := context.WithTimeout(ctx, reachTime)
	stop := context.AfterFunc(timed, h.way.kill)
	err = h.greet(&ours, o)
	stop()
	cancel()
	if err != nil {
		h.way.kill()
		err = h.way.wait(err)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%v: %w", target, err)
	}
	h.joins.Add(2)
	go func() { defer h.joins.Done(); h.listen() }()
	go func() { defer h.joins.Done(); h.talk.Keep(h.gone, h.lose) }()
	if err := h.probe(ctx); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// greet has the other side listen, and sees the introductions through.
func (h *farHost) greet(ours *introduction, o FarOptions) error {
	in, err := h.way.open()
	if err != nil {
		return err
	}
	h.talk = peer.NewTalk(in, h.way)
	if err := h.talk.Send(0, ours); err != nil {
		return fmt.Errorf("it does not listen: %w", err)
	}
	f, err := h.talk.Receive()
	if err == nil {
		err = f.Into(&h.theirs)
	}
	switch {
	case err != nil:
		return fmt.Errorf("it does not introduce itself: %w", err)
	case h.theirs.Refusal != "":
		return fmt.Errorf("it refuses: %s", clip(h.theirs.Refusal))
	}
	if err := ours.agree(&h.theirs, "destination"); err != nil {
		h.say(err)
		return err
	}
	// A program that nobody has put there by hand is this one, or it is not what was found or sent.
	if !h.target.Direct && o.Binary == "" && ours.Program != h.theirs.Program {
		return errors.New("another program than this one answers there")
	}
	says, err := netip.ParseAddrPort(h.theirs.Address)
	if err != nil {
		return fmt.Errorf("its address is %q", clip(h.theirs.Address))
	}
	h.addr = h.way.address(says)
	h.same = h.theirs.Boot != "" && h.theirs.Boot == bootID()
	return nil
}

// say says why the conversation ends, as far as that can still be said. Whoever reads calls it.
func (h *farHost) say(why error) {
	stuck := time.AfterFunc(2*sayTime, h.way.kill)
	defer stuck.Stop()
	if h.talk.Send(0, request{Bye: why.Error()}) == nil {
		h.way.part()
		h.way.drain(sayTime)
	}
}

// listen hears the other host until the conversation is over.
func (h *farHost) listen() {
	for {
		f, err := h.talk.Receive()
		if err == nil {
			err = h.hear(f)
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("ssh ended")
			}
			h.say(err)
			h.lose(err)
			return
		}
	}
}

// hear takes in what the other host says of a run, or of the end.
func (h *farHost) hear(f peer.Frame) error {
	if f.Run == 0 {
		return farewellOf(f)
	}
	h.mu.Lock()
	r := h.run
	h.mu.Unlock()
	if r == nil || r.number != f.Run {
		return nil // of a run that is over
	}
	return r.hear(f)
}

// farewellOf is why the destination ends the conversation, of what it says outside a run.
func farewellOf(f peer.Frame) error {
	var said reply
	if err := f.Into(&said); err != nil {
		return err
	}
	return fmt.Errorf("it ended the conversation: %s", clip(said.Bye))
}

// lose ends the conversation: whoever waits for the other host waits no more.
func (h *farHost) lose(why error) {
	h.partOne.Do(func() {
		h.mu.Lock()
		h.lost = why
		r := h.run
		kill := func() {}
		if r != nil {
			kill = r.onLoss
		}
		h.mu.Unlock()
		close(h.gone)
		h.way.kill()
		if r != nil {
			r.ours.Close()
		}
		kill()
	})
}

// err is why the destination is lost, or nil.
func (h *farHost) err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lost == nil {
		return nil
	}
	return &DestinationLost{h.target, h.lost}
}

// close says good-bye and waits for the other host.
func (h *farHost) close() {
	if h == nil {
		return
	}
	_ = h.talk.Send(0, request{Bye: "the series is over"})
	h.way.part()
	select {
	case <-h.gone: // the other side has ended
	case <-time.After(partTime):
	}
	h.lose(errors.New("the series is over"))
	h.joins.Wait()
	_ = h.way.wait(nil)
}

// probe looks whether the migration stream would come through, before anything depends on it.
func (h *farHost) probe(ctx context.Context) error {
	_, files, err := h.begin(ctx, begin{Probe: true})
	for _, f := range files {
		f.Close()
	}
	h.over()
	return err
}

// farRun is the destination's half of a run, seen from the source's host.
type farRun struct {
	host   *farHost
	number uint32
	ours   *net.UnixConn // the other end of the source's conversation
	said   chan reply
	onLoss func()
	joins  sync.WaitGroup
	timer  *time.Timer // of a run that was told to stop
}

// begin starts the destination's half and returns the files of the source's: stream and
// conversation.
func (h *farHost) begin(ctx context.Context, b begin) (*farRun, []*os.File, error) {
	ours, theirs, err := conversation()
	if err != nil {
		return nil, nil, err
	}
	r := &farRun{host: h, ours: ours, said: make(chan reply, 2), onLoss: func() {}}
	h.mu.Lock()
	h.number++
	r.number, h.run = h.number, r
	h.mu.Unlock()
	r.joins.Add(1)
	go func() { defer r.joins.Done(); relay(h.talk, r.number, ours) }()
	var s peer.Secret
	s, b.Secret = h.way.stream(r.number)
	data, err := r.connect(ctx, b, s)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return r, []*os.File{data, theirs}, nil
}

// connect waits until the destination stands ready and opens the stream.
func (r *farRun) connect(ctx context.Context, b begin, s peer.Secret) (*os.File, error) {
	if err := r.host.talk.Send(r.number, request{Begin: &b}); err != nil {
		return nil, r.unsaid(err)
	}
	select {
	case said := <-r.said:
		if !said.Listens {
			return nil, r.lost(fmt.Errorf("it cannot begin: %s", said.why()))
		}
	case <-r.host.gone:
		return nil, r.host.err()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(listenTime):
		return nil, r.lost(fmt.Errorf("it has not begun to listen within %v", listenTime))
	}
	c, err := peer.Open(ctx, r.host.addr, s, 0)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, r.lost(fmt.Errorf("the migration stream does not come through to %v, and the "+
			"conversation does: %w", r.host.addr, err))
	}
	defer c.Close()
	return c.File()
}

func (r reply) why() string {
	if r.Ended == nil {
		return "it does not say why"
	}
	return r.Ended.Outcome.Reason
}

func (r *farRun) lost(err error) error { return &DestinationLost{r.host.target, err} }

// unsaid is why something could not be said. What is heard says more of that than the write.
func (r *farRun) unsaid(err error) error {
	select {
	case <-r.host.gone:
		return r.host.err()
	case <-time.After(stopTime):
		return r.lost(err)
	}
}

// hear takes in what the other host says of the run.
func (r *farRun) hear(f peer.Frame) error {
	if f.Kind == peer.Relayed {
		pass(r.ours, f.Body)
		return nil
	}
	var said reply
	if err := f.Into(&said); err != nil {
		return err
	}
	select {
	case r.said <- said:
		return nil
	default:
		return errors.New("the destination says more of a run than there is to say")
	}
}

// outcome waits for the end of the destination's half.
func (r *farRun) outcome() ended {
	select {
	case said := <-r.said:
		if said.Ended != nil {
			return *said.Ended
		}
	case <-r.host.gone:
	}
	return ended{Outcome: outcome{Class: ClassStream, Reason: "the destination's host is gone"}}
}

// stop ends the destination's half, which says first where it is if it hangs.
func (r *farRun) stop(hangs bool) {
	r.host.mu.Lock()
	present := r.host.run == r
	if present && r.timer == nil {
		r.timer = time.AfterFunc(stopTime, func() {
			r.host.lose(fmt.Errorf("a run was told to stop and has not, within %v", stopTime))
		})
	}
	r.host.mu.Unlock()
	if !present {
		return
	}
	_ = r.host.talk.Send(r.number, request{Stop: &stop{hangs}})
}

// over ends the present run at this end.
func (h *farHost) over() {
	h.mu.Lock()
	r := h.run
	h.run = nil
	if r != nil && r.timer != nil {
		r.timer.Stop()
	}
	h.mu.Unlock()
	if r == nil {
		return
	}
	r.ours.Close()
	r.joins.Wait()
}

// conversation makes the two ends of a half's conversation: ours, and the file of the process.
func conversation() (ours *net.UnixConn, theirs *os.File, err error) {
	a, b, err := link.Pair()
	if err != nil {
		return nil, nil, fmt.Errorf("the control socket cannot be made: %w", err)
	}
	near, far := os.NewFile(uintptr(a), "control"), os.NewFile(uintptr(b), "control")
	defer near.Close()
	c, err := net.FileConn(near)
	if err != nil {
		far.Close()
		return nil, nil, fmt.Errorf("the control socket cannot be used: %w", err)
	}
	return c.(*net.UnixConn), far, nil
}

// relay passes on what a half says to the other one, to its end.
func relay(talk *peer.Talk, run uint32, from *net.UnixConn) {
	buf := make([]byte, peer.MaxRelayed)
	for {
		n, err := from.Read(buf)
		if n > 0 && talk.SendFrame(peer.Frame{Kind: peer.Relayed, Run: run, Body: buf[:n]}) != nil {
			return
		}
		if err != nil {
			_ = talk.SendFrame(peer.Frame{Kind: peer.Relayed, Run: run})
			return
		}
	}
}

// pass gives a half what the other one says; nothing means that it says no more. A half that is
// gone hears nothing, and says so itself when it is reaped.
func pass(to *net.UnixConn, said []byte) {
	if len(said) == 0 {
		_ = to.CloseWrite()
		return
	}
	_, _ = to.Write(said)
}

// startFar starts the source's half here and has the other host start the destination's.
func (r *ProcessRunner) startFar(ctx context.Context, of workloads.Scenario) (*family, error) {
	half, files, err := r.Far.begin(ctx, begin{Scenario: halfOf(of)})
	if err != nil {
		r.Far.over()
		return nil, err
	}
	for _, f := range files {
		defer f.Close()
	}
	source, err := this().start(roleSource, r.Args, job{protocol, roleSource, of}, files...)
	if err != nil {
		half.stop(false)
		half.outcome()
		r.Far.over()
		return nil, err
	}
	half.watch(source)
	return &family{source: source, far: half}, nil
}

// watch kills the source when the other host is lost: it might wait for it.
func (r *farRun) watch(source *child) {
	r.host.mu.Lock()
	r.onLoss = source.kill
	lost := r.host.lost != nil
	r.host.mu.Unlock()
	if lost {
		source.kill()
	}
}

// connect comes to the destination's host of the series, unless that is this one or was come to.
func (n *Series) connect(ctx context.Context) error {
	if !n.Header.Scenario.Far() || n.far != nil {
		return nil
	}
	if spec := n.private(); spec != "" && !n.reach.ClearContent {
		return fmt.Errorf("--content: the pages of %s would go over the network in clear; "+
			"--clear-content says that they may", spec)
	}
	target, err := peer.ParseTarget(n.Header.Scenario.Destination)
	if err != nil {
		return fmt.Errorf("--destination: %w", err)
	}
	far, err := reach(ctx, target, n.reach, Build{Version: n.Header.Version,
		Revision: n.Header.Revision})
	if err != nil {
		return err
	}
	there := far.describe()
	if was := n.Header.DestinationHost; was == nil {
		n.Header.DestinationHost = there
		n.Header.Created = time.Now() // a person who was asked for a secret has not spent the budget
	} else if err := sameDestination(was, there); err != nil {
		far.close()
		return fmt.Errorf("%s cannot be resumed: %w", n.path, err)
	}
	n.far = far
	return nil
}

// private is a content of the series whose pages are those of a user's file; "" if none is.
func (n *Series) private() string {
	all := append([]string{n.Header.Scenario.Content}, n.Header.Matrix.Contents...)
	if i := slices.IndexFunc(all, workloads.OfFile); i >= 0 {
		return all[i]
	}
	return ""
}

// describe is the destination's host as the header has it.
func (h *farHost) describe() *results.DestinationHost {
	return &results.DestinationHost{Host: h.theirs.Host, Binary: h.theirs.Program,
		Revision: h.theirs.Revision, Go: h.theirs.Go, Same: h.same}
}

// sameDestination says in what a destination differs from that which began a series, or nothing.
func sameDestination(was, is *results.DestinationHost) error {
	var keys []string
	for _, k := range []struct{ key, was, is string }{
		{"host name", was.Name, is.Name}, {"CPU model", was.CPUModel, is.CPUModel},
		{"CPUs", fmt.Sprint(was.CPUs), fmt.Sprint(is.CPUs)}, {"kernel", was.Kernel, is.Kernel},
		{"binary_sha256", was.Binary, is.Binary},
	} {
		if k.was != k.is {
			keys = append(keys, fmt.Sprintf("%s (%q, now %q)", k.key, short(k.was), short(clip(k.is))))
		}
	}
	if keys == nil {
		return nil
	}
	return fmt.Errorf("its destination was another: %s", strings.Join(keys, ", "))
}

// fits refuses a run whose destination needs more memory than there is on its host.
func (h *farHost) fits(sc workloads.Scenario, here *host.Machine) error {
	switch {
	case h == nil:
		return nil
	case h.same:
		return within(here.MemoryBounds(), sc.MemoryNeeded(), sc.ProcessNeeds(), "a run")
	}
	need := sc.DestinationNeeds()
	if err := within(h.theirs.Bounds, need, need, "the destination of a run"); err != nil {
		return fmt.Errorf("%v: %w", h.target, err)
	}
	return nil
}
