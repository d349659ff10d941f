package results

import "fmt"

// What records say of each other.

// only refuses a run that the file holds already, as a run or as a failure: twice the same is no
// more evidence than once. It refuses a place or a build that the series does not have, too.
func (r *reader) only(in parser, c Cell, index, attempt int) error {
	h := &r.file.Header
	if msg := h.Matrix.stranger(c); msg != "" {
		return in.here("%s", msg)
	}
	if h.Kind == Published {
		return nil
	}
	planned := h.Kind == Measured || h.Kind == Traced
	switch last := h.Matrix.Runs - 1; {
	case planned && last >= 0 && h.Matrix.Pairs > 0 && index > last: // else evidence may ask for more
		return in.here("index is %d; the last of the %d runs of this series is %d", index, last+1, last)
	case index >= MaxRuns:
		return in.here("index is %d; a series has at most %d runs", index, MaxRuns)
	}
	at := place{index, attempt}
	if before, ok := r.places[at]; ok {
		return in.here("the run with index %d and attempt %d is in line %d already", at.index, at.attempt,
			before)
	}
	r.places[at] = in.line
	return nil
}

// contradiction says how the ends of a search contradict each other or its probes, or nothing. A
// search closes in from both sides: no rate below one that completed fails, and none above one that
// failed completes.
func (f *Frontier) contradiction() string {
	if f.Highest != nil && f.Lowest != nil && *f.Highest >= *f.Lowest {
		return fmt.Sprintf("the highest rate that completed is %g and the lowest that did not %g; one "+
			"contradicts the other", *f.Highest, *f.Lowest)
	}
	if len(f.Probes) == 0 {
		return ""
	}
	var highest, lowest *Number
	for i := range f.Probes {
		p := &f.Probes[i]
		switch {
		case p.Completed && (highest == nil || p.Rate > *highest):
			highest = &p.Rate
		case !p.Completed && (lowest == nil || p.Rate < *lowest):
			lowest = &p.Rate
		}
	}
	if !sameRate(highest, f.Highest) || !sameRate(lowest, f.Lowest) {
		return fmt.Sprintf("the probes of the search say that %s completed and %s did not, and its "+
			"result %s and %s", rateText(highest), rateText(lowest), rateText(f.Highest), rateText(f.Lowest))
	}
	return ""
}

// sameRate allows for the rounding of a product.
func sameRate(a, b *Number) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a-*b <= 1e-6**a && *b-*a <= 1e-6**a
}

func rateText(v *Number) string {
	if v == nil {
		return "none"
	}
	return figureText(*v)
}
