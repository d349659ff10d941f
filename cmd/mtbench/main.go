// Command mtbench compares models of hand-over between threads on QEMU's live-migration
// compression workload.
//
// Exit statuses: 0 done; 1 internal error; 2 usage or bad input; 10 a regression or a contradicted
// claim; 11 not enough evidence; 12 files that cannot be compared; 20 memory differs or pages
// lost; 21 a child ended without a record; 130 interrupted, with what was finished kept.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"mtbench/results"
)

func main() {
	os.Exit(realMain())
}

func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	out := &output{file: os.Stdout}
	root := newRootCommand()
	root.SetOut(out)
	root.SetArgs(joinPin(os.Args[1:]))
	err := root.ExecuteContext(ctx)
	if out.err != nil {
		err = withStatus(statusInternal, "standard output cannot be written: %w", out.err)
	}
	if err == nil {
		return statusOK
	}
	fmt.Fprintf(os.Stderr, "mtbench: %v\n", err)
	return statusOf(err)
}

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
