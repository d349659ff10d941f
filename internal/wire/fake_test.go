package wire

import (
	"bytes"
	"errors"
	"io"
	"time"

	"mtbench/internal/thread"
)

// fake is a thread that knows its state only.
type fake struct{ state thread.State }

func (*fake) Name() string                                        { return "fake" }
func (*fake) Role() thread.Role                                   { return thread.Main }
func (*fake) Now() time.Duration                                  { return 0 }
func (*fake) SleepUntil(time.Duration, thread.State)              { panic("wire sleeps") }
func (*fake) SpinUntil(thread.State, int, bool, func() bool) bool { panic("wire spins") }
func (*fake) Compute(time.Duration)                               { panic("wire computes") }

func (f *fake) Enter(s thread.State) thread.State {
	was := f.state
	f.state = s
	return was
}

// store is a sink that keeps what is written, and how.
type store struct {
	bytes.Buffer
	writes []write
	fail   int // the write that fails, counted from 1; 0 for none
}

type write struct{ pieces, bytes int }

var errSink = errors.New("the sink failed")

func (s *store) Writev(_ thread.Thread, iov [][]byte) error {
	w := write{pieces: len(iov)}
	for _, p := range iov {
		w.bytes += len(p)
		s.Write(p)
	}
	s.writes = append(s.writes, w)
	if len(s.writes) == s.fail {
		return errSink
	}
	return nil
}

// null is a sink that drops.
type null struct{}

func (null) Writev(thread.Thread, [][]byte) error { return nil }

// feed is a source that gives at most some bytes at a time.
type feed struct {
	r    io.Reader
	most int
}

func (f *feed) Read(_ thread.Thread, p []byte) (int, error) {
	return f.r.Read(p[:min(len(p), f.most)])
}

// open makes a reader of data.
func open(data []byte, most int, memory int64) *Reader {
	return NewReader(&feed{bytes.NewReader(data), most}, memory)
}
