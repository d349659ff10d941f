package claims

import (
	"errors"
	"testing"

	"mtbench/internal/fuzztest"
	"mtbench/results"
)

// FuzzParseClaims: whatever a claims file holds, it is read or refused with its name.
func FuzzParseClaims(f *testing.F) {
	f.Add([]byte(goodClaim))
	f.Add(shipped)
	f.Add([]byte("claims: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var claims []*Claim
		var err error
		fuzztest.Within(t, 64<<20, func() { claims, err = Parse(text, "x") })
		var input *results.InputError
		if err != nil && (!errors.As(err, &input) || input.File != "x") {
			t.Errorf("%v names no file", err)
		}
		for _, c := range claims {
			if len(c.Cells()) == 0 || c.Line == 0 {
				t.Errorf("%+v was accepted", c)
			}
		}
	})
}
