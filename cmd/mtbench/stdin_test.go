package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A result file comes from standard input as well, compressed or not.
func TestStdin(t *testing.T) {
	for _, path := range []string{"../../results/baseline/ci.jsonl.gz",
		"../../report/testdata/series.jsonl"} {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		cmd := exec.Command(binary, "report", "--only", "cases", "-")
		cmd.Stdin = file
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("lockless")) {
			t.Errorf("%s: %v\n%s", path, err, out)
		}
	}
	for _, args := range [][]string{{"-"}, {"-", "-"}} {
		cmd := exec.Command(binary, append([]string{"report"}, args...)...)
		out, err := cmd.CombinedOutput() // standard input is /dev/null
		if err == nil || !strings.Contains(string(out), "standard input") ||
			cmd.ProcessState.ExitCode() != statusUsage {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}
