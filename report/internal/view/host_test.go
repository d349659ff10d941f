package view

import (
	"strings"
	"testing"

	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// predictedFile has two models in one case, lockless ahead in every pair but those that behind
// names.
func predictedFile(ref *results.CalibrationRef, behind ...int) *Source {
	f := reporttest.TinyFile(5)
	f.Header.Kind, f.Header.Calibration = results.Predicted, ref
	for i := range f.Runs {
		r := &f.Runs[i]
		for _, pair := range behind {
			if r.Pair == pair && r.Model == "lockless" {
				r.TotalTimeMS = 5000
			}
		}
	}
	return SourcesOf([]*results.File{f}, nil)[0]
}

// TestHolds: whether the answer holds over the resamplings is counted by who is ahead in each.
func TestHolds(t *testing.T) {
	for want, s := range map[string]*Source{
		"The answer holds: in each of 1 case the same model is ahead in all 5 runs.": predictedFile(nil),
		"In 0 of 1 case the same model is ahead in all runs; with 4 threads, wait off, lockless is " +
			"ahead in 4 of 5 runs only.": predictedFile(nil, 3),
		"In 0 of 1 case the same model is ahead in all runs; with 4 threads, wait off, locked is " +
			"ahead in 1 of 5 runs only.": predictedFile(nil, 0),
	} {
		if got := s.HoldsText(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestCarried: the warning stands where a virtual machine's calibration speaks for more CPUs than
// it has, and nowhere else.
func TestCarried(t *testing.T) {
	vm := results.CalibrationRef{Virtual: "KVM", CPUs: 2}
	bare, large := results.CalibrationRef{CPUs: 2}, results.CalibrationRef{Virtual: "KVM", CPUs: 64}
	if got := predictedFile(&vm).CarriedText(); !strings.Contains(got,
		"(KVM) with 2 CPUs, and is used here for 64") {
		t.Errorf("got %q", got)
	}
	for _, ref := range []*results.CalibrationRef{nil, &bare, &large} {
		if got := predictedFile(ref).CarriedText(); got != "" {
			t.Errorf("%+v: got %q", ref, got)
		}
	}
}

// TestHostLead: the profile is named, and what of it is assumed is counted.
func TestHostLead(t *testing.T) {
	ref := &results.CalibrationRef{Profile: "server", Says: "a bare server", Costs: []results.HostCost{
		{Cost: "idle_wake_ns", Value: 2, Low: 1, High: 3}, {Cost: "poll_ns", Value: 1}}}
	if got := predictedFile(ref).HostLead(); !strings.HasPrefix(got, "Host by name: server, a bare "+
		"server. Of the 2 costs that its profile states, 1 are assumed") {
		t.Errorf("got %q", got)
	}
	if got := predictedFile(&results.CalibrationRef{}).HostLead(); got != "" {
		t.Errorf("got %q", got)
	}
}
