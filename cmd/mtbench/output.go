package main

import (
	"io"
	"os"
	"strings"

	"mtbench/results"
)

// output is standard output. It remembers that it could not be written, because help, and whoever
// else prints in passing, does not look.
type output struct {
	file *os.File // not embedded: all that is written passes Write
	err  error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.file.Write(p)
	if err != nil && o.err == nil {
		o.err = results.Reason(err)
	}
	return n, err
}

// words is standard error: sentences, which quote what files and the command line hold. Each line
// of what is written is made harmless; whoever draws on the terminal (the progress bar) does not
// pass here. Where nobody reads it, nothing fails: a status says the verdict, too.
type words struct{ to io.Writer }

func (w words) Write(p []byte) (int, error) {
	lines := strings.Split(string(p), "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	_, _ = io.WriteString(w.to, strings.Join(lines, "\n"))
	return len(p), nil
}
