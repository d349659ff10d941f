// Command mtbench compares models of hand-over between threads on QEMU's live-migration
// compression workload.
//
// Its exit statuses are in [statuses]; `mtbench help status` prints them.
package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	os.Exit(realMain())
}

func realMain() int {
	out := &output{file: os.Stdout}
	root := newRootCommand()
	root.SetOut(out)
	root.SetErr(words{os.Stderr})
	root.SetArgs(joinPin(os.Args[1:]))
	ctx := untilSignalled(context.Background())
	err := interruptedBefore(ctx, root.ExecuteContext(ctx))
	if out.err != nil && statusOf(err) != statusInterrupted {
		err = withStatus(statusInternal, "standard output cannot be written: %w", out.err)
	}
	if err == nil {
		return statusOK
	}
	fmt.Fprintf(root.ErrOrStderr(), "mtbench: %v\n", err)
	return statusOf(err)
}
