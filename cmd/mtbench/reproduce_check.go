package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"mtbench/internal/host"
	"mtbench/internal/verdict"
	"mtbench/results"
)

// measuredCase is a case of a series that the command makes: one model is compared with another.
type measuredCase struct {
	Path    string
	Model   string // compared with the first one of the series
	Threads int
	Wait    bool
	CPUs    int // the claim is of hosts with at most so many CPUs; 0: of every host
}

// outcomeWord is what became of a claim.
type outcomeWord string

const (
	outcomeHolds     outcomeWord = "holds"
	outcomeFails     outcomeWord = "out of range"
	outcomeUndecided outcomeWord = "undecided"     // the host was too busy to tell
	outcomeElsewhere outcomeWord = "not this host" // the claim is one of other hosts
	outcomeByHand    outcomeWord = "by hand"       // not run: it needs what a clone lacks
)

func (o outcomeWord) mark() string {
	switch o {
	case outcomeHolds:
		return "[x]"
	case outcomeFails:
		return "[ ]"
	case outcomeUndecided:
		return "[?]"
	}
	return "[-]"
}

// tick is what became of a claim: a line of the result file.
type tick struct {
	ID      string      `json:"id"`
	Claim   string      `json:"claim"`
	Command string      `json:"command"`
	Outcome outcomeWord `json:"outcome"`
	Status  int         `json:"status"`
	Found   string      `json:"found"`
	Seconds float64     `json:"seconds"`
}

// checker runs the commands of claims, each distinct one once.
type checker struct {
	tmp string // for what commands write
	ran map[string]*commandEnd
}

// commandEnd is how a command ended.
type commandEnd struct {
	out     string
	status  int
	seconds float64
}

// check runs the command of a and looks at what it said. An error is one of the machine.
func (c *checker) check(ctx context.Context, a *artifact) (*tick, error) {
	t := &tick{ID: a.ID, Claim: a.Claim, Command: a.command()}
	switch m := a.Measured; {
	case a.ByHand != "":
		t.Outcome, t.Found = outcomeByHand, "not run, "+a.ByHand+": "+a.command()
		return t, nil
	case m != nil && m.CPUs > 0 && host.Local().CPUs() > m.CPUs:
		t.Outcome = outcomeElsewhere
		t.Found = fmt.Sprintf("not judged: it is of hosts with at most %d CPUs", m.CPUs)
		return t, nil
	}
	e, err := c.run(ctx, a)
	if err != nil {
		return nil, err
	}
	t.Status, t.Seconds = e.status, e.seconds
	switch {
	case e.status != a.Status:
		lines := strings.Split(strings.TrimSpace(e.out), "\n")
		t.Outcome = outcomeFails
		t.Found = fmt.Sprintf("status %d, not %d: %s", e.status, a.Status, lines[len(lines)-1])
	case a.Measured != nil:
		t.Outcome, t.Found = a.measured(strings.ReplaceAll(a.Measured.Path, "{tmp}", c.tmp))
	default:
		t.Outcome, t.Found = a.said(e.out)
	}
	return t, nil
}

// run runs the command of a, or returns how it ended for a claim before.
func (c *checker) run(ctx context.Context, a *artifact) (*commandEnd, error) {
	if e := c.ran[a.command()]; e != nil {
		return e, nil
	}
	program, err := c.program(ctx, a)
	if err != nil {
		return nil, err
	}
	var args []string
	for _, word := range a.Run {
		args = append(args, strings.ReplaceAll(word, "{tmp}", c.tmp))
	}
	began := time.Now()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	e := &commandEnd{out: string(out), seconds: time.Since(began).Seconds()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		e.status = exit.ExitCode()
	} else if err != nil {
		return nil, err
	}
	c.ran[a.command()] = e
	return e, nil
}

// program is what a runs: this program, a script, or one that is built with other tags.
func (c *checker) program(ctx context.Context, a *artifact) (string, error) {
	switch {
	case a.Script != "":
		return a.Script, nil
	case a.Tags == "":
		return os.Executable()
	}
	path := filepath.Join(c.tmp, "mtbench-"+a.Tags)
	build := exec.CommandContext(ctx, "go", "build", "-tags", a.Tags, "-o", path, "./cmd/mtbench")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build -tags %s: %w: %s", a.Tags, err, out)
	}
	return path, nil
}

// said looks for the expression in what a command printed.
func (a *artifact) said(out string) (outcomeWord, string) {
	m := regexp.MustCompile(a.Says).FindStringSubmatch(out)
	switch {
	case m == nil:
		return outcomeFails, "the output does not have " + strconv.Quote(a.Says)
	case a.Quoted:
		return a.quoted(m[len(m)-1])
	case len(m) < 2:
		return outcomeHolds, m[0]
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return outcomeFails, m[1] + " is not a number"
	}
	return a.within(v), fmt.Sprintf("%s; expected %s", m[0], a.rangeWords())
}

func (a *artifact) within(v float64) outcomeWord {
	if v >= a.Low && v <= a.High {
		return outcomeHolds
	}
	return outcomeFails
}

// quoted looks for what a command printed on the page that claims it.
func (a *artifact) quoted(words string) (outcomeWord, string) {
	page, err := os.ReadFile(a.Where)
	if err != nil {
		return outcomeFails, err.Error()
	}
	first, _, more := strings.Cut(words, "\n")
	if more {
		first += " (and more)"
	}
	if !strings.Contains(string(page), words) {
		return outcomeFails, a.Where + " does not say: " + first
	}
	return outcomeHolds, a.Where + " says the same: " + first
}

// measured judges the ratio of a case as a report does: nothing is said where the host changed
// between the two sides, and what the interval of the pairs leaves open is undecided.
func (a *artifact) measured(path string) (outcomeWord, string) {
	f, err := results.Read(path)
	if err != nil {
		return outcomeFails, err.Error()
	}
	cell := results.Cell{Threads: a.Measured.Threads, Wait: a.Measured.Wait}
	for _, found := range verdict.CompareAll(f, verdict.Deciding()) {
		if found.Cell == cell && found.Other == a.Measured.Model {
			return a.judged(&found)
		}
	}
	return outcomeFails, "the series has no pair of the case " + cell.String()
}

func (a *artifact) judged(c *verdict.Comparison) (outcomeWord, string) {
	ratio, lo, hi := math.Exp(c.Change.Estimate), math.Exp(c.Change.Lo), math.Exp(c.Change.Hi)
	text := fmt.Sprintf("ratio %.3g [%.3g, %.3g]; expected %s", ratio, lo, hi, a.rangeWords())
	switch {
	case c.Moved:
		return outcomeUndecided, text + "; the host itself changed between the two sides"
	case lo > a.High || hi < a.Low:
		return outcomeFails, text
	case a.within(ratio) == outcomeHolds:
		return outcomeHolds, text
	}
	return outcomeUndecided, text
}

func (a *artifact) rangeWords() string {
	if a.Low == a.High {
		return fmt.Sprintf("%g", a.Low)
	}
	return fmt.Sprintf("%g to %g", a.Low, a.High)
}
