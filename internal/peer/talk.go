// Package peer is how two hosts come to one run: a conversation in frames, over the user's own ssh
// or sealed under a shared secret, and openings that let nobody else onto the migration stream. It
// knows nothing of migrations.
package peer

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is what a frame carries.
type Kind byte

// The kinds of frames.
const (
	Message Kind = 'm' // a JSON object that begins or ends something
	Relayed Kind = 'r' // bytes that one end of a run says to the other; none: it says no more
	Alive   Kind = 'a' // nothing: the sender is there
)

// The limits of a frame, in bytes. A message is a scenario or the account of a failure.
const (
	MaxMessage = 1 << 20
	MaxRelayed = 64 << 10
	headBytes  = 9
)

// A Frame is one piece of a conversation: a byte of kind, the number of the run and the length of
// the body, both big-endian, 32 bits each, and the body.
type Frame struct {
	Kind Kind
	Run  uint32 // which run it belongs to; 0 = none
	Body []byte
}

// Into reads the body of a message into v.
func (f Frame) Into(v any) error {
	if f.Kind != Message {
		return fmt.Errorf("the other host sends a frame of kind %q where a message is due", f.Kind)
	}
	if err := json.Unmarshal(f.Body, v); err != nil {
		return fmt.Errorf("a message of the other host cannot be read: %w", err)
	}
	return nil
}

// Talk is one end of a conversation. One caller at a time may receive; any may send.
type Talk struct {
	in    *bufio.Reader
	sends sync.Mutex
	out   io.Writer
	heard atomic.Int64 // when the last frame came, of time.Since(began)
	began time.Time
}

// NewTalk begins a conversation that reads in and writes out, which stay the caller's to close.
func NewTalk(in io.Reader, out io.Writer) *Talk {
	return &Talk{in: bufio.NewReaderSize(in, 64<<10), out: out, began: time.Now()}
}

// Send sends v as a message of a run.
func (t *Talk) Send(run uint32, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return t.SendFrame(Frame{Message, run, text})
}

// SendFrame sends a frame whole. The error is that of the writer, or that f is beyond its limit.
func (t *Talk) SendFrame(f Frame) error {
	if len(f.Body) > limit(f.Kind) {
		return fmt.Errorf("a frame of kind %q with %d bytes; %d is the most", f.Kind, len(f.Body),
			limit(f.Kind))
	}
	text := make([]byte, 0, headBytes+len(f.Body))
	text = append(text, byte(f.Kind))
	text = binary.BigEndian.AppendUint32(text, f.Run)
	text = binary.BigEndian.AppendUint32(text, uint32(len(f.Body)))
	text = append(text, f.Body...)
	t.sends.Lock()
	defer t.sends.Unlock()
	_, err := t.out.Write(text)
	return err
}

// limit is the most bytes of a body, -1 for a kind that there is not.
func limit(k Kind) int {
	switch k {
	case Message:
		return MaxMessage
	case Relayed:
		return MaxRelayed
	case Alive:
		return 0
	}
	return -1
}

// Receive waits for the next frame that says something. The error is io.EOF where the conversation
// ended between two frames. What it makes of a hostile stream is bounded by the limits of a frame.
func (t *Talk) Receive() (Frame, error) {
	for {
		f, err := t.receive()
		if err != nil {
			return Frame{}, err
		}
		t.heard.Store(int64(time.Since(t.began)))
		if f.Kind != Alive {
			return f, nil
		}
	}
}

func (t *Talk) receive() (Frame, error) {
	var head [headBytes]byte
	if _, err := io.ReadFull(t.in, head[:]); err != nil {
		return Frame{}, cut(err)
	}
	f := Frame{Kind: Kind(head[0]), Run: binary.BigEndian.Uint32(head[1:5])}
	n, most := binary.BigEndian.Uint32(head[5:]), limit(f.Kind)
	switch {
	case most < 0:
		return Frame{}, fmt.Errorf("the other host does not speak as mtbench does: a frame of kind %q",
			head[0])
	case n > uint32(most):
		return Frame{}, fmt.Errorf("the other host announces %d bytes in a frame of kind %q; %d is the "+
			"most", n, head[0], most)
	}
	f.Body = make([]byte, n)
	if _, err := io.ReadFull(t.in, f.Body); err != nil {
		return Frame{}, cut(errors.Join(err, io.ErrUnexpectedEOF))
	}
	return f, nil
}

// cut tells an end between frames from one within.
func cut(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the conversation with the other host was cut off in the middle of a word")
	}
	return err
}

// Silence is how long the other end has sent nothing.
func (t *Talk) Silence() time.Duration {
	return time.Since(t.began) - time.Duration(t.heard.Load())
}

// The signs of life: either end gives one every beat, and takes the other for gone after
// maxSilence.
const (
	beat       = 2 * time.Second
	maxSilence = 20 * time.Second
)

// ErrSilent is why a conversation was given up whose other end has stopped.
var ErrSilent = fmt.Errorf("the other host has given no sign of life for %v", maxSilence)

// Keep gives signs of life until stop is closed. When the other end gives none any more, it calls
// gone and returns.
func (t *Talk) Keep(stop <-chan struct{}, gone func(error)) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if t.Silence() > maxSilence {
			gone(ErrSilent)
			return
		}
		// A writer that is stuck is found by the silence of the other end, so send beside it.
		if t.sends.TryLock() {
			t.sends.Unlock()
			if err := t.SendFrame(Frame{Kind: Alive}); err != nil {
				gone(err)
				return
			}
		}
	}
}
