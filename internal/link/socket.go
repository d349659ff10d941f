package link

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Pair makes two connected blocking stream sockets that close on exec. The caller closes them.
func Pair() (source, destination int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("making a socket pair: %w", err)
	}
	return fds[0], fds[1], nil
}

// SetSendBuffer asks for a socket's send buffer of want bytes, as the kernel counts them, and
// returns what it made of that, which is what a record states. (Linux doubles what it is asked for,
// so that half is asked for, and bounds it by net.core.wmem_max.) want 0 leaves it as it is and
// only reads it.
func SetSendBuffer(fd, want int) (int, error) {
	if want > 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, want/2); err != nil {
			return 0, fmt.Errorf("setting the socket's send buffer to %d bytes: %w", want, err)
		}
	}
	got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil {
		return 0, fmt.Errorf("reading the socket's send buffer: %w", err)
	}
	return got, nil
}

// SetTimeouts bounds how long one read or one write of fd may wait for the other end, so that a
// peer that stops ends the run with a sentence and not with a hang. Set them before NewSocket or
// NewReceiver. 0 is no bound.
func SetTimeouts(fd int, send, receive time.Duration) error {
	if err := setTimeout(fd, unix.SO_SNDTIMEO, send); err != nil {
		return err
	}
	return setTimeout(fd, unix.SO_RCVTIMEO, receive)
}

func setTimeout(fd, opt int, d time.Duration) error {
	tv := unix.NsecToTimeval(d.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, opt, &tv); err != nil {
		return fmt.Errorf("setting the socket's timeout to %v: %w", d, err)
	}
	return nil
}

// block puts fd into blocking mode. On a bad descriptor the first read or write says so.
func block(fd int) { _ = unix.SetNonblock(fd, false) }

func sendTimeout(fd int) time.Duration    { return timeout(fd, unix.SO_SNDTIMEO) }
func receiveTimeout(fd int) time.Duration { return timeout(fd, unix.SO_RCVTIMEO) }

// timeout reads a socket's timeout, for messages; 0 if it has none or cannot tell.
func timeout(fd, opt int) time.Duration {
	tv, err := unix.GetsockoptTimeval(fd, unix.SOL_SOCKET, opt)
	if err != nil {
		return 0
	}
	return time.Duration(tv.Nano())
}
