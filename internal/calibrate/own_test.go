package calibrate

import (
	"strings"
	"testing"

	"mtbench/results"
)

// A migration from which nothing can be told about the main thread is refused in a sentence.
func TestMainOfARun(t *testing.T) {
	cpu := results.Number(6)
	run := results.Run{Completed: true, Pages: 3000, ThreadUsage: []results.ThreadUsage{
		{Process: "source", Role: "worker", CPUMS: &cpu}, {Process: "source", Role: "main", CPUMS: &cpu}}}
	if ns, err := mainPerPage(&run); err != nil || ns != 2000 {
		t.Errorf("6 ms over 3000 pages: %v ns, %v", ns, err)
	}
	unfinished, blind := run, run
	unfinished.Completed, unfinished.EndReason = false, "bound"
	blind.ThreadUsage = []results.ThreadUsage{{Process: "source", Role: "main"}}
	for want, r := range map[string]*results.Run{"ended as bound after 3000 pages": &unfinished,
		"what CPU time the main thread took": &blind} {
		if _, err := mainPerPage(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
