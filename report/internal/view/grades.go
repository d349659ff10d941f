package view

import (
	"fmt"
	"strings"

	"mtbench/report/internal/format"
)

// grades counts runs by their noise grade.
type grades struct {
	void, noisy, clean, unknown int
}

func gradesOf[R any](runs []R, grade func(R) string) grades {
	var g grades
	for _, r := range runs {
		switch grade(r) {
		case "void":
			g.void++
		case "noisy":
			g.noisy++
		case "clean":
			g.clean++
		default:
			g.unknown++
		}
	}
	return g
}

func (g grades) runs() int { return g.void + g.noisy + g.clean + g.unknown }

// text says how many of the runs the host disturbed, and how badly.
func (g grades) text() string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{g.void, "void"}, {g.noisy, "noisy"}, {g.clean, "clean"}, {g.unknown, "not graded"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	return fmt.Sprintf("of %s the noise grade is: %s", format.Count(g.runs(), "run", "runs"),
		strings.Join(parts, ", "))
}

// warning is of runs of which most were disturbed beyond use; what are the runs together: a series.
// Nothing where fewer were.
func (g grades) warning(what string) string {
	if 2*g.void <= g.runs() {
		return ""
	}
	return fmt.Sprintf("WARNING: %d of %s are graded void: other programs or the hypervisor took so "+
		"much CPU during them that their times say little of the models. Repeat the %s on a quiet "+
		"host; mtbench doctor says what disturbs this one.", g.void,
		format.Count(g.runs(), "run", "runs"), what)
}
