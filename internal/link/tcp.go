package link

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// TCPState is a TCP connection as the kernel has it.
type TCPState struct {
	NoDelay       bool
	Congestion    string // the name of its congestion control
	SendBuffer    int    // bytes
	ReceiveBuffer int    // bytes
	MSS           int    // bytes
	RTT           time.Duration
	Retransmits   int64 // segments
}

// SetNoDelay makes the kernel send what is written to a TCP socket at once.
func SetNoDelay(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("setting TCP_NODELAY: %w", err)
	}
	return nil
}

// ReadTCP reads the state of the TCP socket fd.
func ReadTCP(fd int) (TCPState, error) {
	var s TCPState
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err == nil {
		s.MSS, s.RTT = int(info.Snd_mss), time.Duration(info.Rtt)*time.Microsecond
		s.Retransmits = int64(info.Total_retrans)
		s.Congestion, err = unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	}
	for _, o := range []struct {
		level, name int
		to          *int
	}{
		{unix.SOL_SOCKET, unix.SO_SNDBUF, &s.SendBuffer},
		{unix.SOL_SOCKET, unix.SO_RCVBUF, &s.ReceiveBuffer},
	} {
		if err == nil {
			*o.to, err = unix.GetsockoptInt(fd, o.level, o.name)
		}
	}
	if err == nil {
		var on int
		on, err = unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
		s.NoDelay = on != 0
	}
	if err != nil {
		return TCPState{}, fmt.Errorf("reading the state of the TCP connection: %w", err)
	}
	return s, nil
}
