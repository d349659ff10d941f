package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// hostileConnections is how many there are; MTBENCH_HOSTILE is another number.
const hostileConnections = 60

// hostileMemory bounds what the destination's program may take while strangers knock, in KiB. It
// takes about 26 MiB without them.
const hostileMemory = 64 << 10

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
	path := filepath.Join(dir, "a.jsonl")
	pairs := max(3, want/25)
	cmd, errs := start(t, dir, s.flags("--pairs", strconv.Itoa(pairs), "-o", "a.jsonl")...)
	var failed error
	ended := make(chan struct{})
	go func() { failed = cmd.Wait(); close(ended) }()
	agent := programOfDestination(t, cmd)
	addr := listensAt(t, agent)
	heard := listenToOpenings(t, addr.Port())
	crowd := newCrowd(addr, heard, ended)
	untilRuns(t, path, 1) // an opening was spent
	crowd.send(want)
	peak := peakOf(agent) // while they are there
	crowd.all.Wait()
	peak = max(peak, peakOf(agent))
	if <-ended; failed != nil {
		t.Fatalf("%v\n%s", failed, errs)
	}
	checkFar(t, readFile(t, path), 2*pairs)
	if peak == 0 || peak > hostileMemory {
		t.Errorf("the destination's program took %d KiB; %d is the most", peak, hostileMemory)
	}
	t.Logf("%d runs verified; the destination's program took at most %d KiB", 2*pairs, peak)
	crowd.check(t)
}

// crowd are strangers at the gate of a destination.
type crowd struct {
	addr  netip.AddrPort
	heard *openings // nil where the wire cannot be listened to
	over  <-chan struct{}
	all   sync.WaitGroup

	mu    sync.Mutex
	kinds []stranger
}

// stranger is a kind of hostile connection, and what became of those of its kind.
type stranger struct {
	what            string
	act             func(c net.Conn)
	sent, connected int
	got             int // bytes
}

// newCrowd makes strangers to whoever listens at addr, until over is closed.
func newCrowd(addr netip.AddrPort, heard *openings, over <-chan struct{}) *crowd {
	say := func(text []byte) func(net.Conn) {
		return func(c net.Conn) { _, _ = c.Write(text) }
	}
	c := &crowd{addr: addr, heard: heard, over: over, kinds: []stranger{
		{what: "silent", act: func(net.Conn) {}},
		{what: "garbage", act: func(c net.Conn) { say(noise(openingBytes))(c) }},
		{what: "wrong key", act: func(c net.Conn) {
			say(append([]byte(openingMagic), noise(openingBytes-len(openingMagic))...))(c)
		}},
		{what: "slow", act: func(c net.Conn) {
			for _, b := range noise(openingBytes * 2 / 3) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}},
	}}
	if heard != nil {
		c.kinds = append(c.kinds,
			stranger{what: "replayed opening", act: func(c net.Conn) { say(heard.last())(c) }},
			stranger{what: "forged opening", act: func(c net.Conn) {
				forged := bytes.Clone(heard.last())
				forged[len(forged)-1] ^= 1
				say(forged)(c)
			}})
	}
	return c
}

// send sends n strangers, of each kind in turn, and returns when the last one is on the way.
func (c *crowd) send(n int) {
	places := make(chan struct{}, 100) // so many at once
	for i := range n {
		places <- struct{}{}
		c.all.Add(1)
		go func() {
			defer func() { <-places; c.all.Done() }()
			c.knock(i % len(c.kinds))
		}()
	}
}

// knock connects, says something, and counts how many bytes came back.
func (c *crowd) knock(kind int) {
	got, connected := 0, 0
	if conn := c.connect(); conn != nil {
		connected = 1
		_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
		c.kinds[kind].act(conn)
		got, _ = conn.Read(make([]byte, 64))
		conn.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &c.kinds[kind]
	k.sent, k.connected, k.got = k.sent+1, k.connected+connected, k.got+got
}

// connect tries until the kernel has a place, or the series is over; then it returns nil.
func (c *crowd) connect() net.Conn {
	for {
		conn, err := net.DialTimeout("tcp", c.addr.String(), 2*time.Second)
		if err == nil {
			return conn
		}
		select {
		case <-c.over:
			return nil
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// check holds each kind to getting nothing.
func (c *crowd) check(t *testing.T) {
	t.Helper()
	for _, k := range c.kinds {
		t.Logf("%-17s %4d sent, %4d connected by the kernel, %d bytes given", k.what, k.sent,
			k.connected, k.got)
		if k.sent == 0 || k.connected == 0 || k.got != 0 {
			t.Errorf("%s: %d sent, %d connected, %d bytes given", k.what, k.sent, k.connected, k.got)
		}
	}
	if c.heard == nil {
		t.Log("nothing was replayed: only root may listen to the wire")
	}
}

func noise(n int) []byte {
	junk := make([]byte, n)
	for j := range junk {
		junk[j] = byte(rand.Uint32())
	}
	return junk
}

// How a source's opening begins, and how long it is; internal/peer has the whole.
const (
	openingMagic = "MTBSRC1\n"
	openingBytes = 58
)

// openings are those that a listener on the wire has heard.
type openings struct {
	mu   sync.Mutex
	text []byte
}

func (o *openings) last() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text
}

// listenToOpenings listens on the loopback device for openings to port, as whoever sits on the path
// may. It returns nil where this process may not.
func listenToOpenings(t *testing.T, port uint16) *openings {
	t.Helper()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return nil
	}
	const ip = unix.ETH_P_IP>>8 | unix.ETH_P_IP&0xff<<8 // in the network's order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, ip)
	if err != nil {
		return nil
	}
	wake := unix.Timeval{Usec: 100_000}
	err = errors.Join(unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: ip, Ifindex: lo.Index}),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wake))
	if err != nil {
		unix.Close(fd)
		return nil
	}
	o, over := &openings{}, make(chan struct{})
	var joined sync.WaitGroup
	joined.Go(func() { o.listen(fd, port, over) })
	t.Cleanup(func() { close(over); joined.Wait(); unix.Close(fd) })
	return o
}

// listen keeps the newest opening that was heard by the other side's port alone. What the strangers
// of this test say goes there too, so only the first opening is kept: that of the first run.
func (o *openings) listen(fd int, port uint16, over <-chan struct{}) {
	packet := make([]byte, 256)
	for {
		select {
		case <-over:
			return
		default:
		}
		n, _, err := unix.Recvfrom(fd, packet, 0)
		if err != nil {
			continue // nothing came for a while
		}
		if text := openingIn(packet[:n], port); text != nil {
			o.mu.Lock()
			if o.text == nil {
				o.text = text
			}
			o.mu.Unlock()
		}
	}
}

// openingIn is the opening that an IP packet brings to port, or nil.
func openingIn(packet []byte, port uint16) []byte {
	head := int(packet[0]&15) * 4
	if len(packet) < head+20 || binary16(packet[head+2:]) != port {
		return nil
	}
	text := packet[min(len(packet), head+int(packet[head+12]>>4)*4):]
	if len(text) < openingBytes || !bytes.HasPrefix(text, []byte(openingMagic)) {
		return nil
	}
	return bytes.Clone(text[:openingBytes])
}

func binary16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }

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
func listensAt(t *testing.T, pid int) netip.AddrPort {
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
					return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), binary16(port))
				}
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the destination does not listen")
	return netip.AddrPort{}
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
