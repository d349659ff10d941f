package content

import (
	"fmt"
	"strings"
)

// share is how many pages in a hundred are of one kind.
type share struct {
	percent int
	kind    string
	make    func(seed uint64) Generator
}

// shares is what mixed is made of: a guest with some free memory, programs and their data, a page
// cache, and some data that is compressed or encrypted already.
func shares() []share {
	return []share{
		{20, "zero", func(uint64) Generator { return zero{} }},
		{35, "heap", pooled(fillHeap)},
		{15, "text", pooled(fillText)},
		{15, "binary", pooled(fillBinary)},
		{15, "random", func(s uint64) Generator { return random(s) }},
	}
}

// mixedShares is shares for people.
func mixedShares() string {
	var parts []string
	for _, s := range shares() {
		parts = append(parts, fmt.Sprintf("%d %% %s", s.percent, s.kind))
	}
	return strings.Join(parts, ", ")
}

// mixed gives each page the kind that its number draws.
type mixed struct {
	seed  uint64
	kinds [100]Generator // one for each percent
}

func newMixed(seed uint64) Generator {
	m := &mixed{seed: mix(seed ^ golden)}
	n := 0
	for _, s := range shares() {
		g := s.make(seed)
		for range s.percent {
			m.kinds[n] = g
			n++
		}
	}
	return m
}

func (m *mixed) Fill(page int, buf []byte) {
	s := stream{m.seed ^ mix(uint64(page)+1)}
	m.kinds[s.below(len(m.kinds))].Fill(page, buf)
}
