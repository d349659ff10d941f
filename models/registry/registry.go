// Package registry lists the contenders: every model that can be run, by the name that --models and
// result files use. A new contender is a package of its own and one line here.
package registry

import (
	"fmt"
	"strings"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/deepring"
	"mtbench/models/lockbatch"
	"mtbench/models/locked"
	"mtbench/models/lockless"
	"mtbench/models/multifd"
	"mtbench/models/spmc"
	"mtbench/models/steps"
	"mtbench/models/workqueue"
)

// Contender is a model that can be run.
type Contender struct {
	Name  string
	Doc   string // one line
	Build models.Builder

	// SourceOnly: it cannot serve a destination; only with a discarded stream.
	SourceOnly bool

	Kind Kind
	Look

	// InFlight is how many requests it has, all of which can be in flight at once, as a function of
	// the settings; nil: it hands nothing over.
	InFlight func(models.Config) int
}

// Kind says which part a contender takes in verdicts and reports.
type Kind int

// The kinds of contenders.
const (
	Model    Kind = iota // is compared
	Baseline             // shows what the harness costs or bounds the others; is part of no verdict
	Step                 // a change on the way from one model to another
)

// Look is how a contender looks in pictures: names of package report's palette. Those that have
// none share one.
type Look struct{ Color, Marker string }

// All lists the contenders: baselines first, then the models, then the steps between them.
func All() []Contender {
	all := []Contender{
		{"null", "refuses every page; shows what the harness costs", models.Null, false, Baseline,
			Look{"grey", "square"}, nil},
		{"inline", "the main thread does the work itself, with no worker", models.Inline, false,
			Baseline, Look{"green", "square"}, nil},
		{"ideal", "each worker takes its share of a round; the ceiling", models.Ideal, true,
			Baseline, Look{"purple", "pyramid"}, nil},
		{"locked", "global lock and one pending page a thread (QEMU 3.1)", locked.Build, false,
			Model, Look{"blue", "circle"}, locked.InFlight},
		{"lockless", "a ring and an event a thread (series of 2018-10-16)", lockless.Build, false,
			Model, Look{"vermilion", "diamond"}, lockless.InFlight},
		{"lockless-rr", "lockless without the search: plain round robin", roundRobin, false,
			Model, Look{}, lockless.InFlight},
		{"lockbatch", "one plain lock, one wake a batch, passed on (PostgreSQL 18)", lockbatch.Build,
			false, Model, Look{}, lockbatch.InFlight},
		{"lockbatch-1", "lockbatch with a batch of one page", lockbatch.Options{Batch: 1}.Build,
			false, Model, Look{}, lockbatch.InFlight},
		{"spmc", "one shared queue, no wake a job, a pool that adapts (Valkey 2026)", spmc.Build,
			false, Model, Look{}, spmc.InFlight},
		{"spmc-whole", "spmc with all workers in the pool from the start",
			spmc.Options{Whole: true}.Build, false, Model, Look{}, spmc.InFlight},
		{"multifd", "packets of 128 pages, the sender without locks (QEMU 2024)", multifd.Build,
			false, Model, Look{}, multifd.InFlight},
		{"multifd-locked", "multifd with a lock a channel, held over the work (QEMU 2020)",
			multifd.Options{Locked: true}.Build, false, Model, Look{}, multifd.InFlight},
		{"workqueue", "two bitmaps and two events a thread (series of 2018-11-22)", workqueue.Build,
			false, Model, Look{}, workqueue.InFlight},
		{"workqueue-posted", "workqueue with the search as posted: from thread 0",
			workqueue.Options{AsPosted: true}.Build, false, Model, Look{}, workqueue.InFlight},
		{"deepring", "a deep ring and a codec state a thread, wake-ups by the chunk (ours)",
			deepring.Build, false, Model, Look{}, deepring.InFlight},
	}
	for _, s := range steps.All() {
		all = append(all, Contender{s.Name, s.Doc, s.Build, false, Step, Look{}, s.InFlight})
	}
	return all
}

// Ranked names the contenders that are compared with each other, in the order of All.
func Ranked() (names []string) {
	for _, c := range All() {
		if c.Kind == Model {
			names = append(names, c.Name)
		}
	}
	return names
}

func roundRobin(m thread.Machine, t thread.Thread, cfg models.Config, work models.Work) (
	models.Pipeline, error) {
	cfg.RoundRobin = true
	return lockless.Build(m, t, cfg, work)
}

// Lookup finds a contender by name. The error names those that there are.
func Lookup(name string) (Contender, error) {
	var names []string
	for _, c := range All() {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return Contender{}, fmt.Errorf("unknown model %q; there are %s", name, strings.Join(names, ", "))
}
