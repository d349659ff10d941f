package series

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"mtbench/internal/peer"
)

// ReceiveOptions say how destinations are made for whoever knows a secret.
type ReceiveOptions struct {
	Listen     netip.AddrPort // port 0 = any free one
	StreamPort uint16         // of the migration streams; 0 = any free one
	Secret     peer.Shared
	Once       bool // for one series
	Build      Build

	// Say is told what happens, a line each, one at a time.
	Say func(line string)
}

// SourceLost is why a conversation ended whose source has not said good-bye.
type SourceLost struct {
	Source netip.AddrPort
	Reason error
}

func (e *SourceLost) Error() string { return fmt.Sprintf("%v is let go: %v", e.Source, e.Reason) }

func (e *SourceLost) Unwrap() error { return e.Reason }

// receiver makes destinations for one series at a time.
type receiver struct {
	ReceiveOptions
	turn chan struct{} // who holds it converses

	mu      sync.Mutex
	present netip.AddrPort // whoever converses
	shown   time.Time      // when a refused caller was last told of
	unshown int            // how many were not told of since

	end    func() // with Once: no more callers
	failed error  // with Once: how the conversation ended
}

// The bounds of callers.
const (
	turnTime  = 3 * time.Second  // for the one before to have ended
	meetTime  = 30 * time.Second // from the proof of the secret to the introduction
	quietTime = 10 * time.Second // between two lines on callers who are refused
)

// Receive listens for sources that know the secret, and makes the destinations of their series, one
// series at a time, until ctx ends. With Once it ends after the first, with the error of that.
func Receive(ctx context.Context, o ReceiveOptions) error {
	door, err := peer.OpenDoor(o.Listen, o.Secret)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	defer door.Close()
	r := &receiver{ReceiveOptions: o, turn: make(chan struct{}, 1)}
	inner, end := context.WithCancel(ctx)
	defer end()
	r.end = end
	r.Say(fmt.Sprintf("listening at %v for mtbench run --destination tcp://HOST:%d", door.Addr(),
		door.Addr().Port()))
	r.Say("whoever has the secret can run migrations here as this user, one series at a time; " +
		"everybody else gets nothing")
	r.Say("what both hosts say is authenticated and not secret; pages go in clear")
	err = door.Hear(inner, func(c *peer.Conversation) { r.receive(inner, c) }, r.refused)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case inner.Err() != nil:
		return r.failed
	}
	return err
}

// say tells of a caller.
func (r *receiver) say(who netip.AddrPort, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Say(fmt.Sprintf("%v ", who) + fmt.Sprintf(format, args...))
}

// refused tells of callers who do not know the secret, of few of many.
func (r *receiver) refused(who netip.AddrPort, why error) {
	r.mu.Lock()
	more := r.unshown
	tell := time.Since(r.shown) > quietTime
	if tell {
		r.shown, r.unshown = time.Now(), 0
	} else {
		r.unshown++
	}
	r.mu.Unlock()
	switch {
	case tell && more > 0:
		r.say(who, "%v, and is cut off; so were %d before", why, more)
	case tell:
		r.say(who, "%v, and is cut off", why)
	}
}

// receive converses with a caller who knows the secret, or says that somebody else does.
func (r *receiver) receive(ctx context.Context, c *peer.Conversation) {
	defer c.Close()
	select {
	case r.turn <- struct{}{}:
	case <-time.After(turnTime):
		r.turnDown(c)
		return
	case <-ctx.Done():
		return
	}
	defer func() { <-r.turn }()
	r.setPresent(c.There())
	err := r.converse(ctx, c)
	switch said, ok := errors.AsType[farewell](err); {
	case ctx.Err() != nil:
	case ok:
		r.say(c.There(), "says: %s", clip(string(said)))
	default:
		r.failed = &SourceLost{c.There(), err}
		r.say(c.There(), "is let go: %v", err)
	}
	if r.Once {
		r.end()
	}
}

func (r *receiver) setPresent(who netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.present = who
}

// turnDown says why there is no conversation now.
func (r *receiver) turnDown(c *peer.Conversation) {
	r.mu.Lock()
	present := r.present
	r.mu.Unlock()
	r.say(c.There(), "knows the secret, and is told to come later")
	c.Bound(sayTime)
	_ = peer.NewTalk(c, c).Send(0, introduction{Refusal: fmt.Sprintf("a series of %v goes on; "+
		"try again when that is over", present)})
	c.Finish()
	c.Drain(sayTime)
}

// converse is a conversation from its beginning to its end.
func (r *receiver) converse(ctx context.Context, c *peer.Conversation) error {
	a := newAgent(c, c)
	a.at = netip.AddrPortFrom(c.Here().Addr(), r.StreamPort)
	a.secret = func(run uint32, told *peer.Secret) (peer.Secret, error) {
		if told != nil {
			return peer.Secret{}, errors.New("the secret of a stream was told where all may hear it")
		}
		return c.Stream(run), nil
	}
	late := time.AfterFunc(meetTime, func() { c.Close() })
	stop := context.AfterFunc(ctx, func() { c.Close() })
	a.met = func() {
		late.Stop()
		stop()
		r.say(c.There(), "begins a series")
	}
	a.bound = func() func() {
		c.Bound(partTime)
		return func() {}
	}
	err := a.converse(ctx, r.Build)
	late.Stop()
	stop()
	c.Finish()
	end := time.AfterFunc(partTime, func() { c.Close() })
	defer end.Stop()
	a.hears.Wait()
	c.Drain(sayTime)
	return err
}
