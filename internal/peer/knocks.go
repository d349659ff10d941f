package peer

import (
	"context"
	"errors"
	"fmt"
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

// listenAt listens at addr alone; port 0 takes a free one.
func listenAt(addr netip.AddrPort) (*net.TCPListener, error) {
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
	return l, nil
}

// knocks are the connections of a listener that have not shown yet that they may come in.
type knocks struct {
	mu      sync.Mutex
	pending []*net.TCPConn // oldest first
}

// acceptPause is how long a listener waits where it cannot take a connection, as without
// descriptors.
const acceptPause = 20 * time.Millisecond

// hear gives everybody who connects to l to listen, each on a goroutine of its own and with the
// deadline of a knock, until ctx ends. It returns when all of those have returned; who is still
// pending by then is cut off.
func (k *knocks) hear(ctx context.Context, l *net.TCPListener, listen func(*net.TCPConn)) error {
	if err := l.SetDeadline(time.Time{}); err != nil {
		return err
	}
	inner, cancel := context.WithCancel(ctx)
	poked := make(chan struct{})
	go func() {
		defer close(poked)
		<-inner.Done()
		_ = l.SetDeadline(time.Now()) // ends accept
	}()
	var listening sync.WaitGroup
	err := k.accept(inner, l, func(c *net.TCPConn) {
		listening.Add(1)
		go func() {
			defer listening.Done()
			listen(c)
		}()
	})
	cancel()
	<-poked
	k.turnAway()
	listening.Wait()
	return err
}

func (k *knocks) accept(ctx context.Context, l *net.TCPListener, listen func(*net.TCPConn)) error {
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
		_ = c.SetDeadline(time.Now().Add(knockTime))
		k.add(c)
		listen(c)
	}
}

// add makes c one of the pending.
func (k *knocks) add(c *net.TCPConn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pending = append(k.pending, c)
	if len(k.pending) > maxPending {
		k.pending[0].Close()
		k.pending = k.pending[1:]
	}
}

// remove takes c off the pending and reports whether it was one.
func (k *knocks) remove(c *net.TCPConn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, p := range k.pending {
		if p == c {
			k.pending = append(k.pending[:i], k.pending[i+1:]...)
			return true
		}
	}
	return false
}

// turnAway cuts off everybody who is still pending.
func (k *knocks) turnAway() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.pending {
		c.Close()
	}
	k.pending = nil
}
