package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// steering are the bytes that steer a terminal: a C0 and a C1 control, and an override of
// direction.
const steering = "\x1b[31m\u009b31m\u202e"

// TestNothingOfAFileSteersATerminal: every command that shows what a file or the command line
// holds, given files that hold what steers.
func TestNothingOfAFileSteersATerminal(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile(writeSeries(t, "r.jsonl", 64, 10, 1))
	if err != nil {
		t.Fatal(err)
	}
	hostile := strings.ReplaceAll(string(text), `"lockless"`, `"l`+strings.ReplaceAll(steering, "\x1b", `\u001b`)+`|<b>"`)
	hostile = strings.Replace(hostile, `"cpu_model":""`, `"cpu_model":"`+strings.ReplaceAll(steering, "\x1b", `\u001b`)+`"`, 1)
	claim := strings.NewReplacer("id: faster", `id: "f`+strings.ReplaceAll(steering, "\x1b", `\e`)+`|<b>"`,
		"other: lockless", `other: "l`+strings.ReplaceAll(steering, "\x1b", `\e`)+`|<b>"`).Replace(myClaim)
	for name, text := range map[string]string{"h.jsonl": hostile, "c.yaml": claim} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	steers := regexp.MustCompile("[\x00-\x08\x0b-\x1f\u007f-\u009f\u202a-\u202e\u2066-\u2069]")
	for _, args := range [][]string{{"report", "h.jsonl"}, {"fields", "h.jsonl"},
		{"compare", "h.jsonl", "h.jsonl"},
		{"claims", "h.jsonl"}, {"claims", "h.jsonl", "--claims", "c.yaml"},
		{"claims", "h.jsonl", "--claims", "c.yaml", "--format", "markdown"}, {"run", "--resume", "h.jsonl"},
		{"report", "h.jsonl", "-o", "o" + steering}, {"run", "--models", steering}, {"report", steering},
		{"nothing" + steering}} {
		out, errs, _ := mtbench(t, dir, args...)
		if at := steers.FindString(out + errs); at != "" {
			t.Errorf("mtbench %q lets %q through:\n%s%s", args, at, out, errs)
		}
		if args[len(args)-1] == "markdown" && (strings.Contains(out, "<b>") ||
			strings.Contains(out, "l|")) {
			t.Errorf("Markdown of a file is not escaped:\n%s", out)
		}
	}
}

func TestStandardErrorKeepsItsLines(t *testing.T) {
	var b bytes.Buffer
	if n, err := (words{&b}).Write([]byte("a\n\tb\x1b\n")); n != 6 || err != nil ||
		b.String() != "a\n b\n" {
		t.Errorf("%d %v %q", n, err, b.String())
	}
}
