package codec

import "math/rand/v2"

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
