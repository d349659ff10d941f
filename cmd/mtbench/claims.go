package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/internal/claims"
	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/report"
	"mtbench/results"
)

type claimsOptions struct {
	file    string
	metrics bool
	format  string
}

// claimsFormats are the formats of `mtbench claims`, the default first.
var claimsFormats = []string{"terminal", "markdown"}

func newClaimsCommand() *cobra.Command {
	o := &claimsOptions{}
	cmd := &cobra.Command{
		Use:   "claims RESULTS...",
		Short: "Judge published claims by result files",
		Long: `Says of each claim, in each case that it is made for, whether the results support it,
contradict it, are not evidence enough, or do not measure it (and then the command that would).
Without --claims it judges those of the cover letter of 2018. A case with more threads than the
host has CPUs is outside of its claim's regime: it is judged and shown, but never sets the exit
status.

Exit status 10: a claim is contradicted. 11: none is, but for some the evidence is not enough.`,
		Example: `  mtbench claims results.jsonl
  mtbench claims results.jsonl round-robin.jsonl
  mtbench claims results.jsonl --claims my-claims.yaml
  mtbench claims --metrics`,
		Args: func(cmd *cobra.Command, args []string) error {
			if o.metrics {
				return noArgs(cmd, args)
			}
			return someFiles(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runClaims(cmd, o, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.file, "claims", "", "claims file (default: the claims of the letter of 2018)")
	f.BoolVar(&o.metrics, "metrics", false, "list the metrics that a claim may be about, and end")
	f.StringVar(&o.format, "format", claimsFormats[0], strings.Join(claimsFormats, ", "))
	return cmd
}

func runClaims(cmd *cobra.Command, o *claimsOptions, paths []string) error {
	if o.metrics {
		return listMetrics(cmd.OutOrStdout())
	}
	if o.format != "terminal" && o.format != "markdown" {
		return badInput(fmt.Errorf("--format: %q is unknown; there are %s", o.format,
			strings.Join(claimsFormats, ", ")))
	}
	list, err := o.read()
	if err != nil {
		return badInput(err)
	}
	files, err := readDistinct(paths)
	if err != nil {
		return badInput(err)
	}
	if err := haveRuns(files); err != nil {
		return badInput(err)
	}
	predicted, err := allPredicted(files)
	if err != nil {
		return err
	}
	judged := verdict.EvaluateClaims(files, list)
	if predicted {
		if _, err := fmt.Fprintln(cmd.OutOrStdout(), predictedClaims); err != nil {
			return err
		}
	}
	tally := verdict.Count(judged)
	if o.format == "terminal" {
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%d claims: %s\n", tally.Measured()+tally.NotMeasured,
			tally); err != nil {
			return err
		}
	}
	if err := writeClaims(cmd.OutOrStdout(), judged, o.format); err != nil {
		return err
	}
	return claimsStatus(cmd.ErrOrStderr(), tally, predicted)
}

// predictedClaims stands above verdicts on figures of virtual time.
const predictedClaims = "PREDICTED in virtual time: what follows is said of a described host, " +
	"and was measured on none."

// allPredicted says whether the files are predictions; some that are with some that are not cannot
// be judged together.
func allPredicted(files []*results.File) (bool, error) {
	n := 0
	for _, f := range files {
		if f.Header.Kind == results.Predicted {
			n++
		}
	}
	if n != 0 && n != len(files) {
		return false, withStatus(statusIncomparable,
			"%d of the %d files are predicted and the others are not: "+
				"judge them apart", n, len(files))
	}
	return n > 0, nil
}

func (o *claimsOptions) read() ([]*claims.Claim, error) {
	if o.file == "" {
		return claims.Shipped()
	}
	return claims.Read(o.file)
}

func haveRuns(files []*results.File) error {
	for _, f := range files {
		if len(f.Runs) == 0 {
			return &results.InputError{File: f.Path, Msg: "has no run that ended by itself or at its bound"}
		}
	}
	return nil
}

func listMetrics(w io.Writer) error {
	for _, m := range metric.All() {
		if _, err := fmt.Fprintf(w, "%-22s %-18s %s\n", m.Name, m.Unit, m.Doc); err != nil {
			return err
		}
	}
	return nil
}

func writeClaims(w io.Writer, judged []verdict.Judged, format string) error {
	var b strings.Builder
	if format == "markdown" {
		b.WriteString("| claim | case | verdict | found |\n|---|---|---|---|\n")
	}
	for i := range judged {
		j := &judged[i]
		if format == "markdown" {
			markdownClaim(&b, j)
			continue
		}
		if i == 0 || judged[i-1].Claim != j.Claim {
			fmt.Fprintf(&b, "\n%s: %s\n    (%s)\n", clean(j.Claim.ID), clean(j.Claim.Says),
				clean(j.Claim.Source))
		}
		fmt.Fprintf(&b, "  %-22s %-19s %s\n", j.Cell, j.Outcome, found(j))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownClaim(b *strings.Builder, j *verdict.Judged) {
	cell := report.MarkdownCell
	fmt.Fprintf(b, "| %s: %s | %s | %s | %s |\n", cell(j.Claim.ID), cell(j.Claim.Says), j.Cell,
		j.Outcome, cell(found(j)))
}

// found is the finding with its qualification, or the command that would find something.
func found(j *verdict.Judged) string {
	finding := clean(strings.TrimPrefix(j.Finding, j.Outcome.String()+": "))
	switch {
	case j.Outcome == verdict.NotMeasured:
		return finding + ": " + clean(j.Command)
	case j.Apart() != "":
		return finding + " (" + j.Apart() + ")"
	case j.OutsideRegime:
		return finding + " (outside its regime: fewer CPUs than runnable threads)"
	default:
		return finding
	}
}

// clean keeps text of files, and their names, from steering a terminal.
func clean(s string) string { return report.Plain(s) }

// claimsStatus says the verdict in words, as the last line on standard error, and sets the status.
func claimsStatus(w io.Writer, t verdict.Tally, predicted bool) error {
	words := fmt.Sprintf("%d claims: %s", t.Measured()+t.NotMeasured, t)
	if predicted {
		words = "of predicted figures, " + words
	}
	switch {
	case t.Blocking > 0:
		return withStatus(statusRegression, "%s; %d contradicted within their regime", words, t.Blocking)
	case t.Wanting > 0:
		return withStatus(statusEvidence, "%s; %d within their regime need more evidence",
			words, t.Wanting)
	case t.Measured() == 0:
		return withStatus(statusEvidence, "%s", words)
	}
	_, err := fmt.Fprintf(w, "mtbench: %s\n", words)
	return err
}
