package explore

import "mtbench/models"

// Model is what the explorer must know of a model.
type Model struct {
	Name     string
	Build    models.Builder
	InFlight InFlight
	Ordered  bool // of the pages that one worker handles, the results come out in the order of Fill
}

// Strategy is a way to walk schedules.
type Strategy string

// The strategies.
const (
	Mixed  Strategy = "mixed" // half depth first, half PCT
	Depth  Strategy = "depth-first"
	PCT    Strategy = "pct"
	Random Strategy = "random" // each option with the same chance
	POS    Strategy = "pos"
	Reduce Strategy = "reduced"
)

// Strategies lists them, the default first.
func Strategies() []Strategy { return []Strategy{Mixed, Depth, PCT, Random, POS, Reduce} }

// Options say how far to go.
type Options struct {
	Strategy  Strategy // "": Mixed
	Schedules int64    // over all cases and both walks; at least 2 a case
	Bound     int      // departures from the default order that depth first goes up to
	Depth     int      // of random schedules
	Seed      uint64   // of random schedules

	Stop func() bool // looked at before each schedule: true ends everything; nil: never

	Case func(name string, first, random Report) // told when a case is done; nil: nobody
}

// Total is what was done with a model.
type Total struct {
	Model     string
	Schedules int64
	Points    int64
	Bound     int      // every schedule of every case with at most so many departures was visited
	Exhausted int      // cases of which there are no schedules left
	Cases     int      // that were walked to their end
	Stopped   bool     // before all of them were
	Failure   *Failure // its Found counts from the first schedule of the first case
}

// Explore walks every case of Cases, half of the schedules depth first and the others at random,
// and stops at the first that goes wrong. What one walk leaves over, the next may use.
func Explore(m Model, o Options) Total {
	total := Total{Model: m.Name, Bound: o.Bound}
	cases := Cases()
	left := max(o.Schedules, 2*int64(len(cases)))
	for i, c := range cases {
		share := left / int64(len(cases)-i)
		p := m.Program(c)
		p.Stop = o.Stop
		first, random := exploreCase(p, o, share)
		if total.Stopped = p.stopped(); total.Stopped {
			total.take(first)
			total.take(random)
			return total
		}
		total.add(first, random)
		left -= first.Schedules + random.Schedules
		if o.Case != nil {
			o.Case(c.Name, first, random)
		}
		if total.Failure != nil {
			break
		}
	}
	return total
}

func exploreCase(p Program, o Options, share int64) (first, random Report) {
	if o.Strategy != "" && o.Strategy != Mixed {
		return Walk(p, o, share), Report{Bound: -1}
	}
	first = DepthFirst(p, o.Bound, share/2)
	if first.Failure == nil && !first.Exhausted {
		random = Priorities(p, o.Depth, o.Seed, share-first.Schedules)
	}
	return first, random
}

// Walk walks one program by one strategy, up to limit schedules. It panics at Mixed, which is two.
func Walk(p Program, o Options, limit int64) Report {
	switch o.Strategy {
	case Depth:
		return DepthFirst(p, o.Bound, limit)
	case PCT:
		return Priorities(p, o.Depth, o.Seed, limit)
	case Random:
		return Uniform(p, o.Seed, limit)
	case POS:
		return Sampled(p, o.Seed, limit)
	case Reduce:
		return Reduced(p, limit)
	}
	panic("explore: " + string(o.Strategy) + " is not one walk")
}

func (t *Total) add(first, random Report) {
	t.Cases++
	if first.Exhausted {
		t.Exhausted++
	} else {
		t.Bound = min(t.Bound, first.Bound)
	}
	t.take(first)
	t.take(random)
}

func (t *Total) take(r Report) {
	if r.Failure != nil && t.Failure == nil {
		t.Failure = r.Failure
		t.Failure.Found += t.Schedules
	}
	t.Schedules += r.Schedules
	t.Points += r.Points
}
