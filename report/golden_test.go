package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// go test ./report -run Golden -update makes the golden files anew; look at the difference before
// it is committed.
var update = flag.Bool("update", false, "write the golden files of this package")

const goldenSeries = "testdata/series.jsonl"

// makeSeries writes the series that golden tests read: two cases of the letter, a baseline, A/A
// blocks, a case that cannot complete, a pair that was run again and two failed runs.
func makeSeries(t *testing.T) {
	t.Helper()
	s := reporttest.Synth{Models: []string{"locked", "lockless", "inline"}, Threads: []int{4, 8},
		Pairs: 10,
		Codec: "zlib", Service: 18, Cpus: 2, Gain: 1.3, Stuck: true}
	f := s.File()
	if err := os.Remove(goldenSeries); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	w, err := results.Create(goldenSeries, f.Header)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	again := f.Runs[6]
	again.Attempt, again.Started = 1, again.Started.Add(time.Hour)
	for _, r := range append(f.Runs, again) {
		if err := w.Append(slim(r)); err != nil {
			t.Fatal(err)
		}
	}
	for i, class := range []string{"crash", "hang"} {
		err := w.Append(results.Failed{Cell: results.Cell{Model: "locked", Threads: 8, Wait: true},
			Index: i, Attempt: 2,
			Class: class, Reason: "the source ended with status 2 before it wrote its record"})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// slim leaves out what tables do not read, and adds what the synthetic runs lack.
func slim(r results.Run) results.Run {
	r.Timeline = r.Timeline[:1]
	var usage []results.ThreadUsage
	for _, u := range r.ThreadUsage {
		if u.Process == "source" {
			u.Locks = u.FutexWaits * 4
			rest := u.WallMS
			for _, state := range u.StatesMS {
				rest -= state.MS
			}
			u.RemainderMS = &rest
			usage = append(usage, u)
		}
	}
	r.ThreadUsage = usage
	outside, steal, delay, preempted := 0.02, 0.001*float64(r.Index%3), 12.5, int64(40+r.Index%9)
	r.Noise.OutsideCPU, r.Noise.Steal = &outside, &steal
	r.Self.RunDelayMS, r.Self.Involuntary = &delay, &preempted
	return r
}

func readSeries(t testing.TB) *results.File {
	t.Helper()
	f, err := results.Read(goldenSeries)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// known are the models that are not compared like others.
func known() []Contender {
	return []Contender{{Name: "null", Kind: Baseline}, {Name: "inline", Kind: Baseline},
		{Name: "ideal", Kind: Baseline}, {Name: "step0-locked", Kind: Step}}
}

// written makes what writes files by one method of their report.
func written(write func(*Report, io.Writer, Options) error, opts Options) func(io.Writer,
	[]*results.File) error {
	return func(w io.Writer, files []*results.File) error {
		return write(New(files, known()), w, opts)
	}
}

func terminalOf(opts Options) func(io.Writer, []*results.File) error {
	return written((*Report).Terminal, opts)
}

// formats are all texts that a report is written as.
func formats() map[string]func(io.Writer, []*results.File) error {
	plots := []PlotLink{{"Total time by threads", "plots/total time.svg"}}
	return map[string]func(io.Writer, []*results.File) error{
		"terminal-80":    terminalOf(Options{Width: 80}),
		"terminal-160":   terminalOf(Options{Width: 160}),
		"terminal-pipe":  terminalOf(Options{}),
		"terminal-brief": terminalOf(Options{Width: 120, Brief: true}),
		"terminal-color": terminalOf(Options{Width: 120, Color: true}),
		"markdown":       written((*Report).markdown, Options{Plots: plots}),
		"asciidoc":       written((*Report).asciidoc, Options{}),
		"csv":            written((*Report).csv, Options{}),
		"benchfmt":       written((*Report).benchfmt, Options{}),
		"chart-smaller": func(w io.Writer, files []*results.File) error {
			return New(files, known()).charts(w, io.Discard)
		},
		"chart-bigger": func(w io.Writer, files []*results.File) error {
			return New(files, known()).charts(io.Discard, w)
		},
	}
}

func TestGolden(t *testing.T) {
	if *update {
		makeSeries(t)
	}
	series := readSeries(t)
	for name, format := range formats() {
		t.Run(name, func(t *testing.T) { golden(t, name, format, series) })
	}
	letter, err := results.Letter()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"terminal-160", "markdown", "csv", "benchfmt"} {
		t.Run("letter-"+name, func(t *testing.T) {
			golden(t, "letter-"+name, formats()[name], letter)
		})
	}
	for _, name := range []string{"terminal-80", "chart-smaller"} {
		t.Run("two-"+name, func(t *testing.T) {
			golden(t, "two-"+name, formats()[name], series, letter)
		})
	}
}

func golden(t *testing.T, name string, format func(io.Writer, []*results.File) error,
	files ...*results.File) {
	t.Helper()
	var got bytes.Buffer
	if err := format(&got, files); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s differs; -update makes it anew\n%s", path, diff)
	}
}

// BenchmarkReport is a report of 1,000 runs read from the disk, in every format together.
func BenchmarkReport(b *testing.B) {
	path := filepath.Join(b.TempDir(), "r.jsonl")
	s := reporttest.DefaultSynth()
	s.Pairs = 50
	f := s.File()
	w, err := results.Create(path, f.Header)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		if err := w.Append(f.Runs[i]); err != nil {
			b.Fatal(err)
		}
	}
	w.Close()
	for name, format := range formats() {
		b.Run(fmt.Sprintf("format=%s", name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, err := results.Read(path)
				if err != nil {
					b.Fatal(err)
				}
				if err := format(io.Discard, []*results.File{f}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
