package realqemu

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"mtbench/internal/content"
	"mtbench/internal/qemustream"
)

// receiver takes one stream and keeps it; what it holds is checked once it has ended, so that
// decompression takes no CPU from the program.
type receiver struct {
	conn  net.Conn
	kept  bytes.Buffer
	first atomic.Int64 // when the first byte had come, in ns; 0: none has
	last  atomic.Int64 // when the last one had
	total atomic.Int64 // bytes
	pages atomic.Int64 // records of pages
	done  chan error   // gets the end of receive, once
}

// newReceiver makes one of a guest of memory bytes.
func newReceiver(memory int64) *receiver {
	r := &receiver{done: make(chan error, 1)}
	r.kept.Grow(int(memory + memory/64 + 1<<20))
	return r
}

// Read is the connection's, with the time.
func (r *receiver) Read(p []byte) (int, error) {
	n, err := r.conn.Read(p)
	if n > 0 {
		now := time.Now().UnixNano()
		r.first.CompareAndSwap(0, now)
		r.last.Store(now)
		r.total.Add(int64(n))
	}
	return n, err
}

// maxBehind bounds what devices may save behind the memory, in bytes.
const maxBehind = 16 << 20

// receive takes the one connection of l and reads it to its end.
func (r *receiver) receive(l net.Listener, memory int64) {
	r.done <- r.receiveAll(l, memory)
}

func (r *receiver) receiveAll(l net.Listener, memory int64) (err error) {
	if r.conn, err = l.Accept(); err != nil {
		return err
	}
	defer r.conn.Close()
	in := qemustream.NewReader(io.TeeReader(r, &r.kept), 2*memory+maxBehind)
	if err := in.Open(); err != nil {
		return err
	}
	for {
		if _, err = in.Next(); err != nil {
			break
		}
		r.pages.Add(1)
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(in.Rest(), maxBehind))
	return err
}

// quiet is how long nothing must arrive for all to have arrived that was sent.
const quiet = 20 * time.Millisecond

// settle waits until all has arrived that the program has sent.
func (r *receiver) settle() {
	for before := int64(-1); before != r.total.Load(); {
		before = r.total.Load()
		time.Sleep(quiet)
	}
}

// took is the time between the first byte and the last.
func (r *receiver) took() time.Duration { return time.Duration(r.last.Load() - r.first.Load()) }

// PageDiffers is the error of a page that is not as it was given.
type PageDiffers struct{ Page int64 }

func (e *PageDiffers) Error() string {
	return fmt.Sprintf("page %d arrived with other bytes than were given", e.Page)
}

// PagesMissing is the error of a stream without some page.
type PagesMissing struct{ Want, Got int64 }

func (e *PagesMissing) Error() string {
	return fmt.Sprintf("%d of %d pages arrived", e.Got, e.Want)
}

// check decompresses every page that was kept and compares it with what gen makes.
func (r *receiver) check(gen content.Generator, pages int64) (qemustream.Counts, error) {
	in := qemustream.NewReader(bytes.NewReader(r.kept.Bytes()), 0)
	seen, distinct := make([]bool, pages), int64(0)
	want := make([]byte, qemustream.PageSize)
	counts, err := qemustream.Check(in, func(p qemustream.Page, got []byte) error {
		if p.Index >= pages || p.Block != 0 {
			return fmt.Errorf("page %d of block %d is none of the guest's %d", p.Index, p.Block, pages)
		}
		if gen.Fill(int(p.Index), want); !bytes.Equal(got, want) {
			return &PageDiffers{p.Index}
		}
		if !seen[p.Index] {
			seen[p.Index] = true
			distinct++
		}
		return nil
	})
	if err == nil && distinct != pages {
		err = &PagesMissing{pages, distinct}
	}
	return counts, err
}
