package gate

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Moved is a figure that is not what it was.
type Moved struct {
	Name          string
	Before, After int64
}

// Factor is by what it was multiplied; false where it was 0.
func (m Moved) Factor() (float64, bool) {
	return float64(m.After) / float64(m.Before), m.Before != 0
}

// Change is one case that is not what it was.
type Change struct {
	Key
	Gone  bool    // it is expected, and was not run: the model or the host is no more
	New   bool    // it was run, and is not expected
	Moved []Moved // else: figures beyond their limits, in the order of Figures
}

// IncomparableError says why figures cannot be set beside expected ones at all.
type IncomparableError struct{ Why string }

// Error is a sentence.
func (e *IncomparableError) Error() string { return e.Why }

// Compare returns every case of now that is not what e expects, in the order of the two: none if
// nothing moved beyond the limits of e. An error is an *IncomparableError.
func (e *Expected) Compare(now *Expected) ([]Change, error) {
	if err := e.comparable(now); err != nil {
		return nil, err
	}
	was := map[Key]*Case{}
	for i := range e.Cases {
		was[e.Cases[i].Key] = &e.Cases[i]
	}
	var changes []Change
	for i := range now.Cases {
		c := &now.Cases[i]
		before := was[c.Key]
		delete(was, c.Key)
		if before == nil {
			changes = append(changes, Change{Key: c.Key, New: true})
		} else if moved := e.Limits.moved(before, c); moved != nil {
			changes = append(changes, Change{Key: c.Key, Moved: moved})
		}
	}
	for _, c := range e.Cases {
		if was[c.Key] != nil {
			changes = append(changes, Change{Key: c.Key, Gone: true})
		}
	}
	return changes, nil
}

func (e *Expected) comparable(now *Expected) error {
	if e.Profile != now.Profile {
		return &IncomparableError{fmt.Sprintf("the expected figures rest on another cost profile "+
			"(SHA-256 %.12s…, and this build has %.12s…)", e.Profile, now.Profile)}
	}
	before, err1 := json.Marshal(e.Workload)
	after, err2 := json.Marshal(now.Workload)
	if err1 != nil || err2 != nil || !slices.Equal(before, after) {
		return &IncomparableError{"the expected figures are of another workload than this build's"}
	}
	return nil
}

// moved lists the figures that are beyond their limits.
func (l Limits) moved(before, after *Case) (list []Moved) {
	for _, f := range Figures() {
		m := Moved{f.Name, before.Figures[f.Name], after.Figures[f.Name]}
		if m.beyond(l.Of(f.Kind)) {
			list = append(list, m)
		}
	}
	return list
}

// beyond: by more than the limit, as a part of what was expected.
func (m Moved) beyond(limit float64) bool {
	return float64(max(m.After-m.Before, m.Before-m.After)) > limit*float64(m.Before)
}
