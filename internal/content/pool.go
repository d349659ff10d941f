package content

import "encoding/binary"

// A pool holds poolSize places at which a page may begin, and a page more so that the last has one.
const (
	poolSize = 256 << 10
	stamps   = 16 // words of a page that are its own
)

// pool makes pages quickly: a page is a window into a text made once, at a place that its number
// chooses, with a few of its words moved about. Making each page from nothing would take longer
// than compressing it.
type pool struct {
	seed  uint64
	bytes []byte // poolSize + PageSize
}

// pooled is the maker of a pool that fill writes.
func pooled(fill func(s *stream, buf []byte)) func(seed uint64) Generator {
	return func(seed uint64) Generator {
		p := &pool{seed: mix(seed + golden), bytes: make([]byte, poolSize+PageSize)}
		fill(&stream{p.seed}, p.bytes)
		return p
	}
}

// Fill copies a window and overwrites stamps of its words with words from elsewhere in the pool,
// which look as the kind's words do. Places are multiples of 8, so that words stay aligned.
func (p *pool) Fill(page int, buf []byte) {
	s := stream{p.seed ^ mix(uint64(page)+1)}
	start := s.below(poolSize/8) * 8
	copy(buf, p.bytes[start:start+len(buf)])
	words := len(buf) / 8
	for range stamps {
		from, to := s.below(poolSize/8)*8, s.below(words)*8
		word := binary.LittleEndian.Uint64(p.bytes[from:])
		if word != 0 {
			binary.LittleEndian.PutUint64(buf[to:], word)
		}
	}
}
