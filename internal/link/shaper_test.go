package link

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"mtbench/internal/thread"
)

// send discards n bytes over l in one write.
func send(t *testing.T, l *Link, f *fake, n int) {
	t.Helper()
	if err := l.Writev(f, [][]byte{make([]byte, n)}); err != nil {
		t.Fatal(err)
	}
}

func TestUnlimitedNeverSleeps(t *testing.T) {
	f, l := &fake{}, NewDiscard(0, 0)
	for range 100 {
		send(t, l, f, 1<<20)
	}
	if f.now != 0 || l.Bytes() != 100<<20 {
		t.Errorf("at %v after %d bytes; want 0s after %d", f.now, l.Bytes(), 100<<20)
	}
}

// TestWholeBurstIsDrained is the subject of the package: with 1000 bytes/s and a burst of 100, a
// sender of 30-byte writes is held for the whole 100 ms that the burst takes, and then sends 100
// bytes at once; it never wakes for the next free byte.
func TestWholeBurstIsDrained(t *testing.T) {
	f, l := &fake{}, NewDiscard(1000, 100)
	var at []time.Duration
	for range 10 {
		send(t, l, f, 30)
		at = append(at, f.now/time.Millisecond)
	}
	// 30 60 90 | 10+20 … : the fourth, seventh and tenth write each begin a new burst.
	if want := []time.Duration{0, 0, 0, 100, 100, 100, 200, 200, 200, 200}; !slices.Equal(at, want) {
		t.Errorf("the writes ended at %v ms; want %v", at, want)
	}
	send(t, l, f, 1)
	for _, d := range f.sleeps {
		if d != 100*time.Millisecond {
			t.Errorf("a sleep of %v; each must be the 100 ms that a burst takes", d)
		}
	}
	if len(f.sleeps) != 3 {
		t.Errorf("%d sleeps; want 3", len(f.sleeps))
	}
}

// A link without a socket tells of every part as it goes, and of no more at once than the burst
// holds.
func TestTellsOfEachPart(t *testing.T) {
	var parts []int64
	f := &fake{}
	l := NewTelling(func(_ thread.Thread, n int64) { parts = append(parts, n) }, 1000, 100)
	if err := l.Writev(f, [][]byte{make([]byte, 250)}); err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, n := range parts {
		if n < 1 || n > 100 {
			t.Errorf("a part of %d bytes; the burst is 100", n)
		}
		sum += n
	}
	if sum != 250 || l.Bytes() != 250 || len(parts) < 3 {
		t.Errorf("%d bytes in the parts %v, %d counted; 250 were written", sum, parts, l.Bytes())
	}
}

// TestDrainsWhileTheSenderIsAway: what was sent drains whatever the sender does meanwhile.
func TestDrainsWhileTheSenderIsAway(t *testing.T) {
	f, l := &fake{}, NewDiscard(1000, 100)
	send(t, l, f, 90)
	f.now += 50 * time.Millisecond // 40 bytes are left
	send(t, l, f, 60)              // exactly full
	if len(f.sleeps) != 0 {
		t.Fatalf("slept %v; there was room", f.sleeps)
	}
	f.now += 30 * time.Millisecond
	send(t, l, f, 1) // 70 of the filled burst are left to drain
	if want := []time.Duration{70 * time.Millisecond}; !slices.Equal(f.sleeps, want) {
		t.Errorf("slept %v; want %v", f.sleeps, want)
	}
	f.now += time.Hour // an idle link saves nothing up
	send(t, l, f, 201)
	if want := 100 * time.Millisecond; f.sleeps[1] != want || f.sleeps[2] != want {
		t.Errorf("slept %v; the last two should be %v", f.sleeps, want)
	}
}

// TestBandwidthHolds sends at random and checks both sides of the promise: never more than the
// bandwidth and one burst, and no less than the bandwidth where the sender never idles.
func TestBandwidthHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		bandwidth := math.Exp(r.Float64()*20) + 1
		burst := 1 + r.Int64N(1<<r.IntN(24))
		idle := r.IntN(2) == 1
		f, l := &fake{now: 17 * time.Second}, NewDiscard(bandwidth, burst)
		begin := f.now
		for range 200 {
			send(t, l, f, 1+r.IntN(int(min(20*burst, 1<<20))))
			took := (f.now - begin).Seconds()
			if most := bandwidth*took + float64(burst) + 1; float64(l.Bytes()) > most {
				t.Fatalf("%g bytes/s, burst %d: %d bytes in %v s", bandwidth, burst, l.Bytes(), took)
			}
			if idle {
				f.now += time.Duration(r.Float64() * float64(burst) / bandwidth * 1e9)
			}
		}
		took := (f.now - begin).Seconds()
		slack := float64(len(f.sleeps)) * 1e-9 * bandwidth // a sleep is rounded up to 1 ns
		if !idle && float64(l.Bytes()) < bandwidth*took-slack-1-bandwidth*1e-6 {
			t.Errorf("%g bytes/s, burst %d: only %d bytes in %v s", bandwidth, burst, l.Bytes(), took)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		bandwidth float64
		burst     int64
		want      string
	}{
		{0, 0, ""}, {1, 1, ""}, {1e15, 1 << 40, ""},
		{-1, 1, "bandwidth of -1"}, {math.NaN(), 1, "bandwidth of NaN"},
		{math.Inf(1), 1, "bandwidth of +Inf"}, {1e16, 1, "bandwidth of 1e+16"},
		{1, 0, "burst of 0"}, {1, -5, "burst of -5"}, {1, 1<<40 + 1, "burst of"},
	} {
		got := fmt.Sprint(Check(c.bandwidth, c.burst))
		if c.want == "" && got != "<nil>" || !strings.Contains(got, c.want) {
			t.Errorf("Check(%g, %d): %s; want %q", c.bandwidth, c.burst, got, c.want)
		}
	}
}

// lateSender fills the burst again and again, and wakes late by each of the given times.
func lateSender(t *testing.T, l *Link, f *fake, late ...time.Duration) {
	t.Helper()
	send(t, l, f, int(l.burst))
	for _, f.late = range late {
		send(t, l, f, 1)
		f.late = 0
		send(t, l, f, int(l.burst)-int(math.Ceil(l.level)))
	}
}

// TestLatenessIsCredited: a link whose sender wakes late by a third of a burst each time carries
// what it declares all the same, and the sender still sleeps for a whole burst.
func TestLatenessIsCredited(t *testing.T) {
	f, l := &fake{}, NewDiscard(1000, 100)
	late := 30 * time.Millisecond
	lateSender(t, l, f, late, late, late, late)
	for _, d := range f.sleeps {
		if d != 100*time.Millisecond {
			t.Errorf("a sleep of %v; each must be the 100 ms that a burst takes", d)
		}
	}
	// 100 at once, then 4 × 130 in 4 × 130 ms.
	if want := 4 * 130 * time.Millisecond; l.Bytes() != 620 || f.now != want || len(f.sleeps) != 4 {
		t.Errorf("%d bytes in %v, %d sleeps; want 620 in %v, 4", l.Bytes(), f.now, len(f.sleeps), want)
	}
	if got := l.Achieved(); math.Abs(got-1000) > 1e-6 {
		t.Errorf("achieved %v of 1000 bytes/s", got)
	}
}

// TestCreditIsBounded: a sender that is held for ten seconds is paid a burst, or what a fast link
// carries in maxLateness, and no more; what was lost is missing from the achieved rate.
func TestCreditIsBounded(t *testing.T) {
	f, l := &fake{}, NewDiscard(1000, 100)
	lateSender(t, l, f, 10*time.Second)
	if l.Bytes() != 300 { // the first, the next and its credit of a burst
		t.Errorf("%d bytes; want 300", l.Bytes())
	}
	if got, want := l.Achieved(), 200/10.1; math.Abs(got-want) > 1e-6 {
		t.Errorf("achieved %v bytes/s; want %v", got, want)
	}
	f, l = &fake{}, NewDiscard(1e9, 65536)
	lateSender(t, l, f, 10*time.Second)
	if want := int64(2*65536 + 1e6); l.Bytes() < want-1 || l.Bytes() > want {
		t.Errorf("%d bytes over the fast link; want %d", l.Bytes(), want)
	}
}

// TestNoCreditForWhoIsAway: neither a sender that had nothing to send nor a write that the receiver
// held up fills a later burst; only the second is the link's loss.
func TestNoCreditForWhoIsAway(t *testing.T) {
	f := &fake{}
	var stall time.Duration
	l := NewTelling(func(thread.Thread, int64) { f.now += stall }, 1000, 100)
	send(t, l, f, 100)
	f.now += time.Hour
	send(t, l, f, 100)
	f.now += time.Hour
	if got := l.Achieved(); l.Bytes() != 200 || len(f.sleeps) != 0 || math.Abs(got-1000) > 1e-6 {
		t.Errorf("%d bytes, sleeps %v, achieved %v; want 200, none, 1000", l.Bytes(), f.sleeps, got)
	}
	stall = time.Second
	send(t, l, f, 100)
	stall = 0
	send(t, l, f, 101)
	if want := []time.Duration{100 * time.Millisecond}; !slices.Equal(f.sleeps, want) {
		t.Errorf("sleeps %v after a stall; want %v: a burst and no more", f.sleeps, want)
	}
	if got := l.Achieved(); got > 400 {
		t.Errorf("achieved %v bytes/s; the stall of a second is missing", got)
	}
}

func TestAchievedOfAnUnlimitedLink(t *testing.T) {
	f, l := &fake{}, NewDiscard(0, 0)
	send(t, l, f, 100)
	if got := l.Achieved(); !math.IsNaN(got) {
		t.Errorf("achieved %v; an unlimited link has no rate", got)
	}
}
