package main

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mtbench/internal/host"
	"mtbench/internal/stats"
	"mtbench/internal/verdict"
)

const clone = "../.."

// TestArtifactPage: docs/artifact.md is what the list generates, and what it names exists.
func TestArtifactPage(t *testing.T) {
	out, errs, status := mtbench(t, clone, "reproduce", "--markdown")
	page, err := os.ReadFile(filepath.Join(clone, "docs/artifact.md"))
	if err != nil || status != statusOK || out != string(page) {
		t.Errorf("docs/artifact.md is not current (%v, %s): "+
			"go run ./cmd/mtbench reproduce --markdown > docs/artifact.md", err, errs)
	}
	list, err := artifacts()
	if err != nil || len(list) < 10 {
		t.Fatalf("%d claims: %v", len(list), err)
	}
	for i, a := range list {
		for _, path := range []string{a.Where, a.File} {
			if _, err := os.Stat(filepath.Join(clone, path)); err != nil {
				t.Errorf("%s: %v", a.ID, err)
			}
		}
		if i > 0 && a.rank() < list[i-1].rank() {
			t.Errorf("%s: quick claims come first, then measured ones, then those by hand", a.ID)
		}
		if _, err := regexp.Compile(a.Says); err != nil || (a.Says == "") != (a.rank() > 0) {
			t.Errorf("%s: expression %q: %v", a.ID, a.Says, err)
		}
		if a.Script == "" {
			parseDocumented(t, "artifact.yaml", a.Run)
		} else if _, err := os.Stat(filepath.Join(clone, a.Script)); err != nil {
			t.Errorf("%s: %v", a.ID, err)
		}
	}
}

// rank is where a claim stands in the list.
func (a *artifact) rank() int {
	switch {
	case a.ByHand != "":
		return 2
	case a.Measured != nil:
		return 1
	}
	return 0
}

// TestEveryResultIsClaimed: what is committed of measurements and predictions is on the list, a
// directory at least once.
func TestEveryResultIsClaimed(t *testing.T) {
	list, err := artifacts()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, a := range list {
		named[filepath.Dir(a.File)], named[filepath.Dir(a.Where)] = true, true
	}
	dirs := 0
	err = fs.WalkDir(os.DirFS(clone), "results", func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || ext != ".md" && ext != ".txt" && ext != ".gz" {
			return err
		}
		if dirs++; !named[filepath.Dir(path)] {
			t.Errorf("%s: no claim of artifact.yaml is of a file in its directory", path)
		}
		return nil
	})
	if err != nil || dirs < 10 {
		t.Errorf("%d files: %v", dirs, err)
	}
}

// TestReproduce ticks quick claims off, and says plainly what is refused.
func TestReproduce(t *testing.T) {
	ticks := filepath.Join(t.TempDir(), "ticks.jsonl")
	out, errs, status := mtbench(t, clone, "reproduce", "--only", "cite,claims-supported", "-o", ticks)
	if status != statusOK || strings.Count(out, "[x]") != 2 || strings.Contains(errs, "left") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
	if text, err := os.ReadFile(ticks); err != nil || strings.Count(string(text), `"outcome":"holds"`) != 2 {
		t.Errorf("ticks: %v %s", err, text)
	}
	if _, errs, status := mtbench(t, t.TempDir(), "reproduce"); status != statusUsage ||
		!strings.Contains(errs, "in a clone") {
		t.Errorf("outside of a clone: status %d: %s", status, errs)
	}
	if _, errs, status := mtbench(t, clone, "reproduce", "--only", "nothing"); status != statusUsage {
		t.Errorf("status %d: %s", status, errs)
	}
}

// TestArtifactRange: what is out of its range does not hold.
func TestArtifactRange(t *testing.T) {
	a := artifact{Says: `(\d+) things`, Low: 2, High: 3}
	for out, want := range map[string]outcomeWord{"1 things": outcomeFails, "2 things": outcomeHolds,
		"4 things": outcomeFails, "none": outcomeFails} {
		if got, found := a.said(out); got != want {
			t.Errorf("%q: %s, %s", out, got, found)
		}
	}
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("It has 2 things.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a = artifact{Says: `\d+ things`, Quoted: true, Where: page}
	for out, want := range map[string]outcomeWord{"2 things": outcomeHolds,
		"3 things": outcomeFails} {
		if got, found := a.said(out); got != want {
			t.Errorf("%q on the page: %s, %s", out, got, found)
		}
	}
}

// TestArtifactMeasured: a ratio fails where its whole interval is out of range, and is undecided
// where the host changed or the interval leaves it open.
func TestArtifactMeasured(t *testing.T) {
	a := artifact{Low: 0.2, High: 0.8}
	for _, c := range []struct {
		lo, ratio, hi float64
		moved         bool
		want          outcomeWord
	}{
		{0.3, 0.4, 0.5, false, outcomeHolds},
		{0.3, 0.4, 0.9, false, outcomeHolds},
		{0.7, 0.9, 1.1, false, outcomeUndecided},
		{0.9, 1.1, 1.2, false, outcomeFails},
		{0.05, 0.1, 0.15, false, outcomeFails},
		{0.9, 1.1, 1.2, true, outcomeUndecided},
		{0.3, 0.4, 0.5, true, outcomeUndecided},
		{0, math.NaN(), math.Inf(1), false, outcomeUndecided},
	} {
		got, found := a.judged(&verdict.Comparison{Moved: c.moved, Change: stats.Interval{
			Lo: math.Log(c.lo), Estimate: math.Log(c.ratio), Hi: math.Log(c.hi)}})
		if got != c.want {
			t.Errorf("%+v: %s, %s", c, got, found)
		}
	}
}

// TestReproducedStatus: what is out of its range goes before what is undecided.
func TestReproducedStatus(t *testing.T) {
	cmd := newReproduceCommand()
	for _, c := range []struct {
		by   map[outcomeWord][]string
		want int
	}{
		{map[outcomeWord][]string{outcomeHolds: {"a"}, outcomeByHand: {"b"}}, statusOK},
		{map[outcomeWord][]string{outcomeHolds: {"a"}, outcomeUndecided: {"b"}}, statusEvidence},
		{map[outcomeWord][]string{outcomeFails: {"a"}, outcomeUndecided: {"b"}}, statusRegression},
	} {
		var says *statusError
		err := reproduced(cmd, c.by, 2)
		if got := errors.As(err, &says); got != (c.want != statusOK) || got && says.status != c.want {
			t.Errorf("%v: %v, want status %d", c.by, err, c.want)
		}
	}
}

// TestArtifactNotOfThisHost: what is claimed of smaller hosts, or is checked by hand, is not run.
func TestArtifactNotOfThisHost(t *testing.T) {
	c := &checker{tmp: t.TempDir()}
	byHand := artifact{Run: []string{"no-such-command"}, ByHand: "it needs a moon"}
	if got, err := c.check(t.Context(), &byHand); err != nil || got.Outcome != outcomeByHand {
		t.Errorf("%+v, %v", got, err)
	}
	small := artifact{Run: []string{"no-such-command"}, Measured: &measuredCase{CPUs: 1}}
	if host.Local().CPUs() < 2 {
		t.Skip("one CPU")
	}
	if got, err := c.check(t.Context(), &small); err != nil || got.Outcome != outcomeElsewhere {
		t.Errorf("%+v, %v", got, err)
	}
}
