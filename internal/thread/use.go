package thread

import "unsafe"

// A Use says what a thread is about to do to one piece of shared memory. Two uses of one piece
// conflict unless both only look; the order of those that do not conflict makes no difference.
type Use struct {
	Of  unsafe.Pointer
	How How
}

// How is the kind of a Use.
type How uint8

const (
	Nothing  How = iota // no shared memory
	Anything            // nobody knows what: conflicts with every other use
	Load                // atomic
	Store               // atomic
	Update              // atomic read-modify-write
	Touch               // a step of one of the machine's primitives on its word
	Lock                // takes a lock, which is free
	Unlock              // gives it back
	Read                // plain
	Write               // plain
)

// Conflicts reports whether the order of u and v can make a difference.
func (u Use) Conflicts(v Use) bool {
	switch {
	case u.How == Nothing || v.How == Nothing:
		return false
	case u.How == Anything || v.How == Anything:
		return true
	}
	return u.Of == v.Of && (u.changes() || v.changes())
}

func (u Use) changes() bool { return u.How != Load && u.How != Read }
