package codec

import (
	"fmt"
	"math/rand/v2"
)

// NewWarmEncoder returns an encoder that has run once, over a page of noise of so many bytes, which
// uses all of its tables: some make their state at the first page, and the first use of memory can
// cost a virtual machine some microseconds a page of it. That is setup and not migration.
func NewWarmEncoder(c Codec, level, pageSize int) (Encoder, error) {
	encoder, err := c.NewEncoder(level)
	if err != nil {
		return nil, err
	}
	noise := make([]byte, pageSize)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // it never fails
	_, err = encoder.Encode(nil, make([]byte, c.Bound(pageSize)), noise)
	return encoder, err
}

// Decoders makes warm decoders of one codec: a sealed thread may decode with them.
//
// A library's sync.Pool is the danger. Its first use after a collection, or after a change of
// GOMAXPROCS, takes a mutex of the sync package, and a sealed thread that finds that mutex taken
// ends the process ("schedule: holding locks"). zstd has one pool for all tables, and, where it is
// not in assembly, one more in each table. So every decoder has used all of them before the seal.
// Make them behind the last collection and the machine (which sets GOMAXPROCS).
type Decoders struct {
	codec  Codec
	page   []byte // what is decoded goes here
	plain  []byte // a compressed page that needs no tables, and gives back those of the last one
	tables []byte // one that needs all tables, which its decoder then keeps
}

// NewDecoders is for pages of so many bytes.
func NewDecoders(c Codec, pageSize int) (*Decoders, error) {
	_, _, level := c.Levels()
	encoder, err := c.NewEncoder(level)
	if err != nil {
		return nil, err
	}
	d := &Decoders{codec: c, page: make([]byte, pageSize)}
	if d.plain, err = d.pack(encoder, make([]byte, pageSize)); err != nil {
		return nil, err
	}
	d.tables, err = d.pack(encoder, lettered(pageSize))
	return d, err
}

func (d *Decoders) pack(encoder Encoder, page []byte) ([]byte, error) {
	out := make([]byte, d.codec.Bound(len(page)))
	n, err := encoder.Encode(nil, out, page)
	return out[:n], err
}

// lettered is a page of sixteen letters, the first the most frequent, whose second half repeats
// pieces of the first: an entropy coder makes tables for the letters, and for the many matches.
func lettered(size int) []byte {
	const piece = 16
	page := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(page) // it never fails
	half := size / 2
	for at := half; at+piece <= size; at += piece {
		from := int(page[at]) * (half - piece) / 256
		copy(page[at:at+piece-int(page[at+1])%8], page[from:])
	}
	for i, b := range page {
		page[i] = 'a' + min(b&15, b>>4)
	}
	return page
}

// New is a decoder that has run, and holds all tables that it will ever need at a time.
func (d *Decoders) New() (Decoder, error) {
	decoder, err := d.codec.NewDecoder()
	if err != nil {
		return nil, err
	}
	for _, packed := range [][]byte{d.plain, d.tables} {
		if err := decoder.Decode(nil, d.page, packed); err != nil {
			return nil, fmt.Errorf("warming a decoder up: %w", err)
		}
	}
	return decoder, nil
}

// Spare leaves tables for n threads in the library's pools, beside those that decoders hold. A
// decoder that goes from thread to thread leaves its tables where another cannot reach them: one
// set a thread at most. Call it when all decoders have been made.
func (d *Decoders) Spare(n int) error {
	holders := make([]Decoder, n)
	for i := range holders {
		var err error
		if holders[i], err = d.New(); err != nil {
			return err
		}
	}
	for _, h := range holders {
		if err := h.Decode(nil, d.page, d.plain); err != nil {
			return fmt.Errorf("warming a decoder up: %w", err)
		}
	}
	return nil
}
