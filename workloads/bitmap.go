package workloads

import (
	"math/bits"
	"sync/atomic"

	"mtbench/internal/thread"
)

const wordBits = 64

// Bitmap is the migration's own set of dirty pages. It belongs to the migration thread; the vCPUs
// never touch it (they have the DirtyLog).
type Bitmap struct {
	words []uint64
	pages int
	count int
}

// NewBitmap makes an empty set over pages pages.
func NewBitmap(pages int) *Bitmap {
	return &Bitmap{words: make([]uint64, (pages+wordBits-1)/wordBits), pages: pages}
}

// Count is how many pages are in the set.
func (b *Bitmap) Count() int { return b.count }

// Len is how many pages there are, in the set or not.
func (b *Bitmap) Len() int { return b.pages }

// SetAll puts every page into the set.
func (b *Bitmap) SetAll() {
	for i := range b.words {
		b.words[i] = ^uint64(0)
	}
	if tail := b.pages % wordBits; tail != 0 {
		b.words[len(b.words)-1] = 1<<tail - 1
	}
	b.count = b.pages
}

// Add puts the pages of set, a mask of the pages from 64×word on, into the bitmap.
func (b *Bitmap) Add(word int, set uint64) {
	b.count += bits.OnesCount64(set &^ b.words[word])
	b.words[word] |= set
}

// Clear takes page out and reports whether it was in.
func (b *Bitmap) Clear(page int) bool {
	w, bit := &b.words[page/wordBits], uint64(1)<<(page%wordBits)
	if *w&bit == 0 {
		return false
	}
	*w &^= bit
	b.count--
	return true
}

// Next is the first page of the set at or after from, or Len if there is none.
func (b *Bitmap) Next(from int) int {
	if from >= b.pages {
		return b.pages
	}
	w := from / wordBits
	if rest := b.words[w] >> (from % wordBits); rest != 0 {
		return from + bits.TrailingZeros64(rest)
	}
	for w++; w < len(b.words); w++ {
		if b.words[w] != 0 {
			return w*wordBits + bits.TrailingZeros64(b.words[w])
		}
	}
	return b.pages
}

// Share is one worker's part of a stretch of a bitmap: until the stretch is done its words are that
// worker's alone.
type Share struct {
	bitmap    *Bitmap
	word, end int    // words that are left
	set       uint64 // pages that are left of the word before
}

// Share is what worker w of n has of the words from to to.
func (b *Bitmap) Share(from, to, w, n int) Share {
	words := to - from
	return Share{bitmap: b, word: from + words*w/n, end: from + words*(w+1)/n}
}

// Next takes a page of the share out of the bitmap, and reports whether there was one. The bitmap's
// count is settled by Uncount, when all workers are through.
func (s *Share) Next() (page int, ok bool) {
	for ; s.set == 0; s.word++ {
		if s.word == s.end {
			return 0, false
		}
		s.set, s.bitmap.words[s.word] = s.bitmap.words[s.word], 0
	}
	page = (s.word-1)*wordBits + bits.TrailingZeros64(s.set)
	s.set &= s.set - 1
	return page, true
}

// Uncount takes off the count what shares have taken out, on the migration thread.
func (b *Bitmap) Uncount(pages int) { b.count -= pages }

// DirtyLog is where the vCPUs note what they wrote: one bit a page, on the Go heap, so that the
// race detector sees its edges.
//
// A writer stores into the page first and marks it after. Mark is a read-modify-write even where
// the bit is set already: it is the full barrier that makes the store visible before the bit is
// (looking first could skip it while the store still sits in the store buffer, and the page
// would be lost). Mark pairs with the Swap in Sync: who sees the bit sees the store.
type DirtyLog struct {
	words []atomic.Uint64
}

// NewDirtyLog makes a log of pages pages, none of them written.
func NewDirtyLog(pages int) *DirtyLog {
	return &DirtyLog{words: make([]atomic.Uint64, (pages+wordBits-1)/wordBits)}
}

// Mark notes that page was written. Any thread; after the store.
func (l *DirtyLog) Mark(page int) {
	l.words[page/wordBits].Or(1 << (page % wordBits))
}

// Sync moves the log into the bitmap and returns how many pages it held. Migration thread.
func (l *DirtyLog) Sync(t thread.Thread, into *Bitmap) int64 {
	was := t.Enter(thread.Scanning)
	var found int64
	for i := range l.words {
		if l.words[i].Load() == 0 {
			continue
		}
		set := l.words[i].Swap(0)
		into.Add(i, set)
		found += int64(bits.OnesCount64(set))
	}
	t.Enter(was)
	return found
}
