package view

import (
	"strings"
	"testing"

	"mtbench/models/registry"
	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// TestPublishedElsewhere: what is shipped reads, is of six projects at least, and names models that
// there are.
func TestPublishedElsewhere(t *testing.T) {
	list, err := PublishedElsewhere()
	if err != nil {
		t.Fatal(err)
	}
	projects, pairs := map[string]bool{}, 0
	for _, e := range list {
		projects[e.Project] = true
		if e.Pair == nil {
			continue
		}
		pairs++
		for _, c := range []CellName{e.Pair.Base, e.Pair.Other} {
			if _, err := registry.Lookup(c.Model); err != nil && c.Model != anyModel {
				t.Errorf("%s: %v", e.Who, err)
			}
		}
	}
	if len(projects) < 6 || pairs < 6 {
		t.Errorf("%d projects, %d pairs", len(projects), pairs)
	}
	if got := list[0].FiguresText(); got != "rings 125066, bitmaps 120444 ms" {
		t.Errorf("the letter's figure is not taken: %q", got)
	}
}

const entry = `results:
  - project: p
    who: w
    setting: s
    source: x
    comparable: c
    apart: a
    figures:
      - {what: one, value: 1, unit: ms}
      - {what: two, value: 2, unit: ms}
    pair: {base: {model: locked, wait: "on"}, other: {model: lockless, wait: "on"}, metric: total_time}
`

// TestBadElsewhere: an entry that cannot be is refused for what is wrong with it.
func TestBadElsewhere(t *testing.T) {
	if _, err := parseElsewhere([]byte(entry)); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string][2]string{
		"unknown field":                     {"apart:", "not:"},
		"source has 0 bytes":                {"source: x", `source: ""`},
		"it is above 0":                     {"value: 2", "value: -2"},
		"all have one unit":                 {"value: 2, unit: ms", "value: 2, unit: s"},
		"has two figures at least":          {"      - {what: two, value: 2, unit: ms}\n", ""},
		`metric "total_tim" is none`:        {"total_time", "total_tim"},
		`metric "main_cpu" is none`:         {"total_time", "main_cpu"},
		"have no direction":                 {"value: 2", "value: 1"},
		"base and other are one cell":       {"model: lockless", "model: locked"},
		"names no cell":                     {`lockless, wait: "on"`, `lockless, wait: "no"`},
		"only one of the two is any":        {"model: locked,", "model: any,"},
		"the letter has no case of locked,": {"value: 1", `letter: {model: locked, threads: 5, wait: "on"}`},
	} {
		text := strings.Replace(entry, change[0], change[1], 1)
		if _, err := parseElsewhere([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// besideOf sets a result that says lockless takes less time beside a made-up file, in which that
// model takes half as long.
func besideOf(t *testing.T, f *results.File, theirs string) Beside {
	t.Helper()
	text := strings.NewReplacer(`"on"`, `"off"`, "value: 2", "value: "+theirs).Replace(entry)
	list, err := parseElsewhere([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return SourcesOf([]*results.File{f}, nil)[0].beside(&list[0])
}

// TestBeside: directions are compared, and nothing is told where the runs overlap; of a prediction
// every pair must say the same.
func TestBeside(t *testing.T) {
	if b := besideOf(t, reporttest.TinyFile(5), "0.9"); b.AgreesText() != "agrees" || b.Cases != 1 {
		t.Errorf("%+v", b)
	}
	if b := besideOf(t, reporttest.TinyFile(5), "3"); b.AgreesText() != "is the other way" {
		t.Errorf("%+v", b)
	}
	overlap := reporttest.TinyFile(5)
	overlap.Runs[1].TotalTimeMS = 1035 // beside 1000; the others of locked are up to 1040
	if b := besideOf(t, overlap, "0.9"); b.AgreesText() != "cannot be told" {
		t.Errorf("%+v", b)
	}
	overlap = reporttest.TinyFile(5)
	overlap.Header.Kind, overlap.Header.Calibration = results.Predicted, &results.CalibrationRef{}
	overlap.Runs[9].TotalTimeMS = 1035 // beside 1040
	if b := besideOf(t, overlap, "0.9"); b.AgreesText() != "agrees" {
		t.Errorf("%+v", b)
	}
	overlap.Runs[9].TotalTimeMS = 1045
	if b := besideOf(t, overlap, "0.9"); b.AgreesText() != "cannot be told" {
		t.Errorf("%+v", b)
	}
}

// TestBesides: two models that somebody compares bring the section, with every result; one model
// with two settings of wait does not.
func TestBesides(t *testing.T) {
	f := reporttest.TinyFile(3)
	s := SourcesOf([]*results.File{f}, nil)[0]
	if list, err := s.Besides(); err != nil || list != nil {
		t.Errorf("%v, %v", list, err)
	}
	for i := range f.Runs {
		if f.Runs[i].Model == "locked" {
			f.Runs[i].Model = "workqueue"
		}
	}
	all, _ := PublishedElsewhere()
	s = SourcesOf([]*results.File{f}, nil)[0]
	list, err := s.Besides()
	if err != nil || len(list) != len(all) || list[0].Cases != 1 || list[0].OursText() != "2.02×" ||
		list[1].OursText() != "not in this file" {
		t.Errorf("%v, %+v", err, list)
	}
}
