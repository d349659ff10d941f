package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hostileConnections is how many there are; MTBENCH_HOSTILE is another number.
const hostileConnections = 50

// TestHostileConnectionsDuringASeries: none gets a byte, all runs are verified, and the
// destination's program stays small.
func TestHostileConnectionsDuringASeries(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	want := hostileConnections
	if n, err := strconv.Atoi(os.Getenv("MTBENCH_HOSTILE")); err == nil {
		want = n
	}
	s := newStandIn(t)
	dir := t.TempDir()
	pairs := max(3, want/50)
	cmd, errs := start(t, dir, s.flags("--pairs", strconv.Itoa(pairs), "-o", "a.jsonl")...)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	agent := programOfDestination(t, cmd)
	addr := listensAt(t, agent)
	var got, knocked atomic.Int64
	var all sync.WaitGroup
	places := make(chan struct{}, 100) // so many at once
	for i := range want {
		places <- struct{}{}
		all.Add(1)
		go func() {
			defer func() { <-places; all.Done() }()
			n, connected := knock(addr, i)
			got.Add(int64(n))
			if connected {
				knocked.Add(1)
			}
		}()
	}
	peak := peakOf(agent) // while they are there
	all.Wait()
	peak = max(peak, peakOf(agent))
	if err := <-ended; err != nil {
		t.Fatalf("%v\n%s", err, errs)
	}
	checkFar(t, readFile(t, filepath.Join(dir, "a.jsonl")), 2*pairs)
	if got.Load() != 0 {
		t.Errorf("%d bytes were given to strangers", got.Load())
	}
	if most := 256 << 10; peak > most {
		t.Errorf("the destination's program took %d KiB; %d is the most", peak, most)
	}
	t.Logf("%d of %d strangers were connected by the kernel, the program took at most %d KiB",
		knocked.Load(), want, peak)
}

// knock connects, says something, and returns how many bytes came back.
func knock(addr string, i int) (got int, connected bool) {
	c, err := net.DialTimeout("tcp", addr, 2*time.Second)
	if err != nil {
		return 0, false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	junk := make([]byte, 58)
	for j := range junk {
		junk[j] = byte(rand.Uint32())
	}
	switch i % 4 {
	case 0: // silent
	case 1:
		_, _ = c.Write(junk)
	case 2: // an opening by somebody without the key
		_, _ = c.Write(append([]byte("MTBSRC1\n"), junk[8:]...))
	case 3:
		for _, b := range junk[:40] {
			if _, err := c.Write([]byte{b}); err != nil {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	n, _ := c.Read(make([]byte, 64))
	return n, true
}

// programOfDestination is the process that ssh has started for cmd.
func programOfDestination(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	for range 400 {
		for _, pid := range childrenOf(t, cmd.Process.Pid, "internal-destination") {
			exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
			if strings.HasPrefix(filepath.Base(exe), "mtbench") {
				return pid
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no destination was started")
	return 0
}

// listensAt is where a process listens, of /proc.
func listensAt(t *testing.T, pid int) string {
	t.Helper()
	for range 200 {
		sockets := map[string]bool{}
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, l := range links {
			to, _ := os.Readlink(l)
			sockets[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
		table, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", pid))
		for line := range bytes.Lines(table) {
			f := strings.Fields(string(line))
			if len(f) > 9 && f[3] == "0A" && sockets[f[9]] {
				port, err := hex.DecodeString(f[1][len(f[1])-4:])
				if err == nil {
					return "127.0.0.1:" + strconv.Itoa(int(port[0])<<8|int(port[1]))
				}
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the destination does not listen")
	return ""
}

// peakOf is the most resident memory of a process so far, in KiB; 0 once it is gone.
func peakOf(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range bytes.Lines(text) {
		if kib, ok := strings.CutPrefix(string(line), "VmHWM:"); ok {
			n, _ := strconv.Atoi(strings.Fields(kib)[0])
			return n
		}
	}
	return 0
}
