package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// slowToRead makes a small file that takes every command many seconds to read: lines of blanks.
func slowToRead(t *testing.T) string {
	t.Helper()
	good, err := os.ReadFile(writeSeries(t, "r.jsonl", 64, 6, 1))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "slow.jsonl.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := gzip.NewWriter(f)
	blanks := strings.Repeat(" ", 15<<20)
	for _, line := range bytes.SplitAfter(good, []byte("\n")) {
		text := strings.Replace(string(line), "{", "{"+blanks, 1)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReadingObeysTheFirstSignal: a command that keeps nothing ends while it still reads.
func TestReadingObeysTheFirstSignal(t *testing.T) {
	slow := slowToRead(t)
	for _, args := range [][]string{{"report", slow}, {"claims", slow}, {"fields", slow},
		{"compare", slow, slow}} {
		for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			words, status := signalled(t, t.TempDir(), s, func(pid int) { waitForOpen(t, pid, slow) },
				args...)
			if status != statusInterrupted || !strings.HasPrefix(words, "mtbench: interrupted; ") {
				t.Errorf("%s after %v: status %d: %s", args[0], s, status, words)
			}
		}
	}
}

// signalled runs mtbench in dir, sends it s when ready returns, and gives what it said on standard
// error and its status.
func signalled(t *testing.T, dir string, s syscall.Signal, ready func(pid int), args ...string) (
	words string, status int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready(cmd.Process.Pid)
	if err := cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	return errs.String(), cmd.ProcessState.ExitCode()
}

// waitForOpen waits until the process has path open. The bound is for a hang.
func waitForOpen(t *testing.T, pid int, path string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for ; time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, fd := range open {
			if target, _ := os.Readlink(fd); target == path {
				return
			}
		}
	}
	t.Fatalf("%s was never opened", path)
}

func TestHangUpKeepsWhatIsFinished(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.jsonl")
		words, status := signalled(t, dir, s, func(int) { waitForRuns(t, path, 1) },
			small("--output", "a.jsonl", "--pairs", "500", "--destination", "discard")...)
		if status != statusInterrupted || !strings.Contains(words, "--resume a.jsonl") {
			t.Errorf("%v: status %d: %s", s, status, words)
		}
		if f := readFile(t, path); len(f.Runs) < 1 || f.Truncated {
			t.Errorf("%v: %d runs were kept, truncated %v", s, len(f.Runs), f.Truncated)
		}
	}
}

// TestNohupIsHonoured: who was started to survive a hang-up does.
func TestNohupIsHonoured(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.jsonl")
	shell := append([]string{"-c", `trap "" HUP; exec "$0" "$@"`, binary},
		small("--output", "a.jsonl", "--destination", "discard")...)
	cmd := exec.Command("sh", shell...)
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForRuns(t, path, 1)
	_ = cmd.Process.Signal(syscall.SIGHUP)
	if err := cmd.Wait(); err != nil {
		t.Errorf("a hang-up that is ignored: %v", err)
	}
	if f := readFile(t, path); len(f.Runs) != 4 {
		t.Errorf("%d runs were kept", len(f.Runs))
	}
}

// deadPipe is the writing end of a pipe that nobody reads.
func deadPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	t.Cleanup(func() { w.Close() })
	return w
}

func TestDeadStandardErrorCostsNoRun(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(binary, small("--output", "a.jsonl", "--destination", "discard")...)
	cmd.Dir, cmd.Stderr = dir, deadPipe(t)
	if err := cmd.Run(); err != nil {
		t.Errorf("with a dead standard error: %v", err)
	}
	if f := readFile(t, filepath.Join(dir, "a.jsonl")); len(f.Runs) != 4 {
		t.Errorf("%d runs were kept", len(f.Runs))
	}
}

func TestDeadStandardOutputIsAnError(t *testing.T) {
	good := writeSeries(t, "good.jsonl", 64, 10, 1)
	for _, args := range everyPrinting(good) {
		cmd := exec.Command(binary, strings.Fields(args)...)
		var errs bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = t.TempDir(), deadPipe(t), &errs
		_ = cmd.Run()
		if status := cmd.ProcessState.ExitCode(); status != statusInternal ||
			!strings.Contains(errs.String(), "standard output cannot be written: broken pipe") {
			t.Errorf("mtbench %s | nobody: status %d: %s", args, status, errs.String())
		}
	}
}

// TestPipesAreRefused: a command never waits for who might write.
func TestPipesAreRefused(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := writeSeries(t, "good.jsonl", 64, 10, 1)
	for _, args := range []string{"report pipe", "claims pipe", "fields pipe", "compare pipe pipe",
		"claims --claims pipe " + good, "predict --calibration pipe", "run --resume pipe",
		"frontier --resume pipe", "run --dry-run --content file:pipe", "report /dev/zero",
		"claims --claims /dev/zero " + good, "predict --calibration /dev/zero"} {
		cmd := exec.Command(binary, strings.Fields(args)...)
		var errs bytes.Buffer
		cmd.Dir, cmd.Stderr = dir, &errs
		hangs := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		_ = cmd.Run()
		hangs.Stop()
		if status := cmd.ProcessState.ExitCode(); status != statusUsage ||
			!strings.Contains(errs.String(), "a pipe") && !strings.Contains(errs.String(), "a device") {
			t.Errorf("mtbench %s: status %d: %s", args, status, errs.String())
		}
	}
}

// TestACrashIsNoBadInput: the runtime's status of a crash, 2, is that of bad input here. A dump
// that is asked for ends the process by the same road as a panic.
func TestACrashIsNoBadInput(t *testing.T) {
	slow := slowToRead(t)
	words, status := signalled(t, t.TempDir(), syscall.SIGQUIT,
		func(pid int) { waitForOpen(t, pid, slow) },
		"report", slow)
	if status != -1 || !strings.Contains(words, "SIGQUIT") {
		t.Errorf("status %d, want an end by a signal: %.300s", status, words)
	}
	// No more memory in the middle of reading: the runtime gives up.
	cmd := exec.Command(binary, "report", slow)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForOpen(t, cmd.Process.Pid, slow)
	if err := unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: 1, Max: 1},
		nil); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != -1 {
		t.Errorf("out of memory: status %d, want an end by a signal: %.300s", status, errs.String())
	}
}
