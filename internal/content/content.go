// Package content makes the bytes of guest pages, from a declared generator: what a page holds
// decides what its compression costs, so the generator stands beside every figure.
//
// A page depends on the seed and its number only, so that any page can be made again.
package content

import (
	"fmt"
	"strings"
)

// Generator fills pages.
type Generator interface {
	// Fill writes page number page into buf, which is a whole page (a multiple of 8 bytes, at
	// most PageSize). It allocates nothing and any number of threads may call it.
	Fill(page int, buf []byte)
}

// PageSize is the size of the pages that the generators are made for, in bytes.
const PageSize = 4096

// Names lists what New takes, for messages and help.
func Names() []string {
	return []string{"zero", "text", "heap", "binary", "random", "mixed", "file:PATH"}
}

// New makes the generator that spec names. seed chooses among its variants: the same seed gives
// the same pages.
func New(spec string, seed uint64) (Generator, error) {
	if path, ok := strings.CutPrefix(spec, "file:"); ok {
		return newFile(path)
	}
	switch spec {
	case "zero":
		return zero{}, nil
	}
	return nil, unknown(spec)
}

func unknown(spec string) error {
	return fmt.Errorf("page content %q is unknown; there are %s", spec, strings.Join(Names(), ", "))
}

// Describe says in a sentence what pages spec makes.
func Describe(spec string) string { return "" }

type zero struct{}

func (zero) Fill(_ int, buf []byte) { clear(buf) }

func newFile(path string) (Generator, error) { return zero{}, nil }
