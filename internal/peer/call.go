package peer

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How a conversation without ssh begins:
//
//	caller    "MTBCALL1"  nonce (32)  HMAC(hello, all before)
//	receiver  "MTBRECV1"  nonce (32)  HMAC(receiver proves, all so far)
//	caller                            HMAC(caller proves, all so far)
//
// HMAC is that with SHA-256. Every key is of HKDF: hello of the secret alone, the others of the
// secret and both nonces. So whoever does not know the secret hears nothing; whoever repeats a call
// hears a nonce and a proof; and nothing that is said now is of use later, or in the other
// direction.
const (
	callMagic    = "MTBCALL1"
	receiveMagic = "MTBRECV1"

	nonceBytes = 32
	firstBytes = len(callMagic) + nonceBytes // of either, without its proof
	callBytes  = firstBytes + sha256.Size
)

// The uses of keys. Each is of one direction.
const (
	keyOfHello          = "mtbench 1 hello"
	keyOfReceiverProof  = "mtbench 1 receiver proves"
	keyOfCallerProof    = "mtbench 1 caller proves"
	keyOfReceiverSpeech = "mtbench 1 receiver speaks"
	keyOfCallerSpeech   = "mtbench 1 caller speaks"
	keyOfStreams        = "mtbench 1 stream of run "
)

// key derives the key for a use, said being both sides' first words, or nil.
func (s Shared) key(use string, said []byte, n int) []byte {
	salt := sha256.Sum256(said)
	k, err := hkdf.Key(sha256.New, []byte(s.text), salt[:], use, n)
	if err != nil {
		panic(err) // n is a constant of this package, far below HKDF's limit
	}
	return k
}

// prove is the HMAC of parts under the key for a use.
func (s Shared) prove(use string, said []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, s.key(use, said, sha256.Size))
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// first is what either side opens with, without its proof.
func first(magic string) []byte {
	text := append([]byte(magic), make([]byte, nonceBytes)...)
	_, _ = rand.Read(text[len(magic):]) // which never fails
	return text
}

// Conversation is a connection to somebody who has shown to know the shared secret. What is read
// was said by them, whole, once and in order; it is not secret. One caller at a time may read, and
// one write.
type Conversation struct {
	unsealer
	sealer
	conn   *net.TCPConn
	shared Shared
	said   []byte // both sides' first words
}

func newConversation(c *net.TCPConn, s Shared, said []byte, ours, theirs string) *Conversation {
	key := func(use string) []byte { return s.key(use, said, sha256.Size) }
	return &Conversation{
		unsealer: unsealer{r: c, key: hmac.New(sha256.New, key(theirs))},
		sealer:   sealer{w: c, key: hmac.New(sha256.New, key(ours))},
		conn:     c, shared: s, said: said,
	}
}

// Close ends the conversation at once; whoever reads or writes fails.
func (c *Conversation) Close() error { return c.conn.Close() }

// Finish says that nothing more is said. What was said before arrives, where there is a network, if
// this side reads on until the other has closed.
func (c *Conversation) Finish() { _ = c.conn.CloseWrite() }

// Drain reads on, without listening, until the other side has closed or d has passed. Nobody may
// read meanwhile or afterwards.
func (c *Conversation) Drain(d time.Duration) {
	_ = c.conn.SetReadDeadline(time.Now().Add(d))
	_, _ = io.Copy(io.Discard, c.conn)
}

// Bound lets whoever writes fail after d.
func (c *Conversation) Bound(d time.Duration) { _ = c.conn.SetWriteDeadline(time.Now().Add(d)) }

// Here is this side's address, and There the other's.
func (c *Conversation) Here() netip.AddrPort { return addrOf(c.conn.LocalAddr()) }

// There is the other side's address.
func (c *Conversation) There() netip.AddrPort { return addrOf(c.conn.RemoteAddr()) }

func addrOf(a net.Addr) netip.AddrPort {
	at := a.(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// Stream derives the secret of a run's migration stream, which both sides know unsaid. Each run of
// a conversation needs a number of its own.
func (c *Conversation) Stream(run uint32) Secret {
	var s Secret
	text := c.shared.key(keyOfStreams+strconv.FormatUint(uint64(run), 10), c.said,
		len(s.Key)+len(s.ID))
	copy(s.ID[:], text[copy(s.Key[:], text):])
	return s
}

// Why a call is not answered.
var (
	errHungUp = errors.New("what listens there hung up without a word: another secret is used " +
		"there, or it is not mtbench receive of this version, or too many knock at its door")
	errNoReceiver = errors.New("what answers there is not mtbench receive of this version")
	errImpostor   = errors.New("what answers there does not know the secret")
)

// callTime is how long reaching an address may take, and as much again the proofs.
const callTime = 15 * time.Second

// Call begins a conversation with mtbench receive at a target without ssh.
func Call(ctx context.Context, t Target, s Shared) (*Conversation, error) {
	addr := net.JoinHostPort(t.Host, strconv.Itoa(t.port()))
	conn, err := (&net.Dialer{Timeout: callTime}).DialContext(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("nobody listens at %s; start there: mtbench receive --listen "+
			"ADDRESS:%d", addr, t.port())
	case err != nil:
		return nil, fmt.Errorf("it is not reached: %w", err)
	}
	c := conn.(*net.TCPConn)
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	talk, err := s.call(c)
	if err == nil {
		err = c.SetDeadline(time.Time{})
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return talk, nil
}

func (s Shared) call(c *net.TCPConn) (*Conversation, error) {
	if err := c.SetDeadline(time.Now().Add(callTime)); err != nil {
		return nil, err
	}
	hello := first(callMagic)
	if _, err := c.Write(append(hello, s.prove(keyOfHello, nil, hello)...)); err != nil {
		return nil, err
	}
	answer := make([]byte, callBytes)
	switch _, err := io.ReadFull(c, answer); {
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return nil, errHungUp
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errNoReceiver
	case err != nil:
		return nil, err
	case !strings.HasPrefix(string(answer), receiveMagic):
		return nil, errNoReceiver
	}
	said := append(hello[:firstBytes:firstBytes], answer[:firstBytes]...)
	if !hmac.Equal(answer[firstBytes:], s.prove(keyOfReceiverProof, said, said)) {
		return nil, errImpostor
	}
	if _, err := c.Write(s.prove(keyOfCallerProof, said, said)); err != nil {
		return nil, err
	}
	return newConversation(c, s, said, keyOfCallerSpeech, keyOfReceiverSpeech), nil
}

// Why a caller is not let in.
var (
	errNoCaller = errors.New("is no mtbench of this version")
	errNoSecret = errors.New("does not know the secret")
	errReplay   = errors.New("knows what somebody said before, and not the secret")
	errNothing  = errors.New("said nothing, or not enough in time")
)

// Door listens for callers.
type Door struct {
	listener *net.TCPListener
	shared   Shared
}

// OpenDoor listens at addr for callers who know the secret; port 0 takes a free one.
func OpenDoor(addr netip.AddrPort, s Shared) (*Door, error) {
	l, err := listenAt(addr)
	if err != nil {
		return nil, err
	}
	return &Door{listener: l, shared: s}, nil
}

// Addr is where the door is.
func (d *Door) Addr() netip.AddrPort { return addrOf(d.listener.Addr()) }

// Close closes the door; conversations stay.
func (d *Door) Close() error { return d.listener.Close() }

// Hear lets callers in until ctx ends, and returns when what it called has returned. Each
// conversation is given to talk, and everybody else to refused, both on a goroutine of the caller's
// own.
func (d *Door) Hear(ctx context.Context, talk func(*Conversation),
	refused func(who netip.AddrPort, why error)) error {
	var k knocks
	return k.hear(ctx, d.listener, func(c *net.TCPConn) {
		conversation, err := d.answer(c)
		if !k.remove(c) || err != nil {
			c.Close()
			if err != nil && ctx.Err() == nil {
				refused(addrOf(c.RemoteAddr()), err)
			}
			return
		}
		_ = c.SetDeadline(time.Time{})
		talk(conversation)
	})
}

// answer hears a caller out. It says nothing before the caller has shown the secret once, and
// nothing but its own proof before it was shown again.
func (d *Door) answer(c *net.TCPConn) (*Conversation, error) {
	hello := make([]byte, callBytes)
	n, err := io.ReadFull(c, hello)
	switch {
	case !strings.HasPrefix(string(hello), callMagic[:min(n, len(callMagic))]):
		return nil, errNoCaller
	case err != nil:
		return nil, errNothing
	case !hmac.Equal(hello[firstBytes:], d.shared.prove(keyOfHello, nil, hello[:firstBytes])):
		return nil, errNoSecret
	}
	answer := first(receiveMagic)
	said := append(hello[:firstBytes:firstBytes], answer...)
	answer = append(answer, d.shared.prove(keyOfReceiverProof, said, said)...)
	if _, err := c.Write(answer); err != nil {
		return nil, errNothing
	}
	proof := make([]byte, sha256.Size)
	if _, err := io.ReadFull(c, proof); err != nil {
		return nil, errNothing
	}
	if !hmac.Equal(proof, d.shared.prove(keyOfCallerProof, said, said)) {
		return nil, errReplay
	}
	return newConversation(c, d.shared, said, keyOfReceiverSpeech, keyOfCallerSpeech), nil
}
