package content

import "encoding/binary"

// stream is splitmix64: a stream of well-mixed 64-bit words, the same for a state everywhere. It
// is here, and not math/rand, so that pages never change with a library.
type stream struct{ state uint64 }

const golden = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio, splitmix64's step

func (s *stream) next() uint64 {
	s.state += golden
	return mix(s.state)
}

// below is a number in [0, n), n at most 2^32.
func (s *stream) below(n int) int { return int((s.next() >> 32) * uint64(n) >> 32) }

// fill writes random bytes.
func (s *stream) fill(buf []byte) {
	for len(buf) >= 8 {
		binary.LittleEndian.PutUint64(buf, s.next())
		buf = buf[8:]
	}
	for i := range buf {
		buf[i] = byte(s.next())
	}
}

// mix is splitmix64's finalizer: each bit of x reaches each bit of the result.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
