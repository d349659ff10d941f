package series

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"mtbench/internal/peer"
	"mtbench/models"
	"mtbench/models/registry"
	"mtbench/results"
	"mtbench/workloads"
)

// Settings is what a series is asked to do: the flags of `mtbench run`.
type Settings struct {
	Matrix results.Matrix
	Seed   uint64

	// Scenario is the workload. Rates may be multiples still; Level -1 is the codec's default. A guest
	// of
	// 0 bytes, a bound of 0 and, with DowntimeOpen, the downtime limit are derived from a pilot.
	results.Scenario
	DowntimeOpen bool

	// Trace is a directory to leave a trace of every run in; "" = none. It makes of a series one run
	// of each model in each cell, whose figures prove nothing.
	Trace string

	// Like is the header of a series to make once more on another occasion; nil = none. Workload and
	// matrix are then its own, and nothing is derived anew.
	Like *results.Header

	// Builds are none, or the two programs that are compared in every case and model.
	Builds []NamedBuild

	// Beside is a program that stands among the models; nil = none.
	Beside *Beside

	// Reach is how a destination on another host is come to; without one it means nothing.
	Reach FarOptions

	Budget time.Duration // without Matrix.Pairs: the series ends within it
}

// Limits on what may be asked for. A series beyond them is a typing error more likely than a wish.
const (
	MaxPairs  = 10000 // of a cell
	maxReruns = 100
	maxWarmUp = 100 // runs of a cell
	maxLimit  = 24 * time.Hour
)

// Validate looks at what can be wrong with a matrix before a workload is known; the workload's own
// settings are looked at by workloads.
func (s *Settings) Validate() error {
	return errors.Join(s.validateModels(), s.validateBuilds(), s.validateThreads(), s.validateExtras(),
		s.validateNumbers(), s.validateTrace(), s.validateShard(), s.validateFar(), s.validateSides())
}

func (s *Settings) validateModels() error {
	if len(s.Matrix.Models) == 0 {
		return errors.New("--models names no model; write for example --models locked,lockless")
	}
	if d := duplicate(s.Matrix.Models); d != "" {
		return fmt.Errorf("--models names %s twice; A/A blocks (--aa) compare a model with itself", d)
	}
	for _, name := range s.Matrix.Models {
		if err := s.validateModel("--models", name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Settings) validateModel(flag, name string) error {
	if s.Beside != nil && name == s.Beside.Model {
		return nil
	}
	c, err := registry.Lookup(name)
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	if c.SourceOnly && s.DestinationAlone() {
		return fmt.Errorf("%s: %s has no destination side, which is all that is measured; leave it out",
			flag, name)
	}
	if c.SourceOnly && s.Destination != workloads.Discard {
		return fmt.Errorf("%s: %s has no destination side; add --destination discard", flag, name)
	}
	return nil
}

// validateBuilds looks at the names; what the files are is seen when they are opened.
func (s *Settings) validateBuilds() error {
	if len(s.Builds) == 0 {
		return nil
	}
	for _, b := range s.Builds {
		if err := results.CheckBuildName(b.Name); err != nil {
			return fmt.Errorf("--build: %w", err)
		}
	}
	switch {
	case len(s.Builds) != results.Builds:
		return fmt.Errorf("--build is given %s; write for example --build old=PATH --build new=PATH",
			results.Plural(len(s.Builds), "time"))
	case s.Builds[0].Name == s.Builds[1].Name:
		return fmt.Errorf("--build: both builds are called %s; each has a name of its own",
			s.Builds[0].Name)
	case len(s.Matrix.Extra) > 0:
		return errors.New("--extra does not go with --build: every model is compared with itself of " +
			"the other build")
	case s.Trace != "":
		return errors.New("--trace does not go with --build: a traced run is no evidence")
	}
	return nil
}

// validateExtras refuses an extra that is a model of the matrix anyway or has no cell to run in.
func (s *Settings) validateExtras() error {
	if duplicate(s.Matrix.Extra) != (results.Cell{}) {
		return errors.New("--extra names a model in a case twice")
	}
	for _, e := range s.Matrix.Extra {
		if err := s.validateModel("--extra", e.Model); err != nil {
			return err
		}
		switch {
		case slices.Contains(s.Matrix.Models, e.Model):
			return fmt.Errorf("--extra: %s runs in every case; it is one of --models", e.Model)
		case !slices.Contains(s.Matrix.AllCases(), e.Case()):
			return fmt.Errorf("--extra: %s with %s is in no case of the matrix", e.Model, e)
		}
	}
	return nil
}

func (s *Settings) validateThreads() error {
	if len(s.Matrix.Threads) == 0 {
		return errors.New("--threads names no count; write for example --threads 4,8,16")
	}
	for _, n := range s.Matrix.Threads {
		if n < 1 || n > models.MaxThreads {
			return fmt.Errorf("--threads: %d is not between 1 and %d", n, models.MaxThreads)
		}
	}
	for _, c := range s.Matrix.AllCases() {
		if err := c.Check(); err != nil {
			return err
		}
	}
	if duplicate(s.Matrix.Depths) != 0 || duplicate(s.Matrix.PollBudgets) != 0 {
		return errors.New("--depth or --poll-budget names a value twice")
	}
	if duplicate(s.Matrix.Batches) != 0 || duplicate(s.Matrix.CodecStates) != "" {
		return errors.New("--batch or --codec-state names a value twice")
	}
	for _, level := range s.Matrix.Levels {
		if level <= 0 {
			return fmt.Errorf("--level: %d in a list or with several codecs; levels of an axis are above "+
				"0", level)
		}
	}
	if duplicate(s.Matrix.Threads) != 0 {
		return errors.New("--threads names a count twice")
	}
	if len(s.Matrix.Waits) == 0 && !s.Matrix.Self || len(s.Matrix.Waits) > 2 ||
		(len(s.Matrix.Waits) == 2 && s.Matrix.Waits[0] == s.Matrix.Waits[1]) {
		return errors.New("--wait takes off, on and self, each once")
	}
	return nil
}

func (s *Settings) validateNumbers() error {
	switch {
	case s.Matrix.Pairs < 0 || s.Matrix.Pairs > MaxPairs:
		return fmt.Errorf("--pairs: %d is not between 1 and %d", s.Matrix.Pairs, MaxPairs)
	case s.Matrix.CPUEvery != 0 && (s.Matrix.CPUEvery.MS() < 10 || s.Matrix.CPUEvery.MS() > 10_000):
		return fmt.Errorf("--cpu-timeline: %v is not between 10ms and 10s", s.Matrix.CPUEvery)
	case s.Matrix.WarmUp < 0 || s.Matrix.WarmUp > maxWarmUp:
		return fmt.Errorf("--warm-up: %d is not between 0 and %d", s.Matrix.WarmUp, maxWarmUp)
	case s.Matrix.WarmUp > 0 && s.Trace != "":
		return errors.New("--warm-up does not go with --trace: a traced run is no evidence")
	case s.Matrix.Reruns < 0 || s.Matrix.Reruns > maxReruns:
		return fmt.Errorf("--reruns: %d is not between 0 and %d", s.Matrix.Reruns, maxReruns)
	case s.Limit != 0 && s.Limit.MS() < 1 || time.Duration(s.Limit) > maxLimit:
		return fmt.Errorf("--limit: %v is not between 1ms and %gh", s.Limit, maxLimit.Hours())
	case s.Matrix.Equal < 0 || s.Matrix.Equal > 1:
		return fmt.Errorf("--equal: %g%% is not above 0%% and at most 100%%", s.Matrix.Equal*100)
	}
	return nil
}

// duplicate is the first value that occurs twice, or the zero value.
func duplicate[T comparable](list []T) T {
	var none T
	for i, v := range list {
		if slices.Contains(list[:i], v) {
			return v
		}
	}
	return none
}

// validateSides looks at what goes with a destination that is measured alone.
func (s *Settings) validateSides() error {
	if !s.DestinationAlone() || slices.Equal(s.Matrix.Waits, []bool{true}) && !s.Matrix.Self {
		return nil
	}
	return errors.New("--wait: a destination waits for its threads always; with --sides destination " +
		"leave it out, or take on")
}

// validateFar looks at the name of a destination on another host.
func (s *Settings) validateFar() error {
	if !s.Far() {
		return nil
	}
	if _, err := peer.ParseTarget(s.Destination); err != nil {
		return fmt.Errorf("--destination: %w", err)
	}
	if len(s.Builds) > 0 {
		return errors.New("--build: two programs are compared on one host; leave the destination on it")
	}
	return nil
}
