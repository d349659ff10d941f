package claims

import (
	"bytes"
	"fmt"

	"mtbench/results"
)

// The limits of a claims file. The YAML library takes time and memory by the square of how deep and
// how long things are, so they are looked at before it sees the file.
const (
	maxClaimsBytes = 256 << 10
	maxClaims      = 1000
	maxClaimsLines = 20_000
	maxClaimsLine  = 1000 // bytes of a line
	maxDepth       = 64   // columns that a line may be set in, and brackets that may be open
	maxLists       = 4    // lists that may begin in one line
	maxVerdicts    = 10_000
)

// boundText says which limit the text of a claims file passes, and in which line.
func boundText(data []byte) (line int, err error) {
	if len(data) > maxClaimsBytes {
		return 0, fmt.Errorf("is not a claims file: it is larger than %d bytes", maxClaimsBytes)
	}
	open := 0
	for text := range bytes.Lines(data) {
		if line++; line > maxClaimsLines {
			return line, fmt.Errorf("is not a claims file: it has more than %d lines", maxClaimsLines)
		}
		open = max(0, open+bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{"))-
			bytes.Count(text, []byte("]"))-bytes.Count(text, []byte("}")))
		if err := boundLine(text, open); err != nil {
			return line, err
		}
	}
	return 0, nil
}

func boundLine(text []byte, open int) error {
	content := bytes.TrimLeft(text, " \t")
	lists := 0
	for rest := content; bytes.HasPrefix(rest, []byte("- ")); rest = bytes.TrimLeft(rest[1:], " \t") {
		lists++
	}
	switch {
	case len(text) > maxClaimsLine:
		return fmt.Errorf("a line of %d bytes; the most is %d", len(text), maxClaimsLine)
	case len(content) > 0 && len(text)-len(content) > maxDepth:
		return fmt.Errorf("a line is set in by %d columns; the most is %d", len(text)-len(content),
			maxDepth)
	case open > maxDepth:
		return fmt.Errorf("%d brackets are open; the most is %d", open, maxDepth)
	case lists > maxLists:
		return fmt.Errorf("%d lists begin in one line; the most is %d", lists, maxLists)
	}
	return nil
}

// checkOnce refuses a case that is listed twice: it would be judged twice.
func (c *Claim) checkOnce() error {
	threads, waits := map[int]bool{}, map[string]bool{}
	for _, n := range c.Where.Threads {
		if threads[n] {
			return fmt.Errorf("threads: %d is listed twice", n)
		}
		threads[n] = true
	}
	for _, w := range c.Where.Wait {
		if waits[w] {
			return fmt.Errorf("wait: %q is listed twice", w)
		}
		waits[w] = true
	}
	return nil
}

// boundVerdicts refuses a file that asks for more verdicts than anybody reads.
func boundVerdicts(claims []*Claim, name string) error {
	n := 0
	for _, c := range claims {
		if n += len(c.Where.Threads) * len(c.Where.Wait); n > maxVerdicts {
			return &results.InputError{File: name, Line: c.Line, Msg: fmt.Sprintf(
				"with this claim the file asks for %d verdicts; the most is %d", n, maxVerdicts)}
		}
	}
	return nil
}
