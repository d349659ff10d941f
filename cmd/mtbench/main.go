// Command mtbench compares models of hand-over between threads on QEMU's live-migration
// compression workload.
//
// Exit statuses: 0 done; 1 internal error; 2 usage or bad input; 10 a regression or a contradicted
// claim; 11 not enough evidence; 12 files that cannot be compared; 20 memory differs or pages
// lost; 21 a child ended without a record; 130 interrupted, with what was finished kept.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(realMain())
}

func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := newRootCommand().ExecuteContext(ctx)
	if err == nil {
		return statusOK
	}
	var s *statusError
	if !errors.As(err, &s) {
		s = &statusError{statusUsage, err}
	}
	fmt.Fprintf(os.Stderr, "mtbench: %v\n", s)
	return s.status
}
