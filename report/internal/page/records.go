package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// pageRun is a row of the table of all runs: figures for people, and the same as they stand in the
// file, as attributes for programs.
type pageRun struct {
	ID     string
	Cells  []string
	Record *results.Run
	Model  string

	TotalTimeMS, DowntimeMS, BusyRatio string // exact
}

// pageRunHeads are the headings of the columns of pageRun.Cells.
func pageRunHeads() []string {
	head := func(name string) string { m := metric.Get(name); return m.Head() }
	return []string{"run", "case", "model", "pair", "result", head(metric.TotalTime),
		head(metric.Downtime), "pages", head(metric.BusyRatio), "wire (bytes)",
		head(metric.MainCPU), head(metric.WorkerCPU), head(metric.WaitWakesPerPage), "noise"}
}

func pageRunOf(file int, r *results.Run) pageRun {
	row := pageRun{ID: fmt.Sprintf("r%d-%s", file, view.RunKey(r))}
	result := "completed"
	if !r.Completed {
		result = format.CannotComplete + " (" + format.CleanText(r.EndReason, 24) + ")"
	}
	if r.AA {
		result += ", A/A " + format.CleanText(r.Side, 2)
	}
	row.Cells = []string{view.RunKey(r),
		r.Cell.String(), format.CleanText(r.Model, 24),
		strconv.Itoa(r.Pair), result, format.Fixed(r.TotalTimeMS, 1), format.Fixed(r.DowntimeMS, 2),
		strconv.FormatInt(r.Pages, 10), numberText(r.BusyRatio, 3),
		strconv.FormatInt(r.WireBytes, 10), figureText(r, metric.MainCPU), workersText(r),
		figureText(r, metric.WaitWakesPerPage), format.CleanText(r.Grade(), 12)}
	row.Record, row.Model = r, format.CleanText(r.Model, 24)
	row.TotalTimeMS, row.DowntimeMS = exact(r.TotalTimeMS), exact(r.DowntimeMS)
	if r.BusyRatio != nil {
		row.BusyRatio = exact(*r.BusyRatio)
	}
	return row
}

// exact is a number as JSON has it: the shortest that reads back the same.
func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func numberText(v *results.Number, decimals int) string {
	if v == nil {
		return format.None
	}
	return format.Fixed(*v, decimals)
}

func figureText(r *results.Run, name string) string {
	m := metric.Get(name)
	v, ok := m.In(m.Shown)(r)
	if !ok {
		return format.None
	}
	return format.Fixed(v, m.Shown.Decimals)
}

func workersText(r *results.Run) string {
	s := view.WorkerPercents(r)
	if len(s) == 0 {
		return format.None
	}
	return format.Fixed(s.Low(), 1) + "~" + format.Fixed(s.High(), 1)
}

// pageSetting is one setting of a series, every default written out.
type pageSetting struct{ Name, Value, Unit, Doc string }

// settingsOf are the fields of a part of the header, in its order, from the tags of its type.
func settingsOf(v any) []pageSetting {
	val := reflect.ValueOf(v)
	var out []pageSetting
	for i := range val.NumField() {
		f := val.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		text := format.CleanText(fmt.Sprint(val.Field(i).Interface()), 200)
		if val.Field(i).Kind() == reflect.Float64 {
			text = exact(val.Field(i).Float())
		}
		if text == "" {
			text = format.None
		}
		out = append(out, pageSetting{name, text, f.Tag.Get("unit"), f.Tag.Get("doc")})
	}
	return out
}

// Limits of what a page carries with it.
const (
	maxEmbedded = 5 << 18 // bytes of compressed records, 1.25 MiB; base64 makes 1.7 MiB of them
	maxPageRuns = 400     // rows of the table of runs
)

// pageRecords are the records of a file to download, or why they are not in the page.
type pageRecords struct {
	Href   template.HTMLAttr // the whole attribute: base64 needs no escaping
	Name   string
	Bytes  int
	Absent string
}

// recordsOf embeds the file. Bytes that are not those the report was made of are not embedded.
func recordsOf(f *results.File, raw []byte) pageRecords {
	name := filepath.Base(f.Path)
	if raw == nil {
		raw, _ = os.ReadFile(f.Path)
	}
	sum := sha256.Sum256(raw)
	if hex.EncodeToString(sum[:]) != f.SHA256 {
		return pageRecords{Absent: "The records are not in this page: the file was not at hand " +
			"when it was made, or has changed since it was read."}
	}
	packed, ok := packRecords(raw)
	if !ok {
		return pageRecords{Absent: fmt.Sprintf("The records are not in this page: compressed they are "+
			"more than %s. They are in %s.", results.SizeText(maxEmbedded), format.CleanText(name, 80))}
	}
	return pageRecords{Name: safeName(name) + ".gz", Bytes: len(packed),
		Href: template.HTMLAttr(`href="data:application/gzip;base64,` +
			base64.StdEncoding.EncodeToString(packed) + `"`)}
}

// packLevel takes a fraction of the time of the best and gives little more.
const packLevel = 6

// packRecords compresses without a name or a time, so that the same records give the same bytes;
// false if they are too many for a page, as soon as that is known.
func packRecords(raw []byte) ([]byte, bool) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, packLevel)
	for chunk := range slices.Chunk(raw, 1<<20) {
		if err == nil {
			_, err = w.Write(chunk)
		}
		if b.Len() > maxEmbedded {
			return nil, false
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a constant level, and a buffer takes everything
	}
	return b.Bytes(), b.Len() <= maxEmbedded
}

// safeName is a file name that no system reads as anything else.
func safeName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			r == '.' || r == '-' || r == '_' {
			return r
		}
		return '_'
	}, s)
	if len(s) > 80 {
		s = s[:80]
	}
	return strings.TrimLeft(s, ".-")
}
