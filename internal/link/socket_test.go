package link

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/thread"
)

// pair makes two sockets that are closed with the test, and again harmlessly before.
func pair(t testing.TB) (source, destination int) {
	t.Helper()
	source, destination, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(source); unix.Close(destination) })
	return source, destination
}

func TestPairClosesOnExec(t *testing.T) {
	a, b := pair(t)
	for _, fd := range []int{a, b} {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("descriptor %d: flags %#x, %v; want close-on-exec", fd, flags, err)
		}
	}
}

// TestEveryByteArrives writes pieces of all sizes, more than one call takes, through a send buffer
// that holds few of them, with and without a burst that cuts them.
func TestEveryByteArrives(t *testing.T) {
	for _, burst := range []int64{0, 1, 1000, 100_000} {
		source, destination := pair(t)
		if _, err := SetSendBuffer(source, 5000); err != nil {
			t.Fatal(err)
		}
		iov, want := pieces(rand.New(rand.NewPCG(3, 4)), 150)
		if burst == 1 {
			iov, want = iov[:5], bytes.Join(iov[:5], nil)
		}
		bandwidth := 0.0
		if burst > 0 {
			bandwidth = 1e9
		}
		got := make(chan []byte)
		go func() { got <- drain(destination) }()
		l, f := NewSocket(source, bandwidth, burst), &fake{state: thread.Copying}
		if err := l.Writev(f, iov); err != nil {
			t.Fatal(err)
		}
		unix.Close(source)
		if b := <-got; !bytes.Equal(b, want) {
			t.Errorf("burst %d: %d bytes arrived, not the %d that were sent", burst, len(b), len(want))
		}
		if l.Bytes() != int64(len(want)) || f.state != thread.Copying {
			t.Errorf("burst %d: Bytes %d, state %v; want %d, copying", burst, l.Bytes(), f.state,
				len(want))
		}
	}
}

// pieces makes n pieces, some of them empty, and their concatenation.
func pieces(r *rand.Rand, n int) (iov [][]byte, all []byte) {
	for range n {
		p := make([]byte, r.IntN(1<<r.IntN(14)))
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		iov = append(iov, p)
		all = append(all, p...)
	}
	return iov, all
}

// drain reads to the end, in odd amounts.
func drain(fd int) (all []byte) {
	r, f := NewReceiver(fd), &fake{}
	for buf := make([]byte, 777); ; {
		n, err := r.Read(f, buf)
		if err != nil {
			return all
		}
		all = append(all, buf[:n]...)
	}
}

func TestDestinationCloses(t *testing.T) {
	source, destination := pair(t)
	unix.Close(destination)
	l := NewSocket(source, 0, 0)
	err := l.Writev(&fake{}, [][]byte{{1}})
	if !errors.Is(err, ErrDestinationClosed) {
		t.Errorf("%v; want %v", err, ErrDestinationClosed)
	}
}

func TestDestinationStopsReading(t *testing.T) {
	source, _ := pair(t)
	if err := SetTimeouts(source, 30*time.Millisecond, 0); err != nil {
		t.Fatal(err)
	}
	l := NewSocket(source, 0, 0)
	err := l.Writev(&fake{}, [][]byte{make([]byte, 64<<20)})
	want := "the destination has not read for "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
	if l.Bytes() == 0 || l.Bytes() == 64<<20 {
		t.Errorf("%d bytes went into the socket's buffer", l.Bytes())
	}
}

func TestReceiver(t *testing.T) {
	source, destination := pair(t)
	if err := SetTimeouts(destination, 0, 30*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	r, f, buf := NewReceiver(destination), &fake{state: thread.Codec}, make([]byte, 8)
	if n, err := r.Read(f, buf[:0]); n != 0 || err != nil {
		t.Errorf("reading nothing: %d, %v", n, err)
	}
	_, err := r.Read(f, buf)
	if want := "the source has not sent for "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v; want %q", err, want)
	}
	unix.Write(source, []byte("abc"))
	if n, err := r.Read(f, buf); n != 3 || err != nil || r.Bytes() != 3 || f.state != thread.Codec {
		t.Errorf("%d bytes, %v, Bytes %d, state %v", n, err, r.Bytes(), f.state)
	}
	unix.Close(source)
	if _, err := r.Read(f, buf); err != io.EOF {
		t.Errorf("%v at the end; want EOF", err)
	}
}

// TestSourceResets: the source goes while it has something unread, which resets the link.
func TestSourceResets(t *testing.T) {
	source, destination := pair(t)
	unix.Write(destination, []byte("unread"))
	unix.Close(source)
	if _, err := NewReceiver(destination).Read(&fake{}, make([]byte, 8)); err != ErrSourceClosed {
		t.Errorf("%v; want %v", err, ErrSourceClosed)
	}
}

// TestNonblocking: a descriptor that comes in non-blocking mode must still block.
func TestNonblocking(t *testing.T) {
	source, destination := pair(t)
	unix.SetNonblock(destination, true)
	r := NewReceiver(destination)
	go func() {
		time.Sleep(5 * time.Millisecond)
		unix.Write(source, []byte("late"))
	}()
	if n, err := r.Read(&fake{}, make([]byte, 8)); n != 4 || err != nil {
		t.Errorf("%d, %v; want the 4 bytes that came late", n, err)
	}
}

func TestSignalsDoNotExtendTheTimeout(t *testing.T) {
	f := &fake{now: 10 * time.Second}
	if expired(f, 9*time.Second, 2*time.Second) || !expired(f, 8*time.Second, 2*time.Second) ||
		expired(f, 0, 0) {
		t.Error("a limit of 2 s must end after 2 s, and no limit never")
	}
}

func TestBadDescriptor(t *testing.T) {
	if err := NewSocket(1<<20, 0, 0).Writev(&fake{}, [][]byte{{1}}); !errors.Is(err, unix.EBADF) {
		t.Errorf("Writev: %v; want EBADF", err)
	}
	if _, err := NewReceiver(1<<20).Read(&fake{}, []byte{1}); !errors.Is(err, unix.EBADF) {
		t.Errorf("Read: %v; want EBADF", err)
	}
	if err := SetTimeouts(1<<20, 1, 1); !errors.Is(err, unix.EBADF) {
		t.Errorf("SetTimeouts: %v; want EBADF", err)
	}
	if _, err := SetSendBuffer(1<<20, 1); !errors.Is(err, unix.EBADF) {
		t.Errorf("SetSendBuffer: %v; want EBADF", err)
	}
}

func TestSendBufferIsReadBack(t *testing.T) {
	source, _ := pair(t)
	before, err := SetSendBuffer(source, 0)
	if err != nil || before <= 0 {
		t.Fatalf("%d, %v", before, err)
	}
	got, err := SetSendBuffer(source, 20_000)
	again, _ := SetSendBuffer(source, 0)
	if err != nil || got < 20_000 || got == before || again != got {
		t.Errorf("asked for 20000, before %d: got %d, then %d, %v", before, got, again, err)
	}
}

func TestSendingAllocatesNothing(t *testing.T) {
	source, destination := pair(t)
	done := make(chan []byte)
	go func() { done <- drain(destination) }()
	iov := [][]byte{make([]byte, 100), make([]byte, 4096), make([]byte, 12)}
	f := &fake{sleeps: make([]time.Duration, 0, 1<<16)}
	for name, l := range map[string]*Link{
		"socket": NewSocket(source, 1e9, 1000), "discard": NewDiscard(1e9, 1000),
	} {
		if n := testing.AllocsPerRun(100, func() { _ = l.Writev(f, iov) }); n != 0 {
			t.Errorf("%s: %v allocations a write", name, n)
		}
	}
	unix.Close(source)
	<-done
}

func BenchmarkDiscard(b *testing.B) {
	l, f := NewDiscard(0, 0), &fake{}
	iov := make([][]byte, 64)
	for i := range iov {
		iov[i] = make([]byte, 4096)
	}
	for b.Loop() {
		_ = l.Writev(f, iov)
	}
}
