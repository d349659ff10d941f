package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestPlotsShow writes every plot to MTBENCH_PLOTS, for a person to look at.
func TestPlotsShow(t *testing.T) {
	dir := os.Getenv("MTBENCH_PLOTS")
	if dir == "" {
		t.Skip("MTBENCH_PLOTS names no directory to draw into")
	}
	p := TotalTimePlot(defaultSynth().file())
	for _, format := range PlotFormats {
		var b bytes.Buffer
		if err := p.Render(&b, format); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.ID+"."+format), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
