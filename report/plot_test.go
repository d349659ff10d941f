package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mtbench/internal/thread"
	"mtbench/results"
)

// synthFiles are a default series and one of a cheaper codec with less to gain.
func synthFiles() []*results.File {
	cheap := defaultSynth()
	cheap.codec, cheap.service, cheap.gain, cheap.stuck = "s2", 3, 0.9, false
	cheap.models = []string{"locked", "lockless", "inline"}
	return []*results.File{defaultSynth().file(), cheap.file()}
}

// withFrontier adds searches of which lockless reaches the higher rates.
func withFrontier(f *results.File) *results.File {
	for _, n := range []int{1, 4, 16} {
		for i := range 4 {
			for j, m := range []string{"locked", "lockless"} {
				hi := 1000 * float64(10+n*(1+j)+i)
				lo := hi * 1.1
				f.Frontier = append(f.Frontier, results.Frontier{Model: m, Threads: n, Wait: i%2 == 0,
					Highest: &hi, Lowest: &lo})
			}
		}
	}
	return f
}

// plotNamed is the plot of that name.
func plotNamed(t *testing.T, plots []Plot, id string) Plot {
	t.Helper()
	i := slices.IndexFunc(plots, func(p Plot) bool { return p.ID == id })
	if i < 0 {
		t.Fatalf("there is no plot %s", id)
	}
	return plots[i]
}

// TestPlotBytes makes every plot twice, of files that were made twice.
func TestPlotBytes(t *testing.T) {
	t.Parallel()
	render := func(format string) map[string][]byte {
		out := map[string][]byte{}
		for _, p := range Plots([]*results.File{withFrontier(smallSynth().file())}) {
			if p.build == nil || format == "png" && p.ID != "pairs" && p.ID != "time-source" {
				continue // pixels are dear: two pictures show whether they are the same
			}
			var b bytes.Buffer
			if err := p.Render(&b, format); err != nil {
				t.Fatal(err)
			}
			out[p.ID] = b.Bytes()
		}
		return out
	}
	for format, least := range map[string]int{"svg": 11, "png": 2} {
		first, second := render(format), render(format)
		if len(first) < least {
			t.Errorf("only %d plots were drawn", len(first))
		}
		for id := range first {
			if !bytes.Equal(first[id], second[id]) {
				t.Errorf("%s.%s differs from one making to the next", id, format)
			}
		}
	}
}

// TestPlotFormats reads back what was drawn.
func TestPlotFormats(t *testing.T) {
	p := TotalTimePlot(smallSynth().file())
	var b bytes.Buffer
	if err := p.Render(&b, "png"); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil || img.Bounds().Dx() != 1440 {
		t.Errorf("PNG: %v, %v", img.Bounds(), err)
	}
	b.Reset()
	if err := p.Render(&b, "pdf"); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("%PDF-")) {
		t.Errorf("PDF begins with %.8q: %v", b.Bytes(), err)
	}
	if err := p.Render(io.Discard, "gif"); err == nil || !strings.Contains(err.Error(), "svg") {
		t.Errorf("gif gives %v, and not the formats there are", err)
	}
}

// TestPlotSpots finds each kept run of the file once on the plot of total time, at the same height
// as its time has on the axis: two runs of one case stand as far apart as their times.
func TestPlotSpots(t *testing.T) {
	f := smallSynth().file()
	_, spots := TotalTimePlot(f).svg(plotWide)
	kept := sourceOf(f, 0, 1).kept()
	if len(spots) != len(kept) {
		t.Fatalf("%d marks for %d runs", len(spots), len(kept))
	}
	at := map[string]spot{}
	for _, s := range spots {
		at[s.Run] = s
	}
	var done []*results.Run
	for _, r := range kept {
		if r.Completed && !r.Wait {
			done = append(done, r)
		}
	}
	scale := func(a, b *results.Run) float64 {
		return (at[runKey(a)].Y - at[runKey(b)].Y) / (b.TotalTimeMS - a.TotalTimeMS)
	}
	want := scale(done[0], done[len(done)-1])
	for i := 1; i < len(done)-1; i++ {
		if got := scale(done[0], done[i]); math.Abs(got/want-1) > 1e-6 {
			t.Errorf("run %s is drawn to another scale: %v against %v", runKey(done[i]), got, want)
		}
	}
}

// TestPlotTitles states findings that the made-up series has by construction.
func TestPlotTitles(t *testing.T) {
	plots := Plots([]*results.File{withFrontier(defaultSynth().file())})
	for id, parts := range map[string][]string{
		"total-time":  {"lockless is faster than locked in", "only lockless completes with 8 threads"},
		"convergence": {"locked cannot complete in", "8 threads, wait on", "18 MiB are dirty"},
		"wait-wakes":  {"locked makes", "fewer"},
		"frontier":    {"16 threads", "lockless"},
	} {
		title := plotNamed(t, plots, id).Title
		for _, part := range parts {
			if !strings.Contains(title, part) {
				t.Errorf("the title of %s is %q, without %q", id, title, part)
			}
		}
	}
	even := defaultSynth()
	even.gain, even.stuck = 1, false
	title := TotalTimePlot(even.file()).Title
	if !strings.Contains(title, "cannot be told apart") {
		t.Errorf("of equal models the title is %q", title)
	}
	few := defaultSynth()
	few.pairs = 2
	title = TotalTimePlot(few.file()).Title
	if !strings.Contains(title, "Not enough evidence") || strings.Contains(title, "×") {
		t.Errorf("of two pairs the title is %q", title)
	}
}

// TestPlotMissing names the command that brings what a file has not.
func TestPlotMissing(t *testing.T) {
	f := smallSynth().file()
	for i := range f.Runs {
		r := &f.Runs[i]
		r.ThreadUsage, r.Timeline, r.BusyRatio = nil, nil, nil
	}
	plots := Plots([]*results.File{f})
	for _, id := range []string{"cpu", "busy-ratio", "wait-wakes", "time-source", "time-destination",
		"time-kernel", "convergence", "crossover", "frontier"} {
		p := plotNamed(t, plots, id)
		if !strings.Contains(p.Missing, "mtbench ") {
			t.Errorf("%s is missing without a command: %q", id, p.Missing)
		}
		if err := p.Render(io.Discard, "svg"); err == nil {
			t.Errorf("%s has no data and is drawn", id)
		}
	}
	empty := Plots([]*results.File{{Header: f.Header}})
	if p := plotNamed(t, empty, "total-time"); !strings.Contains(p.Missing, "mtbench run") {
		t.Errorf("without runs the plot says %q", p.Missing)
	}
}

// TestPlotStates has every state of the account in one group, so that no time is lost from a bar.
func TestPlotStates(t *testing.T) {
	seen := map[string]int{}
	for _, g := range stateGroups {
		for _, s := range g.states {
			seen[s]++
		}
	}
	for s := thread.State(1); s < thread.NumStates; s++ {
		if seen[s.String()] != 1 {
			t.Errorf("state %s is in %d groups", s, seen[s.String()])
		}
	}
	s := sourceOf(smallSynth().file(), 0, 1)
	set := &barSet{src: s, panels: s.barPanels("source")}
	for _, bp := range set.panels {
		for _, b := range set.bars(bp, false) {
			sum := 0.0
			for _, p := range b.parts {
				sum += p.share
			}
			if math.Abs(sum-100) > 1e-6 {
				t.Errorf("the bar of %v adds up to %v %%", b.cell, sum)
			}
		}
	}
}

// harmful is a string that would do harm in a page, a picture or a terminal.
const harmful = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\x1b[31m\u202e\x00&]]>"

// harmfulFile has it in every string that a report shows.
func harmfulFile() *results.File {
	s := smallSynth()
	s.models = []string{"locked", harmful}
	f := s.file()
	h := &f.Header
	f.Path = "/tmp/" + harmful + ".jsonl"
	h.Version, h.Revision, h.Go, h.Argv = harmful, harmful, harmful, []string{harmful, "javascript:alert(3)"}
	h.Host.Name, h.Host.CPUModel, h.Host.Kernel = harmful, harmful, harmful
	h.Scenario.Codec, h.Scenario.Content, h.Scenario.Pattern = harmful, harmful, harmful
	h.Notes = []string{harmful}
	for i := range f.Runs {
		r := &f.Runs[i]
		r.EndReason, r.Side, r.Noise.Grade = harmful, harmful, harmful
		for j := range r.ThreadUsage {
			r.ThreadUsage[j].StatesMS[harmful] = 1
		}
	}
	f.Failed = []results.Failed{{Model: harmful, Class: harmful, Reason: harmful, Stderr: harmful}}
	return f
}

// TestPlotHostile draws pictures of it that are well-formed XML without its elements.
func TestPlotHostile(t *testing.T) {
	cheap := harmfulFile()
	cheap.Header.Host.PageServiceU = 1
	for i := range cheap.Runs {
		cheap.Runs[i].ServiceTimeUS = nil
	}
	for _, p := range Plots([]*results.File{harmfulFile(), cheap}) {
		if p.build == nil {
			continue
		}
		svg, _ := p.svg(plotWide)
		d := xml.NewDecoder(bytes.NewReader(svg))
		for {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s is no XML: %v", p.ID, err)
			}
			e, ok := tok.(xml.StartElement)
			if ok && !slices.Contains([]string{"svg", "g", "path", "text", "title", "desc"}, e.Name.Local) {
				t.Errorf("%s has an element %s", p.ID, e.Name.Local)
			}
		}
		if bytes.ContainsAny(svg, "\x1b\x00\u202e") {
			t.Errorf("%s holds control characters", p.ID)
		}
	}
}

// TestPlotsShow writes every plot to MTBENCH_PLOTS, for a person to look at.
func TestPlotsShow(t *testing.T) {
	dir := os.Getenv("MTBENCH_PLOTS")
	if dir == "" {
		t.Skip("MTBENCH_PLOTS names no directory to draw into")
	}
	files := synthFiles()
	withFrontier(files[0])
	for _, p := range Plots(files) {
		if p.build == nil {
			t.Logf("%s: %s", p.ID, p.Missing)
			continue
		}
		var b bytes.Buffer
		if err := p.Render(&b, "png"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.ID+".png"), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSignOrder compares the order statistics with the published table of intervals for a median
// (Conover, Practical Nonparametric Statistics, table A3 read at p = 0.5).
func TestSignOrder(t *testing.T) {
	for n, want := range map[int]int{5: -1, 6: 0, 8: 0, 9: 1, 10: 1, 12: 2, 15: 3, 20: 5, 25: 7} {
		if got := signOrder(n); got != want {
			t.Errorf("of %d values: %d, want %d", n, got, want)
		}
	}
}

func ExampleTotalTimePlot() {
	f := defaultSynth().file()
	fmt.Println(TotalTimePlot(f).Question)
	// Output: How long does the migration take with each model?
}
