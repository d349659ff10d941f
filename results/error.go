package results

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"
)

// InputError says what is wrong with a file from outside, and where. A command that meets one ends
// with the status for bad input (2); any other error of this package is the machine's (a disk that
// is full, a file that may not be read).
type InputError struct {
	File string // as the user named it
	Line int    // from 1; 0 where the whole file is meant
	Msg  string // what is wrong and what would be right
}

// Error is one line: file, line and sentence. A file name cannot make it more, or move the cursor
// of the terminal that it is shown on.
func (e *InputError) Error() string {
	if e.Line == 0 {
		return printable(e.File + ": " + e.Msg)
	}
	return printable(fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg))
}

// Reason returns why the system refused a file, without the call and the path: for a sentence that
// has named the file.
func Reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// printable is s without control and format characters.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// The limits that stand on a file from outside.
const (
	MaxLineBytes   = 16 << 20  // a record: an hour of timeline and 512 threads is under 8 MiB
	MaxFileBytes   = 256 << 20 // some 12,000 runs: a report of them takes seconds, in 350 MB
	MaxRuns        = 100_000
	MaxStringBytes = 64 << 10 // the longest is the tail of a child's standard error
	MaxThreads     = 255      // QEMU's parameter is one byte
	MaxUsage       = 4096     // threads of one run, both processes
)
