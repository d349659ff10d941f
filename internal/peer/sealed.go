package peer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A sealed message is
//
//	number (8)  length (4)  HMAC-SHA-256(key, number, length, payload) (32)  payload
//
// Numbers and lengths are big-endian. Each direction has a key of its own and counts from 0. So
// nothing can be added, changed, left out, repeated, put elsewhere or sent back. It is not secret.
const (
	sealHead  = 8 + 4
	sealBytes = sealHead + sha256.Size

	// maxSealed is the most bytes of a payload: the longest frame.
	maxSealed = headBytes + MaxMessage
)

// seal appends message number of a key to text.
func seal(text []byte, key hash.Hash, number uint64, payload []byte) []byte {
	at := len(text)
	text = binary.BigEndian.AppendUint64(text, number)
	text = binary.BigEndian.AppendUint32(text, uint32(len(payload)))
	text = append(sealOf(text, key, text[at:], payload), payload...)
	return text
}

func sealOf(to []byte, key hash.Hash, head, payload []byte) []byte {
	key.Reset()
	key.Write(head)
	key.Write(payload)
	return key.Sum(to)
}

// sealer seals each write as one message.
type sealer struct {
	w    io.Writer
	key  hash.Hash
	next uint64
}

// Write sends p whole, or fails for good: who reads would miss a number.
func (s *sealer) Write(p []byte) (int, error) {
	if len(p) > maxSealed {
		return 0, fmt.Errorf("a message of %d bytes; %d is the most", len(p), maxSealed)
	}
	text := seal(make([]byte, 0, sealBytes+len(p)), s.key, s.next, p)
	s.next++
	if _, err := s.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// unsealer gives out what sealed messages hold, each once it was found to be the next of its key.
// After an error it gives out nothing more.
type unsealer struct {
	r      io.Reader
	key    hash.Hash
	next   uint64
	rest   []byte // of the last message
	failed error
}

func (u *unsealer) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		if u.failed != nil {
			return 0, u.failed
		}
		u.rest, u.failed = u.message()
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

// errNoFarewell is the end of a connection whose other side has not said that it ends.
var errNoFarewell = errors.New("the connection ended without a good-bye")

// message reads the next message. What it makes of a hostile stream is bounded by maxSealed.
func (u *unsealer) message() ([]byte, error) {
	var head [sealBytes]byte
	if _, err := io.ReadFull(u.r, head[:]); errors.Is(err, io.EOF) {
		return nil, errNoFarewell
	} else if err != nil {
		return nil, err
	}
	number, n := binary.BigEndian.Uint64(head[:]), binary.BigEndian.Uint32(head[8:])
	switch {
	case number != u.next:
		return nil, fmt.Errorf("message %d of the conversation came where message %d was due: "+
			"somebody on the way changes, repeats or withholds what is said", number, u.next)
	case n > maxSealed:
		return nil, fmt.Errorf("message %d of the conversation announces %d bytes; %d is the most",
			number, n, maxSealed)
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(u.r, payload); err != nil {
		return nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	if !hmac.Equal(head[sealHead:], sealOf(nil, u.key, head[:sealHead], payload)) {
		return nil, fmt.Errorf("message %d of the conversation has a wrong seal: somebody on the way "+
			"changes what is said", number)
	}
	u.next++
	return payload, nil
}
