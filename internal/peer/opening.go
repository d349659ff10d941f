package peer

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

// Secret is what the connections of one run are opened by. It is made for the run, travels over ssh
// alone or not at all, and is of no use after it.
type Secret struct {
	Key [32]byte
	ID  [16]byte // of the run's openings: each channel's is good once
}

// NewSecret draws the secret of a run.
func NewSecret() Secret {
	var s Secret
	_, _ = rand.Read(s.Key[:]) // which never fails
	_, _ = rand.Read(s.ID[:])
	return s
}

// The two sides of an opening:
//
//	source       "MTBSRC1\n"  id (16)  channel (2)  HMAC-SHA-256(key, all before)
//	destination  "MTBDST1\n"  nonce (16)  HMAC-SHA-256(key, the source's opening, all before)
//
// Both have one length, so that nothing is told by reading on. A page comes after both.
const (
	sourceMagic      = "MTBSRC1\n"
	destinationMagic = "MTBDST1\n"

	openingBytes = len(sourceMagic) + 16 + 2 + sha256.Size
	answerBytes  = len(destinationMagic) + 16 + sha256.Size
)

func (s *Secret) opening(channel int) []byte {
	text := append([]byte(sourceMagic), s.ID[:]...)
	text = binary.BigEndian.AppendUint16(text, uint16(channel))
	return append(text, s.mac(text)...)
}

func (s *Secret) answer(opening []byte) []byte {
	text := append([]byte(destinationMagic), make([]byte, 16)...)
	_, _ = rand.Read(text[len(destinationMagic):])
	return append(text, s.mac(opening, text)...)
}

// answers reports whether text is the answer of one who has the key to this opening.
func (s *Secret) answers(text, opening []byte) bool {
	at := answerBytes - sha256.Size
	right := s.mac(opening, text[:at])
	return string(text[:len(destinationMagic)]) == destinationMagic && hmac.Equal(right, text[at:])
}

func (s *Secret) mac(parts ...[]byte) []byte {
	h := hmac.New(sha256.New, s.Key[:])
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// How a source opens a connection.
const (
	dialTime   = 5 * time.Second  // of one attempt, with its answer
	openTime   = 20 * time.Second // of all
	retryPause = 50 * time.Millisecond
)

// errAnswer is an answer of somebody who has not the key.
var errAnswer = errors.New("what answers there does not know the secret of this run")

// Open connects to the destination at addr and opens the channel of that number. It tries again
// where it is not let in, for some time: others may crowd the door.
func Open(ctx context.Context, addr netip.AddrPort, s Secret, channel int) (*net.TCPConn, error) {
	for deadline := time.Now().Add(openTime); ; {
		c, err := open(ctx, addr, s, channel)
		if err == nil || errors.Is(err, errAnswer) || ctx.Err() != nil || time.Now().After(deadline) {
			return c, err
		}
		time.Sleep(retryPause)
	}
}

func open(ctx context.Context, addr netip.AddrPort, s Secret, channel int) (*net.TCPConn, error) {
	dialer := net.Dialer{Timeout: dialTime}
	conn, err := dialer.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return nil, err
	}
	c := conn.(*net.TCPConn)
	if err := s.exchange(c, channel); err != nil {
		c.Close()
		return nil, fmt.Errorf("the migration stream to %v is not let in: %w", addr, err)
	}
	return c, nil
}

func (s *Secret) exchange(c *net.TCPConn, channel int) error {
	if err := c.SetDeadline(time.Now().Add(dialTime)); err != nil {
		return err
	}
	opening := s.opening(channel)
	if _, err := c.Write(opening); err != nil {
		return err
	}
	var text [answerBytes]byte
	if _, err := io.ReadFull(c, text[:]); err != nil {
		return err
	}
	if !s.answers(text[:], opening) {
		return errAnswer
	}
	return c.SetDeadline(time.Time{})
}
