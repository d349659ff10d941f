package claims

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"mtbench/results"
)

// TestClaimsAreBoundedBeforeTheyAreExpanded: what would take the library minutes, or the judgement
// 100 MB, is refused for what it is.
func TestClaimsAreBoundedBeforeTheyAreExpanded(t *testing.T) {
	claim := func(id int, threads string) string {
		return fmt.Sprintf("  - {id: c%d, says: s, source: m, metric: total_time, base: locked, "+
			"other: lockless,\n"+
			"     relation: lower, where: {threads: [%s], wait: [\"off\", \"on\"]}}\n", id, threads)
	}
	var deep, many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&deep, "%sa:\n", strings.Repeat(" ", i))
	}
	var all []string
	for n := 1; n <= results.MaxThreads; n++ {
		all = append(all, fmt.Sprintf("%d", n))
	}
	most := strings.Join(all[:100], ",") + ",\n      " + strings.Join(all[100:200], ",")
	many.WriteString("claims:\n")
	for i := range 26 {
		many.WriteString(claim(i, most))
	}
	for name, c := range map[string]struct{ text, want string }{
		"dashes in a line":  {strings.Repeat("- ", 400_000), "larger than"},
		"fewer dashes":      {strings.Repeat("- ", 400), "lists begin in one line"},
		"dashes":            {strings.Repeat("-", 100_000), "a line of 100000 bytes"},
		"lines of dashes":   {strings.Repeat("-\n", 100_000), "more than 20000 lines"},
		"brackets":          {strings.Repeat("[\n", 10_000), "brackets are open"},
		"braces":            {"claims: " + strings.Repeat("{a: ", 200), "brackets are open"},
		"set in":            {deep.String(), "set in by 65 columns"},
		"a case repeated":   {"claims:\n" + claim(1, "4, 8, 4"), "4 is listed twice"},
		"a case many times": {"claims:\n" + claim(1, strings.Repeat("4,\n", 60_000)+"4"), "more than 20000 lines"},
		"many verdicts":     {many.String(), "the file asks for 10400 verdicts"},
	} {
		_, err := Parse([]byte(c.text), "c.yaml")
		var input *results.InputError
		if !errors.As(err, &input) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q in it", name, err, c.want)
		}
	}
}

// TestClaimsAtTheLimits: what just passes is read.
func TestClaimsAtTheLimits(t *testing.T) {
	var text strings.Builder
	text.WriteString("claims:\n")
	for i := range maxClaims {
		fmt.Fprintf(&text,
			"  - {id: c%d, says: s, source: m, metric: total_time, base: locked, other: lockless,\n"+
				"     relation: lower, where: {threads: [1,2,3,4,5], wait: [\"off\", \"on\"]}}\n", i)
	}
	claims, err := Parse([]byte(text.String()), "c.yaml")
	if err != nil || len(claims) != maxClaims {
		t.Errorf("%d claims, %v", len(claims), err)
	}
}
