package main

import (
	"bytes"
	_ "embed" // the list of claims
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"mtbench/results"
)

//go:embed artifact.yaml
var artifactText []byte

// artifact is a claim of the docs, and how to see whether it holds.
type artifact struct {
	ID       string
	Claim    string
	Where    string        // the page that claims it
	Run      []string      // arguments of mtbench, or of Script
	Script   string        // of the repository, in place of mtbench; empty: mtbench
	ByHand   string        `yaml:"by_hand"` // why it is listed and not run: what it needs
	Tags     string        // build tags of the program that it needs; empty: this program
	Status   int           // exit status that the command has if the claim holds
	File     string        // that the claim rests on
	Says     string        // expression that the output has; its group is a number
	Quoted   bool          // what Says finds, or its group, stands word for word on the page
	Low      float64       // the least and
	High     float64       // most that the claim allows
	Measured *measuredCase // the claim is one of this host: its ratio is between Low and High
	Seconds  int           // some time that it takes
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
each claim whether its output is in the expected range. The last claims are measured anew: their
range holds for hosts of the stated number of CPUs, and a host that is too busy to tell leaves them
undecided. What needs another program, a right or half an hour is listed by its command, not run.

Exit status 10: a claim is not in its range. 11: none is, and a measured one is undecided.`,
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
			fmt.Fprintf(cmd.OutOrStdout(), "%-20s %s  %s\n%28s%s\n", a.ID, a.timeText(), a.Claim, "",
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

// tickOff checks one claim after the other and says of each what became of it.
func (o *reproduceOptions) tickOff(cmd *cobra.Command, list []artifact) error {
	tmp, err := os.MkdirTemp("", "mtbench-reproduce")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	c := &checker{tmp: tmp, ran: map[string]*commandEnd{}}
	p := newTickProgress(os.Stderr, list)
	var ticks bytes.Buffer
	by := map[outcomeWord][]string{}
	for _, a := range list {
		p.begin(&a)
		t, err := c.check(cmd.Context(), &a)
		p.end(&a)
		if err != nil {
			return interruptedOr(cmd, err, "interrupted at the claim %s", a.ID)
		}
		by[t.Outcome] = append(by[t.Outcome], a.ID)
		fmt.Fprintf(cmd.OutOrStdout(), "%s %-20s %s\n    %s\n", t.Outcome.mark(), a.ID, a.Claim,
			clean(t.Found))
		if err := json.NewEncoder(&ticks).Encode(t); err != nil {
			return err
		}
	}
	if o.output != "" {
		if err := save(o.output, ticks.Bytes()); err != nil {
			return badInput(fmt.Errorf("--output: %w", results.Reason(err)))
		}
	}
	return reproduced(cmd, by, len(list))
}

// reproduced ends the command by what became of n claims.
func reproduced(cmd *cobra.Command, by map[outcomeWord][]string, n int) error {
	judged := n - len(by[outcomeByHand]) - len(by[outcomeElsewhere])
	switch failed, open := by[outcomeFails], by[outcomeUndecided]; {
	case len(failed) > 0:
		return withStatus(statusRegression, "%d of %d claims are not in their range: %s", len(failed),
			judged, strings.Join(failed, ", "))
	case len(open) > 0:
		return withStatus(statusEvidence, "%d of %d claims hold; undecided, on a host that is too "+
			"busy to tell: %s; again on a quiet one: mtbench reproduce --only %s", judged-len(open),
			judged, strings.Join(open, ", "), strings.Join(open, ","))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "mtbench: %d of %d claims hold", judged, judged)
	if k := len(by[outcomeElsewhere]); k > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "; %d are not of this host", k)
	}
	if k := len(by[outcomeByHand]); k > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "; %d are by hand", k)
	}
	fmt.Fprintln(cmd.ErrOrStderr())
	return nil
}

// tickProgress says on a terminal which claim is being checked and how long the rest will take.
// Elsewhere it is silent.
type tickProgress struct {
	w            io.Writer
	at, n        int
	left, behind int       // stated seconds of what is to come, and of what is done
	began        time.Time // of the first claim
}

func newTickProgress(f *os.File, list []artifact) *tickProgress {
	p := &tickProgress{w: io.Discard, n: len(list), began: time.Now()}
	if term.IsTerminal(int(f.Fd())) {
		p.w = f
	}
	for _, a := range list {
		p.left += a.seconds()
	}
	return p
}

func (p *tickProgress) begin(a *artifact) {
	p.at++
	fmt.Fprintf(p.w, "\r\x1b[K%d/%d  %s  some %s left", p.at, p.n, a.ID, p.remaining())
}

// remaining is the time for the rest, at the pace of what is done.
func (p *tickProgress) remaining() time.Duration {
	left := time.Duration(p.left) * time.Second
	if p.behind >= 10 {
		left = left * time.Since(p.began) / (time.Duration(p.behind) * time.Second)
	}
	return left.Round(time.Second)
}

func (p *tickProgress) end(a *artifact) {
	p.left -= a.seconds()
	p.behind += a.seconds()
	fmt.Fprint(p.w, "\r\x1b[K")
}
