package metric

import (
	"slices"

	"mtbench/results"
)

// count is an event that a thread of a run counts; false where it could not be read.
type count func(*results.Run, *results.ThreadUsage) (int64, bool)

// What a thread of this program counts itself. A real QEMU counts none of it.
func futexWaits(r *results.Run, u *results.ThreadUsage) (int64, bool) {
	return u.FutexWaits, r.QueryMigrate == nil
}

func futexWakes(r *results.Run, u *results.ThreadUsage) (int64, bool) {
	return u.FutexWakes, r.QueryMigrate == nil
}

func waitWakes(r *results.Run, u *results.ThreadUsage) (int64, bool) {
	return u.FutexWaits + u.FutexWakes, r.QueryMigrate == nil
}

func locks(r *results.Run, u *results.ThreadUsage) (int64, bool) {
	return u.Locks, r.QueryMigrate == nil
}

func switches(_ *results.Run, u *results.ThreadUsage) (int64, bool) {
	if u.Voluntary == nil {
		return 0, false
	}
	return *u.Voluntary, true
}

// The traps of what is counted.
const (
	waitsTrap    = "as sleeps: a wait that finds the word changed returns at once"
	wakesTrap    = "as wake-ups: a wake with nobody waiting is a system call all the same"
	switchesTrap = "as futex waits: a blocked socket and a sleep switch as well"
)

// counterMetrics are the events of main and workers together.
func counterMetrics() []Metric {
	both := []string{"main", "worker"}
	return []Metric{
		{Name: "futex_waits_per_page", Unit: "calls/page", Better: Lower, Tick: 0.001, Counter: true,
			Of: perPage(1, futexWaits, both...), Doc: "futex waits of main and workers a page",
			Misread: waitsTrap, Shown: Form{Name: "futex waits", Unit: "per page"},
			Bench: Form{Name: "futex-waits/page"}, Chart: true},
		{Name: "futex_wakes_per_page", Unit: "calls/page", Better: Lower, Tick: 0.001, Counter: true,
			Of: perPage(1, futexWakes, both...), Doc: "futex wakes of main and workers a page",
			Misread: wakesTrap, Shown: Form{Name: "futex wakes", Unit: "per page"},
			Bench: Form{Name: "futex-wakes/page"}, Chart: true},
		{Name: WaitWakesPerPage, Unit: "calls/page", Better: Lower, Tick: 0.001, Counter: true,
			Gate: true, Of: perPage(1, waitWakes, both...),
			Doc:   "futex waits and wakes of main and workers a page",
			Shown: Form{Name: "futex calls a page", Decimals: 3}, Pairs: "wait-wakes a page"},
		{Name: "switches_per_page", Unit: "switches/page", Better: Lower, Tick: 0.001, Counter: true,
			Gate: true, Of: perPage(1, switches, both...), Misread: switchesTrap,
			Doc:   "voluntary context switches of main and workers a page",
			Shown: Form{Name: "voluntary switches", Unit: "per page"},
			Bench: Form{Name: "voluntary-switches/page"}, Chart: true},
		{Name: "locks_per_1000_pages", Unit: "locks/1000 pages", Better: Lower, Tick: 1, Counter: true,
			Gate: true, Of: perPage(1000, locks, both...),
			Doc:   "acquisitions of mutexes and spin locks by main and workers a thousand pages",
			Shown: Form{Name: "locks taken", Unit: "per page", Scale: 1e-3},
			Bench: Form{Name: "locks/page", Scale: 1e-3}, Chart: true},
	}
}

// roleMetrics are the events of one role, a page and a second.
func roleMetrics(role, whose string) []Metric {
	var pages, seconds []Metric
	for _, c := range []struct {
		name, title, doc, trap string
		of                     count
		seconds                bool // how often in a second has a column too
	}{
		{"futex_waits", "futex waits", "futex waits", waitsTrap, futexWaits, true},
		{"futex_wakes", "futex wakes", "futex wakes", wakesTrap, futexWakes, true},
		{"voluntary_switches", "voluntary switches", "voluntary context switches", switchesTrap,
			switches, true},
		{"locks", "locks taken", "acquisitions of mutexes and spin locks", "", locks, false},
	} {
		m := Metric{Name: role + "_" + c.name, Unit: "per page", Better: Lower, Tick: 0.001,
			Counter: true, Of: perPage(1, c.of, role), Doc: c.doc + " of " + whose + " a page",
			Misread: c.trap, Shown: Form{Name: c.title, Unit: "per page"},
			CSV: Form{Name: role + "_" + c.name, Unit: "per page"}, Table: WaitWakes, Role: role}
		pages = append(pages, m)
		if c.seconds {
			m.Name, m.Unit, m.Tick, m.Counter = m.Name+"_per_second", "per s", 1, false
			m.Of, m.Doc = perSecond(c.of, role), c.doc+" of "+whose+" a second of total time"
			m.Shown.Unit, m.CSV = "per s", Form{}
			seconds = append(seconds, m)
		}
	}
	return slices.Concat(pages, seconds)
}

// total sums a count over the threads of roles; it has no value where one of them has none, because
// the sum of the others would be too low.
func total(r *results.Run, of count, roles []string) (float64, bool) {
	list, sum := threads(r, roles...), int64(0)
	for _, u := range list {
		n, ok := of(r, u)
		if !ok {
			return 0, false
		}
		sum += n
	}
	return float64(sum), len(list) > 0
}

// perPage gives a count per that many pages.
func perPage(pages float64, of count, roles ...string) Value {
	return func(r *results.Run) (float64, bool) {
		sum, ok := total(r, of, roles)
		return sum / float64(r.Pages) * pages, ok && r.Pages > 0
	}
}

func perSecond(of count, roles ...string) Value {
	return func(r *results.Run) (float64, bool) {
		sum, ok := total(r, of, roles)
		return sum / r.TotalTimeMS * 1000, ok && r.TotalTimeMS > 0
	}
}
