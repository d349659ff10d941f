package workloads

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/link"
	"mtbench/results"
)

// Ends are the descriptors of one end of a run: blocking, connected sockets that stay the caller's
// to close. Control carries what is said before and after the migration, so that nothing but the
// migration is on Data. Both are -1 where nothing is at the other end.
type Ends struct{ Data, Control int }

// NoEnds are the ends of a run whose stream is discarded.
var NoEnds = Ends{-1, -1}

// maxMessage bounds a message of the other end: far more than 255 threads' usage.
const maxMessage = 4 << 20

// control is a conversation: a message is a big-endian length and so many bytes of JSON.
//
//	destination                                source
//	     ─ hello: ready, or what is wrong ──────▶
//	     ◀────────────── (the migration, on Data) ─
//	     ─ arrival: usage, or what went wrong ──▶
//	     ◀─── answer: send your memory, or what went wrong ─
//	     ─ memory, byte for byte, or its hashes ▶
//	     ◀───────────────── answer: what came of it ─
type control struct {
	fd      int
	timeout time.Duration // of each wait; 0: there is nobody to talk to
}

// hello is what the destination says when it stands ready.
type hello struct {
	Error string `json:",omitempty"`
	PID   int
}

// arrival is what the destination says when the stream has ended.
type arrival struct {
	Error string `json:",omitempty"`
	Usage []results.ThreadUsage
	Pages int64 // page records that were loaded
	Bytes int64 // of the stream
	Peak  int64 // bytes

	Took time.Duration `json:",omitempty"` // first record to last page, of a destination alone

	ReceiveBuffer int `json:",omitempty"` // bytes, of a TCP connection
}

// answer is what the source says to that.
type answer struct {
	Send  bool   // the destination is to send its memory
	Hash  bool   // the destination is to send a SHA-256 of each of its pages
	Error string `json:",omitempty"`
}

func newControl(fd int, timeout time.Duration) (control, error) {
	return control{fd, timeout}, link.SetTimeouts(fd, timeout, timeout)
}

// peerWord is how long one waits for the other end's account of a failure, at most.
const peerWord = 5 * time.Second

// lastWords shortens the waits: what is said from now on is about a failure.
func (c control) lastWords() {
	d := min(peerWord, c.timeout)
	_ = link.SetTimeouts(c.fd, d, d)
}

func (c control) send(message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return c.write(append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...))
}

func (c control) receive(message any) error {
	var head [4]byte
	if err := c.read(head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxMessage {
		return fmt.Errorf("the other end announces a message of %d bytes; %d is the most", n, maxMessage)
	}
	text := make([]byte, n)
	if err := c.read(text); err != nil {
		return err
	}
	if err := json.Unmarshal(text, message); err != nil {
		return fmt.Errorf("a message of the other end cannot be read: %w", err)
	}
	return nil
}

func (c control) write(p []byte) error {
	for len(p) > 0 {
		n, err := unix.Write(c.fd, p)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return explain(err)
		}
		p = p[n:]
	}
	return nil
}

func (c control) read(p []byte) error {
	for len(p) > 0 {
		n, err := unix.Read(c.fd, p)
		if err == unix.EINTR {
			continue
		}
		if err == nil && n == 0 {
			err = io.EOF
		}
		if err != nil {
			return explain(err)
		}
		p = p[n:]
	}
	return nil
}

// ErrPeerGone says that the other end is not there any more.
var ErrPeerGone = errors.New("the other end is gone")

func explain(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, unix.EPIPE), errors.Is(err, unix.ECONNRESET):
		return ErrPeerGone
	case errors.Is(err, unix.EAGAIN):
		return errors.New("the other end has given no sign in time")
	}
	return fmt.Errorf("talking to the other end: %w", err)
}
