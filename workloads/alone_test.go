package workloads

import (
	"os"
	"strings"
	"testing"

	"mtbench/internal/content"
	"mtbench/internal/qemustream"
	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/results"
)

// alone is the scenario of a destination that a real QEMU's stream is sent to.
func alone(t *testing.T) Scenario {
	t.Helper()
	pages, err := content.StreamPages(realStream)
	if err != nil {
		t.Fatal(err)
	}
	sc := small()
	sc.Content, sc.Memory, sc.VCPUs, sc.DirtyRate = content.Stream(realStream), pages*PageSize, 1, 0
	sc.Codec, sc.Level, sc.Wait, sc.Sides = RecordedCodec, 1, true, results.DestinationSide
	return sc
}

// recordedCounts is what the stream has.
func recordedCounts(t *testing.T) qemustream.Counts {
	t.Helper()
	f, err := os.Open(realStream)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	counts, err := qemustream.Check(qemustream.NewReader(f, 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

// TestDestinationAlone: each model decompresses what a real QEMU compressed, as it came, and comes
// to the same memory. The record has figures of the destination and none of the source.
func TestDestinationAlone(t *testing.T) {
	sc, want := alone(t), recordedCounts(t)
	prints := map[string]bool{}
	for name, build := range builders() {
		run, err := RunPair(sc, build)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		prints[run.MemoryFingerprint] = true
		if run.Verified == nil || !*run.Verified || !run.Completed || run.TotalTimeMS <= 0 ||
			run.DrainRate <= 0 || run.Sides != results.DestinationSide {
			t.Errorf("%s: %+v", name, run)
		}
		if run.PagesCompressed != want.Compressed || run.PagesRaw != want.Raw ||
			run.PagesZero != want.Zero || run.CompressedBytes != want.Payload+4*want.Compressed {
			t.Errorf("%s: %+v is not what was recorded, %+v", name, run, want)
		}
		mains, workers := 0, 0
		for _, u := range run.ThreadUsage {
			switch {
			case u.Process != "destination":
				t.Errorf("%s: a figure of the %s: %+v", name, u.Process, u)
			case u.Role == "main":
				mains++
			case u.Role == "worker":
				workers++
			}
		}
		if mains != 1 || workers != sc.DecompressThreads {
			t.Errorf("%s: %d main threads and %d workers", name, mains, workers)
		}
	}
	if len(prints) != 1 {
		t.Errorf("the guests differ: %v", prints)
	}
}

// corrupted damages a payload once it was read.
type corrupted struct {
	models.Work
	fills int
}

func (w *corrupted) Fill(t thread.Thread, req *models.Request) {
	w.Work.Fill(t, req)
	if w.fills++; w.fills == 40 {
		payload := req.User.(*unjob).payload
		payload[len(payload)/2] ^= 0xff
	}
}

// TestDestinationAloneFindsDamage: a damaged page is an error and no figure.
func TestDestinationAloneFindsDamage(t *testing.T) {
	build := builders()["lockless"]
	run, err := RunPair(alone(t), func(m thread.Machine, t thread.Thread, c models.Config,
		work models.Work) (models.Pipeline, error) {
		return build(m, t, c, &corrupted{Work: work})
	})
	if err == nil || !strings.Contains(err.Error(), "decompressing page") {
		t.Errorf("%v, %+v", err, run)
	}
}

// TestDestinationAloneRefuses says what a destination alone needs.
func TestDestinationAloneRefuses(t *testing.T) {
	for want, change := range map[string]func(*Scenario){
		"is unknown":            func(sc *Scenario) { sc.Sides = "source" },
		"stream is discarded":   func(sc *Scenario) { sc.Destination = Discard },
		"are compressed with":   func(sc *Scenario) { sc.Codec = "zstd" },
		"nobody writes the gue": func(sc *Scenario) { sc.DirtyRate = 1 },
	} {
		sc := alone(t)
		change(&sc)
		if err := sc.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	sc := alone(t)
	sc.Content = "mixed"
	if _, err := RunPair(sc, builders()["locked"]); err == nil ||
		!strings.Contains(err.Error(), "add --replay FILE") {
		t.Errorf("without a stream: %v", err)
	}
}
