package peer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

func shared(t *testing.T, text string) Shared {
	t.Helper()
	s, err := ParseShared(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hall is an open door, and what came of those who knocked.
type hall struct {
	door    *Door
	in      chan *Conversation
	refused chan error
}

// openHall opens a door until the test ends.
func openHall(t *testing.T, s Shared) *hall {
	t.Helper()
	d, err := OpenDoor(netip.MustParseAddrPort("127.0.0.1:0"), s)
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{d, make(chan *Conversation, 100), make(chan error, 1000)}
	ctx, cancel := context.WithCancel(t.Context())
	var hearing sync.WaitGroup
	hearing.Add(1)
	go func() {
		defer hearing.Done()
		_ = d.Hear(ctx, func(c *Conversation) { h.in <- c },
			func(_ netip.AddrPort, why error) { h.refused <- why })
	}()
	t.Cleanup(func() {
		cancel()
		hearing.Wait()
		d.Close()
	})
	return h
}

// at is the target of an address.
func at(a net.Addr) Target {
	addr := a.(*net.TCPAddr)
	return Target{Direct: true, Host: addr.IP.String(), Port: addr.Port}
}

// comesIn waits for the one who is let in.
func (h *hall) comesIn(t *testing.T) *Conversation {
	t.Helper()
	select {
	case c := <-h.in:
		t.Cleanup(func() { c.Close() })
		return c
	case why := <-h.refused:
		t.Fatalf("nobody is let in: %v", why)
	case <-time.After(20 * time.Second):
		t.Fatal("nobody is let in")
	}
	return nil
}

// turnsAway waits for the one who is refused.
func (h *hall) turnsAway(t *testing.T, what string, want error) {
	t.Helper()
	select {
	case c := <-h.in:
		c.Close()
		t.Errorf("%s is let in", what)
	case why := <-h.refused:
		if !errors.Is(why, want) {
			t.Errorf("%s: %v; %v is due", what, why, want)
		}
	case <-time.After(20 * time.Second):
		t.Errorf("%s is kept", what)
	}
}

func TestACallIsAConversation(t *testing.T) {
	h := openHall(t, shared(t, word))
	var secrets []Secret
	for range 2 {
		caller, err := Call(t.Context(), at(h.door.listener.Addr()), shared(t, word+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		defer caller.Close()
		receiver := h.comesIn(t)
		for _, way := range [][2]*Conversation{{caller, receiver}, {receiver, caller}} {
			from, to := NewTalk(way[0], way[0]), NewTalk(way[1], way[1])
			for i := range uint32(3) {
				if err := from.Send(i, "word"); err != nil {
					t.Fatal(err)
				}
				var said string
				if f, err := to.Receive(); err != nil || f.Run != i || f.Into(&said) != nil || said != "word" {
					t.Fatal(f, err)
				}
			}
		}
		for run := range uint32(3) {
			if caller.Stream(run) != receiver.Stream(run) {
				t.Errorf("run %d: both sides derive another secret", run)
			}
			secrets = append(secrets, caller.Stream(run))
		}
		if caller.There() != receiver.Here() {
			t.Errorf("%v is called, and %v answers", caller.There(), receiver.Here())
		}
		caller.Finish()
		if _, err := receiver.Read(make([]byte, 1)); !errors.Is(err, errNoFarewell) {
			t.Errorf("the end is %v", err)
		}
	}
	for i, s := range secrets {
		for _, other := range secrets[:i] {
			if s.Key == other.Key || s.ID == other.ID {
				t.Errorf("run %d has the secret of another", i)
			}
		}
	}
}

func TestWhoHasAnotherSecretIsToldNothing(t *testing.T) {
	h := openHall(t, shared(t, word))
	_, err := Call(t.Context(), at(h.door.listener.Addr()), shared(t, word[1:]))
	if !errors.Is(err, errHungUp) {
		t.Errorf("%v", err)
	}
	h.turnsAway(t, "another secret", errNoSecret)
}

func TestHostileCallersGetNothing(t *testing.T) {
	s := shared(t, word)
	hello := first(callMagic)
	right := append(hello, s.prove(keyOfHello, nil, hello)...)
	forged := bytes.Clone(right)
	forged[len(forged)-1] ^= 1
	reflected := append(first(receiveMagic), s.prove(keyOfHello, nil, hello)...)
	for _, c := range []struct {
		what string
		text []byte
		slow time.Duration
		want error
	}{
		{"silent", nil, 0, errNothing},
		{"half", right[:20], 0, errNothing},
		{"slow", right[:60], 100 * time.Millisecond, errNothing},
		{"forged", forged, 0, errNoSecret},
		{"zeros", make([]byte, 4096), 0, errNoCaller},
		{"garbage", []byte("GET / HTTP/1.1\r\n\r\n" + strings.Repeat(".", 80)), 0, errNoCaller},
		{"a receiver", reflected, 0, errNoCaller},
		{"the opening of a stream", append([]byte(sourceMagic), make([]byte, 99)...), 0, errNoCaller},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			h := openHall(t, s)
			conn, err := net.Dial("tcp", h.door.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if c.slow == 0 {
				_, err = conn.Write(c.text)
			}
			for i := 0; i < len(c.text) && c.slow > 0 && err == nil; i++ {
				time.Sleep(c.slow)
				_, err = conn.Write(c.text[i : i+1])
			}
			h.turnsAway(t, c.what, c.want)
			isCutOff(t, c.what, conn)
		})
	}
}

// between passes on what a caller and a receiver say; change may change it, in pieces as they are
// said: the opening, the proof, then each sealed message.
type between struct {
	listener net.Listener
	to       string
	change   func(fromCaller bool, piece int, text []byte) [][]byte

	mu     sync.Mutex
	caller []byte // all that the caller has said
	all    sync.WaitGroup
}

func standBetween(t *testing.T, to string, change func(bool, int, []byte) [][]byte) *between {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &between{listener: l, to: to, change: change}
	b.all.Add(1)
	go func() {
		defer b.all.Done()
		a, err := l.Accept()
		if err != nil {
			return
		}
		defer a.Close()
		c, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		b.all.Add(1)
		go func() { defer b.all.Done(); b.pass(c, a, true) }()
		b.pass(a, c, false)
	}()
	t.Cleanup(func() {
		l.Close()
		b.all.Wait()
	})
	return b
}

// pass passes on what from says, piece by piece, to the end of either.
func (b *between) pass(to, from net.Conn, isCaller bool) {
	defer to.Close()
	for i := 0; ; i++ {
		text, err := piece(from, i, isCaller)
		if err != nil {
			return
		}
		if isCaller {
			b.mu.Lock()
			b.caller = append(b.caller, text...)
			b.mu.Unlock()
		}
		for _, t := range b.change(isCaller, i, text) {
			if _, err := to.Write(t); err != nil {
				return
			}
		}
	}
}

// piece reads the next piece of what one side says.
func piece(from io.Reader, i int, isCaller bool) ([]byte, error) {
	n := callBytes
	switch {
	case i == 1 && isCaller:
		n = 32
	case i > 0:
		n = sealBytes
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(from, text); err != nil || n != sealBytes {
		return text, err
	}
	rest := make([]byte, int(text[10])<<8|int(text[11]))
	_, err := io.ReadFull(from, rest)
	return append(text, rest...), err
}

// TestWhoeverStandsBetweenIsFound: both sides end with a sentence, and neither hears what was
// changed.
func TestWhoeverStandsBetweenIsFound(t *testing.T) {
	s := shared(t, word)
	flip := func(caller bool, piece, at int) func(bool, int, []byte) [][]byte {
		return func(isCaller bool, i int, text []byte) [][]byte {
			if isCaller == caller && i == piece {
				text = bytes.Clone(text)
				text[at] ^= 1
			}
			return [][]byte{text}
		}
	}
	for _, c := range []struct {
		what            string
		change          func(bool, int, []byte) [][]byte
		caller, refused error
	}{
		{"the caller's nonce", flip(true, 0, 20), errHungUp, errNoSecret},
		{"the receiver's nonce", flip(false, 0, 20), errImpostor, errNothing},
		{"the receiver's proof", flip(false, 0, firstBytes), errImpostor, errNothing},
		{"the receiver's magic", flip(false, 0, 0), errNoReceiver, errNothing},
		{"the caller's proof", flip(true, 1, 0), nil, errReplay},
	} {
		h := openHall(t, s)
		b := standBetween(t, h.door.Addr().String(), c.change)
		talk, err := Call(t.Context(), at(b.listener.Addr()), s)
		if !errors.Is(err, c.caller) {
			t.Errorf("%s: %v; %v is due", c.what, err, c.caller)
		}
		if err == nil {
			_ = talk.conn.SetReadDeadline(time.Now().Add(2 * knockTime)) // were it let in, it would wait
			if _, err := talk.Read(make([]byte, 1)); err == nil {
				t.Errorf("%s: the caller hears something", c.what)
			}
			talk.Close()
		}
		h.turnsAway(t, c.what, c.refused)
	}
}

// TestACallerIsNoReceiver: what a caller says, said to it, is no answer.
func TestACallerIsNoReceiver(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var echo sync.WaitGroup
	echo.Add(1)
	go func() {
		defer echo.Done()
		if c, err := l.Accept(); err == nil {
			_, _ = io.Copy(c, c)
			c.Close()
		}
	}()
	_, err = Call(t.Context(), at(l.Addr()), shared(t, word))
	if !errors.Is(err, errNoReceiver) {
		t.Errorf("%v", err)
	}
	l.Close()
	echo.Wait()
}

// TestAConversationIsGoodOnce: all that a caller has said, said again, gets a proof and nothing
// more.
func TestAConversationIsGoodOnce(t *testing.T) {
	s := shared(t, word)
	h := openHall(t, s)
	b := standBetween(t, h.door.Addr().String(),
		func(_ bool, _ int, text []byte) [][]byte { return [][]byte{text} })
	caller, err := Call(t.Context(), at(b.listener.Addr()), s)
	if err != nil {
		t.Fatal(err)
	}
	receiver := h.comesIn(t)
	if _, err := caller.Write([]byte("begin")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(receiver, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	caller.Close()
	receiver.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.caller) != callBytes+32+sealBytes+5 {
		t.Fatalf("the caller has said %d bytes", len(b.caller))
	}
	again, err := net.Dial("tcp", h.door.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := again.Write(b.caller); err != nil {
		t.Fatal(err)
	}
	h.turnsAway(t, "a replay", errReplay)
	_ = again.SetReadDeadline(time.Now().Add(20 * time.Second))
	if got, _ := io.ReadAll(again); len(got) > callBytes {
		t.Errorf("a replay got %d bytes; %d are a proof", len(got), callBytes)
	}
}

// TestAWordIsNoWordOfTheOtherSide: what one side has sealed, sent back to it, ends the
// conversation.
func TestAWordIsNoWordOfTheOtherSide(t *testing.T) {
	h := openHall(t, shared(t, word))
	caller, err := Call(t.Context(), at(h.door.listener.Addr()), shared(t, word))
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	for _, c := range []*Conversation{caller, h.comesIn(t)} {
		c.unsealer.r = bytes.NewReader(seal(nil, c.sealer.key, 0, []byte("mine")))
		if _, err := c.Read(make([]byte, 4)); err == nil || !strings.Contains(err.Error(), "wrong seal") {
			t.Errorf("its own word is taken for the other's: %v", err)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, err = Call(t.Context(), at(l.Addr()), shared(t, word))
	if err == nil || !strings.Contains(err.Error(), "mtbench receive --listen") {
		t.Errorf("%v", err)
	}
}
