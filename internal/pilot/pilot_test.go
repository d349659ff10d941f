package pilot_test

import (
	"strings"
	"testing"
	"time"

	"mtbench/internal/pilot"
)

const page = 4096

// hosts are pilots of hosts that differ by the order of what they drain.
func hosts() map[string]pilot.Measured {
	return map[string]pilot.Measured{
		"2 CPUs":           {Pool: 18e3, Peak: 20e3, Raw: 1e9, Ratio: 2.6, Fixed: 200 * time.Millisecond},
		"64 CPUs":          {Pool: 160e3, Peak: 600e3, Raw: 4e9, Ratio: 2.6, Fixed: 150 * time.Millisecond},
		"slow link":        {Pool: 160e3, Peak: 600e3, Raw: 1e8, Ratio: 2.6, Fixed: 150 * time.Millisecond},
		"a cheap codec":    {Pool: 400e3, Peak: 400e3, Raw: 2e9, Ratio: 1.5, Fixed: 200 * time.Millisecond},
		"a page in 500 µs": {Pool: 3e3, Peak: 4e3, Raw: 1e9, Ratio: 4, Fixed: 200 * time.Millisecond},
	}
}

func asked() pilot.Asked {
	return pilot.Asked{PageSize: page, Threads: 16, Runs: 130, Budget: 4 * time.Minute, Memory: 4 << 30}
}

// TestRules holds what each rule promises, on every host.
func TestRules(t *testing.T) {
	for name, m := range hosts() {
		w := pilot.Derive(m, asked())
		raw, compressed := w.LinkBandwidth/page, w.LinkBandwidth/page*m.Ratio
		if raw > m.Raw/page {
			t.Errorf("%s: the link is not filled by raw pages", name)
		}
		if name != "slow link" && compressed < m.Pool {
			t.Errorf("%s: compressed pages fill the link: %.0f pages/s of %.0f", name, compressed, m.Pool)
		}
		if w.DirtyRate >= m.Pool/2 || w.DirtyRate < m.Pool/10 {
			t.Errorf("%s: %.0f writes/s for a pool of %.0f", name, w.DirtyRate, m.Pool)
		}
		threshold := w.LinkBandwidth * w.DowntimeLimit.Seconds()
		if threshold > 0.0101*float64(w.Memory) {
			t.Errorf("%s: a threshold of %.0f bytes of %d", name, threshold, w.Memory)
		}
		if w.Memory%(4<<20) != 0 || w.Memory < 4<<20 || w.Memory > asked().Memory {
			t.Errorf("%s: %d bytes of memory", name, w.Memory)
		}
	}
}

// TestWindows: where time and memory allow it, the first pass of the fastest cell covers four rate
// windows, and the smallest threshold four pages a thread; else the rule says what it covers.
func TestWindows(t *testing.T) {
	plenty := asked()
	plenty.Budget, plenty.Memory = time.Hour, 64<<30
	for name, m := range hosts() {
		w := pilot.Derive(m, plenty)
		if w.Windows < 4 {
			t.Errorf("%s: %.1f windows with all the time and memory there is", name, w.Windows)
		}
		slow := min(w.LinkBandwidth, m.Pool*page/m.Ratio)
		if pages := slow * w.DowntimeLimit.Seconds() / page; pages < 4*16*0.99 {
			t.Errorf("%s: the smallest threshold is %.0f pages", name, pages)
		}
	}
	short := asked()
	short.Budget, short.Runs = 20*time.Second, 60
	w := pilot.Derive(hosts()["64 CPUs"], short)
	if w.Windows >= 4 || len(w.Rules) != 4 {
		t.Fatalf("%.1f windows of a third of a second a run", w.Windows)
	}
	if want := "4 are wanted"; !contains(w.Rules, want) {
		t.Errorf("no rule says %q: %v", want, w.Rules)
	}
}

func contains(rules []pilot.Rule, part string) bool {
	for _, r := range rules {
		if strings.Contains(r.Why, part) {
			return true
		}
	}
	return false
}
