package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestCompletion asks for the values that a shell would offer.
func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	for words, want := range map[string]string{
		"run --models ": "lockless\t", "run --models locked,": "locked,lockless\t",
		"run --codec ":      "zstd\n",
		"run --codec zlib,": "zlib,zstd\n", "run --content ": "heap\n", "run --wait ": "self\n",
		"run --pin=": "spread\n", "run --matrix ": "yaml\n", "run --resume ": "jsonl\n",
		"report --format ": "asciidoc\n", "report --only ": "cases\n", "report --plots ": "svg\n",
		"report --where ": "threads=\n", "report --by threads,": "threads,wait\n",
		"report ": "jsonl\n", "compare ": "jsonl.gz\n", "claims --format ": "markdown\n",
		"compare --format ": "markdown\n", "predict --against ": "jsonl\n",
	} {
		args := append([]string{"__complete"}, strings.Split(words, " ")...)
		out, errs, status := mtbench(t, dir, args...)
		if status != statusOK || !strings.Contains("\n"+out, "\n"+want) {
			t.Errorf("%q: status %d, no %q in\n%s%s", words, status, want, out, errs)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script, errs, status := mtbench(t, dir, "completion", shell)
		if status != statusOK || !strings.Contains(script, "mtbench") {
			t.Fatalf("%s: status %d\n%s", shell, status, errs)
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s is not here: its script is not parsed", shell)
			continue
		}
		check := exec.Command(path, "-n")
		check.Stdin = strings.NewReader(script)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
}
