package peer

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// The bounds of those who knock: how many the kernel keeps, how many are listened to at once, and
// for how long. Whoever has the key has said so one way through the network after it has connected;
// the oldest of too many makes room for the newest.
const (
	backlog    = 16
	maxPending = 64
	knockTime  = 3 * time.Second
)

// Gate listens for the migration streams of runs. Between runs nobody is looked at.
type Gate struct {
	listener *net.TCPListener
	addr     netip.AddrPort
}

// Listen opens a gate at addr alone; port 0 takes a free one.
func Listen(addr netip.AddrPort) (*Gate, error) {
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return nil, err
	}
	raw, err := l.SyscallConn()
	if err == nil {
		err = errors.Join(raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), backlog) }), err)
	}
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("bounding the pending connections: %w", err)
	}
	return &Gate{listener: l, addr: l.Addr().(*net.TCPAddr).AddrPort()}, nil
}

// Addr is where the gate listens.
func (g *Gate) Addr() netip.AddrPort { return g.addr }

// Close closes the gate.
func (g *Gate) Close() error { return g.listener.Close() }

// Admit waits until each channel of a run was opened by one who has its secret, and returns the
// connections by channel. Everybody else is cut off without a byte. It ends with ctx.
func (g *Gate) Admit(ctx context.Context, s Secret, channels int) ([]*net.TCPConn, error) {
	a := &admission{secret: s, open: make([]*net.TCPConn, channels), all: make(chan struct{})}
	inner, cancel := context.WithCancel(ctx)
	if err := g.listener.SetDeadline(time.Time{}); err != nil {
		cancel()
		return nil, err
	}
	poked := make(chan struct{})
	go func() {
		defer close(poked)
		select {
		case <-inner.Done():
		case <-a.all:
			cancel()
		}
		_ = g.listener.SetDeadline(time.Now()) // ends accept
	}()
	err := a.accept(inner, g.listener)
	cancel()
	<-poked
	a.turnAway()
	a.knocking.Wait()
	if a.count < channels {
		a.giveUp()
		return nil, err
	}
	return a.open, nil
}

// admission is the waiting for the streams of one run.
type admission struct {
	secret   Secret
	knocking sync.WaitGroup
	all      chan struct{} // closed when every channel is open

	mu      sync.Mutex
	open    []*net.TCPConn
	count   int
	pending []*net.TCPConn // oldest first
}

// acceptPause is how long the gate waits where it cannot take a connection, as without descriptors.
const acceptPause = 20 * time.Millisecond

func (a *admission) accept(ctx context.Context, l *net.TCPListener) error {
	for {
		c, err := l.AcceptTCP()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				c.Close()
			}
			return ctx.Err()
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			time.Sleep(acceptPause)
			continue
		}
		a.admit(c)
		a.knocking.Add(1)
		go func() {
			defer a.knocking.Done()
			a.hear(c)
		}()
	}
}

// admit makes c one of the pending.
func (a *admission) admit(c *net.TCPConn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = append(a.pending, c)
	if len(a.pending) > maxPending {
		a.pending[0].Close()
		a.pending = a.pending[1:]
	}
}

// hear reads what c opens with, and lets it in or cuts it off.
func (a *admission) hear(c *net.TCPConn) {
	var text [openingBytes]byte
	_ = c.SetDeadline(time.Now().Add(knockTime))
	_, err := io.ReadFull(c, text[:])
	if err != nil || !a.take(c, text[:]) {
		a.forget(c)
		c.Close()
	}
}

// forget takes c off the pending and reports whether it was one.
func (a *admission) forget(c *net.TCPConn) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, p := range a.pending {
		if p == c {
			a.pending = append(a.pending[:i], a.pending[i+1:]...)
			return true
		}
	}
	return false
}

// take lets c in if text opens a channel that is not open yet, and answers it.
func (a *admission) take(c *net.TCPConn, text []byte) bool {
	channel := -1
	for i := range a.open {
		if hmac.Equal(text, a.secret.opening(i)) {
			channel = i
		}
	}
	if channel < 0 || !a.forget(c) || !a.claim(c, channel) {
		return false
	}
	if _, err := c.Write(a.secret.answer(text)); err != nil {
		return true // the run finds out: this opening is spent
	}
	_ = c.SetDeadline(time.Time{})
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count++; a.count == len(a.open) {
		close(a.all)
	}
	return true
}

// claim gives the channel to c unless somebody has it: an opening is good once.
func (a *admission) claim(c *net.TCPConn, channel int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[channel] != nil {
		return false
	}
	a.open[channel] = c
	return true
}

// turnAway cuts off everybody who is still pending.
func (a *admission) turnAway() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.pending {
		c.Close()
	}
	a.pending = nil
}

// giveUp closes what was let in.
func (a *admission) giveUp() {
	for _, c := range a.open {
		if c != nil {
			c.Close()
		}
	}
}
