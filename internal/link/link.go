package link

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"mtbench/internal/thread"
)

// Errors of a link whose other end is gone.
var (
	ErrDestinationClosed = errors.New("the destination closed the link")
	ErrSourceClosed      = errors.New("the source closed the link")
)

// maxIovecs is how many pieces one write takes; more are written in turn.
const maxIovecs = 64

// Link is the source's end: it writes to a socket, or drops, at the pace of its bandwidth. It
// belongs to the migration thread.
type Link struct {
	shaper
	fd     int                        // -1: there is no socket
	told   func(thread.Thread, int64) // without a socket: told of each part that goes; nil: nobody
	stall  time.Duration              // how long one write may wait (SO_SNDTIMEO), for the message
	bytes  int64
	iovecs [maxIovecs]unix.Iovec
}

// NewDiscard makes a link that drops everything without a system call, at its pace. bandwidth and
// burst must pass Check.
func NewDiscard(bandwidth float64, burst int64) *Link {
	return NewTelling(nil, bandwidth, burst)
}

// NewTelling makes a link without a socket that tells how many bytes go whenever some do: each is
// what would be one write. bandwidth and burst must pass Check.
func NewTelling(told func(t thread.Thread, bytes int64), bandwidth float64, burst int64) *Link {
	return &Link{shaper: shaper{bandwidth: bandwidth, burst: burst}, fd: -1, told: told}
}

// NewSocket makes a link that writes to the socket fd, which is put into blocking mode and stays
// the caller's to close. bandwidth and burst must pass Check; SetTimeouts comes before.
func NewSocket(fd int, bandwidth float64, burst int64) *Link {
	block(fd)
	return &Link{shaper: shaper{bandwidth: bandwidth, burst: burst}, fd: fd, stall: sendTimeout(fd)}
}

// Bytes is how many bytes were written or dropped.
func (l *Link) Bytes() int64 { return l.bytes }

// Achieved returns the bytes/s that the link carried while it was asked to: its bytes, over the
// time in which it had some to drain or held its sender in a write. Time in which the sender had
// nothing to send is not in it. NaN for an unlimited link and where nothing was sent.
func (l *Link) Achieved() float64 {
	if l.bandwidth == 0 || l.asked == 0 {
		return math.NaN()
	}
	return (float64(l.bytes) - max(0, l.level)) / l.asked
}

// Writev sends all of iov. It sleeps when the burst is full and blocks while the socket is.
func (l *Link) Writev(t thread.Thread, iov [][]byte) error {
	was := t.Enter(thread.Sending)
	defer t.Enter(was)
	rest := cursor{iov: iov}
	for left := rest.len(); left > 0; {
		n := l.admit(t, left)
		if err := l.send(t, &rest, n); err != nil {
			return err
		}
		l.sent(t)
		left -= n
	}
	return nil
}

// send writes or drops the next n bytes.
func (l *Link) send(t thread.Thread, rest *cursor, n int64) error {
	if l.fd < 0 {
		l.bytes += n
		if l.told != nil {
			l.told(t, n)
		}
		return nil
	}
	for n > 0 {
		wrote, err := l.writev(t, rest, n)
		if err != nil {
			return err
		}
		rest.skip(wrote)
		l.bytes += wrote
		n -= wrote
	}
	return nil
}

// writev makes one system call for at most n bytes, again if a signal cut it short.
func (l *Link) writev(t thread.Thread, rest *cursor, n int64) (int64, error) {
	count := rest.fill(l.iovecs[:], n)
	defer clear(l.iovecs[:count])
	for begin := t.Now(); ; {
		wrote, errno := thread.Syscall(t, unix.SYS_WRITEV, uintptr(l.fd),
			uintptr(unsafe.Pointer(&l.iovecs[0])), uintptr(count))
		switch {
		case errno == 0:
			return int64(wrote), nil
		case errno == unix.EINTR && !expired(t, begin, l.stall):
			continue
		case errno == unix.EINTR || errno == unix.EAGAIN:
			return 0, fmt.Errorf("the destination has not read for %v", l.stall)
		case errno == unix.EPIPE || errno == unix.ECONNRESET:
			return 0, ErrDestinationClosed
		}
		return 0, fmt.Errorf("writing to the link: %w", errno)
	}
}

// expired reports whether a call begun at begin has used up its limit (0: none). The kernel starts
// a socket's timeout anew after a signal; without this, signals could keep a dead link alive.
func expired(t thread.Thread, begin, limit time.Duration) bool {
	return limit > 0 && t.Now()-begin >= limit
}

// cursor is a place in a list of pieces.
type cursor struct {
	iov [][]byte
	off int // bytes of iov[0] that are done
}

func (c *cursor) len() (n int64) {
	for _, p := range c.iov {
		n += int64(len(p))
	}
	return n - int64(c.off)
}

// skip moves n bytes on.
func (c *cursor) skip(n int64) {
	for n > 0 {
		left := int64(len(c.iov[0]) - c.off)
		if n < left {
			c.off += int(n)
			return
		}
		n -= left
		c.iov, c.off = c.iov[1:], 0
	}
}

// fill describes the next pieces, of n bytes at most, to the kernel, and returns how many.
func (c *cursor) fill(out []unix.Iovec, n int64) int {
	count, off := 0, c.off
	for _, p := range c.iov {
		p, off = p[off:], 0
		if len(p) == 0 {
			continue
		}
		if n == 0 || count == len(out) {
			break
		}
		take := min(n, int64(len(p)))
		out[count].Base = &p[0]
		out[count].SetLen(int(take))
		n -= take
		count++
	}
	return count
}

// Receiver is the destination's end of a link. It belongs to the destination's main thread.
type Receiver struct {
	fd    int
	stall time.Duration
	bytes int64
}

// NewReceiver makes a receiver that reads the socket fd, which is put into blocking mode and stays
// the caller's to close. SetTimeouts comes before.
func NewReceiver(fd int) *Receiver {
	block(fd)
	return &Receiver{fd: fd, stall: receiveTimeout(fd)}
}

// Bytes is how many bytes were read.
func (r *Receiver) Bytes() int64 { return r.bytes }

// Read blocks until there is at least one byte, and reads what is there, up to len(p) bytes. It
// returns io.EOF if the source closed its end.
func (r *Receiver) Read(t thread.Thread, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	was := t.Enter(thread.Receiving)
	defer t.Enter(was)
	for begin := t.Now(); ; {
		n, err := thread.Syscall(t, unix.SYS_READ, uintptr(r.fd), uintptr(unsafe.Pointer(&p[0])),
			uintptr(len(p)))
		switch {
		case err == unix.EINTR && !expired(t, begin, r.stall):
			continue
		case err == unix.EINTR || err == unix.EAGAIN:
			return 0, fmt.Errorf("the source has not sent for %v", r.stall)
		case err == unix.ECONNRESET:
			return 0, ErrSourceClosed
		case err != 0:
			return 0, fmt.Errorf("reading from the link: %w", err)
		case n == 0:
			return 0, io.EOF
		}
		r.bytes += int64(n)
		return int(n), nil
	}
}
