package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The tests of this file have a destination that mtbench receive makes, in another process.

// secretOf leaves a shared secret in a file of dir, which no other has.
func secretOf(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const someSecret = "rGvbXv0mUqf1cU0tQpGpTqvIhXbYwz8k"

// receiving is an mtbench receive, and what it has said.
type receiving struct {
	cmd  *exec.Cmd
	addr string
	hear sync.WaitGroup

	mu   sync.Mutex
	said string
}

// startReceiving starts mtbench receive at addr, until the test ends at the latest.
func startReceiving(t *testing.T, addr, secret string, more ...string) *receiving {
	t.Helper()
	r := &receiving{cmd: exec.Command(binary, append([]string{"receive", "--listen", addr,
		"--secret-file", secret}, more...)...)}
	out, in := io.Pipe()
	r.cmd.Stdout, r.cmd.Stderr = in, in
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.hear.Add(1)
	go func() {
		defer r.hear.Done()
		for lines := bufio.NewScanner(out); lines.Scan(); {
			r.mu.Lock()
			r.said += lines.Text() + "\n"
			r.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		in.Close()
		r.hear.Wait()
		if t.Failed() {
			t.Logf("mtbench receive has said:\n%s", r.said)
		}
	})
	r.addr = strings.Fields(r.says(t, "listening at "))[3]
	return r
}

// says waits for a line with words in it.
func (r *receiving) says(t *testing.T, words string) string {
	t.Helper()
	for range 400 {
		r.mu.Lock()
		said := r.said
		r.mu.Unlock()
		for line := range strings.Lines(said) {
			if strings.Contains(line, words) {
				return line
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("mtbench receive does not say %q", words)
	return ""
}

// ends waits for its end and returns the status.
func (r *receiving) ends() int {
	_ = r.cmd.Wait()
	return r.cmd.ProcessState.ExitCode()
}

func TestTwoHostsWithoutSSH(t *testing.T) {
	dir := t.TempDir()
	secret := secretOf(t, dir, "the-secret", someSecret)
	r := startReceiving(t, "127.0.0.1:0", secret)
	for _, promise := range []string{"one series at a time", "authenticated and not secret"} {
		r.says(t, promise)
	}
	path := filepath.Join(dir, "a.jsonl")
	out, errs, status := mtbench(t, dir, small("--destination", "tcp://"+r.addr, "--secret-file",
		secret, "-o", "a.jsonl", "--seed", "7")...)
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	checkFar(t, readFile(t, path), 4)
	r.says(t, "the series is over")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"the-secret", "secret-file", someSecret} {
		if bytes.Contains(whole, []byte(never)) {
			t.Errorf("the file has %q", never)
		}
	}

	// Cut off after two runs, it is gone on with, and so is it on another occasion.
	lines := bytes.SplitAfter(whole, []byte("\n"))
	if err := os.WriteFile(path, bytes.Join(lines[:3], nil), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--resume", "a.jsonl"}, {"--like", "a.jsonl", "-o", "b.jsonl"}} {
		args = append([]string{"run", "--secret-file", secret}, args...)
		if out, errs, status = mtbench(t, dir, args...); status != 0 {
			t.Fatalf("%v: status %d\n%s%s", args, status, out, errs)
		}
	}
	checkFar(t, readFile(t, path), 4)
	checkFar(t, readFile(t, filepath.Join(dir, "b.jsonl")), 4)

	_ = r.cmd.Process.Signal(os.Interrupt)
	if status := r.ends(); status != statusInterrupted {
		t.Errorf("interrupted, it ends with status %d", status)
	}
}

func TestReceiveOnce(t *testing.T) {
	dir := t.TempDir()
	secret := secretOf(t, dir, "secret", someSecret)
	r := startReceiving(t, "127.0.0.1:0", secret, "--once")
	_, errs, status := mtbench(t, dir, small("--destination", "tcp://"+r.addr, "--secret-file",
		secret, "--dry-run")...)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	if status := r.ends(); status != 0 {
		t.Errorf("after one series it ends with status %d", status)
	}
}

func TestWhatCannotBeReceived(t *testing.T) {
	dir := t.TempDir()
	secret := secretOf(t, dir, "secret", someSecret)
	public := secretOf(t, dir, "public", someSecret)
	if err := os.Chmod(public, 0o644); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "memory.img")
	if err := os.WriteFile(page, bytes.Repeat([]byte("page"), 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	r := startReceiving(t, "127.0.0.1:0", secret)
	to := []string{"--destination", "tcp://" + r.addr}
	nobody := fmt.Sprintf("tcp://127.0.0.1:%d", freePort(t))
	with := func(a []string, more ...string) []string { return slices.Concat(a, more) }
	for _, c := range []struct {
		what string
		args []string
		want string
	}{
		{"nowhere", []string{"receive"}, "give where to listen"},
		{"a name", []string{"receive", "--listen", "localhost"}, "is no address"},
		{"a port", []string{"receive", "--listen", "127.0.0.1:x"}, "between 0 and 65535"},
		{"a stream's port", []string{"receive", "--listen", "127.0.0.1", "--stream-port", "70000"},
			"--stream-port: 70000"},
		{"taken", []string{"receive", "--listen", r.addr, "--secret-file", secret},
			"address already in use"},
		{"another's address", []string{"receive", "--listen", "192.0.2.1:0", "--secret-file", secret},
			"cannot assign requested address"},
		{"a public secret", []string{"receive", "--listen", "127.0.0.1", "--secret-file", public},
			"chmod 600"},
		{"no file", with(to, "--secret-file", filepath.Join(dir, "none")), "head -c 32 /dev/urandom"},
		{"an empty file", with(to, "--secret-file", secretOf(t, dir, "empty", "")), "is empty"},
		{"a word", with(to, "--secret-file", secretOf(t, dir, "word", "swordfish")), "can be guessed"},
		{"a public file", with(to, "--secret-file", public), "has mode 0644"},
		{"no terminal", to, "give --secret-file FILE"},
		{"another secret", with(to, "--secret-file", secretOf(t, dir, "other", someSecret+"!")),
			"another secret is used there"},
		{"nobody", []string{"--destination", nobody, "--secret-file", secret},
			"start there: mtbench receive --listen"},
		{"a user", []string{"--destination", "tcp://me@host"}, "names a user"},
		{"a file in clear", with(to, "--secret-file", secret, "--content", "file:"+page),
			"--clear-content"},
		{"pinned", with(to, "--secret-file", secret, "--pin=core"), "both ends on one host"},
		{"ssh's flag", with(to, "--ssh", "ssh -v"), "--ssh means nothing with --destination tcp://"},
		{"not ssh's flag", []string{"--destination", "ssh://host", "--secret-file", secret},
			"--secret-file means nothing with --destination ssh://"},
		{"a secret for nobody", []string{"--secret-file", secret}, "means nothing without"},
	} {
		args := c.args
		if args[0] != "receive" {
			args = append(small(args...), "-o", "x.jsonl")
		}
		cmd := exec.Command(binary, args...)
		cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Setsid: true} // no terminal
		text, _ := cmd.CombinedOutput()
		if status := cmd.ProcessState.ExitCode(); status != statusUsage ||
			!strings.Contains(string(text), c.want) {
			t.Errorf("%s: status %d, not %q:\n%s", c.what, status, c.want, text)
		}
		if _, err := os.Stat(filepath.Join(dir, "x.jsonl")); err == nil {
			t.Fatalf("%s: a file was made", c.what)
		}
	}
	r.says(t, "does not know the secret, and is cut off")
}

// TestAnEndWithoutSSHLosesNothing kills one side after the other in the middle of a series, and
// goes on with it. Nothing of either side stays.
func TestAnEndWithoutSSHLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a.jsonl")
	secret := secretOf(t, dir, "secret", someSecret)
	r := startReceiving(t, "127.0.0.1:0", secret)
	args := small("--destination", "tcp://"+r.addr, "--secret-file", secret, "--pairs", "5", "-o",
		"a.jsonl")
	for i, blow := range []struct {
		what   string
		hit    func(cmd *exec.Cmd)
		status int
		want   string
	}{
		{"interrupt", func(cmd *exec.Cmd) { _ = cmd.Process.Signal(os.Interrupt) },
			statusInterrupted, "go on with"},
		{"the source's program", func(cmd *exec.Cmd) { _ = cmd.Process.Kill() }, -1, ""},
		{"the receiver, told to end", func(*exec.Cmd) { _ = r.cmd.Process.Signal(syscall.SIGTERM) },
			statusChild, "mtbench there was told to end"},
		{"the receiver's program", func(*exec.Cmd) { _ = r.cmd.Process.Kill() }, statusChild,
			"is lost"},
	} {
		cmd, errs := start(t, dir, args...)
		untilRuns(t, path, 1+2*i)
		children := childrenOf(t, r.cmd.Process.Pid, "internal-child")
		blow.hit(cmd)
		err := cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != blow.status ||
			!strings.Contains(errs.String(), blow.want) {
			t.Fatalf("%s: %v, not %q\n%s", blow.what, err, blow.want, errs)
		}
		if i >= 2 {
			_ = r.cmd.Wait()
			r = startReceiving(t, r.addr, secret)
		}
		for _, pid := range children {
			if !ends(pid) {
				t.Errorf("%s: process %d of the receiver lives on", blow.what, pid)
			}
		}
		args = []string{"run", "--resume", "a.jsonl", "--secret-file", secret}
	}
	out, errs, status := mtbench(t, dir, args...)
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	checkFar(t, readFile(t, path), 10)
}

// TestAChangedWordEndsASeries: somebody on the way changes a byte of what either side says. Both
// sides say so, and a series is gone on with without them.
func TestAChangedWordEndsASeries(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	for _, ofSource := range []bool{true, false} {
		dir := t.TempDir()
		secret := secretOf(t, dir, "secret", someSecret)
		r := startReceiving(t, "127.0.0.1:0", secret)
		way := changeAfter(t, r.addr, ofSource, 8<<10)
		_, errs, status := mtbench(t, dir, small("--destination", "tcp://"+way, "--secret-file",
			secret, "--pairs", "30", "-o", "a.jsonl")...)
		if status != statusChild || !strings.Contains(errs, "somebody on the way") {
			t.Errorf("changed, of the source %v: status %d: %s", ofSource, status, errs)
		}
		r.says(t, "somebody on the way")
	}
}

// changeAfter passes on what goes to and from addr, and changes a byte of what one side says once
// that has said so much. It returns where.
func changeAfter(t *testing.T, addr string, ofCaller bool, bytesBefore int) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	pass := func(to, from net.Conn, changes bool) {
		defer all.Done()
		defer to.(*net.TCPConn).CloseWrite()
		buf := make([]byte, 4096)
		for said := 0; ; {
			n, err := from.Read(buf)
			if changes && said <= bytesBefore && said+n > bytesBefore {
				buf[n-1] ^= 1
			}
			said += n
			if _, failed := to.Write(buf[:n]); failed != nil || err != nil {
				return
			}
		}
	}
	all.Add(1)
	go func() {
		defer all.Done()
		a, err := l.Accept()
		if err != nil {
			return
		}
		defer a.Close()
		b, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		defer b.Close()
		all.Add(2)
		back := make(chan struct{})
		go func() { defer close(back); pass(a, b, !ofCaller) }()
		pass(b, a, ofCaller)
		<-back
	}()
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return l.Addr().String()
}

// TestTheSecretIsAskedForAndNotShown has a terminal of its own.
func TestTheSecretIsAskedForAndNotShown(t *testing.T) {
	dir := t.TempDir()
	secret := secretOf(t, dir, "secret", someSecret)
	r := startReceiving(t, "127.0.0.1:0", secret)
	args := small("--destination", "tcp://"+r.addr, "--dry-run")
	for _, c := range []struct {
		what, typed, want string
		status            int
	}{
		{"the secret", someSecret + "\n", "", 0},
		{"another", strings.ToUpper(someSecret) + "\n", "another secret is used there", statusUsage},
		{"nothing", "\n", "the secret is empty", statusUsage},
		{"an interrupt", "\x03", "mtbench: interrupted; ", statusInterrupted},
	} {
		said, status := atTerminal(t, dir, c.typed, args...)
		if status != c.status || !strings.Contains(said, "shared secret (it is not shown): ") ||
			!strings.Contains(said, c.want) {
			t.Errorf("%s: status %d, not %q: %s", c.what, status, c.want, said)
		}
		if strings.Contains(strings.ToLower(said), strings.ToLower(someSecret)) {
			t.Errorf("%s: the secret is shown: %s", c.what, said)
		}
	}
}

// atTerminal runs mtbench at a terminal, types when it is asked for a secret, and returns all that
// the terminal shows.
func atTerminal(t *testing.T, dir, typed string, args ...string) (said string, status int) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	defer master.Close()
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	var unlocked int32
	if _, _, no := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCSPTLCK,
		uintptr(unsafe.Pointer(&unlocked))); no != 0 {
		t.Skipf("no terminal can be made: %v", no)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal can be made: %v", err)
	}
	defer slave.Close()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	var shown strings.Builder
	buf := make([]byte, 4096)
	for asked := false; ; {
		n, err := master.Read(buf)
		if err != nil {
			break
		}
		shown.Write(buf[:n])
		if !asked && strings.Contains(shown.String(), "not shown): ") {
			asked = true
			if _, err := master.WriteString(typed); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	return shown.String(), cmd.ProcessState.ExitCode()
}
