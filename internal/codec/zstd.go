package codec

import (
	"fmt"

	"github.com/klauspost/compress/zstd"

	"mtbench/internal/thread"
)

// zstdCodec makes one zstd frame a page, checksum included, with the least memory that the library
// offers and no goroutine of its own. Its four levels are the library's: fastest, default, better,
// best (about zstd's own 1, 3, 7 and 11).
type zstdCodec struct{}

// What a frame adds to a page that does not compress: magic 4, descriptor 1, content size 2 and
// checksum 4, and for each block of at most a window a header of 3.
const (
	zstdFrame = 11
	zstdBlock = 3
)

// zstdMaxMemory bounds what a frame may claim to give, far above a page and far below harm.
const zstdMaxMemory = 1 << 20

// zstdWindow is the library's smallest window that holds a page.
const zstdWindow = 4 << 10

func (zstdCodec) Name() string              { return "zstd" }
func (zstdCodec) Levels() (lo, hi, def int) { return 1, 4, 1 }

// Bound is what the format adds at most: 4110 for a page of 4096, as it happens.
func (zstdCodec) Bound(n int) int {
	blocks := max(1, (n+zstdWindow-1)/zstdWindow)
	return n + zstdFrame + zstdBlock*blocks
}

func (c zstdCodec) NewEncoder(level int) (Encoder, error) {
	if err := checkLevel(c, level); err != nil {
		return nil, err
	}
	w, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.EncoderLevel(level)),
		zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(zstdWindow),
		zstd.WithSingleSegment(true))
	return zstdEncoder{w}, err
}

func (zstdCodec) NewDecoder() (Decoder, error) {
	r, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(zstdMaxMemory),
		zstd.WithDecodeAllCapLimit(true))
	return zstdDecoder{r}, err
}

type zstdEncoder struct{ w *zstd.Encoder }

func (e zstdEncoder) Encode(_ thread.Thread, dst, src []byte) (int, error) {
	if len(dst) < (zstdCodec{}).Bound(len(src)) {
		return 0, ErrNoRoom
	}
	out := e.w.EncodeAll(src, dst[:0])
	if len(out) > len(dst) || &out[0] != &dst[0] {
		return 0, ErrNoRoom
	}
	return len(out), nil
}

type zstdDecoder struct{ r *zstd.Decoder }

func (d zstdDecoder) Decode(_ thread.Thread, dst, src []byte) error {
	out, err := d.r.DecodeAll(src, dst[:0:len(dst)])
	if err != nil {
		return fmt.Errorf("zstd page is damaged or longer than %d bytes: %w", len(dst), err)
	}
	if len(out) != len(dst) {
		return wrongLength("zstd", len(out), len(dst))
	}
	return nil
}

// StateBytes grows steeply: the library's tables of level 4 alone take 32 MiB.
func (zstdCodec) StateBytes(level int) int64 {
	kib := [...]int64{1: 320, 2: 1352, 3: 4364, 4: 35012}
	return kib[level] << 10
}

// DecoderBytes is small because the library's tables are in a pool that all decoders share.
func (zstdCodec) DecoderBytes() int64 { return 12 << 10 }
