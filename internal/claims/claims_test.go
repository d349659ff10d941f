package claims

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mtbench/results"
)

const goodClaim = `claims:
  - id: faster
    says: "it is faster"
    source: "me"
    metric: total_time
    where: {threads: [4], wait: ["off"]}
    base: locked
    other: lockless
    relation: lower
`

// TestBadClaims: each mistake is a sentence with file and line.
func TestBadClaims(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		line           int
		want           string
	}{
		{"unknown metric", "total_time", "totaltime", 5, `there is no metric "totaltime"`},
		{"typo in a key", "metric:", "metrik:", 5, "metrik"},
		{"unknown relation", "lower", "smaller", 9, `there is no relation "smaller"`},
		{"no source", "source: \"me\"", "source: \"\"", 4, "source is missing"},
		{"wait is neither", `"off"`, `"maybe"`, 6, `"maybe" is neither on nor off`},
		{"zero threads", "[4]", "[0]", 6, "not within 1 to 255"},
		{"text for a number", "[4]", "[four]", 6, ""},
		{"no cells", "[4]", "[]", 6, "where must list"},
		{"itself", "other: lockless", "other: locked", 8, "must differ"},
		{"one model for two", "base: locked\n    other: lockless", "model: locked", 8, "base and other"},
		{"lower than nothing", "lower", "lower\n    at_least: 100%", 10, "nothing is lower by 100%"},
		{"no percentage", "lower", "lower\n    at_least: 5", 10, "not a percentage"},
		{"equal to what", "lower", "equal", 9, "equal needs within"},
		{"lower within", "lower", "lower\n    within: 5%", 10, "within does not go with lower"},
		{"value of a pair", "lower", "lower\n    value: 5", 10, "value goes with below and above"},
		{"busy-ratio with wait on", "total_time\n    where: {threads: [4], wait: [\"off\"]}",
			"busy_ratio\n    where: {threads: [4], wait: [\"on\"]}", 6, "no meaning with wait on"},
		{"completion as a figure", "total_time", "completed", 9, "completion is no figure"},
		{"more than all CPU",
			"total_time\n    where: {threads: [4], wait: [\"off\"]}\n    base: locked\n" +
				"    other: lockless\n    relation: lower",
			"main_cpu\n    where: {threads: [4], wait: [\"off\"]}\n    model: locked\n" +
				"    relation: below\n    value: 50", 9, "at most 1"},
		{"broken YAML", "claims:", "claims: [", 0, ""},
		{"another key", "claims:", "claim:", 0, "its one key must be claims"},
		{"a table that is not there", "lower", "lower\n    figures: leter", 10, "there is letter"},
		{"a size without figures", "lower", "lower\n    at_least: figures", 10, "write figures: letter"},
		{"no such figure", "[4], wait: [\"off\"]}", "[5], wait: [\"off\"]}\n" +
			"    figures: letter", 7, "no such figures of 5 threads"},
		{"a size of what did not complete", "[\"off\"]}", "[\"on\"]}\n    figures: letter\n" +
			"    at_least: figures", 7, "no such figures of 4 threads, wait on"},
		{"a size the other way", "lower", "higher\n    figures: letter\n    at_least: figures", 10,
			"no such figures"},
		{"a case against itself", "other: lockless", "base_wait: \"off\"\n    other: locked", 6,
			"compared with itself"},
		{"twice", "claims:\n", "claims:\n  - {id: faster, says: x, source: x, where: {threads: [4], " +
			"wait: [\"on\"]}, model: locked, relation: completes}\n", 3, "ids are unique"},
	} {
		text := strings.Replace(goodClaim, c.old, c.new, 1)
		if text == goodClaim {
			t.Fatalf("%s: nothing replaced", c.name)
		}
		_, err := Parse([]byte(text), "my.yaml")
		var input *results.InputError
		if !errors.As(err, &input) {
			t.Errorf("%s: %v, want an error of the file", c.name, err)
			continue
		}
		if input.File != "my.yaml" || (c.line != 0 && input.Line != c.line) ||
			!strings.Contains(input.Msg, c.want) || strings.Contains(input.Msg, "\n") {
			t.Errorf("%s: %v; want line %d and %q", c.name, err, c.line, c.want)
		}
	}
	if _, err := Parse([]byte(goodClaim), "my.yaml"); err != nil {
		t.Errorf("a good claim: %v", err)
	}
}

func TestNonsenseClaims(t *testing.T) {
	for _, text := range []string{"", "\n", "null", "- a\n- b", "claims: 5", "claims: []",
		"claims: [5, x]", "claims:\n  - {}", "claims: {a: b}", "\x00\x01", "a: b\n---\nc: d",
		"claims: &a [*a]", strings.Repeat("x", maxClaimsBytes+1)} {
		_, err := Parse([]byte(text), "x")
		var input *results.InputError
		if !errors.As(err, &input) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a directory was read")
	}
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(goodClaim), 0o644); err != nil {
		t.Fatal(err)
	}
	if claims, err := Read(path); err != nil || len(claims) != 1 || claims[0].Line != 2 {
		t.Errorf("%v %v", claims, err)
	}
}

// TestFiveRowsArePrintedTwice: in five rows of the letter the main CPU is an end of the range of
// its threads.
func TestFiveRowsArePrintedTwice(t *testing.T) {
	table, err := letterTable()
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for c, r := range table {
		if printedTwice(r) {
			rows[c.Model+" "+c.Short()] = true
		}
	}
	if want := map[string]bool{"lockless 4-on": true, "lockless 8-off": true, "lockless 8-on": true,
		"locked 16-off": true, "lockless 16-off": true}; !maps.Equal(rows, want) {
		t.Errorf("printed twice: %v", rows)
	}
}
