package main

import (
	"os"

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
