//go:build explore

package explore

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// Each of the classics is found within 10,000 schedules by every walk that does not set out to be
// complete, and its schedule shows it again.
func TestClassicsAreFound(t *testing.T) {
	for _, c := range Classics() {
		for _, s := range []Strategy{Depth, PCT, Random, POS} {
			r := Walk(c.Program(), Options{Strategy: s, Bound: 4, Depth: 3, Seed: 1}, yardstickSchedules)
			if r.Failure == nil {
				t.Errorf("%s by %s: not found in %d schedules", c.Name, s, r.Schedules)
				continue
			}
			if err := Replay(c.Program(), r.Failure.Schedule); err == nil ||
				err.Error() != errors.Unwrap(r.Failure).Error() {
				t.Errorf("%s by %s: the schedule replays to %v", c.Name, s, err)
			}
		}
	}
}

// TestYardstickIsTheDocs holds the table of the docs to what is needed.
func TestYardstickIsTheDocs(t *testing.T) {
	doc, err := os.ReadFile("../../docs/exploration.md")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := WriteYardstick(&table); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), table.String()) {
		t.Errorf("docs/exploration.md has another table than this; see there for how to make it:\n%s",
			&table)
	}
}
