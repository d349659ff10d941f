package plot

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
	"time"

	"mtbench/internal/metric"
	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/view"
	"mtbench/results"
)

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
		file := reporttest.WithFrontier(reporttest.SmallSynth().File())
		for _, p := range All(view.SourcesOf([]*results.File{file}, nil)) {
			if p.Build == nil || format == "png" && p.ID != "pairs" && p.ID != "time-source" {
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
	p := Time([]*view.Source{view.SourceOf(reporttest.SmallSynth().File(), 0, 1)})
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
	for range 5 {
		var again bytes.Buffer
		if err := p.Render(&again, "pdf"); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
			t.Errorf("the PDF has other bytes the next time (%v)", err)
		}
	}
	if bytes.Contains(b.Bytes(), []byte(time.Now().UTC().Format("D:20060102"))) {
		t.Error("the PDF has today's date")
	}
	if err := p.Render(io.Discard, "gif"); err == nil || !strings.Contains(err.Error(), "svg") {
		t.Errorf("gif gives %v, and not the formats there are", err)
	}
}

// TestTitlesHaveNoOrphan wraps titles of any length: no line is one word while another has several.
func TestTitlesHaveNoOrphan(t *testing.T) {
	sty := plotText(InkText, plotTitleSize, true)
	words := strings.Fields(strings.Repeat("lockless is faster than locked for equal work in 5 of 8 "+
		"cases, at most 3.71× per compressed page ", 2))
	for n := 8; n <= len(words); n++ {
		title := strings.Join(words[:n], " ")
		lines := balanced(title, sty, 400)
		if strings.Join(lines, " ") != title {
			t.Errorf("%q became %q", title, lines)
		}
		if last := lines[len(lines)-1]; len(lines) > 1 && !strings.Contains(last, " ") {
			t.Errorf("%q ends with the word %q alone", title, last)
		}
		if len(lines) != len(wrapped(title, sty, 400)) {
			t.Errorf("%q has more lines than it needs", title)
		}
	}
}

// TestPlotSpots finds each kept run of the file once on the plot of time, at the same height
// as its time has on the axis: two runs of one case stand as far apart as their times.
func TestPlotSpots(t *testing.T) {
	f := reporttest.SmallSynth().File()
	_, spots := Time([]*view.Source{view.SourceOf(f, 0, 1)}).Svg(Wide)
	kept := view.SourceOf(f, 0, 1).Kept()
	if len(spots) != len(kept) {
		t.Fatalf("%d marks for %d runs", len(spots), len(kept))
	}
	at := map[string]Spot{}
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
		before, _ := metric.Get(metric.EqualWorkTime).Of(a)
		after, _ := metric.Get(metric.EqualWorkTime).Of(b)
		return (at[view.RunKey(a)].Y - at[view.RunKey(b)].Y) / (after - before)
	}
	want := scale(done[0], done[len(done)-1])
	for i := 1; i < len(done)-1; i++ {
		if got := scale(done[0], done[i]); math.Abs(got/want-1) > 1e-6 {
			t.Errorf("run %s is drawn to another scale: %v against %v", view.RunKey(done[i]), got, want)
		}
	}
}

// TestPlotTitles states findings that the made-up series has by construction.
func TestPlotTitles(t *testing.T) {
	file := reporttest.WithFrontier(reporttest.DefaultSynth().File())
	plots := All(view.SourcesOf([]*results.File{file}, nil))
	predicted := reporttest.WithWhatIf(reporttest.SmallSynth().File())
	plots = append(plots, plotNamed(t, All(view.SourcesOf([]*results.File{predicted}, nil)),
		"what-if"))
	for id, parts := range map[string][]string{
		"time": {"lockless is faster than locked for equal work in",
			"only lockless completes with 8 threads"},
		"convergence": {"With 8 threads, locked cannot complete in", "with wait on",
			"locked ends with 18 MiB dirty"},
		"wait-wakes": {"lockless makes", ", locked ", "(0.02"},
		"frontier":   {"16 threads", "lockless"},
		"what-if":    {"Predicted: with 16 threads, wait on, 92 % of locked's time is the wake-up"},
	} {
		p := plotNamed(t, plots, id)
		title := p.Title + ": " + p.Detail
		for _, part := range parts {
			if !strings.Contains(title, part) {
				t.Errorf("the title of %s is %q, without %q", id, title, part)
			}
		}
	}
	even := reporttest.DefaultSynth()
	even.Gain, even.Stuck = 1, false
	title := Time([]*view.Source{view.SourceOf(even.File(), 0, 1)}).Title
	if !strings.Contains(title, "no difference is proved") {
		t.Errorf("of equal models the title is %q", title)
	}
	few := reporttest.DefaultSynth()
	few.Pairs = 2
	title = Time([]*view.Source{view.SourceOf(few.File(), 0, 1)}).Title
	if !strings.Contains(title, "Too few pairs") || strings.Contains(title, "×") {
		t.Errorf("of two pairs the title is %q", title)
	}
}

// TestPlotMissing names the command that brings what a file has not.
func TestPlotMissing(t *testing.T) {
	f := reporttest.SmallSynth().File()
	f.Header.Kind, f.Header.Calibration = results.Predicted, &results.CalibrationRef{}
	for i := range f.Runs {
		r := &f.Runs[i]
		r.ThreadUsage, r.Timeline, r.BusyRatio = nil, nil, nil
	}
	plots := All(view.SourcesOf([]*results.File{f}, nil))
	for _, id := range []string{"cpu", "busy-ratio", "wait-wakes", "time-source", "time-destination",
		"time-kernel", "convergence", "crossover", "frontier", "what-if"} {
		p := plotNamed(t, plots, id)
		if !strings.Contains(p.Missing, "mtbench ") {
			t.Errorf("%s is missing without a command: %q", id, p.Missing)
		}
		if err := p.Render(io.Discard, "svg"); err == nil {
			t.Errorf("%s has no data and is drawn", id)
		}
	}
	empty := All(view.SourcesOf([]*results.File{{Header: f.Header}}, nil))
	if p := plotNamed(t, empty, "time"); !strings.Contains(p.Missing, "mtbench run") {
		t.Errorf("without runs the plot says %q", p.Missing)
	}
}

// TestPlotHostile draws pictures of it that are well-formed XML without its elements.
func TestPlotHostile(t *testing.T) {
	cheap := reporttest.HarmfulFile()
	cheap.Header.Host.PageServiceU = 1
	for i := range cheap.Runs {
		cheap.Runs[i].ServiceTimeUS = nil
	}
	for _, p := range All(view.SourcesOf([]*results.File{reporttest.HarmfulFile(), cheap}, nil)) {
		if p.Build == nil {
			continue
		}
		svg, _ := p.Svg(Wide)
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
	files := reporttest.SynthFiles()
	reporttest.WithFrontier(files[0])
	for _, p := range All(view.SourcesOf(files, nil)) {
		if p.Build == nil {
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

func ExampleTime() {
	f := reporttest.DefaultSynth().File()
	fmt.Println(Time([]*view.Source{view.SourceOf(f, 0, 1)}).Question)
	// Output: How long does equal work take with each model?
}

// A series with an axis beyond threads and wait has panels of each of its values, with every run in
// them.
func TestScanIsDrawn(t *testing.T) {
	t.Parallel()
	f := reporttest.SmallSynth().File()
	for i, n := 0, len(f.Runs); i < n; i++ {
		r := f.Runs[i]
		r.Memory, r.Index = 8<<20, r.Index+n
		f.Runs = append(f.Runs, r)
	}
	src := view.SourceOf(f, 0, 1)
	plots := All([]*view.Source{src})
	for _, id := range []string{"time", "cpu", "wait-wakes", "busy-ratio", "pairs"} {
		p := plotNamed(t, plots, id)
		var heads []string
		for _, panel := range p.Build(Wide).panels {
			heads = append(heads, panel.Title.Text)
		}
		all := strings.Join(heads, "; ")
		_, spots := p.Svg(Wide)
		if len(spots) == 0 || strings.Count(all, "memory 8 MiB") != len(heads)/2 {
			t.Errorf("%s: %d spots in the panels %s", id, len(spots), all)
		}
		if id == "time" && len(spots) != len(src.Kept()) {
			t.Errorf("%d of %d runs are in the picture of time", len(spots), len(src.Kept()))
		}
	}
	bars := view.BarSet{Src: src, Panels: src.BarPanels("source")}
	if !bars.Any(false) {
		t.Error("no bar of where the time goes")
	}
}
