package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// hostile is a string that attacks every format at once.
const hostile = "=cmd|' /C calc'!A0\x1b[31m\x1b]0;title\x07\r\n\n\n# heading\t" +
	"|x|<script>alert(1)</script><img src=x onerror=alert(1)>" +
	"[click](javascript:alert(1))`code`**bold**@someone #1 https://evil.example www.evil.example" +
	"\u202egnp.exe\u200b\x00\xff"

// hostileFile has that string wherever a file can hold one.
func hostileFile(t *testing.T) *results.File {
	t.Helper()
	f := readSeries(t)
	f.Path = "/x/" + strings.ReplaceAll(hostile, "/", "_")
	h := &f.Header
	for _, s := range []*string{&h.Version, &h.Revision, &h.Go, &h.Host.Name, &h.Host.OS,
		&h.Host.Kernel, &h.Host.CPUModel, &h.Host.Virtual, &h.Scenario.Pattern, &h.Scenario.Content,
		&h.Scenario.Codec, &h.Scenario.Flush, &h.Scenario.Destination, &h.Scenario.Machine} {
		*s = hostile
	}
	h.Argv = []string{"mtbench", hostile}
	h.Notes = []string{hostile, "- a list", "# heading", "1. one", "    code", "---"}
	for i := range f.Runs {
		r := &f.Runs[i]
		if r.Model == "inline" {
			r.Model = hostile
		}
		r.EndReason, r.UnverifiedReason, r.Noise.Grade = hostile, hostile, hostile
		r.MemoryFingerprint, r.Side = hostile, hostile
		for j := range r.ThreadUsage {
			r.ThreadUsage[j].Name = hostile
			r.ThreadUsage[j].StatesMS.Set(hostile, 3)
		}
	}
	for i := range f.Failed {
		f.Failed[i].Model, f.Failed[i].Class, f.Failed[i].Reason = hostile, hostile, hostile
	}
	return f
}

func render(t *testing.T, format func(io.Writer, []*results.File) error,
	files ...*results.File) string {
	t.Helper()
	var out bytes.Buffer
	if err := format(&out, files); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var controls = regexp.MustCompile("[\x00-\x09\x0b-\x1f\x7f\u0080-\u009f\u200b\u202a-\u202e]")

// No format has a control or reordering character but the end of a line, and each is valid UTF-8.
func TestHostileStringsHaveNoControls(t *testing.T) {
	f := hostileFile(t)
	for name, format := range formats() {
		if name == "terminal-color" {
			continue // has colours of its own
		}
		text := render(t, format, f)
		if at := controls.FindStringIndex(text); at != nil {
			t.Errorf("%s: control character in %q", name, text[max(0, at[0]-40):at[1]+40])
		}
		if strings.ToValidUTF8(text, "") != text {
			t.Errorf("%s is not valid UTF-8", name)
		}
	}
}

// With colour, the only escape sequences are the report's own.
func TestHostileStringsDoNotColour(t *testing.T) {
	text := render(t, terminalOf(Options{Width: 100, Color: true}), hostileFile(t))
	own := regexp.MustCompile("\x1b\\[(0|1|31|32)m")
	rest := own.ReplaceAllString(text, "")
	if at := controls.FindStringIndex(rest); at != nil {
		t.Errorf("control character in %q", rest[max(0, at[0]-40):at[1]+40])
	}
	// The hostile string's own colour lost its escape and is text.
	if !strings.Contains(rest, "[31m") {
		t.Error("the string was not shown at all")
	}
}

func TestHostileStringsInMarkdown(t *testing.T) {
	text := withoutCode(t, render(t, formats()["markdown"], hostileFile(t)))
	own := strings.NewReplacer("<details>", "", "</details>", "", "<summary>", "", "</summary>", "",
		"<!-- -->", "")
	for _, bad := range []string{"<", "https://", "www.", "](java", "`code`", "**bold**"} {
		if i := strings.Index(own.Replace(text), bad); i >= 0 && !escapedAt(own.Replace(text), i) {
			t.Errorf("%q in the text: %q", bad, own.Replace(text)[max(0, i-30):i+30])
		}
	}
	if m := regexp.MustCompile(`(^|[^&])[@#][a-z0-9]`).FindString(text); m != "" {
		t.Errorf("%q mentions somebody", m)
	}
	checkTables(t, text)
	for line := range strings.Lines(text) {
		if regexp.MustCompile(`^(-|\d+\.|---|    )\s`).MatchString(line) {
			t.Errorf("a note begins a block: %q", line)
		}
	}
}

// withoutCode leaves out blocks of code, in which nothing means anything; each ends where the
// report ends it.
func withoutCode(t *testing.T, text string) string {
	fence := regexp.MustCompile("(?m)^```.*\n")
	parts := fence.Split(text, -1)
	if len(parts)%2 == 0 {
		t.Errorf("a block of code is not ended")
	}
	var b strings.Builder
	for i, part := range parts {
		if i%2 == 0 {
			b.WriteString(part)
			continue
		}
		if !strings.HasPrefix(part, "@misc{mtbench-") ||
			!strings.HasSuffix(part, "\n}\n") {
			t.Errorf("a block of code is not what the report wrote: %q", part)
		}
	}
	return b.String()
}

func escapedAt(s string, i int) bool { return i > 0 && s[i-1] == '\\' }

// checkTables holds that each row of a table has as many cells as its heading.
func checkTables(t *testing.T, text string) {
	bar := regexp.MustCompile(`(^|[^\\])\|`)
	want := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			want = 0
			continue
		}
		n := len(bar.FindAllString(line, -1))
		if want == 0 {
			want = n
		}
		if n != want {
			t.Errorf("%d bars where the heading has %d: %q", n, want, line)
		}
	}
}

func TestHostileStringsInCSV(t *testing.T) {
	f := hostileFile(t)
	rows, err := csv.NewReader(strings.NewReader(render(t, written((*Report).csv, Options{}),
		f))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + len(f.Runs) + len(f.Failed); len(rows) != want {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
	guarded := 0
	for _, row := range rows {
		for _, value := range row {
			if value != "" && strings.ContainsAny(value[:1], "=+@\t\r") {
				t.Errorf("a formula: %q", value)
			}
			if strings.HasPrefix(value, "'=cmd") {
				guarded++
			}
		}
	}
	if guarded == 0 {
		t.Error("no guarded string is there: the test sees nothing")
	}
}

// A heading is a name in R, pandas and SQL as it stands, and no two are one.
func TestCSVHeadings(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	seen := map[string]bool{}
	for _, head := range csvHead(scalarFields(reflect.TypeFor[results.Run](), "", nil),
		csvMetrics()) {
		if !name.MatchString(head) || seen[head] {
			t.Errorf("heading %q", head)
		}
		seen[head] = true
	}
	for name, unit := range map[string]string{"noise_frequency_mhz": "", "busy_pages": "",
		"cpu_a_page_us": "", "main_futex_waits_per_page": "", "threads": "", "noise_control_us": "",
		"noise_background_cpu": "", "drain_rate_pages_per_second": "", "wire_bytes": ""} {
		if !seen[name+unit] {
			t.Errorf("no heading %s", name)
		}
	}
}

// A figure below zero is a figure, a string that begins so is none.
func TestCSVNegative(t *testing.T) {
	if got := format.CsvText("-1+cmd"); got != "'-1+cmd" {
		t.Errorf("csvText gives %q", got)
	}
	f := readSeries(t)
	f.Runs = f.Runs[:1]
	f.Runs[0].RemainingBytes = -5
	if !strings.Contains(render(t, written((*Report).csv, Options{}), f), ",-5,") {
		t.Error("a negative figure was taken for a formula")
	}
}

func TestHostileStringsInChart(t *testing.T) {
	for _, name := range []string{"chart-smaller", "chart-bigger"} {
		text := render(t, formats()[name], hostileFile(t))
		if strings.Contains(text, "<") {
			t.Errorf("%s has a tag", name)
		}
		var points []chartPoint
		if err := json.Unmarshal([]byte(text), &points); err != nil || len(points) < 8 {
			t.Errorf("%s: %d points, %v", name, len(points), err)
		}
		for _, p := range points {
			if p.Unit == "" || math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
				t.Errorf("%s: %+v", name, p)
			}
		}
	}
}

// benchResults parses what Benchfmt writes with the parser that benchstat has.
func benchResults(t *testing.T, f *results.File) []*benchfmt.Result {
	t.Helper()
	r := benchfmt.NewReader(strings.NewReader(render(t, written((*Report).benchfmt, Options{}), f)),
		"x")
	var all []*benchfmt.Result
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.Result:
			all = append(all, rec.Clone())
		case *benchfmt.SyntaxError:
			t.Error(rec)
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	for _, figure := range benchMetrics() {
		if m := r.Units().Get(figure.Bench.Name, "better"); m == nil {
			t.Errorf("%s does not say which is better", figure.Bench.Name)
		}
	}
	return all
}

func TestBenchfmtIsRead(t *testing.T) {
	f := readSeries(t)
	all := benchResults(t, f)
	kept := view.SourceOf(f, 0, 1).Kept()
	if len(all) != len(kept) {
		t.Fatalf("%d results of %d runs", len(all), len(kept))
	}
	for i, r := range kept {
		_, parts := all[i].Name.Parts()
		if want := "/model=" + r.Model; string(parts[0]) != want {
			t.Errorf("first part of the name is %q, want %q", parts[0], want)
		}
		total, ok := all[i].Value("total-sec")
		if ok != r.Completed || ok && math.Abs(1e3*total-r.TotalTimeMS) > 1e-5*r.TotalTimeMS {
			t.Errorf("total-sec is %v (%t), the record has %v (%t)", total, ok, r.TotalTimeMS, r.Completed)
		}
		busy, ok := all[i].Value("busy-%")
		if ok != !r.Wait || ok && math.Abs(busy-100**r.BusyRatio) > 1e-3 {
			t.Errorf("busy-%% is %v (%t) with wait %t", busy, ok, r.Wait)
		}
		if all[i].GetConfig("cpu") != f.Header.Host.CPUModel {
			t.Errorf("cpu is %q", all[i].GetConfig("cpu"))
		}
	}
}

func TestHostileStringsInBenchfmt(t *testing.T) {
	f := hostileFile(t)
	all := benchResults(t, f)
	if want := len(view.SourceOf(f, 0, 1).Kept()); len(all) != want {
		t.Errorf("%d results, want %d", len(all), want)
	}
	for _, r := range all {
		if _, parts := r.Name.Parts(); len(parts) != 3 {
			t.Errorf("%d parts in %q", len(parts), r.Name)
		}
	}
}
