package report

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mtbench/internal/verdict"
	"mtbench/report/internal/reporttest"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// wordsOfNone is what a report says of a file whose runs it does not find.
var wordsOfNone = regexp.MustCompile("completes in no case|No run that ended|no run that ended|" +
	"no pairs|no figures|nothing measured|No A/A|NaN")

// elsewhere are the pictures that no single series has.
var elsewhere = regexp.MustCompile("^(frontier|crossover)")

// TestBuildsAreCompared: a report of a series of two builds sets one against the other, for each
// model, and finds its runs wherever it looks for them.
func TestBuildsAreCompared(t *testing.T) {
	for _, models := range [][]string{{"locked"}, {"locked", "lockless"}, {"inline", "multifd"}} {
		t.Run(strings.Join(models, "-"), func(t *testing.T) {
			f := reporttest.BuildsFile(models...)
			for _, name := range []string{"terminal-160", "terminal-brief", "markdown"} {
				text := textOf(t, formats()[name], f)
				if said := wordsOfNone.FindString(text); said != "" {
					t.Errorf("%s says %q of a file of %d runs", name, said, len(f.Runs))
				}
				for _, model := range models {
					if want := "model " + model; !strings.Contains(text, want) {
						t.Errorf("%s does not say %q", name, want)
					}
				}
			}
			for _, p := range New([]*results.File{f}, known()).Plots() {
				if p.Missing != "" && !elsewhere.MatchString(p.ID) {
					t.Errorf("picture %s is missing: %s", p.ID, p.Missing)
				}
			}
		})
	}
}

// TestBuildsVerdictsAreThoseOfCompare: the table of the answer has a row a case with the verdict
// that mtbench compare gives, over the same family of tests.
func TestBuildsVerdictsAreThoseOfCompare(t *testing.T) {
	f := reporttest.BuildsFile("locked", "lockless")
	slightly(f)
	list, err := verdict.CompareBuilds(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for i := range list.Changes {
		want[string(list.Changes[i].Standing)]++
	}
	got := map[string]int{}
	words := map[view.Outcome]string{view.Faster: "better", view.Slower: "worse", view.Tied: "equal",
		view.Unproven: "undecided", view.TooFew: "undecided", view.HostMoved: "undecided"}
	for _, s := range New([]*results.File{f}, known()).sources {
		for _, d := range s.Diffs() {
			if d.Base != "old" || d.Model != "new" {
				t.Errorf("%s is set against %s", d.Model, d.Base)
			}
			got[words[d.Verdict]]++
		}
	}
	for word, n := range want {
		if got[word] != n {
			t.Errorf("compare says %s of %d cases, the report of %d", word, n, got[word])
		}
	}
	if want["better"] == 0 || want["equal"] == 0 {
		t.Errorf("no case is better, or none is equal: the test shows nothing of %v", want)
	}
}

// slightly makes the new build in one case slower by what is proved and counts for nothing: 1 %.
func slightly(f *results.File) {
	f.Header.Matrix.Equal = 0.03
	old := map[int]results.Run{}
	for i := range f.Runs {
		r := &f.Runs[i]
		if r.Model != "lockless" || r.Threads != 1 || !r.Wait || r.AA {
			continue
		}
		if r.Build == "old" {
			old[r.Pair] = *r
			continue
		}
		r.TotalTimeMS, r.SetupTimeMS = old[r.Pair].TotalTimeMS*1.01, old[r.Pair].SetupTimeMS*1.01
	}
}

// TestBuildsRecordsStayAsTheyAre: formats for programs name model and build as the records do.
func TestBuildsRecordsStayAsTheyAre(t *testing.T) {
	f := reporttest.BuildsFile("locked", "lockless")
	bench := textOf(t, formats()["benchfmt"], f)
	if n := strings.Count(bench, "model=lockless/threads=8/wait=on/build=new "); n != 12 {
		t.Errorf("benchfmt has %d runs of lockless of the new build in a case, not 12", n)
	}
	rows := strings.Split(strings.TrimSpace(textOf(t, formats()["csv"], f)), "\n")
	if len(rows) != len(f.Runs)+1 {
		t.Errorf("csv has %d rows of %d runs", len(rows)-1, len(f.Runs))
	}
	head := strings.Split(rows[0], ",")
	first := strings.Split(rows[1], ",")
	for name, want := range map[string]string{"model": "locked", "build": "old"} {
		if i := slices.Index(head, name); i < 0 || first[i] != want {
			t.Errorf("csv does not have %s %s", name, want)
		}
	}
}

// TestBuildCalledLikeAModel: a build may have the name of a model, and is not taken for it.
func TestBuildCalledLikeAModel(t *testing.T) {
	f := reporttest.BuildsFile("locked")
	f.Header.Matrix.Builds[1].Name = "inline"
	for i := range f.Runs {
		if r := &f.Runs[i]; r.Build == "new" {
			r.Build = "inline"
		}
	}
	if text := textOf(t, formats()["terminal-160"], f); !strings.Contains(text, "build inline") ||
		wordsOfNone.MatchString(text) {
		t.Errorf("it is taken for the model:\n%s", text)
	}
}

func TestGoldenBuilds(t *testing.T) {
	f := reporttest.BuildsFile("locked")
	for _, name := range []string{"terminal-80", "markdown"} {
		t.Run(name, func(t *testing.T) { golden(t, "builds-"+name, formats()[name], f) })
	}
}

func textOf(t *testing.T, write func(io.Writer, []*results.File) error, f *results.File) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, []*results.File{f}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
