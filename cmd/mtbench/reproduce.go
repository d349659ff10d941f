package main

import (
	"context"
	_ "embed" // the list of claims
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"mtbench/internal/host"
	"mtbench/internal/verdict"
	"mtbench/results"
)

//go:embed artifact.yaml
var artifactText []byte

// artifact is a claim of the docs, and how to see whether it holds.
type artifact struct {
	ID       string
	Claim    string
	Where    string   // the page that claims it
	Run      []string // arguments of mtbench
	Tags     string   // build tags of the program that it needs; empty: this program
	Status   int      // exit status that the command has if the claim holds
	File     string   // that the claim rests on
	Says     string   // expression that the output has; its group is a number between Low and High
	Quoted   bool     // what the output has of it stands word for word on the page
	Low      float64
	High     float64
	Measured *measuredCase // the claim is one of this host: its ratio is between Low and High
	Seconds  int           // some time that it takes
}

// measuredCase is a case of a series that the command makes: lockless is compared with locked.
type measuredCase struct {
	Path    string
	Threads int
	Wait    bool
	CPUs    int // the claim is of hosts with at most so many CPUs; 0: of every host
}

// tick is what became of a claim: a line of the result file.
type tick struct {
	ID      string  `json:"id"`
	Claim   string  `json:"claim"`
	Command string  `json:"command"`
	Holds   bool    `json:"holds"`
	Skipped bool    `json:"skipped,omitempty"` // the claim is not one of this host
	Status  int     `json:"status"`
	Found   string  `json:"found"`
	Seconds float64 `json:"seconds"`
}

func artifacts() ([]artifact, error) {
	var list []artifact
	err := yaml.UnmarshalWithOptions(artifactText, &list, yaml.DisallowUnknownField())
	return list, err
}

type reproduceOptions struct {
	list, markdown bool
	only           []string
	output         string
}

func newReproduceCommand() *cobra.Command {
	o := &reproduceOptions{}
	cmd := &cobra.Command{
		Use:   "reproduce",
		Short: "Check each claim of the docs by its command, and tick it off",
		Long: `Runs the commands of docs/artifact.md in a clone, quick ones first, without a network, and says of
each claim whether its output is in the expected range. Claims of measured figures depend on the
host: on another host than that of the committed series the direction alone is judged.

Exit status 10: a claim is not in its range.`,
		Example: `  mtbench reproduce --list
  mtbench reproduce --only gate,cite`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return reproduce(cmd, o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.list, "list", false, "print the claims and their commands, and run none")
	f.BoolVar(&o.markdown, "markdown", false, "print docs/artifact.md, and run nothing")
	f.StringSliceVar(&o.only, "only", nil, "these claims alone, by name")
	f.StringVarP(&o.output, "output", "o", "", "file for the ticks, JSON Lines; it is overwritten")
	return cmd
}

func reproduce(cmd *cobra.Command, o *reproduceOptions) error {
	list, err := artifacts()
	if err != nil {
		return fmt.Errorf("artifact.yaml: %w", err)
	}
	if list, err = chosen(list, o.only); err != nil {
		return badInput(err)
	}
	switch {
	case o.markdown:
		return artifactPage(cmd.OutOrStdout(), list)
	case o.list:
		for _, a := range list {
			fmt.Fprintf(cmd.OutOrStdout(), "%-20s %3d s  %s\n%28s%s\n", a.ID, a.Seconds, a.Claim, "",
				a.command())
		}
		return nil
	}
	if _, err := os.Stat("results/baseline/series.jsonl.gz"); err != nil {
		return badInput(errors.New("there is no results/baseline here: run mtbench reproduce in a " +
			"clone of the repository"))
	}
	return o.tickOff(cmd, list)
}

func chosen(list []artifact, only []string) ([]artifact, error) {
	for _, id := range only {
		if !slices.ContainsFunc(list, func(a artifact) bool { return a.ID == id }) {
			return nil, fmt.Errorf("--only: there is no claim %q; mtbench reproduce --list names them", id)
		}
	}
	return slices.DeleteFunc(list, func(a artifact) bool {
		return len(only) > 0 && !slices.Contains(only, a.ID)
	}), nil
}

func (o *reproduceOptions) tickOff(cmd *cobra.Command, list []artifact) error {
	tmp, err := os.MkdirTemp("", "mtbench-reproduce")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	left, skipped, failed := 0, 0, []string{}
	for _, a := range list {
		left += a.Seconds
	}
	var ticks strings.Builder
	for i, a := range list {
		fmt.Fprintf(cmd.ErrOrStderr(), "%d/%d  some %d s left  %s\n", i+1, len(list), left, a.ID)
		left -= a.Seconds
		t, err := a.check(cmd.Context(), tmp)
		if err != nil {
			return interruptedOr(cmd, err, "interrupted at the claim %s", a.ID)
		}
		mark := "[x]"
		switch {
		case t.Skipped:
			mark, skipped = "[-]", skipped+1
		case !t.Holds:
			mark, failed = "[ ]", append(failed, a.ID)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s %-20s %s\n    %s\n", mark, a.ID, a.Claim, clean(t.Found))
		line, err := json.Marshal(t)
		if err != nil {
			return err
		}
		ticks.Write(append(line, '\n'))
	}
	if o.output != "" {
		if err := save(o.output, []byte(ticks.String())); err != nil {
			return badInput(fmt.Errorf("--output: %w", results.Reason(err)))
		}
	}
	if len(failed) > 0 {
		return withStatus(statusRegression, "%d of %d claims are not in their range: %s", len(failed),
			len(list), strings.Join(failed, ", "))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "mtbench: %d of %d claims hold", len(list)-skipped, len(list))
	if skipped > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), ", %d are not of this host", skipped)
	}
	fmt.Fprintln(cmd.ErrOrStderr())
	return nil
}

// command is what a reader types, words with a blank in quotes.
func (a *artifact) command() string {
	line := "mtbench"
	if a.Tags != "" {
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

// program is what a runs: this program, or one that is built in tmp with other tags.
func (a *artifact) program(ctx context.Context, tmp string) (string, error) {
	if a.Tags == "" {
		return os.Executable()
	}
	path := filepath.Join(tmp, "mtbench-"+a.Tags)
	build := exec.CommandContext(ctx, "go", "build", "-tags", a.Tags, "-o", path, "./cmd/mtbench")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build -tags %s: %w: %s", a.Tags, err, out)
	}
	return path, nil
}

// check runs the command of a and looks at what it said. An error is one of the machine.
func (a *artifact) check(ctx context.Context, tmp string) (*tick, error) {
	began := time.Now()
	t := &tick{ID: a.ID, Claim: a.Claim, Command: a.command()}
	if m := a.Measured; m != nil && m.CPUs > 0 && host.Local().CPUs() > m.CPUs {
		t.Skipped = true
		t.Found = fmt.Sprintf("not judged: it is of hosts with at most %d CPUs", m.CPUs)
		return t, nil
	}
	program, err := a.program(ctx, tmp)
	if err != nil {
		return nil, err
	}
	var args []string
	for _, word := range a.Run {
		args = append(args, strings.ReplaceAll(word, "{tmp}", tmp))
	}
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Status = exit.ExitCode()
	} else if err != nil {
		return nil, err
	}
	t.Seconds = time.Since(began).Seconds()
	switch {
	case t.Status != a.Status:
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Found = fmt.Sprintf("status %d, not %d: %s", t.Status, a.Status, lines[len(lines)-1])
	case a.Measured != nil:
		t.Holds, t.Found = a.measured(strings.ReplaceAll(a.Measured.Path, "{tmp}", tmp))
	default:
		t.Holds, t.Found = a.said(string(out))
	}
	return t, nil
}

// said looks for the expression in what a command printed.
func (a *artifact) said(out string) (bool, string) {
	m := regexp.MustCompile(a.Says).FindStringSubmatch(out)
	switch {
	case m == nil:
		return false, "the output does not have " + strconv.Quote(a.Says)
	case a.Quoted:
		return a.quoted(m[0])
	case len(m) < 2:
		return true, m[0]
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return false, m[1] + " is not a number"
	}
	return v >= a.Low && v <= a.High, fmt.Sprintf("%s; expected %s", m[0], a.rangeWords())
}

// quoted looks for what a command printed on the page that claims it.
func (a *artifact) quoted(words string) (bool, string) {
	page, err := os.ReadFile(a.Where)
	if err != nil {
		return false, err.Error()
	}
	if !strings.Contains(string(page), words) {
		return false, a.Where + " does not say: " + words
	}
	return true, a.Where + " says the same: " + words
}

func (a *artifact) rangeWords() string {
	if a.Low == a.High {
		return fmt.Sprintf("%g", a.Low)
	}
	return fmt.Sprintf("%g to %g", a.Low, a.High)
}

// measured looks at the ratio of a case: in its range on the host of the committed series, and for
// its direction elsewhere.
func (a *artifact) measured(path string) (bool, string) {
	f, err := results.Read(path)
	if err != nil {
		return false, err.Error()
	}
	committed, err := results.Read(a.File)
	if err != nil {
		return false, err.Error()
	}
	c := results.Cell{Threads: a.Measured.Threads, Wait: a.Measured.Wait}
	for _, found := range verdict.CompareAll(f, verdict.Deciding()) {
		if found.Cell != c || found.Other != "lockless" {
			continue
		}
		ratio := math.Exp(found.Change.Estimate)
		here, there := host.Local().Describe(), &committed.Header.Host
		// the kind of machine decides a range, and not which one it is, as results.Host.Same asks
		if here.CPUModel == there.CPUModel && here.CPUs == there.CPUs {
			return ratio >= a.Low && ratio <= a.High,
				fmt.Sprintf("ratio %.3g; expected %g to %g", ratio, a.Low, a.High)
		}
		return (ratio < 1) == (a.High < 1), fmt.Sprintf("ratio %.3g; another host than that of the "+
			"committed series (%s, %d CPUs), so the direction alone is judged", ratio, there.CPUModel,
			there.CPUs)
	}
	return false, "the series has no pair of the case " + c.String()
}

// artifactPage writes docs/artifact.md.
func artifactPage(w io.Writer, list []artifact) error {
	var b strings.Builder
	b.WriteString("# Claims and how to check them\n\n" +
		"Made by `mtbench reproduce --markdown`; do not edit. `mtbench reproduce` runs the list in a " +
		"clone, offline,\nand ticks it off. It needs what README's two commands need: Linux on a " +
		"64-bit CPU, and Go.\n\n" +
		"A claim of a measured figure depends on the host. Its range is for the host of the committed " +
		"series; on\nanother host the direction alone is judged.\n\n" +
		"| claim | where | command | file | expected | time |\n|---|---|---|---|---|---|\n")
	total := 0
	for _, a := range list {
		total += a.Seconds
		fmt.Fprintf(&b, "| **%s**: %s | [%s](%s) | `%s` | `%s` | %s | %d s |\n", a.ID, a.Claim, a.Where,
			strings.Replace("../"+a.Where, "../docs/", "", 1), a.command(), a.File, a.expected(), a.Seconds)
	}
	fmt.Fprintf(&b, "\nAll together some %d s.\n", total)
	_, err := io.WriteString(w, b.String())
	return err
}

// expected says in words what check looks for.
func (a *artifact) expected() string {
	if m := a.Measured; m != nil {
		text := fmt.Sprintf("time of lockless over that of locked %g to %g", a.Low, a.High)
		if m.CPUs > 0 {
			text += fmt.Sprintf("; only of a host with at most %d CPUs", m.CPUs)
		}
		return text
	}
	if a.Quoted {
		return fmt.Sprintf("status %d; the words of the page", a.Status)
	}
	says := strings.NewReplacer(`(\d+)`, "N", `([\d.]+)`, "N", "|", `\|`).Replace(a.Says)
	text := fmt.Sprintf("status %d; `%s`", a.Status, says)
	if says == a.Says {
		return text
	}
	return text + ", N = " + a.rangeWords()
}
