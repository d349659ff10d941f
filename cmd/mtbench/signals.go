package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// untilSignalled returns a context that ends with the first signal that asks the process to end.
// The second one ends the process at once.
//
// A hang-up is such a signal unless the process was started to survive it (nohup). Pipes that
// nobody reads any more are no signal at all: the write fails, which costs a verdict only where the
// output is what was asked for, and never a series.
func untilSignalled(parent context.Context) context.Context {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // not ignored: a child would inherit that
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(parent, ends...)
	context.AfterFunc(ctx, stop)
	return ctx
}

// keeps marks a command that looks at its context and says at its end what it has kept. Every other
// one ends with the first signal, whatever it is doing.
const keeps = "keeps what is finished"

// keeping marks commands, and those below them.
func keeping(commands ...*cobra.Command) []*cobra.Command {
	for _, cmd := range commands {
		cmd.Annotations = map[string]string{keeps: ""}
	}
	return commands
}

func isKeeping(cmd *cobra.Command) bool {
	for ; cmd != nil; cmd = cmd.Parent() {
		if _, ok := cmd.Annotations[keeps]; ok {
			return true
		}
	}
	return false
}

// guard settles how cmd ends when it does not end by itself. A crash of the Go runtime ends it by
// SIGABRT: the runtime's own status, 2, is that of bad input. A child is told apart by its words,
// and its parent waits for them, so it stays as it is.
func guard(cmd *cobra.Command) {
	if !cmd.Hidden {
		debug.SetTraceback("crash")
	}
	if !isKeeping(cmd) {
		endAtSignal(cmd, "interrupted; nothing was measured, and no file is half written")
	}
}

// openTime is what a command gets to end by itself when a signal comes while it opens what it
// needs.
const openTime = 3 * time.Second

// opening does what a command that keeps must do before it has anything to keep, as reading files
// and asking other hosts. A signal ends it within openTime even where open does not look at its
// context, as in a large file, and whatever else open found wrong meanwhile.
func opening(cmd *cobra.Command, open func() error) error {
	done := make(chan struct{})
	defer close(done)
	context.AfterFunc(cmd.Context(), func() {
		select {
		case <-done:
		case <-time.After(openTime):
			fmt.Fprintln(cmd.ErrOrStderr(), "mtbench: "+nothingBegun)
			os.Exit(statusInterrupted)
		}
	})
	err := open()
	if err == nil || cmd.Context().Err() == nil || statusOf(err) == statusInterrupted {
		return err
	}
	return withStatus(statusInterrupted, "%s", nothingBegun)
}

// endAtSignal ends the process when a signal comes, or has come, with the verdict words, until stop
// is called.
func endAtSignal(cmd *cobra.Command, words string) (stop func() bool) {
	return context.AfterFunc(cmd.Context(), func() {
		fmt.Fprintf(cmd.ErrOrStderr(), "mtbench: %s\n", words)
		os.Exit(statusInterrupted)
	})
}
