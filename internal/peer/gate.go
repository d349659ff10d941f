package peer

import (
	"context"
	"crypto/hmac"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Gate listens for the migration streams of runs. Between runs nobody is looked at.
type Gate struct {
	listener *net.TCPListener
	addr     netip.AddrPort
}

// Listen opens a gate at addr alone; port 0 takes a free one.
func Listen(addr netip.AddrPort) (*Gate, error) {
	l, err := listenAt(addr)
	if err != nil {
		return nil, err
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
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &admission{secret: s, open: make([]*net.TCPConn, channels), all: cancel}
	err := a.hear(inner, g.listener, a.listen)
	if a.count < channels {
		a.giveUp()
		return nil, err
	}
	return a.open, nil
}

// admission is the waiting for the streams of one run.
type admission struct {
	knocks
	secret Secret
	all    func() // called when every channel is open

	opening sync.Mutex // of what follows
	open    []*net.TCPConn
	count   int
}

// listen reads what c opens with, and lets it in or cuts it off.
func (a *admission) listen(c *net.TCPConn) {
	var text [openingBytes]byte
	_, err := io.ReadFull(c, text[:])
	if err != nil || !a.take(c, text[:]) {
		a.remove(c)
		c.Close()
	}
}

// take lets c in if text opens a channel that is not open yet, and answers it.
func (a *admission) take(c *net.TCPConn, text []byte) bool {
	channel := -1
	for i := range a.open {
		if hmac.Equal(text, a.secret.opening(i)) {
			channel = i
		}
	}
	if channel < 0 || !a.remove(c) || !a.claim(c, channel) {
		return false
	}
	if _, err := c.Write(a.secret.answer(text)); err != nil {
		return true // the run finds out: this opening is spent
	}
	_ = c.SetDeadline(time.Time{})
	a.opening.Lock()
	defer a.opening.Unlock()
	if a.count++; a.count == len(a.open) {
		a.all()
	}
	return true
}

// claim gives the channel to c unless somebody has it: an opening is good once.
func (a *admission) claim(c *net.TCPConn, channel int) bool {
	a.opening.Lock()
	defer a.opening.Unlock()
	if a.open[channel] != nil {
		return false
	}
	a.open[channel] = c
	return true
}

// giveUp closes what was let in.
func (a *admission) giveUp() {
	for _, c := range a.open {
		if c != nil {
			c.Close()
		}
	}
}
