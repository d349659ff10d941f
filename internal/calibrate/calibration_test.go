package calibrate

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mtbench/results"
)

// once is one calibration for all tests.
var once = sync.OnceValues(func() (*Calibration, error) {
	return Calibrate(context.Background(), Plan{Content: "mixed", Codec: "zlib", Level: 1, Seed: 1,
		Host: results.Host{CPUs: 2}, Quick: true})
})

// committed is the first calibration of the baseline.
func committed(t *testing.T) *Calibration {
	t.Helper()
	c, _, err := Read("../../results/baseline/calibrations/01.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func calibrate(t *testing.T) *Calibration {
	t.Helper()
	if runtime.NumCPU() < 2 {
		t.Skip("calibrating takes 2 CPUs")
	}
	if testing.Short() {
		t.Skip("under the race detector calibrating takes minutes, and most of them in one thread")
	}
	c, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Encoders that would fill the host's memory are refused before any is made.
func TestTooLargeEncodersAreRefused(t *testing.T) {
	host := results.Host{CPUs: 2, MemoryBytes: 4 << 30}
	p := Plan{Content: "mixed", Codec: "zstd", Level: 4, Host: host}
	_, err := Calibrate(t.Context(), p)
	if err == nil || !strings.Contains(err.Error(), "zstd, level 4") ||
		!strings.Contains(err.Error(), "half of the host's 4096") {
		t.Errorf("calibrating in 4 GiB: %v", err)
	}
	p.Level = 1
	if err := p.Check(); err != nil {
		t.Errorf("level 1 in 4 GiB: %v", err)
	}
}

func TestOneCPUIsRefused(t *testing.T) {
	if _, err := Calibrate(t.Context(), Plan{Host: results.Host{CPUs: 1}}); err == nil {
		t.Error("calibrated on one CPU")
	}
}

// A calibration measures every figure, passes its own check, and comes back from its file.
func TestCalibrateAndReadBack(t *testing.T) {
	c := calibrate(t)
	path := filepath.Join(t.TempDir(), "c.json")
	if err := c.Write(path); err != nil {
		t.Fatal(err)
	}
	if err := c.Write(path); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("written over: %v", err)
	}
	back, ref, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(ref.SHA256) != 64 || ref.File != path {
		t.Errorf("reference %+v", ref)
	}
	a, _ := c.Profile(nil)
	b, _ := back.Profile(nil)
	if a.Costs != b.Costs || a.Rates != b.Rates || len(a.Pages) != len(b.Pages) {
		t.Errorf("%+v came back as %+v", a, b)
	}
	for name := range c.Samples {
		said := func(f Figure) bool { return f.Name == name && f.How != "" }
		if !slices.ContainsFunc(c.Figures(), said) {
			t.Errorf("%s was measured, and the table of figures does not say what it is", name)
		}
	}
}

func TestResamplingVariesAndRepeats(t *testing.T) {
	c := committed(t)
	a, err := c.Profile(rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := c.Profile(rand.New(rand.NewPCG(1, 1)))
	d, _ := c.Profile(rand.New(rand.NewPCG(2, 1)))
	if a.Costs != b.Costs {
		t.Error("one seed gave two resamplings")
	}
	if a.Costs == d.Costs {
		t.Error("two seeds gave one resampling")
	}
}

func TestForeignCalibrations(t *testing.T) {
	good, err := json.Marshal(committed(t))
	if err != nil {
		t.Fatal(err)
	}
	edit := func(f func(c *Calibration)) string {
		var c Calibration
		if err := json.Unmarshal(good, &c); err != nil {
			t.Fatal(err)
		}
		f(&c)
		text, _ := json.Marshal(c)
		return string(text)
	}
	for want, text := range map[string]string{
		"not a calibration":  "hello",
		"type is \"header\"": edit(func(c *Calibration) { c.Type = "header" }),
		"schema 99":          edit(func(c *Calibration) { c.Schema = 99 }),
		"0 pages":            edit(func(c *Calibration) { c.Pages = nil }),
		"page 3":             edit(func(c *Calibration) { c.Pages[3].Encode = -1 }),
		"no samples of line": edit(func(c *Calibration) { delete(c.Samples, "line_ns") }),
		"sample 0":           edit(func(c *Calibration) { c.Samples["line_ns"][0] = -4 }),
		"crowded_decode is":  edit(func(c *Calibration) { c.Samples["crowded_decode"] = []float64{1e9} }),
		"take_kib_ns is":     edit(func(c *Calibration) { c.Samples["take_kib_ns"] = []float64{2e6} }),
		"Slice is":           edit(func(c *Calibration) { c.Samples["slice_ns"] = []float64{10} }),
		"more than":          strings.Repeat(" ", maxCalibrationBytes+1),
	} {
		path := filepath.Join(t.TempDir(), "c.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(path); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("error %v does not name the file and say %q", err, want)
		}
	}
	if _, _, err := Read("/nowhere/c.json"); err == nil ||
		!strings.Contains(err.Error(), "mtbench calibrate") {
		t.Errorf("a missing calibration: %v", err)
	}
}

// pooled writes calibrations that differ from c as change says, and reads their directory.
func pooled(t *testing.T, c *Calibration, change ...func(*Calibration)) (
	*Calibration, results.CalibrationRef, error) {
	t.Helper()
	dir := t.TempDir()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range change {
		var d Calibration
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		f(&d)
		if err := d.Write(filepath.Join(dir, string(rune('a'+i))+".json")); err != nil {
			t.Fatal(err)
		}
	}
	return Read(dir)
}

// A pool's first profile is of all samples together; its resamplings go round the parts.
func TestPool(t *testing.T) {
	line := func(ns ...float64) func(*Calibration) {
		return func(c *Calibration) { c.Samples["line_ns"] = ns }
	}
	c := committed(t)
	all, ref, err := pooled(t, c, line(10, 10, 10), line(50, 50), line(90, 90))
	if err != nil {
		t.Fatal(err)
	}
	if len(ref.SHA256) != 64 || len(all.Pages) != 3*len(c.Pages) {
		t.Errorf("%d pages of %d, digest %q", len(all.Pages), len(c.Pages), ref.SHA256)
	}
	for i, want := range []time.Duration{50, 10, 50, 90, 10} {
		p, err := all.Resampling(i, rand.New(rand.NewPCG(1, uint64(i))))
		if err != nil || p.Costs.Line != want {
			t.Errorf("resampling %d has a line of %v, want %v: %v", i, p.Costs.Line, want, err)
		}
	}
	for want, change := range map[string]func(*Calibration){
		"with 64 CPUs, and those": func(c *Calibration) { c.Host.CPUs = 64 },
		"by zlib, level 9":        func(c *Calibration) { c.Level = 9 },
	} {
		_, _, err := pooled(t, c, line(1), change)
		if err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "b.json: of ") {
			t.Errorf("error %v does not name the file and say %q", err, want)
		}
	}
	_, _, err = Read(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "holds no calibration") {
		t.Errorf("an empty directory: %v", err)
	}
}
