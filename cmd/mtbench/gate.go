package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"mtbench/internal/gate"
	"mtbench/models/registry"
)

type gateOptions struct {
	models   []string
	expected string
	write    string
	all      bool
}

func newGateCommand() *cobra.Command {
	o := &gateOptions{}
	cmd := &cobra.Command{
		Use:   "gate",
		Short: "Check every model against its exact figures in virtual time",
		Long: `Runs every model on a few virtual hosts and compares what it counts there with the figures that
are expected: locks, atomic operations, polls, wakes, sleeps and copies to the unit, times within a
limit that the file states. In virtual time nothing is noise, so a figure that moved was moved by a
change of the source. The expected figures, and the costs of the virtual hosts, are built in.

After a change that is meant, make the file anew, read the difference, and commit it with the change:
mtbench gate --write internal/gate/expected.jsonl

Exit status 10: a figure moved, or a case is new or gone. 12: the file is of another workload or
other costs.`,
		Example: `  mtbench gate
  mtbench gate --models locked,lockless --all
  mtbench gate --write internal/gate/expected.jsonl`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runGate(cmd, o) },
	}
	f := cmd.Flags()
	f.Var(modelsValue{&o.models}, "models", "models, or all for every one that is ranked "+
		"(default: every one that there is)")
	f.StringVar(&o.expected, "expected", "",
		"file of expected figures (default: the one that is built in)")
	f.StringVar(&o.write, "write", "",
		"compare nothing, and write what is counted now to this file; one that is there is replaced")
	f.BoolVar(&o.all, "all", false, "print every case that moved, not just the first of each model")
	f.SortFlags = false
	return cmd
}

func runGate(cmd *cobra.Command, o *gateOptions) error {
	contenders, err := o.contenders()
	if err != nil {
		return badInput(err)
	}
	if o.write != "" {
		return writeGate(cmd, o, contenders)
	}
	expected, err := o.read()
	if err != nil {
		return badInput(err)
	}
	if o.models != nil {
		expected = expected.Of(o.models)
	}
	now, err := gate.Run(cmd.Context(), contenders)
	if err != nil {
		return err
	}
	changes, err := expected.Compare(now)
	if err != nil {
		return withStatus(statusIncomparable, "%w; make the file anew with: mtbench gate --write FILE",
			err)
	}
	if err := printGate(cmd.OutOrStdout(), changes, o.all); err != nil {
		return err
	}
	return gateStatus(cmd.ErrOrStderr(), expected, now, changes)
}

// contenders are those that were asked for, or all.
func (o *gateOptions) contenders() ([]registry.Contender, error) {
	if o.models == nil {
		return registry.All(), nil
	}
	var list []registry.Contender
	seen := map[string]bool{}
	for _, name := range o.models {
		c, err := registry.Lookup(name)
		if err != nil {
			return nil, fmt.Errorf("--models: %w", err)
		}
		if seen[name] {
			return nil, fmt.Errorf("--models names %s twice", name)
		}
		seen[name] = true
		list = append(list, c)
	}
	return list, nil
}

func (o *gateOptions) read() (*gate.Expected, error) {
	if o.expected == "" {
		return gate.Committed()
	}
	return gate.Read(o.expected)
}

func writeGate(cmd *cobra.Command, o *gateOptions, contenders []registry.Contender) error {
	if o.models != nil || o.expected != "" {
		return badInput(errors.New("--write goes with neither --models nor --expected: " +
			"a file has every model"))
	}
	if err := gate.MayWrite(o.write); err != nil {
		return badInput(fmt.Errorf("--write: %w", err))
	}
	now, err := gate.Run(cmd.Context(), contenders)
	if err != nil {
		return err
	}
	if err := now.Write(o.write); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d cases   %s\n", len(now.Cases), clean(o.write))
	return err
}

// printGate prints what moved: of each model the first case, or all.
func printGate(w io.Writer, changes []gate.Change, all bool) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	shown, hidden := "", 0
	for _, c := range changes {
		if c.Model == shown && !all {
			hidden++
			continue
		}
		sayHidden(out, shown, hidden)
		shown, hidden = c.Model, 0
		printChange(out, &c)
	}
	sayHidden(out, shown, hidden)
	return out.Flush()
}

func sayHidden(w io.Writer, model string, n int) {
	if n > 0 {
		fmt.Fprintf(w, "%s: %d more of its cases moved; --all prints them\n", clean(model), n)
	}
}

func printChange(w io.Writer, c *gate.Change) {
	switch {
	case c.New:
		fmt.Fprintf(w, "%s: not expected: the file does not have it\n", clean(c.String()))
	case c.Gone:
		fmt.Fprintf(w, "%s: expected, and there is no such model or case\n", clean(c.String()))
	default:
		fmt.Fprintf(w, "%s:\n", clean(c.String()))
	}
	for _, m := range c.Moved {
		factor := "was 0"
		if f, ok := m.Factor(); ok {
			factor = fmt.Sprintf("× %.4f", f)
		}
		fmt.Fprintf(w, "  %s\t%d\t→ %d\t%s\n", m.Name, m.Before, m.After, factor)
	}
}

// gateStatus says on the last line what the gate came to, and is its status.
func gateStatus(w io.Writer, expected, now *gate.Expected, changes []gate.Change) error {
	if len(changes) == 0 {
		_, err := fmt.Fprintf(w, "mtbench: nothing moved: %d cases as expected, counters within %g %%, "+
			"times within %g %%\n", len(now.Cases), 100*expected.Limits.Counters,
			100*expected.Limits.Times)
		return err
	}
	return withStatus(statusRegression, "moved: %s; if that is meant, make the expected figures anew "+
		"with: mtbench gate --write internal/gate/expected.jsonl", movedModels(changes))
}

// movedModels counts the cases of each model.
func movedModels(changes []gate.Change) string {
	var names []string
	count := map[string]int{}
	for _, c := range changes {
		if count[c.Model] == 0 {
			names = append(names, c.Model)
		}
		count[c.Model]++
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%s in %d of its cases", clean(name), count[name])
	}
	return strings.Join(names, ", ")
}
