package peer

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func listen(t *testing.T) *Gate {
	t.Helper()
	g, err := Listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// admitted is what Admit returned.
type admitted struct {
	conns []*net.TCPConn
	err   error
}

func admit(ctx context.Context, g *Gate, s Secret, n int) <-chan admitted {
	done := make(chan admitted, 1)
	go func() {
		c, err := g.Admit(ctx, s, n)
		done <- admitted{c, err}
	}()
	return done
}

func TestWhoHasTheSecretIsLetIn(t *testing.T) {
	g := listen(t)
	for range 3 { // one run after another
		s := NewSecret()
		done := admit(t.Context(), g, s, 2)
		for i := range 2 {
			c, err := Open(t.Context(), g.Addr(), s, 1-i)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write([]byte{byte(1 - i)}); err != nil {
				t.Fatal(err)
			}
		}
		a := <-done
		if a.err != nil {
			t.Fatal(a.err)
		}
		for i, c := range a.conns {
			var b [1]byte
			if _, err := io.ReadFull(c, b[:]); err != nil || b[0] != byte(i) {
				t.Errorf("channel %d is %d, %v", i, b[0], err)
			}
			c.Close()
		}
	}
}

// hostile are the ways in which a connection may not be what it should. Each gets not one byte.
func hostile(right Secret) map[string]func(c net.Conn) {
	wrong := right
	wrong.Key[0] ^= 1
	other := right
	other.ID[15] ^= 1
	say := func(text []byte) func(net.Conn) {
		return func(c net.Conn) { _, _ = c.Write(text) }
	}
	forged := right.opening(0)
	forged[len(forged)-1] ^= 1
	return map[string]func(c net.Conn){
		"silent":        func(net.Conn) {},
		"garbage":       say([]byte("GET / HTTP/1.1\r\nHost: mtbench\r\n\r\n" + strings.Repeat(".", 40))),
		"half":          say(right.opening(0)[:20]),
		"wrong key":     say(wrong.opening(0)),
		"wrong id":      say(other.opening(0)),
		"wrong channel": say(right.opening(1)),
		"forged":        say(forged),
		"zeros":         say(make([]byte, 4096)),
		"slow": func(c net.Conn) {
			for _, b := range wrong.opening(0) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		},
	}
}

// isCutOff waits until c is closed from the other side, without a byte.
func isCutOff(t *testing.T, what string, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := c.Read(make([]byte, 1))
	if n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s: %d bytes, %v", what, n, err)
	}
}

// getsNothing is for one whom the kernel may keep waiting between runs.
func getsNothing(t *testing.T, what string, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(knockTime + time.Second))
	if n, _ := c.Read(make([]byte, 1)); n != 0 {
		t.Errorf("%s got a byte", what)
	}
}

func TestHostileConnectionsGetNothing(t *testing.T) {
	g := listen(t)
	s := NewSecret()
	done := admit(t.Context(), g, s, 1)
	var all sync.WaitGroup
	for range 6 {
		for what, act := range hostile(s) {
			all.Add(1)
			go func() {
				defer all.Done()
				c, err := net.DialTimeout("tcp", g.Addr().String(), knockTime)
				if err != nil {
					return // the kernel keeps few waiting
				}
				defer c.Close()
				act(c)
				getsNothing(t, what, c)
			}()
		}
	}
	c, err := Open(t.Context(), g.Addr(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	a := <-done
	if a.err != nil {
		t.Fatal(a.err)
	}
	defer a.conns[0].Close()

	// The opening was good once: whoever heard it is let in neither now nor while the next run waits.
	next := NewSecret()
	done = admit(t.Context(), g, next, 1)
	replay, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer replay.Close()
	if _, err := replay.Write(s.opening(0)); err != nil {
		t.Fatal(err)
	}
	isCutOff(t, "replayed", replay)
	if c, err = Open(t.Context(), g.Addr(), next, 0); err != nil {
		t.Fatal(err)
	}
	c.Close()
	(<-done).conns[0].Close()
	all.Wait()
}

func TestAnOpeningIsGoodOnce(t *testing.T) {
	g := listen(t)
	s := NewSecret()
	done := admit(t.Context(), g, s, 2) // waits for channel 1 all the time
	first, err := Open(t.Context(), g.Addr(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	again, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := again.Write(s.opening(0)); err != nil {
		t.Fatal(err)
	}
	isCutOff(t, "replayed during its run", again)
	second, err := Open(t.Context(), g.Addr(), s, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	for _, c := range (<-done).conns {
		c.Close()
	}
}

// TestASourceLeavesAnImpostor: whoever took the port cannot make the answer.
func TestASourceLeavesAnImpostor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	wrong, right := NewSecret(), NewSecret()
	wrong.ID = right.ID
	heard := make(chan int, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		opening := make([]byte, openingBytes)
		_, _ = io.ReadFull(c, opening)
		_, _ = c.Write(wrong.answer(opening))
		rest, _ := io.ReadAll(c)
		heard <- len(rest)
	}()
	addr := l.Addr().(*net.TCPAddr).AddrPort()
	if c, err := Open(t.Context(), addr, right, 0); !errors.Is(err, errAnswer) {
		t.Errorf("%v, %v", c, err)
	}
	if n := <-heard; n != 0 {
		t.Errorf("the impostor got %d bytes", n)
	}
}

func TestAdmitEndsWithItsContext(t *testing.T) {
	g := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := NewSecret()
	done := admit(ctx, g, s, 2)
	c, err := Open(t.Context(), g.Addr(), s, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	silent, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	cancel()
	if a := <-done; a.err == nil {
		t.Error("half a run was let in")
	}
	isCutOff(t, "let in, and the run given up", c)
	isCutOff(t, "pending", silent)
}

func TestPendingConnectionsAreBounded(t *testing.T) {
	a := &admission{}
	var far []net.Conn
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range maxPending + 10 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		a.add(s.(*net.TCPConn))
		far = append(far, c)
	}
	if len(a.pending) != maxPending {
		t.Errorf("%d are pending", len(a.pending))
	}
	isCutOff(t, "the oldest", far[0])
}
