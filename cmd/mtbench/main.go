// Command mtbench compares models of hand-over between threads on QEMU's live-migration
// compression workload.
//
// Exit statuses: 0 done; 1 internal error, or standard output that cannot be written; 2 usage or
// bad input; 10 a regression, a contradicted claim or a figure that moved; 11 not enough evidence;
// 12 files that cannot be compared; 20 memory differs or pages lost; 21 a child ended without a
// record; 130 interrupted, with what was finished kept.
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
	err := root.ExecuteContext(untilSignalled(context.Background()))
	if out.err != nil && statusOf(err) != statusInterrupted {
		err = withStatus(statusInternal, "standard output cannot be written: %w", out.err)
	}
	if err == nil {
		return statusOK
	}
	fmt.Fprintf(root.ErrOrStderr(), "mtbench: %v\n", err)
	return statusOf(err)
}
