package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"mtbench/internal/explore"
	"mtbench/internal/thread"
	"mtbench/models/modeltest/planted"
	"mtbench/models/registry"
)

type exploreOptions struct {
	models   []string
	explore  explore.Options
	program  string
	schedule string
	list     bool
	tables   bool
}

// The bounds of the walks; beyond them nobody waits for the end.
const (
	maxSchedules  = 1_000_000_000
	maxDepartures = 100
)

func newExploreCommand() *cobra.Command {
	o := &exploreOptions{models: []string{"locked", "lockless"},
		explore: explore.Options{Schedules: 20_000, Bound: 4, Depth: 3, Seed: 1}}
	cmd := &cobra.Command{
		Use:   "explore",
		Short: "Run a model through many schedules and check what must hold in all",
		Long: `Runs small programs over a model again and again, each time with another choice of which thread
goes on at each shared access, and checks that every accepted page is handled and done exactly
once, that the bound on what is in flight holds, that no thread sleeps or spins for ever, that Close
returns and that the memory at the far end is the same. Half of the schedules are walked depth
first by the number of departures from the default order (which bounds the preemptions), the
others are random by priority (PCT); --strategy takes one walk alone. Accesses to plain data that
nothing orders are reported on every schedule. A schedule that goes wrong is printed as a few numbers,
which --schedule runs again.

The access points exist only in a build with the tag explore:

  go build -tags explore -o mtbench-explore ./cmd/mtbench`,
		Example: `  mtbench-explore explore
  mtbench-explore explore --models locked,lockless --schedules 1000000
  mtbench-explore explore --models planted
  mtbench-explore explore --strategy reduced --models spmc
  mtbench-explore explore --models asleep-flag --program "one worker, wait" --schedule "31 1"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runExplore(cmd.Context(),
				cmd.OutOrStdout(), o)
		},
	}
	f := cmd.Flags()
	f.Var(modelsValue{&o.models}, "models",
		"models, all for every one that is ranked, or planted for all planted bugs")
	f.StringVar((*string)(&o.explore.Strategy), "strategy", string(explore.Mixed),
		"how to choose schedules: mixed, depth-first, pct, random, pos or reduced")
	f.Int64Var(&o.explore.Schedules, "schedules", o.explore.Schedules, "schedules a model")
	f.IntVar(&o.explore.Bound, "bound", o.explore.Bound,
		"depth first: departures from the default order")
	f.IntVar(&o.explore.Depth, "depth", o.explore.Depth,
		"random: ordering constraints that a bug needs")
	f.Uint64Var(&o.explore.Seed, "seed", o.explore.Seed, "random: seed")
	f.StringVar(&o.program, "program", "", "with --schedule: the program to run")
	f.StringVar(&o.schedule, "schedule", "", "run this one schedule of --program")
	f.BoolVar(&o.tables, "tables", false,
		"print docs/exploration.md: known bugs by strategy, and what --schedules exhaust")
	f.BoolVar(&o.list, "list", false, "list the programs and the planted bugs")
	f.SortFlags = false
	return cmd
}

func runExplore(ctx context.Context, w io.Writer, o *exploreOptions) error {
	if o.list {
		return listPrograms(w)
	}
	if !thread.Exploring {
		return badInput(errors.New("this build has no access points; build one with: " +
			"go build -tags explore -o mtbench-explore ./cmd/mtbench"))
	}
	list, err := o.check()
	if err != nil {
		return badInput(err)
	}
	if o.schedule != "" {
		return replaySchedule(w, o, list)
	}
	if o.tables {
		return explore.WriteDoc(w, list, o.explore.Schedules)
	}
	failed := 0
	o.explore.Stop = func() bool { return ctx.Err() != nil }
	for _, m := range list {
		total := explore.Explore(m, o.explore)
		if total.Stopped && total.Failure == nil {
			return withStatus(statusInterrupted,
				"interrupted; %s: %d schedules of %d programs, and nothing "+
					"went wrong on them", m.Name, total.Schedules, total.Cases)
		}
		fmt.Fprintf(w, "%s: %d schedules of %d programs, %d choices%s\n", m.Name, total.Schedules,
			total.Cases, total.Points, covered(o.explore.Strategy, total))
		if total.Failure != nil {
			failed++
			fmt.Fprintf(w, "%v\n", total.Failure)
		}
	}
	if failed > 0 {
		return withStatus(statusMemory, "%d of %d models go wrong on a schedule", failed, len(list))
	}
	return nil
}

// covered says what can be said of the schedules that were not walked.
func covered(s explore.Strategy, t explore.Total) string {
	switch s {
	case explore.Mixed, explore.Depth:
		return fmt.Sprintf("; every schedule with at most %d departures", t.Bound)
	case explore.Reduce:
		return fmt.Sprintf("; %d programs exhausted", t.Exhausted)
	}
	return ""
}

// check refuses what makes no sense and finds the models.
func (o *exploreOptions) check() ([]explore.Model, error) {
	e := &o.explore
	switch {
	case !slices.Contains(explore.Strategies(), e.Strategy):
		return nil, fmt.Errorf("--strategy: there is no %q; there are %v", e.Strategy,
			explore.Strategies())
	case e.Schedules < 1 || e.Schedules > maxSchedules:
		return nil, fmt.Errorf("--schedules: %d is not between 1 and %d", e.Schedules, maxSchedules)
	case e.Bound < 0 || e.Bound > maxDepartures:
		return nil, fmt.Errorf("--bound: %d is not between 0 and %d", e.Bound, maxDepartures)
	case e.Depth < 1 || e.Depth > maxDepartures:
		return nil, fmt.Errorf("--depth: %d is not between 1 and %d", e.Depth, maxDepartures)
	case (o.schedule == "") != (o.program == ""):
		return nil, errors.New("--schedule and --program are given together")
	case o.schedule != "" && len(o.models) != 1:
		return nil, errors.New("--schedule is of one model: name it with --models")
	}
	var list []explore.Model
	for _, name := range o.models {
		found, err := exploredModels(name)
		if err != nil {
			return nil, fmt.Errorf("--models: %w", err)
		}
		list = append(list, found...)
	}
	return list, nil
}

func exploredModels(name string) ([]explore.Model, error) {
	var bugs []explore.Model
	for _, p := range planted.All() {
		m := explore.Model{Name: p.Name, Build: p.Build, InFlight: p.InFlight, Ordered: p.Ordered}
		if p.Name == name {
			return []explore.Model{m}, nil
		}
		bugs = append(bugs, m)
	}
	if name == "planted" {
		return bugs, nil
	}
	c, err := registry.Lookup(name)
	if err != nil {
		return nil, err
	}
	if c.Kind == registry.Baseline {
		return nil, fmt.Errorf("%s is a baseline without a hand-over to explore", name)
	}
	return []explore.Model{{Name: c.Name, Build: c.Build, InFlight: c.InFlight}}, nil
}

func replaySchedule(w io.Writer, o *exploreOptions, list []explore.Model) error {
	s, err := explore.ParseSchedule(o.schedule)
	if err != nil {
		return badInput(fmt.Errorf("--schedule: %w", err))
	}
	for _, c := range explore.Cases() {
		if c.Name != o.program {
			continue
		}
		m := list[0]
		if err := explore.Replay(m.Program(c), s); err != nil {
			if errors.Is(err, explore.ErrSchedule) {
				return badInput(fmt.Errorf("--schedule: %w", err))
			}
			return withStatus(statusMemory, "%s/%s on %v: %w", m.Name, c.Name, s, err)
		}
		fmt.Fprintf(w, "%s/%s on %v: nothing went wrong\n", m.Name, c.Name, s)
		return nil
	}
	return badInput(fmt.Errorf("--program: there is no program %q; --list shows them", o.program))
}

func listPrograms(w io.Writer) error {
	fmt.Fprintln(w, "programs:")
	for _, c := range explore.Cases() {
		fmt.Fprintf(w, "  %-22s %d threads, %d pages\n", c.Name, c.Config.Threads, c.Pages)
	}
	fmt.Fprintln(w, "planted bugs:")
	for _, p := range planted.All() {
		fmt.Fprintf(w, "  %-22s %s\n", p.Name, p.Doc)
	}
	return nil
}
