package main

import (
	"fmt"
	"io"
	"strings"
)

// command is what a reader types, words with a blank in quotes.
func (a *artifact) command() string {
	line := "mtbench"
	switch {
	case a.Script != "":
		line = a.Script
	case a.Tags != "":
		line = "go run -tags " + a.Tags + " ./cmd/mtbench"
	}
	for _, word := range a.Run {
		if strings.Contains(word, " ") {
			word = "'" + word + "'"
		}
		line += " " + word
	}
	return line
}

// seconds is the stated time of what is run; a claim by hand takes none.
func (a *artifact) seconds() int {
	if a.ByHand != "" {
		return 0
	}
	return a.Seconds
}

// timeText is the stated time, in the unit that suits it.
func (a *artifact) timeText() string {
	if a.Seconds >= 120 {
		return fmt.Sprintf("%2d min", (a.Seconds+59)/60)
	}
	return fmt.Sprintf("%2d s  ", a.Seconds)
}

const artifactIntro = "# Claims and how to check them\n\n" +
	"Made by `mtbench reproduce --markdown`; do not edit. `mtbench reproduce` runs the list in a " +
	"clone, offline,\nand ticks it off. It needs what README's two commands need: Linux on a " +
	"64-bit CPU, and Go.\n\n" +
	"- Most claims are of the program or of committed files, and hold on every host.\n" +
	"- The last ones are measured anew. Their range is for every host of the stated number of CPUs: " +
	"it is wider\n  than the interval of one series. On a busy host they may stay undecided, with " +
	"status 11.\n" +
	"- A claim by hand is not run: it needs another program, a right, or many minutes.\n\n"

const artifactHead = "| claim | where | command | file | expected | time |\n" +
	"|---|---|---|---|---|---|\n"

// artifactPage writes docs/artifact.md.
func artifactPage(w io.Writer, list []artifact) error {
	var b strings.Builder
	b.WriteString(artifactIntro + artifactHead)
	total := 0
	for _, a := range list {
		if total += a.seconds(); a.ByHand == "" {
			b.WriteString(a.row())
		}
	}
	fmt.Fprintf(&b, "\nAll together some %d s.\n\n## By hand\n\n%s", total, artifactHead)
	for _, a := range list {
		if a.ByHand != "" {
			b.WriteString(a.row())
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// row is the line of a claim in docs/artifact.md.
func (a *artifact) row() string {
	return fmt.Sprintf("| **%s**: %s | [%s](%s) | `%s` | `%s` | %s | %s |\n", a.ID, a.Claim, a.Where,
		strings.Replace("../"+a.Where, "../docs/", "", 1), a.command(), a.File, a.expected(),
		strings.TrimSpace(a.timeText()))
}

// expected says in words what check looks for.
func (a *artifact) expected() string {
	if a.ByHand != "" {
		return a.ByHand
	}
	status := ""
	if a.Status != statusOK {
		status = fmt.Sprintf("status %d; ", a.Status)
	}
	if m := a.Measured; m != nil {
		text := fmt.Sprintf("time of %s over that of the other model %s", m.Model, a.rangeWords())
		if m.CPUs > 0 {
			text += fmt.Sprintf("; of hosts with at most %d CPUs", m.CPUs)
		}
		return text
	}
	if a.Quoted {
		return status + "the words of the page"
	}
	says := strings.NewReplacer(`(\d+)`, "N", `([\d.]+)`, "N", "(?m)", "", "|", `\|`).Replace(a.Says)
	text := status + "`" + says + "`"
	if !strings.Contains(a.Says, "(\\d+)") {
		return text
	}
	return text + ", N = " + a.rangeWords()
}
