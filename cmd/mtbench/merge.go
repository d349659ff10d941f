package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mtbench/internal/merge"
	"mtbench/results"
)

func newMergeCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "merge FILE... --output OUT",
		Short: "Join the shards of one series into one result file",
		Long: `Joins files that mtbench run --shard made. The file of the whole series says which host made
which cases: both runs of a pair and the A/A floor of a case are always of one host. Shards that
differ in workload, program, seed or settings are refused, and the keys are named. OUT appears
whole, or not at all. A shard that is missing or unfinished is named, here and in every report.

Exit status 11: OUT was written, and a shard is missing or unfinished. 12: the files do not belong
together.`,
		Example: `  mtbench merge shard-1.jsonl shard-2.jsonl shard-3.jsonl --output whole.jsonl`,
		Args:    someFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runMerge(cmd, args, output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "result file; an existing one is refused")
	return cmd
}

func runMerge(cmd *cobra.Command, paths []string, output string) error {
	if output == "" {
		return badInput(errors.New("--output: say where the whole series goes, for example " +
			"--output whole.jsonl"))
	}
	files, err := readAll(paths)
	if err != nil {
		return badInput(err)
	}
	whole, err := merge.Join(files)
	if err != nil {
		return &statusError{statusIncomparable, err}
	}
	if err := writable(output); err != nil {
		return badInput(fmt.Errorf("--output: %w", err))
	}
	if err := results.WriteWhole(output, whole); err != nil {
		return err
	}
	h := &whole.Header
	words := fmt.Sprintf("%s: %s and %d failed, of %d of %s, by %s", output, runs(len(whole.Runs)),
		len(whole.Failed), len(h.Parts), results.Plural(h.Parts[0].Of, "shard"),
		results.Plural(len(h.Hosts()), "host"))
	if lacks := lacking(whole); lacks != "" {
		return withStatus(statusEvidence, "%s; %s", words, lacks)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), clean(words))
	return err
}

// lacking says which shards a merged file does not have, or not whole.
func lacking(f *results.File) string {
	var lacks []string
	for _, missing := range f.Header.MissingParts() {
		lacks = append(lacks, "shard "+missing.String()+" is missing")
	}
	for i := range f.Header.Parts {
		if p := &f.Header.Parts[i]; p.Planned > 0 {
			if made := madeOf(f, p); made < p.Planned {
				lacks = append(lacks, fmt.Sprintf("shard %s has %d of %s: mtbench run --resume its file",
					p.Shard.String(), made, runs(p.Planned)))
			}
		}
	}
	return strings.Join(lacks, "; ")
}

// madeOf counts the runs of a shard, ended or failed, each once however often it was tried.
func madeOf(f *results.File, p *results.Part) int {
	made := map[int]bool{}
	for i := range f.Runs {
		if r := &f.Runs[i]; f.Header.Matrix.PartOf(r.Cell, p.Of) == p.Index {
			made[r.Index] = true
		}
	}
	for i := range f.Failed {
		if r := &f.Failed[i]; f.Header.Matrix.PartOf(r.Cell, p.Of) == p.Index {
			made[r.Index] = true
		}
	}
	return len(made)
}
