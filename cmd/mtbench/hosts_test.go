package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mtbench/internal/series"
	"mtbench/results"
)

// The tests of this file have a destination on another host. A script stands in for ssh and runs
// the remote command here; one test has a real sshd.

// standIn is the script, and what it is told through its environment.
type standIn struct {
	script, log, tmp string
}

// newStandIn makes a stand-in whose far end has an empty temporary directory, and no mtbench.
func newStandIn(t *testing.T) *standIn {
	t.Helper()
	script, err := filepath.Abs("testdata/ssh-stand-in.sh")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &standIn{script: script, log: filepath.Join(dir, "log"), tmp: filepath.Join(dir, "tmp")}
	if err := os.Mkdir(s.tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STAND_IN_LOG", s.log)
	t.Setenv("TMPDIR", s.tmp)
	t.Cleanup(func() { s.nothingLeft(t) })
	return s
}

// flags are those of a small series to another host.
func (s *standIn) flags(more ...string) []string {
	return small(append([]string{"--destination", "ssh://me@other.example:2222", "--ssh", s.script},
		more...)...)
}

// replays are those of a series that replays a stream to another host.
func (s *standIn) replays(stream string, more ...string) []string {
	return append([]string{"run", "--replay", stream, "--destination", "ssh://me@other.example:2222",
		"--ssh", s.script, "--threads", "2", "--wait", "on", "--pairs", "1", "--aa", "0%", "--reruns",
		"0"}, more...)
}

// TestAStreamToAnotherHost: with --clear-content a stream is replayed to another host, which has no
// such file, by both sides or by the destination alone.
func TestAStreamToAnotherHost(t *testing.T) {
	s := newStandIn(t)
	stream, err := os.ReadFile(realStream)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.stream"), stream, 0o600); err != nil {
		t.Fatal(err)
	}
	// The far end looks from another directory.
	t.Setenv("STAND_IN_CD", t.TempDir())
	for name, more := range map[string][]string{
		"both.jsonl":  {"--link-bandwidth", "5x", "--downtime-limit", "5ms", "--decompress-threads", "2"},
		"alone.jsonl": {"--sides", "destination"},
	} {
		more = append(more, "--clear-content", "-o", name)
		out, errs, status := mtbench(t, dir, s.replays("mine.stream", more...)...)
		if status != statusOK {
			t.Fatalf("%s: status %d\n%s%s", name, status, out, errs)
		}
		f := readFile(t, filepath.Join(dir, name))
		if len(f.Runs) != 2 || len(f.Failed) != 0 || f.Header.DestinationHost == nil {
			t.Errorf("%s: %d runs, %d failed", name, len(f.Runs), len(f.Failed))
		}
		for i := range f.Runs {
			r := &f.Runs[i]
			if r.Pages != 128 || r.Verified == nil || !*r.Verified || r.TCP == nil {
				t.Errorf("%s: %d pages, verified %v, tcp %v", name, r.Pages, r.Verified, r.TCP)
			}
		}
	}
}

// nothingLeft waits until the far end has ended, and looks at what it has left.
func (s *standIn) nothingLeft(t *testing.T) {
	t.Helper()
	var left []os.DirEntry
	for range 100 {
		if left, _ = os.ReadDir(s.tmp); len(left) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("the far end has left %v", left)
}

func (s *standIn) logged(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkFar holds a file to what a series between two hosts leaves.
func checkFar(t *testing.T, f *results.File, runs int) {
	t.Helper()
	if len(f.Runs) != runs || len(f.Failed) != 0 {
		t.Fatalf("%d runs, %d failed", len(f.Runs), len(f.Failed))
	}
	d := f.Header.DestinationHost
	if d == nil || d.Binary != f.Header.Binary || d.CPUs == 0 || d.Kernel == "" || d.StampCost == 0 {
		t.Fatalf("destination_host is %+v", d)
	}
	for i := range f.Runs {
		r := &f.Runs[i]
		checkRecord(t, r)
		if r.TCP == nil || !r.TCP.NoDelay || r.TCP.Congestion == "" || r.TCP.SendBuffer == 0 ||
			r.TCP.ReceiveBuffer == 0 || r.TCP.MSS == 0 {
			t.Errorf("run %d: tcp is %+v", r.Index, r.TCP)
		}
		if (r.NoiseDestination == nil) != d.Same {
			t.Errorf("run %d: noise_destination %v on one machine: %v", r.Index, r.NoiseDestination,
				d.Same)
		}
	}
}

func TestTwoHosts(t *testing.T) {
	s := newStandIn(t)
	dir := t.TempDir()
	out, errs, status := mtbench(t, dir, s.flags("-o", "a.jsonl", "--seed", "7")...)
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	f := readFile(t, filepath.Join(dir, "a.jsonl"))
	checkFar(t, f, 4)
	log := s.logged(t)
	for _, want := range []string{"BatchMode=yes", "-l\nme\n-p\n2222\n--\nother.example\n"} {
		if !strings.Contains(log, want) {
			t.Errorf("ssh is not told %q:\n%s", want, log)
		}
	}
	s.nothingLeft(t)

	// Cut off after two runs, it is resumed.
	whole, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	cut := bytes.Join(lines[:3], nil)
	if err := os.WriteFile(f.Path, cut, 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, status = mtbench(t, dir, "run", "--resume", "a.jsonl", "--ssh", s.script)
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	checkFar(t, readFile(t, f.Path), 4)
	if now, err := os.ReadFile(f.Path); err != nil || !bytes.HasPrefix(now, cut) {
		t.Error("what was finished has changed")
	}

	// Another destination than before is no continuation.
	other := strings.Replace(string(cut), `"destination_host":{"name":"`,
		`"destination_host":{"name":"not-`, 1)
	if err := os.WriteFile(f.Path, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	_, errs, status = mtbench(t, dir, "run", "--resume", "a.jsonl", "--ssh", s.script)
	if status == 0 || !strings.Contains(errs, "its destination was another: host name") {
		t.Errorf("status %d: %s", status, errs)
	}
}

func TestAProgramThatIsThereIsNotCopied(t *testing.T) {
	s := newStandIn(t)
	dir := t.TempDir()
	t.Setenv("STAND_IN_PATH", filepath.Dir(binary)+":"+os.Getenv("PATH"))
	// Were it copied, the copy could not be made.
	if err := os.Chmod(s.tmp, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", filepath.Join(s.tmp, "absent"))
	out, errs, status := mtbench(t, dir, s.flags("-o", "a.jsonl")...)
	if status != 0 {
		t.Fatalf("found: status %d\n%s%s", status, out, errs)
	}
	t.Setenv("STAND_IN_PATH", "")
	out, errs, status = mtbench(t, dir, s.flags("-o", "b.jsonl", "--remote-binary", binary)...)
	if status != 0 {
		t.Fatalf("given: status %d\n%s%s", status, out, errs)
	}
	_, errs, status = mtbench(t, dir, s.flags("-o", "c.jsonl")...)
	if status == 0 || !strings.Contains(errs, "no directory can be made") {
		t.Errorf("no room for a copy: status %d: %s", status, errs)
	}
}

func TestWhatCannotBeADestination(t *testing.T) {
	s := newStandIn(t)
	dir := t.TempDir()
	script := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	page := filepath.Join(dir, "memory.img")
	if err := os.WriteFile(page, bytes.Repeat([]byte("page"), 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	stream, err := filepath.Abs(realStream)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		args []string
		want string
	}{
		{"an option", []string{"--destination", "ssh://-oProxyCommand=id"}, "names no host"},
		{"a password", []string{"--destination", "ssh://me:secret@host"}, "password"},
		{"a file in clear", s.flags("--content", "file:"+page), "--clear-content"},
		{"a file of several contents", s.flags("--content", "zero,file:memory.img"), "--clear-content"},
		{"a stream in clear", s.flags("--content", "stream:"+stream), "--clear-content"},
		{"a replayed stream in clear", s.replays(stream), "--clear-content"},
		{"a stream that is not there", s.replays("none", "--clear-content"), "none: no such file"},
		{"pinned", s.flags("--pin=core"), "both ends on one host"},
		{"traced", s.flags("--trace", "traces"), "two hosts have two"},
		{"no such program", s.flags("--remote-binary", "/nonexistent/mtbench"),
			"there is no program /nonexistent/mtbench"},
		{"a word no shell takes", s.flags("--remote-binary", "a\nb"), "cannot be passed"},
		{"no ssh", []string{"--destination", "ssh://host", "--ssh", "/nonexistent/ssh"},
			"ssh cannot be started"},
		{"ssh says no", []string{"--destination", "ssh://host", "--ssh",
			script("no", "echo Permission denied >&2; exit 255")}, "Permission denied"},
		{"somebody else", s.flags("--remote-binary", script("else", "echo hello, who is there; cat >/dev/null")),
			"does not introduce itself"},
		{"another version", s.flags("--remote-binary", script("old",
			`body='{"Protocol":0,"Version":"0.0.9"}'; printf 'm\0\0\0\0\0\0\0\040%s' "$body"; cat >/dev/null`)),
			"both ends must be one build"},
		{"another system", []string{"--destination", "ssh://host", "--ssh",
			script("mips", "echo mtbench-remote: needs Linux mips; cat >/dev/null")},
			`that host is "Linux mips"`},
		{"flags of nothing", []string{"--remote-binary", "x"}, "means nothing without"},
	} {
		args := c.args
		if args[0] != "run" {
			args = small(args...)
		}
		out, errs, status := mtbench(t, dir, append(args, "-o", "x.jsonl")...)
		if status != statusUsage || !strings.Contains(errs, c.want) {
			t.Errorf("%s: status %d, not %q:\n%s%s", c.what, status, c.want, out, errs)
		}
		if _, err := os.Stat(filepath.Join(dir, "x.jsonl")); err == nil {
			t.Fatalf("%s: a file was made", c.what)
		}
	}
}

// start starts mtbench in dir without waiting for it.
func start(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	var errs bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &errs
}

// untilRuns waits until a file has so many records beside its header.
func untilRuns(t *testing.T, path string, n int) {
	t.Helper()
	for range 600 {
		text, _ := os.ReadFile(path)
		if bytes.Count(text, []byte("\n")) > n {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s has not got %d runs", path, n)
}

// childrenOf are the processes below pid whose command line contains word.
func childrenOf(t *testing.T, pid int, word string) (found []int) {
	t.Helper()
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	parent := map[int]int{}
	for _, stat := range all {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue
		}
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		after := string(text[bytes.LastIndexByte(text, ')')+1:])
		parent[id], _ = strconv.Atoi(strings.Fields(after)[1])
	}
	for id := range parent {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", id))
		for p := id; p > 1; p = parent[p] {
			if p == pid && id != pid && bytes.Contains(line, []byte(word)) {
				found = append(found, id)
			}
		}
	}
	return found
}

// TestAnEndOfEitherSideLosesNothing kills one thing after another in the middle of a series, and
// goes on with it.
func TestAnEndOfEitherSideLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	s := newStandIn(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.jsonl")
	args := s.flags("--pairs", "4", "-o", "a.jsonl")
	for i, blow := range []struct {
		what   string
		hit    func(cmd *exec.Cmd) int // how many were hit
		status int
	}{
		{"interrupt", func(cmd *exec.Cmd) int {
			_ = cmd.Process.Signal(os.Interrupt)
			return 1
		}, statusInterrupted},
		{"the far host's program", func(cmd *exec.Cmd) int {
			return killAll(childrenOf(t, cmd.Process.Pid, "internal-destination"))
		}, statusChild},
		{"the source's host's program", func(cmd *exec.Cmd) int {
			_ = cmd.Process.Kill()
			return 1
		}, -1},
	} {
		cmd, errs := start(t, dir, args...)
		untilRuns(t, path, 1+2*i)
		far := childrenOf(t, cmd.Process.Pid, "internal-destination")
		if blow.hit(cmd) == 0 || len(far) == 0 {
			t.Fatalf("%s: nothing was hit", blow.what)
		}
		err := cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != blow.status {
			t.Fatalf("%s: %v\n%s", blow.what, err, errs)
		}
		s.nothingLeft(t)
		for _, pid := range far {
			if !ends(pid) {
				t.Errorf("%s: process %d of the far end lives on", blow.what, pid)
			}
		}
		args = []string{"run", "--resume", "a.jsonl", "--ssh", s.script}
	}
	out, errs, status := mtbench(t, dir, args...)
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	checkFar(t, readFile(t, path), 8)
}

// TestAKilledProcessOfTheFarHostIsNamed: the failed run says which process ended, and how.
func TestAKilledProcessOfTheFarHostIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	s := newStandIn(t)
	dir := t.TempDir()
	cmd, errs := start(t, dir, s.flags("--pairs", "2", "-o", "a.jsonl")...)
	agent := programOfDestination(t, cmd)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for over := false; !over; {
		killAll(childrenOf(t, agent, "internal-child"))
		select {
		case <-ended:
			over = true
		case <-time.After(20 * time.Millisecond):
		}
	}
	f := readFile(t, filepath.Join(dir, "a.jsonl"))
	if status := cmd.ProcessState.ExitCode(); len(f.Failed) == 0 || status != statusChild {
		t.Fatalf("%d failed, status %d: %s", len(f.Failed), status, errs)
	}
	for _, r := range f.Failed {
		if r.Class != series.ClassCrash || r.Reason != "the destination process was killed (SIGKILL)" {
			t.Errorf("run %d: %s: %s", r.Index, r.Class, r.Reason)
		}
	}
}

func killAll(pids []int) int {
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return len(pids)
}

// ends waits until a process is gone, or dead and nobody's.
func ends(pid int) bool {
	for range 200 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(text), ") Z ") {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

// TestARealSSH has the user's ssh and an sshd of its own, with keys of their own.
func TestARealSSH(t *testing.T) {
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		sshd = "/usr/sbin/sshd"
	}
	for _, program := range []string{sshd, "ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s (Debian: openssh-server, openssh-client)", program)
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	port := strconv.Itoa(freePort(t))
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, key := range []string{"host", "me"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
			filepath.Join(dir, key)).CombinedOutput(); err != nil {
			t.Skipf("ssh-keygen: %v: %s", err, out)
		}
	}
	public, err := os.ReadFile(filepath.Join(dir, "host.pub"))
	if err != nil {
		t.Fatal(err)
	}
	server := file("sshd_config", "ListenAddress 127.0.0.1\nPort "+port+"\nHostKey "+dir+"/host\n"+
		"AuthorizedKeysFile "+dir+"/me.pub\nStrictModes no\nUsePAM no\nPidFile none\n"+
		"PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n")
	known := file("known_hosts", "[127.0.0.1]:"+port+" "+string(public))
	config := func(name, known string) string {
		return file(name, "Host *\nIdentityFile "+dir+"/me\nIdentitiesOnly yes\n"+
			"UserKnownHostsFile "+known+"\nGlobalKnownHostsFile none\n")
	}
	daemon := exec.Command(sshd, "-D", "-e", "-f", server)
	var log bytes.Buffer
	daemon.Stderr = &log
	if err := daemon.Start(); err != nil {
		t.Skip(err)
	}
	defer func() { _ = daemon.Process.Kill(); _ = daemon.Wait() }()
	if !answers("127.0.0.1:" + port) {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
		t.Skipf("sshd does not run here: %s", log.String())
	}
	args := small("--destination", "ssh://"+me.Username+"@127.0.0.1:"+port)
	out, errs, status := mtbench(t, dir, append(args, "-o", "a.jsonl", "--ssh",
		"ssh -F "+config("client", known))...)
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	checkFar(t, readFile(t, filepath.Join(dir, "a.jsonl")), 4)

	// A host that nobody knows is not believed.
	_, errs, status = mtbench(t, dir, append(args, "-o", "b.jsonl", "--ssh",
		"ssh -F "+config("stranger", file("none", "")))...)
	if status != statusUsage || !strings.Contains(errs, "Host key verification failed") {
		t.Errorf("an unknown host key: status %d: %s", status, errs)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func answers(addr string) bool {
	for range 100 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}
