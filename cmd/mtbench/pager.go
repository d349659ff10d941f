package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/term"
)

// pagerFlags are what less is told where LESS says nothing, as git does: end if all fits the screen
// (F), keep colours (R), leave the text on the screen (X).
const pagerFlags = "LESS=FRX"

// pagerOf is the shell command that shows a long text on a terminal: MTBENCH_PAGER, PAGER, or less.
// Empty means none: the variable that is set first is empty or cat.
func pagerOf(lookup func(string) (string, bool)) string {
	for _, name := range []string{"MTBENCH_PAGER", "PAGER"} {
		if command, ok := lookup(name); ok {
			if command == "cat" {
				return ""
			}
			return command
		}
	}
	return "less"
}

// paged writes text to w, by way of a pager where w is a terminal.
func paged(w io.Writer, text []byte) error {
	out, ok := w.(*output)
	command := ""
	if ok && term.IsTerminal(int(out.file.Fd())) {
		command = pagerOf(os.LookupEnv)
	}
	if command == "" || !through(command, text, out.file) {
		_, err := w.Write(text)
		return err
	}
	return nil
}

// through shows text by a pager; false where there is none. A reader who ends it early has read
// enough, and how it ends says nothing of the report.
func through(command string, text []byte, to *os.File) bool {
	pager := exec.Command("/bin/sh", "-c", command)
	pager.Stdout, pager.Stderr = to, os.Stderr
	pager.Env = os.Environ()
	if _, ok := os.LookupEnv("LESS"); !ok {
		pager.Env = append(pager.Env, pagerFlags)
	}
	in, err := pager.StdinPipe()
	if err != nil || pager.Start() != nil {
		return false
	}
	_, wrote := in.Write(text)
	_ = in.Close() // the pager has what it has
	var exit *exec.ExitError
	if errors.As(pager.Wait(), &exit) && exit.ExitCode() == noCommandStatus {
		return false
	}
	return wrote == nil || errors.Is(wrote, syscall.EPIPE)
}

// noCommandStatus is how a shell says that there is no such command.
const noCommandStatus = 127
