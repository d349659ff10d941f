// Package content makes the bytes of guest pages, from a declared generator: what a page holds
// decides what its compression costs, so the generator stands beside every figure.
//
// A page depends on the seed and its number only, so that any page can be made again. No page of
// text, heap, binary or random is all zero; the only zero pages are those of zero, of mixed, and
// of a file that has them.
package content

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"mtbench/results"
)

// PageSize is the size of the pages that the generators are made for, in bytes.
const PageSize = 4096

// Generator fills pages.
type Generator interface {
	// Fill writes page number page (0 or more) into buf, a page of PageSize bytes. It allocates
	// nothing, and any number of threads may call it at once.
	Fill(page int, buf []byte)
}

// filePrefix begins the spec of a file.
const filePrefix = "file:"

// kind is one generator: how it is named, described and made.
type kind struct {
	name string
	desc string
	make func(seed uint64) Generator
}

// kinds lists the generators in the order that help shows. Ratios are of zlib level 1 by page.
func kinds() []kind {
	return []kind{
		{"zero", "pages of zeros", func(uint64) Generator { return zero{} }},
		{"text", "English-like words with punctuation (compresses about 2.2 times)",
			pooled(fillText)},
		{"heap", "8-byte words: pointers into few regions, small integers, runs of zeros, " +
			"short strings, some hashes (compresses about 3.5 times)", pooled(fillHeap)},
		{"binary", "machine code: a few dozen instruction forms, near and far operands, padding " +
			"between functions (compresses about 1.5 times, as bash and git do)", pooled(fillBinary)},
		{"random", "random bytes (do not compress)", func(s uint64) Generator { return random(s) }},
		{"mixed", "by page: " + mixedShares() + "; these shares are mtbench's declaration, not a " +
			"measurement of guests", newMixed},
	}
}

// Names lists what New takes, for messages and help.
func Names() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return append(names, filePrefix+"PATH", streamPrefix+"PATH")
}

// FileSyntax is the spec of a file with all its options, for help.
const FileSyntax = filePrefix + optionsText

// New makes the generator that spec names: one of Names. file:PATH is pages of a regular file of
// any size, or of the memory of an ELF core file, repeated: all of them, or 16,384 that are evenly
// spaced; [FileSyntax] chooses how many and from which part. seed chooses among the variants of the
// others: the same seed gives the same pages. stream:PATH is the pages of a migration stream of
// QEMU's form, in the order in which it has them, repeated.
func New(spec string, seed uint64) (Generator, error) {
	if path, ok := strings.CutPrefix(spec, streamPrefix); ok {
		return newRecorded(path)
	}
	if path, ok := strings.CutPrefix(spec, filePrefix); ok {
		return newFile(path)
	}
	for _, k := range kinds() {
		if k.name == spec {
			return k.make(seed), nil
		}
	}
	return nil, fmt.Errorf("page content %q is unknown; there are %s",
		spec, strings.Join(Names(), ", "))
}

// Check returns the error that New would return for spec, without reading the pages of a file.
func Check(spec string) error {
	if path, ok := strings.CutPrefix(spec, streamPrefix); ok {
		return checkRecorded(path)
	}
	if text, ok := strings.CutPrefix(spec, filePrefix); ok {
		return checkFile(text)
	}
	_, err := New(spec, 0)
	return err
}

// OfFile reports whether the pages of spec are those of a file, which may be somebody's secret.
func OfFile(spec string) bool {
	return strings.HasPrefix(spec, filePrefix) || strings.HasPrefix(spec, streamPrefix)
}

// SourceOf returns the identity of the pages of g if they are a file's, else nil.
func SourceOf(g Generator) *results.ContentSource {
	switch f := g.(type) {
	case file:
		return &f.source
	case *recorded:
		return &f.source
	}
	return nil
}

// digestPages are what stands for a generator.
const digestPages = 64

// Digest returns the SHA-256 of the sampled pages of a file, or of the first 64 pages of any other
// generator, in hex: two programs whose digests differ do not do the same work.
func Digest(g Generator) string {
	if from := SourceOf(g); from != nil {
		return from.SHA256
	}
	sum, page := sha256.New(), make([]byte, PageSize)
	for i := range digestPages {
		g.Fill(i, page)
		sum.Write(page)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Describe says in a few words what pages spec makes; "" if it is unknown.
func Describe(spec string) string {
	if text, ok := strings.CutPrefix(spec, filePrefix); ok {
		return fmt.Sprintf("pages of %s, repeated to fill", text)
	}
	if path, ok := strings.CutPrefix(spec, streamPrefix); ok {
		return fmt.Sprintf("the pages of the stream %s in its order, repeated to fill", path)
	}
	for _, k := range kinds() {
		if k.name == spec {
			return k.desc
		}
	}
	return ""
}

// zero is pages of zeros.
type zero struct{}

func (zero) Fill(_ int, buf []byte) { clear(buf) }

// random is pages that do not compress; its value is the seed.
type random uint64

func (r random) Fill(page int, buf []byte) {
	s := stream{uint64(r) ^ mix(uint64(page)+1)}
	s.fill(buf)
}
