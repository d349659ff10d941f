package codec

import (
	"fmt"

	"github.com/klauspost/compress/s2"

	"mtbench/internal/thread"
)

// s2Codec makes one S2 block a page (a faster relative of Snappy). Its levels are the library's:
// fast, better, best. The block format has no checksum.
type s2Codec struct{}

func (s2Codec) Name() string              { return "s2" }
func (s2Codec) Bound(n int) int           { return s2.MaxEncodedLen(n) }
func (s2Codec) Levels() (lo, hi, def int) { return 1, 3, 1 }

// StateBytes is small: the library's tables are in a pool that all encoders share.
func (s2Codec) StateBytes(int) int64 { return 64 }
func (s2Codec) DecoderBytes() int64  { return 64 }

func (c s2Codec) NewEncoder(level int) (Encoder, error) {
	if err := checkLevel(c, level); err != nil {
		return nil, err
	}
	return s2Encoder{[...]func(dst, src []byte) []byte{s2.Encode, s2.EncodeBetter,
		s2.EncodeBest}[level-1]}, nil
}

func (s2Codec) NewDecoder() (Decoder, error) { return s2Decoder{}, nil }

type s2Encoder struct{ encode func(dst, src []byte) []byte }

func (e s2Encoder) Encode(_ thread.Thread, dst, src []byte) (int, error) {
	if len(dst) < s2.MaxEncodedLen(len(src)) {
		return 0, ErrNoRoom
	}
	return len(e.encode(dst, src)), nil
}

type s2Decoder struct{}

func (s2Decoder) Decode(_ thread.Thread, dst, src []byte) error {
	n, err := s2.DecodedLen(src) // looked at before anything is allocated by it
	if err != nil {
		return fmt.Errorf("s2 page is damaged: %w", err)
	}
	if n != len(dst) {
		return wrongLength("s2", n, len(dst))
	}
	if _, err = s2.Decode(dst, src); err != nil {
		return fmt.Errorf("s2 page is damaged: %w", err)
	}
	return nil
}
