package results

import (
	"fmt"
	"strings"
)

// WhenFull is what becomes of a page for which no thread is free.
type WhenFull string

const (
	FullWait WhenFull = "wait" // the submitter waits for one (compress-wait-thread on)
	FullRaw  WhenFull = "raw"  // it sends the page as it is (compress-wait-thread off)
	FullSelf WhenFull = "self" // it compresses the page itself
)

// WhenFulls returns all of them.
func WhenFulls() []WhenFull { return []WhenFull{FullWait, FullRaw, FullSelf} }

// WhenFullOf returns what compress-wait-thread alone says.
func WhenFullOf(wait bool) WhenFull {
	if wait {
		return FullWait
	}
	return FullRaw
}

// Policy returns what becomes of a page for which no thread is free.
func (c Cell) Policy() WhenFull {
	if c.WhenFull == "" {
		return WhenFullOf(c.Wait)
	}
	return c.WhenFull
}

// WaitWord returns the value of the wait axis: on, off or self.
func (c Cell) WaitWord() string {
	if c.WhenFull == FullSelf {
		return string(FullSelf)
	}
	return OnOff(c.Wait)
}

// normal leaves out a policy that wait alone says, so that equal cells are ==.
func (c *Cell) normal() {
	if c.WhenFull == WhenFullOf(c.Wait) {
		c.WhenFull = ""
	}
}

// Contradicts returns why w cannot stand beside wait, or nothing.
func (w WhenFull) Contradicts(wait bool) string {
	switch w {
	case FullWait, FullRaw, FullSelf:
	default:
		var names []string
		for _, one := range WhenFulls() {
			names = append(names, string(one))
		}
		return fmt.Sprintf("when_full is %s; it is one of %s", quote(string(w)),
			strings.Join(names, ", "))
	}
	if wait != (w == FullWait) {
		return fmt.Sprintf("wait is %t and when_full is %s; one contradicts the other", wait, w)
	}
	return ""
}
