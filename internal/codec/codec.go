// Package codec is the compressors that a migration can use, behind one small interface: one page
// in, one self-contained compressed page out, and back.
//
// Steady state allocates nothing: all memory of an encoder or decoder is made when it is made or
// on its first pages (run some through it before measuring). The library's s2 and zstd decoders
// keep tables in pools that a garbage collection empties, and then make new ones; what sealed
// threads use comes from NewWarmEncoder and Decoders. An Encoder or a Decoder belongs to one thread
// at a time; a Codec is immutable.
package codec

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"mtbench/internal/thread"
)

// Codec is a way to compress pages.
type Codec interface {
	// Name is the spec that Lookup would find it by.
	Name() string

	// Bound is the space in bytes that Encode needs for a page of n bytes; what it writes is
	// never longer. For 4096 bytes it is at most 4110, the longest that QEMU's destination takes.
	Bound(n int) int

	// Levels is the lowest, the highest and the default level. A codec without levels has 0, 0, 0.
	Levels() (lo, hi, def int)

	// NewEncoder makes an encoder; level outside Levels is an error.
	NewEncoder(level int) (Encoder, error)
	NewDecoder() (Decoder, error)

	// StateBytes is about how many bytes of heap one encoder of that level (one of Levels) keeps;
	// DecoderBytes the same of a decoder. Both were measured (TestStateBytes holds them within a
	// factor of 1.5) and serve the check whether a run fits into memory.
	StateBytes(level int) int64
	DecoderBytes() int64
}

// Encoder compresses pages. t is the calling thread.
type Encoder interface {
	// Encode compresses src into dst, which has at least Bound(len(src)) bytes, and returns how
	// many it wrote. src and dst must not overlap.
	Encode(t thread.Thread, dst, src []byte) (int, error)
}

// Decoder decompresses pages. t is the calling thread.
type Decoder interface {
	// Decode decompresses src into dst. It is an error if src is damaged or does not give exactly
	// len(dst) bytes; dst then holds anything. src may come from outside: nothing in it makes
	// Decode panic or take memory by what it claims. zlib and zstd find damage by a checksum; s2
	// and none have none.
	Decode(t thread.Thread, dst, src []byte) error
}

// ErrNoRoom is returned by Encode when dst is too short.
var ErrNoRoom = errors.New("no room for the compressed page")

// maxSpin bounds the work of spin: a page that took longer would be a hang.
const maxSpin = time.Second

// Names lists what Lookup takes, for messages and help.
func Names() []string { return []string{"zlib", "zstd", "s2", "none", "spin:DURATION"} }

// Lookup finds the codec that spec names: zlib, zstd, s2, none or spin:DURATION, where DURATION is
// CPU time a page, as 5us, above 0 and at most 1 s.
func Lookup(spec string) (Codec, error) {
	if arg, ok := strings.CutPrefix(spec, "spin:"); ok {
		return newSpin(arg)
	}
	switch spec {
	case "zlib":
		return zlibCodec{}, nil
	case "zstd":
		return zstdCodec{}, nil
	case "s2":
		return s2Codec{}, nil
	case "none":
		return copyCodec{}, nil
	}
	return nil, fmt.Errorf("codec %q is unknown; there are %s", spec, strings.Join(Names(), ", "))
}

// LevelOf is level, or the default of c where that is -1.
func LevelOf(c Codec, level int) int {
	if level == -1 {
		_, _, level = c.Levels()
	}
	return level
}

// checkLevel refuses a level that c has not.
func checkLevel(c Codec, level int) error {
	lo, hi, _ := c.Levels()
	if level < lo || level > hi {
		return fmt.Errorf("codec %s has no level %d; its levels are %d to %d", c.Name(), level, lo, hi)
	}
	return nil
}
