package main

import (
	"strings"
	"testing"
)

// TestPredictHost: a host by name needs no calibration, has its own CPUs, and is named with its
// assumed costs; a virtual machine that speaks for more CPUs than it has is warned of.
func TestPredictHost(t *testing.T) {
	dir := t.TempDir()
	predict := func(args ...string) string {
		t.Helper()
		args = append([]string{"predict", "--memory", "4MiB", "--threads", "2", "--wait", "on"}, args...)
		out, errs, status := mtbench(t, dir, args...)
		if status != statusOK {
			t.Fatalf("status %d: %s", status, errs)
		}
		return strings.Join(strings.Fields(out), " ")
	}
	const warning = "A larger host with the costs of a virtual machine"
	out := predict("--host", "server", "-o", "server.jsonl")
	for _, want := range []string{"Host: server, ", "64 CPUs", "virtual time", "ahead in all"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing: %s", want, out)
		}
	}
	out = predict("--host", "server", "--resamples", "1", "--what-if", "-o", "whatif.jsonl")
	if !strings.Contains(out, "Two costs decide the result: ") {
		t.Errorf("no what-if: %s", out)
	}
	if strings.Contains(out, warning) {
		t.Error("a warning of a host that is no virtual machine")
	}
	if out := predict("--host", "vm", "--resamples", "1", "-o", "vm.jsonl"); strings.Contains(out,
		warning) {
		t.Error("a warning of a virtual machine that speaks for itself")
	}
	if out := predict("--host", "vm", "--cpus", "64", "-o", "more.jsonl"); !strings.Contains(out,
		warning) {
		t.Errorf("no warning: %s", out)
	}
	refused(t, dir, "predict -o x.jsonl --host sever", "--host: there is no host sever")
	refused(t, dir, "predict -o x.jsonl --host vm --calibration c.json", "one of the two says")
	if out, _, _ := mtbench(t, dir, "__complete", "predict", "--host", ""); !strings.Contains(out,
		"server\ta bare server") {
		t.Errorf("completes %q", out)
	}
}
