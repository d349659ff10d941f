package codec

import (
	"fmt"
	"time"

	"mtbench/internal/thread"
)

// copyCodec copies pages (none), or works for a set time first (spin). Its records are as long as
// the page.
type copyCodec struct {
	work time.Duration // CPU time of each Encode
	name string        // of spin; empty for none
}

func newSpin(arg string) (Codec, error) {
	d, err := time.ParseDuration(arg)
	if err != nil || d <= 0 || d > maxSpin {
		return nil, fmt.Errorf("codec %q: the work is a duration above 0, at most %v, "+
			"as in spin:5us", "spin:"+arg, maxSpin)
	}
	return copyCodec{work: d, name: "spin:" + arg}, nil
}

func (c copyCodec) Name() string {
	if c.name == "" {
		return "none"
	}
	return c.name
}

func (c copyCodec) Bound(n int) int         { return n }
func (c copyCodec) Levels() (_, _, def int) { return 0, 0, 0 }
func (c copyCodec) StateBytes(int) int64    { return 64 }
func (c copyCodec) DecoderBytes() int64     { return 64 }

func (c copyCodec) NewEncoder(level int) (Encoder, error) {
	if err := checkLevel(c, level); err != nil {
		return nil, err
	}
	return copyEncoder{c.work}, nil
}

// NewDecoder makes a decoder that copies. spin works on the source's side only: its subject is
// the hand-over of compression.
func (c copyCodec) NewDecoder() (Decoder, error) { return copyDecoder{}, nil }

type copyEncoder struct{ work time.Duration }

func (e copyEncoder) Encode(t thread.Thread, dst, src []byte) (int, error) {
	if len(dst) < len(src) {
		return 0, ErrNoRoom
	}
	if e.work > 0 && t != nil { // a page to warm up by, before any thread works, costs nothing
		t.Compute(e.work)
	}
	return copy(dst, src), nil
}

type copyDecoder struct{}

func (copyDecoder) Decode(_ thread.Thread, dst, src []byte) error {
	if len(src) != len(dst) {
		return wrongLength("uncompressed", len(src), len(dst))
	}
	copy(dst, src)
	return nil
}

// wrongLength says that a compressed page gives got bytes instead of want.
func wrongLength(name string, got, want int) error {
	return fmt.Errorf("%s page has %d bytes; it should have %d", name, got, want)
}
