package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"mtbench/results"
)

// TestPlotsShow writes every plot to MTBENCH_PLOTS, for a person to look at.
func TestPlotsShow(t *testing.T) {
	dir := os.Getenv("MTBENCH_PLOTS")
	if dir == "" {
		t.Skip("MTBENCH_PLOTS names no directory to draw into")
	}
	for _, p := range Plots(synthFiles()) {
		if p.Missing != "" {
			t.Logf("%s: %s", p.ID, p.Missing)
			continue
		}
		showPlot(t, dir, p)
	}
}

// synthFiles are a default series and one of a cheaper codec with less to gain.
func synthFiles() []*results.File {
	cheap := defaultSynth()
	cheap.codec, cheap.service, cheap.gain, cheap.stuck = "s2", 3, 0.9, false
	cheap.models = []string{"locked", "lockless", "inline"}
	return []*results.File{defaultSynth().file(), cheap.file()}
}

func showPlot(t *testing.T, dir string, p Plot) {
	t.Helper()
	for _, format := range PlotFormats {
		var b bytes.Buffer
		if err := p.Render(&b, format); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.ID+"."+format), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	svg, _ := p.svg(plotNarrow)
	if err := os.WriteFile(filepath.Join(dir, p.ID+"-narrow.svg"), svg, 0o644); err != nil {
		t.Fatal(err)
	}
}
