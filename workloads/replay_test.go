package workloads

import (
	"slices"
	"testing"

	"mtbench/internal/content"
	"mtbench/internal/thread"
	"mtbench/models"
)

// realStream is a stream of a real QEMU.
const realStream = "../internal/qemustream/testdata/qemu-7.2.stream"

// spied notes the order in which the loop hands pages over.
type spied struct {
	models.Work
	pages []int
}

func (w *spied) Fill(t thread.Thread, req *models.Request) {
	w.Work.Fill(t, req)
	w.pages = append(w.pages, req.User.(*job).page)
}

// TestReplayOrder: under each model the loop hands the pages of a real stream over in the order of
// the stream, once, with what the stream has, and the destination comes to the same memory.
func TestReplayOrder(t *testing.T) {
	pages, err := content.StreamPages(realStream)
	if err != nil {
		t.Fatal(err)
	}
	sc := small()
	sc.Content, sc.Memory, sc.VCPUs, sc.DirtyRate = content.Stream(realStream), pages*PageSize, 1, 0
	sc.Codec, sc.Level, sc.Wait = "zlib", 1, true
	fingerprints := map[string]bool{}
	for name, build := range builders() {
		w := &spied{}
		spying := func(m thread.Machine, t thread.Thread, c models.Config, work models.Work) (
			models.Pipeline, error) {
			if c.Side == models.Destination {
				return build(m, t, c, work)
			}
			w.Work = work
			return build(m, t, c, w)
		}
		if name == "multifd" || name == "multifd-locked" {
			continue // it takes lists of pages, and asks the work for more than Fill
		}
		run, err := RunPair(sc, spying)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkRun(t, sc, run)
		fingerprints[run.MemoryFingerprint] = true
		var want []int
		for page := 1; page < int(pages); page++ { // page 0 names its block, and goes by main
			want = append(want, page)
		}
		if run.Pages != pages || run.Rounds != 1 || !slices.Equal(w.pages, want) {
			t.Errorf("%s: %d pages in %d rounds, handed over as %v", name, run.Pages, run.Rounds, w.pages)
		}
	}
	if len(fingerprints) != 1 {
		t.Errorf("the guests differ: %v", fingerprints)
	}
}
