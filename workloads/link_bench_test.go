package workloads

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
	"mtbench/models/locked"
)

// drainEnv makes of the test binary a process that drains the socket on descriptor 3 at so many
// bytes/s; 0 is as fast as it can.
const drainEnv = "MTBENCH_TEST_DRAIN"

func TestMain(m *testing.M) {
	if rate, err := strconv.ParseFloat(os.Getenv(drainEnv), 64); err == nil {
		machine := thread.NewKernel(thread.Options{MaxThreads: 1, TurnsPerNS: 1})
		_ = machine.Run("drain", func(t thread.Thread) { drainAt(t, link.NewReceiver(3), rate) })
		return
	}
	os.Exit(m.Run())
}

// drainAt reads at most what a line of rate bytes/s has carried by then. It catches up on a late
// sleep, of up to a millisecond; an empty socket saves nothing up.
func drainAt(t thread.Thread, r *link.Receiver, rate float64) {
	buf := make([]byte, 64<<10)
	const step = 2048 // bytes it reads at least
	for at := t.Now(); ; {
		n := len(buf)
		if rate > 0 {
			at = max(at, t.Now()-time.Millisecond)
			t.SleepUntil(at+time.Duration(step/rate*1e9), thread.Receiving)
			n = min(n, int((t.Now()-at).Seconds()*rate))
		}
		begin := t.Now()
		got, err := r.Read(t, buf[:n])
		if err != nil {
			return
		}
		if rate > 0 {
			at += time.Duration(float64(got) / rate * 1e9)
			if waited := t.Now() - begin; waited > 100*time.Microsecond {
				at += waited
			}
		}
	}
}

// startDrain starts a process that drains, and returns the socket to write to and what ends it.
func startDrain(t testing.TB, rate float64) (fd int, stop func()) {
	t.Helper()
	near, far, err := link.Pair()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%g", drainEnv, rate))
	file := os.NewFile(uintptr(far), "drain")
	cmd.ExtraFiles = []*os.File{file}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	return near, func() { _ = unix.Close(near); _ = cmd.Wait() }
}

// holds returns how many bytes a socket with a send buffer of size takes, in writes like the
// stream's.
func holds(t testing.TB, size int) (bytes int) {
	near, far, err := link.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(near)
	defer unix.Close(far)
	if _, err := link.SetSendBuffer(near, size); err != nil {
		t.Fatal(err)
	}
	_ = unix.SetNonblock(near, true)
	for buf := make([]byte, 32<<10); ; {
		n, err := unix.Write(near, buf)
		if err != nil {
			return bytes
		}
		bytes += n
	}
}

// bufferThatHolds returns the size to ask for so that the socket takes about want bytes.
func bufferThatHolds(t testing.TB, want int) int {
	size := 4 << 10
	for holds(t, size) < want {
		size += 2 << 10
	}
	return size
}

// overSocket is one run whose stream goes over l; it returns its bytes/s and its share of busy
// pages.
func overSocket(t testing.TB, sc Scenario, build models.Builder, l *link.Link) (rate,
	busy float64) {
	t.Helper()
	s := &source{Scenario: sc, ends: NoEnds}
	if err := s.prepare(); err != nil {
		t.Fatal(err)
	}
	defer s.mem.Unmap()
	s.link = l
	s.stream.Stream = wire.NewStream(l)
	if err := s.migrate(build); err != nil {
		t.Fatal(err)
	}
	o := &s.outcome
	c := o.Counts
	return float64(o.Emitted) / (o.Total - o.Setup).Seconds(), float64(c.Busy) / float64(c.Pages())
}

// comparison runs a scenario over the link with its declared bandwidth, drained by a process as
// fast as it can, and over a bare socket of the same buffer, drained by a process at that
// bandwidth.
type comparison struct {
	sc    Scenario
	build models.Builder
	size  int   // send buffer asked for
	burst int64 // bytes that it holds
}

func (c comparison) overLink(t testing.TB, declared float64) (rate, busy float64) {
	fd, stop := startDrain(t, 0)
	defer stop()
	return overSocket(t, c.sc, c.build, link.NewSocket(fd, declared, c.burst))
}

func (c comparison) overPaced(t testing.TB, declared float64) (rate, busy float64) {
	fd, stop := startDrain(t, declared)
	defer stop()
	if _, err := link.SetSendBuffer(fd, c.size); err != nil {
		t.Fatal(err)
	}
	return overSocket(t, c.sc, c.build, link.NewSocket(fd, 0, 0))
}

func newComparison(t testing.TB, build models.Builder) comparison {
	c := comparison{sc: small(), build: build, size: bufferThatHolds(t, 64<<10)}
	c.burst = int64(holds(t, c.size))
	c.sc.Memory, c.sc.DirtyRate, c.sc.VCPUs, c.sc.Destination = 48<<20, 0, 1, Discard
	c.sc.Codec, c.sc.Level, c.sc.Content = "zlib", 1, "mixed"
	return c
}

// BenchmarkLinkCarries says what share of its declared bandwidth the link carries with null, beside
// that of a socket drained by a paced process. It fails below 95 %, up to 0.6 of what null carries
// over an unlimited link: -benchtime 11x, on a quiet host.
func BenchmarkLinkCarries(b *testing.B) {
	c := newComparison(b, models.Null)
	var free []float64
	for range 5 {
		rate, _ := c.overLink(b, 0)
		free = append(free, rate)
	}
	for _, declared := range []float64{50e6, 100e6, 500e6, 985e6} {
		b.Run(fmt.Sprintf("%.0fMBps", declared/1e6), func(b *testing.B) {
			c := c
			c.sc.Memory = min(48<<20, int64(declared)/4&^(1<<20-1)) // a quarter of a second
			var shaped, paced []float64
			for range b.N {
				x, _ := c.overLink(b, declared)
				y, _ := c.overPaced(b, declared)
				shaped, paced = append(shaped, x/declared), append(paced, y/declared)
			}
			b.ReportMetric(middle(shaped), "link/declared")
			b.ReportMetric(middle(paced), "socket/declared")
			if b.N > 1 && middle(shaped) < 0.95 && declared <= 0.6*middle(free) {
				b.Errorf("the link carries %.3f of %.0f bytes/s", middle(shaped), declared)
			}
		})
	}
}

// BenchmarkLinkBusy compares the busy ratio of locked over the link with that over a socket drained
// by a paced process. It fails where they differ by more than .03: -benchtime 11x, on a quiet host.
func BenchmarkLinkBusy(b *testing.B) {
	c := newComparison(b, locked.Build)
	for _, threads := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("%d", threads), func(b *testing.B) {
			const declared = 500e6
			c := c
			c.sc.Threads = threads
			var shaped, paced []float64
			for range b.N {
				_, x := c.overLink(b, declared)
				_, y := c.overPaced(b, declared)
				shaped, paced = append(shaped, x), append(paced, y)
			}
			b.ReportMetric(middle(shaped), "link-busy")
			b.ReportMetric(middle(paced), "socket-busy")
			if off := middle(shaped) - middle(paced); b.N > 1 && math.Abs(off) > 0.03 {
				b.Errorf("busy ratio off by %.3f", off)
			}
		})
	}
}

func middle(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
