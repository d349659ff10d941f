package report

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report/internal/table"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// No line is wider than the terminal, whatever its width.
func TestTerminalFitsItsWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{80, 120, 200} {
		for _, file := range []*results.File{readSeries(t), hostileFile(t)} {
			text := render(t, terminalOf(Options{Width: width}), file)
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if n := twwidth.Width(line); n > width {
					t.Errorf("%d columns where the terminal has %d: %q", n, width, line)
				}
			}
		}
	}
}

// Colour adds sequences and changes nothing else.
func TestColourIsNeverAloneInMeaning(t *testing.T) {
	f := readSeries(t)
	plain := render(t, terminalOf(Options{Width: 120}), f)
	colour := render(t, terminalOf(Options{Width: 120, Color: true}), f)
	for _, code := range []string{"\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m"} {
		if !strings.Contains(colour, code) {
			t.Errorf("no %q: the test sees no colour", code)
		}
		colour = strings.ReplaceAll(colour, code, "")
	}
	if colour != plain {
		t.Error("the text with colour says other than without")
	}
}

func TestUnitsSurviveInHeaders(t *testing.T) {
	text := render(t, terminalOf(Options{}), readSeries(t))
	for _, unit := range []string{"(ms)", "(%)", "(µs)", "(per page)", "(per s)", "(×)", "(n)"} {
		if !strings.Contains(text, unit) {
			t.Errorf("no heading has %s", unit)
		}
	}
}

// An empty series is a report that names the commands, not an empty one and no panic.
func TestEmptySeries(t *testing.T) {
	f := &results.File{Path: "e.jsonl", Header: results.Header{Kind: results.Measured}}
	for name, format := range formats() {
		text := render(t, format, f)
		if strings.HasPrefix(name, "terminal") && name != "terminal-brief" &&
			strings.Count(text, "mtbench run") < 8 {
			t.Errorf("%s names no commands:\n%s", name, text)
		}
	}
}

// predictedSeries is the series as if it were predicted for more CPUs than its profile speaks for.
func predictedSeries(t *testing.T) *results.File {
	f := readSeries(t)
	f.Header.Kind, f.Header.Host.CPUs = results.Predicted, 4
	f.Header.Calibration = &results.CalibrationRef{Profile: "vm", Virtual: "KVM", CPUs: 2}
	for i := range f.Runs {
		if f.Runs[i].Model == "locked" {
			f.Runs[i].Model = "workqueue" // which a published result compares with lockless
		}
		if f.Runs[i].Model == "inline" {
			f.Runs[i].Model = "ideal"
		}
	}
	return f
}

// counted gives a file hardware counters and CPU over time.
func counted(f *results.File) {
	f.Header.Scenario.Counters = true
	for i := range f.Runs {
		r := &f.Runs[i]
		r.CPUTimeline = &results.CPUTimeline{EveryMS: 50, CostMS: 0.1, MS: []float64{0, 50, 100},
			Threads: []results.ThreadTimeline{{Process: "source", Name: "worker-0", Role: "worker",
				CPUMS: []float64{0, 50, 55}}}}
		for j := range r.ThreadUsage {
			r.ThreadUsage[j].Counters = &results.Counters{Instructions: 3 * r.Pages,
				Cycles: 2 * r.Pages, CacheMisses: r.Pages}
		}
	}
}

// TestCountersAndCPUMap reads both sections of a file that has them.
func TestCountersAndCPUMap(t *testing.T) {
	f := readSeries(t)
	counted(f)
	opts := Options{Width: 160, Only: []string{"counters", "cpu-over-time"}}
	text := render(t, written((*Report).Terminal, opts), f)
	for _, want := range []string{"instructions", " 3.00 ", " 1.50 ",
		"worker-0        |█░|", "The sampler took"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%.3000s", want, text)
		}
	}
	f.Header.Host.NoCounters = "no such thing"
	if text := render(t, written((*Report).Terminal, opts), f); !strings.Contains(text,
		"this host has none: no such thing") {
		t.Errorf("absence is not named:\n%.1000s", text)
	}
}

func TestSectionNames(t *testing.T) {
	t.Parallel()
	later := readSeries(t)
	later.Header.Created = later.Header.Created.Add(time.Hour)
	later.Header.Reference = &results.Reference{Model: "locked"}
	counted(later)
	first := readSeries(t)
	counted(first)
	shard := readSeries(t)
	counted(shard)
	shard.Header.Created = shard.Header.Created.Add(2 * time.Hour)
	shard.Header.Matrix.Shard = &results.Shard{Index: 1, Of: 2}
	files := []*results.File{first, later, predictedSeries(t), shard}
	seen, anchors := map[string]bool{}, map[string]bool{}
	for _, sec := range table.Sections(view.SourcesOf(files, nil)) {
		seen[sec.Name] = true
		if anchors[sec.ID] || sec.Title == "" || (sec.Of == nil) == (sec.All == nil) {
			t.Errorf("section %s: anchor %q, title %q", sec.Name, sec.ID, sec.Title)
		}
		anchors[sec.ID] = true
	}
	for _, name := range SectionNames() {
		if !seen[name] {
			t.Errorf("no section is called %s", name)
		}
		delete(seen, name)
	}
	if len(seen) > 0 {
		t.Errorf("sections without a name: %v", seen)
	}
}

func TestOnly(t *testing.T) {
	f := readSeries(t)
	all := map[string]func(io.Writer, []*results.File) error{
		"terminal": terminalOf(Options{Only: []string{"cases"}}),
		"markdown": written((*Report).markdown, Options{Only: []string{"cases"}}),
	}
	for name, format := range all {
		text := render(t, format, f)
		if !strings.Contains(text, "CPU main") || strings.Contains(text, "Scaling") ||
			strings.Contains(text, "sha256") {
			t.Errorf("%s of cases only has other sections, or lacks the cases:\n%s", name, text)
		}
	}
}

// TestAnExtraIsInNoTable: a model that ran in one case only stands in a note, and the table of
// cases and the comparisons are those of a file without it.
func TestAnExtraIsInNoTable(t *testing.T) {
	f := readSeries(t)
	extra := *f
	extra.Header.Matrix.Extra = []results.Cell{{Model: "lockless-rr", Threads: 4}}
	for _, r := range f.Runs {
		if r.Model == "lockless" && r.Threads == 4 && !r.Wait && !r.AA {
			r.Model = "lockless-rr"
			extra.Runs = append(slices.Clone(extra.Runs), r)
		}
	}
	if len(extra.Runs) == len(f.Runs) {
		t.Fatal("the file has no run with 4 threads and wait off")
	}
	plain, with := view.SourceOf(f, 0, 1), view.SourceOf(&extra, 0, 1)
	if got, want := with.Models(), plain.Models(); !slices.Equal(got, want) {
		t.Errorf("the report is of %v, want %v", got, want)
	}
	if text := table.ExtrasText(with); !strings.Contains(text, "lockless-rr (4 threads, wait off") {
		t.Errorf("the note says %q", text)
	}
	if text := table.ExtrasText(plain); text != "" {
		t.Errorf("without an extra the note says %q", text)
	}
	m, _ := metric.Lookup("total_time")
	if a, b := len(verdict.CompareAll(f, m)), len(verdict.CompareAll(&extra, m)); a != b {
		t.Errorf("%d comparisons with an extra, %d without", b, a)
	}
}
