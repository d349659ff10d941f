// Package pilot derives the default workload from what a short pilot measures on a host, so that
// the same defaults ask the same question on any host: can the pipeline keep up with a guest that
// writes a part of what the pool can drain, over a link that raw pages fill and compressed ones do
// not?
//
// The rules are arithmetic, and every model of a series gets the same values. On a host `mtbench
// run` runs the pilot, in virtual time `mtbench predict`.
package pilot

import (
	"fmt"
	"math"
	"time"

	"mtbench/results"
)

// Threads is the case whose pool sets the rates: the smallest of the published table, where the
// link was too slow for half of the pages.
const Threads = 4

// The rules' constants. Each is a choice of the workload, and the same on every host.
const (
	// LinkOfPool is the link over what the pool drains, both in raw pages. Raw pages alone are slower
	// than compression (below 1), and compressed ones leave room (above 1 / Ratio).
	LinkOfPool = 0.9

	// DirtyOfPool is the guest's writes over what the pool drains: the better pipeline completes with
	// room, and one that drains a quarter of it does not.
	DirtyOfPool = 0.25

	// windows is how many rate windows the first pass of the fastest case is to cover.
	windows = 4

	// thresholdPages is the least threshold, in pages a thread of the largest case.
	thresholdPages = 4

	// thresholdShare is the most threshold, of guest memory. The letter's was about a third of it.
	thresholdShare = 0.01

	// passes is how often a migration sends its guest, for the estimate of its time.
	passes = 1.6

	// boundPasses is the bound of a run, in first passes of the pool; and LeastBound.
	boundPasses = 5
	LeastBound  = 2 * time.Second

	least = 16 << 20 // bytes of guest memory

	// dirtyBefore is the guest's writes during the pilot, where they are to be a part of what it
	// measures, in multiples of what one thread compresses.
	dirtyBefore = 0.1

	pilotBound = 20 * time.Second // a pilot that takes longer ends the series
)

// window is QEMU's rate-limiting window, by which bandwidth and threshold are estimated.
const window = 100 * time.Millisecond

// The settings of a rule that follow the size of the guest.
const (
	LimitSetting    = "limit"
	DowntimeSetting = "downtime-limit"
)

// Asked is what a series leaves open, and what bounds it.
type Asked struct {
	Threads int // of the largest case
	Runs    int // that fit into the budget
	Budget  time.Duration
	Most    int64 // bytes that a guest may have on this host

	Memory   bool // to be derived
	Downtime bool
	Limit    bool
}

// Derive writes what is left open into sc, whose rates are resolved, and says how into p.
func Derive(p *results.Pilot, a Asked, sc *results.Scenario) {
	rates(p, sc)
	if a.Memory {
		sc.Memory = memory(p, a, sc)
	}
	p.Windows = float64(sc.Memory) / windowBytes(p, a, sc)
	if a.Memory {
		p.Rules = append(p.Rules, results.Rule{Setting: "memory",
			Value: results.SizeText(sc.Memory), Why: memoryRule(p.Windows)})
	}
	if a.Limit {
		sc.Limit = bound(p, sc)
		p.Rules = append(p.Rules, results.Rule{Setting: LimitSetting, Value: sc.Limit.String(),
			Why: fmt.Sprintf("%d times as long as the pool takes for the guest once", boundPasses)})
	}
	if a.Downtime && sc.LinkBandwidth > 0 {
		sc.DowntimeLimit = limit(sc)
		p.Rules = append(p.Rules, results.Rule{Setting: DowntimeSetting,
			Value: sc.DowntimeLimit.String(),
			Why:   fmt.Sprintf("a threshold of %g %% of memory at the link's rate", thresholdShare*100)})
	}
}

// rates bounds the link by what raw pages can fill, and says what rates in units of the pool are.
func rates(p *results.Pilot, sc *results.Scenario) {
	if sc.LinkOfPool > 0 {
		why := fmt.Sprintf("%g × what the pool of %d threads drains, in raw pages: they fill it, "+
			"compressed ones do not", sc.LinkOfPool, p.Threads)
		if most := p.Raw * LinkOfPool; sc.LinkBandwidth > most {
			sc.LinkBandwidth = most
			why = fmt.Sprintf("%g × what the link takes of raw pages, for the pool drains more",
				LinkOfPool)
		}
		p.Rules = append(p.Rules, results.Rule{Setting: "link-bandwidth",
			Value: results.RateText(sc.LinkBandwidth), Why: why})
	}
	if sc.DirtyOfPool > 0 {
		p.Rules = append(p.Rules, results.Rule{Setting: "dirty-rate",
			Value: fmt.Sprintf("%.0f page writes/s", sc.DirtyRate),
			Why:   fmt.Sprintf("%g × what the pool of %d threads drains", sc.DirtyOfPool, p.Threads)})
	}
}

// memory is the guest of which the first pass covers enough windows and the threshold holds what
// may be in flight, as far as time and memory allow. It is of a grid, so that two pilots agree.
func memory(p *results.Pilot, a Asked, sc *results.Scenario) int64 {
	wanted := max(windowBytes(p, a, sc)*windows, thresholdGuest(p, a, sc))
	bytes := min(wanted, affordable(p, a), float64(a.Most))
	size := int64(least)
	for float64(grow(size)) <= bytes {
		size = grow(size)
	}
	if next := grow(size); wanted > float64(size) && wanted <= bytes && next <= a.Most {
		return next
	}
	return size
}

// grow is the next size of the grid: 16, 24, 32, 48, 64, 96 … MiB.
func grow(size int64) int64 {
	if size&(size-1) == 0 {
		return size + size/2
	}
	return size / 3 * 4
}

// windowBytes is how much guest memory the fastest case sends in a window: raw pages at the link's
// rate, or as many compressed ones as the link or the largest pool carries.
func windowBytes(p *results.Pilot, a Asked, sc *results.Scenario) float64 {
	link := sc.LinkBandwidth
	if link == 0 {
		link = p.Raw
	}
	fastest := max(link, min(p.Peak*pageSize, link*p.Ratio))
	return fastest * window.Seconds()
}

// thresholdGuest is the guest of which the largest threshold is thresholdShare while the smallest
// still holds thresholdPages: a migration that compresses all pages puts fewer bytes on the link,
// and its threshold is that much lower.
func thresholdGuest(p *results.Pilot, a Asked, sc *results.Scenario) float64 {
	pages := float64(thresholdPages*a.Threads) * pageSize
	compressed := p.Pool * pageSize / p.Ratio
	return pages * max(1, sc.LinkBandwidth/compressed) / thresholdShare
}

// affordable is the guest whose runs fit into the budget at the pool's rate.
func affordable(p *results.Pilot, a Asked) float64 {
	each := a.Budget.Seconds()/float64(max(a.Runs, 1)) - p.FixedMS/1e3
	return max(0, each) / passes * p.Pool * pageSize
}

// limit is the downtime limit by which the threshold is thresholdShare of memory at the link's
// rate.
func limit(sc *results.Scenario) results.Duration {
	seconds := float64(sc.Memory) * thresholdShare / sc.LinkBandwidth
	return results.Duration(time.Duration(seconds * float64(time.Second)).Round(time.Microsecond))
}

// bound is when a run counts as one that cannot complete.
func bound(p *results.Pilot, sc *results.Scenario) results.Duration {
	pass := float64(sc.Memory) / (p.Pool * pageSize)
	d := time.Duration(boundPasses * pass * float64(time.Second)).Round(100 * time.Millisecond)
	return results.Duration(max(d, LeastBound))
}

// memoryRule says whether the guest has the size that the rules want.
func memoryRule(covered float64) string {
	text := fmt.Sprintf("the first pass of the fastest case covers %.1f rate windows", covered)
	if covered < windows {
		return fmt.Sprintf("%s; %d are wanted, and the time or the memory at hand allows no more",
			text, windows)
	}
	return text
}

// Runner makes one migration and says what the run took beside it.
type Runner func(sc results.Scenario, c results.Cell) (
	r *results.Run, beside time.Duration, err error)

// models are those that a pilot runs, whatever the series compares.
func models() []string { return []string{"locked", "lockless"} }

// Measure runs the pilot: migrations of sc, waiting for a thread, over a link without limit.
// thread is the pages a second that one thread compresses.
func Measure(sc results.Scenario, thread float64, largest int, run Runner) (*results.Pilot, error) {
	if sc.DirtyOfPool != 0 {
		sc.DirtyRate = dirtyBefore * thread
	}
	sc.LinkBandwidth, sc.MaxBandwidth, sc.DowntimeLimit = 0, 0, results.DurationOf(1)
	sc.Memory, sc.Limit = least, results.Duration(pilotBound)
	p := &results.Pilot{Threads: Threads, FixedMS: math.Inf(1)}
	for _, model := range models() {
		for _, threads := range []int{Threads, largest} {
			cell := results.Cell{Model: model, Threads: threads, Wait: true}
			if err := pool(p, sc, cell, run); err != nil {
				return nil, err
			}
		}
	}
	return p, raw(p, sc, run)
}

// pool is what one model drains with so many threads.
func pool(p *results.Pilot, sc results.Scenario, c results.Cell, run Runner) error {
	r, beside, err := run(sc, c)
	if err != nil {
		return err
	}
	seconds := (r.TotalTimeMS - r.SetupTimeMS) / 1e3
	if seconds <= 0 || r.Pages == 0 || r.WireBytes == 0 {
		return fmt.Errorf("a pilot of %s with %s sent %d pages in %.1f ms: no rate can be made of that",
			c.Model, c, r.Pages, r.TotalTimeMS)
	}
	rate := float64(r.Pages) / seconds
	if c.Threads == Threads {
		p.Pool = max(p.Pool, rate)
	}
	p.Peak = max(p.Peak, rate)
	p.FixedMS = min(p.FixedMS, results.MS(beside))
	p.Ratio = max(p.Ratio, 1, float64(r.Pages*pageSize)/float64(r.WireBytes))
	return nil
}

// raw is what the link takes of pages that nobody compresses.
func raw(p *results.Pilot, sc results.Scenario, run Runner) error {
	sc.DirtyRate = 0
	r, _, err := run(sc, results.Cell{Model: "null", Threads: 1})
	if err != nil {
		return err
	}
	p.Raw = float64(r.WireBytes) / (r.TotalTimeMS - r.SetupTimeMS) * 1e3
	return nil
}

const pageSize = 4096 // of a guest
