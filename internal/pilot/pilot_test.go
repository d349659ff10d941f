package pilot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mtbench/internal/pilot"
	"mtbench/results"
)

const page = 4096

// hosts are pilots of hosts that differ by the order of what they drain.
func hosts() map[string]results.Pilot {
	return map[string]results.Pilot{
		"2 CPUs":           {Pool: 18e3, Peak: 20e3, Raw: 1e9, Ratio: 2.6, FixedMS: 200},
		"64 CPUs":          {Pool: 160e3, Peak: 600e3, Raw: 4e9, Ratio: 2.6, FixedMS: 150},
		"slow link":        {Pool: 160e3, Peak: 600e3, Raw: 1e8, Ratio: 2.6, FixedMS: 150},
		"a cheap codec":    {Pool: 400e3, Peak: 400e3, Raw: 2e9, Ratio: 1.5, FixedMS: 200},
		"a page in 500 µs": {Pool: 3e3, Peak: 4e3, Raw: 1e9, Ratio: 4, FixedMS: 200},
	}
}

func asked() pilot.Asked {
	return pilot.Asked{Threads: 16, Runs: 130, Budget: 4 * time.Minute, Most: 4 << 30,
		Memory: true, Downtime: true, Limit: true}
}

func derive(p results.Pilot, a pilot.Asked) (results.Scenario, results.Pilot) {
	p.Threads = pilot.Threads
	sc := results.Scenario{DirtyOfPool: pilot.DirtyOfPool, LinkOfPool: pilot.LinkOfPool}
	sc.Resolve(results.Unit{Pool: p.Pool}, page)
	pilot.Derive(&p, a, &sc)
	return sc, p
}

// TestRules holds what each rule promises, on every host.
func TestRules(t *testing.T) {
	for name, p := range hosts() {
		sc, derived := derive(p, asked())
		if sc.LinkBandwidth >= p.Raw {
			t.Errorf("%s: raw pages do not fill the link", name)
		}
		if compressed := sc.LinkBandwidth / page * p.Ratio; name != "slow link" && compressed < p.Pool {
			t.Errorf("%s: compressed pages fill the link: %.0f pages/s of %.0f", name, compressed, p.Pool)
		}
		if sc.DirtyRate >= p.Pool/2 || sc.DirtyRate < p.Pool/10 {
			t.Errorf("%s: %.0f writes/s for a pool of %.0f", name, sc.DirtyRate, p.Pool)
		}
		threshold := sc.LinkBandwidth * sc.DowntimeLimit.MS() / 1e3
		if threshold > 0.0101*float64(sc.Memory) {
			t.Errorf("%s: a threshold of %.0f bytes of %d", name, threshold, sc.Memory)
		}
		if once := float64(sc.Memory) / page / p.Pool * 1e3; sc.Limit.MS() < 4*once {
			t.Errorf("%s: a bound of %v, and the guest once takes %.0f ms", name, sc.Limit, once)
		}
		for _, setting := range []string{"memory", "limit", "downtime-limit", "link-bandwidth",
			"dirty-rate"} {
			if !derived.Derived(setting) {
				t.Errorf("%s: no rule says how %s was derived", name, setting)
			}
		}
	}
}

// TestWindows: where time and memory allow it, the first pass of the fastest case covers four rate
// windows, and the smallest threshold four pages a thread; else the rule says what it covers.
func TestWindows(t *testing.T) {
	plenty := asked()
	plenty.Budget, plenty.Most = time.Hour, 64<<30
	for name, p := range hosts() {
		sc, derived := derive(p, plenty)
		if derived.Windows < 4 {
			t.Errorf("%s: %.1f windows with all the time and memory there is", name, derived.Windows)
		}
		slow := min(sc.LinkBandwidth, p.Pool*page/p.Ratio)
		if pages := slow * sc.DowntimeLimit.MS() / 1e3 / page; pages < 4*16*0.99 {
			t.Errorf("%s: the smallest threshold is %.0f pages", name, pages)
		}
	}
	short := asked()
	short.Budget, short.Runs = 20*time.Second, 60
	_, p := derive(hosts()["64 CPUs"], short)
	if p.Windows >= 4 {
		t.Fatalf("%.1f windows of a third of a second a run", p.Windows)
	}
	for _, r := range p.Rules {
		if r.Setting == "memory" && !strings.Contains(r.Why, "4 are wanted") {
			t.Errorf("the rule does not say that more is wanted: %s", r.Why)
		}
	}
}

// TestPilotsAgree: two pilots of one host that differ by a tenth derive the same guest or the next.
func TestPilotsAgree(t *testing.T) {
	for name, p := range hosts() {
		a, _ := derive(p, asked())
		p.Pool, p.Peak = p.Pool*1.1, p.Peak*1.1
		if b, _ := derive(p, asked()); b.Memory > a.Memory*3/2 || b.Memory < a.Memory*2/3 {
			t.Errorf("%s: %d MiB and %d MiB", name, a.Memory>>20, b.Memory>>20)
		}
	}
}

// TestMeasure: the better of both models counts, a link without limit is asked for, and a failure
// ends it.
func TestMeasure(t *testing.T) {
	ran := 0
	run := func(sc results.Scenario, c results.Cell) (*results.Run, time.Duration, error) {
		ran++
		if sc.LinkBandwidth != 0 || sc.Memory == 0 || sc.Limit == 0 || c.Model != "null" && !c.Wait {
			t.Errorf("%s of %+v", c, sc)
		}
		r := &results.Run{Cell: c, TotalTimeMS: 110, SetupTimeMS: 10, Pages: 1000, WireBytes: 1000 * page}
		switch {
		case c.Model == "lockless" && c.Threads == 4:
			r.Pages = 3000
		case c.Model == "locked" && c.Threads == 16:
			r.Pages, r.WireBytes = 4000, 1000*page
		}
		return r, 50 * time.Millisecond, nil
	}
	p, err := pilot.Measure(results.Scenario{DirtyOfPool: 0.25}, 1000, 16, run)
	if err != nil || ran != 5 {
		t.Fatalf("%d migrations, %v", ran, err)
	}
	want := results.Pilot{Threads: 4, Pool: 30e3, Peak: 40e3, Raw: 1000 * page * 10, Ratio: 4,
		FixedMS: 50}
	if p.Pool != want.Pool || p.Peak != want.Peak || p.Raw != want.Raw || p.Ratio != want.Ratio ||
		p.FixedMS != want.FixedMS {
		t.Errorf("got %+v, want %+v", *p, want)
	}
	gone := errors.New("gone")
	_, err = pilot.Measure(results.Scenario{}, 1, 4, func(results.Scenario, results.Cell) (
		*results.Run, time.Duration, error) {
		return nil, 0, gone
	})
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}
