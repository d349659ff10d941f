package series

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The descriptors that a child finds open. Standard input carries the job, one line of JSON, and
// then stays open as the lifeline: its end means that the parent is gone, and the child goes too.
// (A parent-death signal would follow the thread that forked, which Go may end at any time.)
const (
	reportFD  = 3 // the child's report, one JSON value
	dataFD    = 4 // the migration stream
	controlFD = 5 // verification and the destination's account
)

// maxReport bounds what a child may hand over: a record with its timeline is far below.
const maxReport = 64 << 20

// child is one process of a run.
type child struct {
	name     string
	cmd      *exec.Cmd
	lifeline io.WriteCloser
	stderr   *words
	report   chan []byte // what it wrote to reportFD, once, when it closed it
	exited   chan error
}

// start starts a program with args and gives it the job and the files, which it finds at dataFD and
// up.
func (p *program) start(name string, args []string, job any, files ...*os.File) (*child, error) {
	reportR, reportW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reportW.Close()
	c := &child{name: name, cmd: exec.Command(p.exec, args...), stderr: &words{},
		report: make(chan []byte, 1), exited: make(chan error, 1)}
	c.cmd.Args[0] = filepath.Base(os.Args[0])
	c.cmd.Stderr = c.stderr
	c.cmd.Env = append(os.Environ(), "GODEBUG="+godebug(os.Getenv("GODEBUG")))
	c.cmd.ExtraFiles = append([]*os.File{reportW}, files...)
	// A group of its own: an interrupt at the terminal reaches the parent alone, which decides.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.lifeline, err = c.cmd.StdinPipe(); err != nil {
		reportR.Close()
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		reportR.Close()
		return nil, fmt.Errorf("the %s process cannot be started: %w", name, err)
	}
	go c.collect(reportR)
	return c, c.send(job)
}

// godebug adds to the settings of the Go runtime that it preempts nobody by a signal: one every 10
// ms to each thread would cut its sleeps short.
func godebug(given string) string {
	const off = "asyncpreemptoff=1"
	if given == "" {
		return off
	}
	return given + "," + off
}

// collect ends with the process; wait joins it through the channels.
func (c *child) collect(report *os.File) {
	text, _ := io.ReadAll(io.LimitReader(report, maxReport))
	report.Close()
	c.report <- text
	c.exited <- c.cmd.Wait()
}

func (c *child) send(job any) error {
	line, err := json.Marshal(job)
	if err != nil {
		return err
	}
	// A child that died at once has closed its end; its own words are found when it is reaped.
	_, _ = c.lifeline.Write(append(line, '\n'))
	return nil
}

// kill ends the child's whole group; reap it afterwards.
func (c *child) kill() { c.signal(syscall.SIGKILL) }

// ask makes the child say what each of its threads is doing, and end.
func (c *child) ask() { c.signal(syscall.SIGQUIT) }

func (c *child) signal(s syscall.Signal) { _ = syscall.Kill(-c.cmd.Process.Pid, s) }

// reap waits for the end of the process and returns its report and how it ended: "was killed
// (SIGKILL)" or "ended (exit status 1)".
func (c *child) reap() (report []byte, how string) {
	report = <-c.report
	<-c.exited // says no more than the state
	c.lifeline.Close()
	if s, ok := c.endedBy(); ok {
		return report, "was killed (" + unix.SignalName(s) + ")"
	}
	return report, "ended (" + c.cmd.ProcessState.String() + ")"
}

// endedBy is the signal that ended the process, if one did, once it was reaped.
func (c *child) endedBy() (syscall.Signal, bool) {
	s, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return s.Signal(), ok && s.Signaled()
}

// cpu is the CPU time of the process, once it was reaped.
func (c *child) cpu() time.Duration {
	s := c.cmd.ProcessState
	return s.UserTime() + s.SystemTime()
}

// peak is the most memory that the process held, in bytes, once it was reaped.
func (c *child) peak() int64 {
	u, ok := c.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return u.Maxrss << 10
}

// words keeps the first bytes of what was written to it: a crash says first what happened.
type words struct{ b bytes.Buffer }

const maxWords = 16 << 10

func (w *words) Write(p []byte) (int, error) {
	w.b.Write(p[:min(len(p), maxWords-w.b.Len())])
	return len(p), nil
}

func (w *words) String() string { return strings.TrimSpace(w.b.String()) }
