package main

import (
	"slices"
	"testing"

	"mtbench/report"
)

// TestContendersLookLikeNoOther: a report knows the colour and the marker of each, and no two
// models or baselines that stand in one picture look alike. Steps share the common look.
func TestContendersLookLikeNoOther(t *testing.T) {
	looks := map[string]string{}
	for _, c := range contenders() {
		if c.Color != "" && !slices.Contains(report.Colors(), c.Color) ||
			c.Marker != "" && !slices.Contains(report.Markers(), c.Marker) {
			t.Errorf("%s: colour %q, marker %q; there are %v and %v", c.Name, c.Color, c.Marker,
				report.Colors(), report.Markers())
		}
		look := c.Color + c.Marker
		if other, ok := looks[look]; ok && look != "" {
			t.Errorf("%s looks like %s", c.Name, other)
		}
		looks[look] = c.Name
	}
}
