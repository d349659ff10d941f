package predict

import (
	"strings"
	"testing"
	"time"

	"mtbench/results"
)

// A migration from which nothing can be told about the main threads is refused in a sentence.
func TestMainsOfARun(t *testing.T) {
	cpu, slept := results.Number(6), int64(30)
	main := func(process string) results.ThreadUsage {
		return results.ThreadUsage{Process: process, Name: process, Role: "main", CPUMS: &cpu, Voluntary: &slept}
	}
	run := results.Run{Completed: true, Pages: 3000, ThreadUsage: []results.ThreadUsage{main("source"), main("destination")}}
	if n, err := mainsOf(&run); err != nil || n != (mains{2000, 2000, 0.01, 0.01}) {
		t.Errorf("6 ms and 30 sleeps over 3000 pages: %+v, %v", n, err)
	}
	unfinished, blind := run, run
	unfinished.Completed, unfinished.EndReason = false, "bound"
	blind.ThreadUsage = []results.ThreadUsage{{Process: "source", Name: "live_migration", Role: "main", Voluntary: &slept}}
	for want, r := range map[string]*results.Run{"ended as bound after 3000 pages": &unfinished, "thread live_migration": &blind} {
		if _, err := mainsOf(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Where there are next to no sleeps, what is left is no sleep's.
func TestPerSleep(t *testing.T) {
	if a, b := perSleep(50, 0.05), perSleep(50, 0.0001); a < 999 || a > 1001 || b != 0 {
		t.Errorf("50 ns a page are %v ns by each of 0.05 sleeps, and %v of 0.0001", a, b)
	}
}

// Who sends to another host does not pay for the reader that is woken there.
func TestWakingAReaderOnAnotherHost(t *testing.T) {
	took := func(apart bool, wake time.Duration) float64 {
		p := typical()
		p.Rates.SendWake = wake
		return nullMains(t, p, Setup{Scenario: scenario(), CPUs: 4, Apart: apart}).source
	}
	const dear = 50 * time.Microsecond
	if a, b := took(true, 0), took(true, dear); a != b {
		t.Errorf("between two hosts a page took main %.0f ns, and %.0f where readers are dear to wake", a, b)
	}
	if a, b := took(false, 0), took(false, dear); b < a+500 {
		t.Errorf("on one host a page took main %.0f ns, and only %.0f where readers are dear to wake", a, b)
	}
}

// nullMains are those of a migration by the null model of a guest that nobody writes.
func nullMains(t *testing.T, p Profile, s Setup) mains {
	t.Helper()
	s.Scenario.DirtyRate = 0
	run, _, err := Run(t.Context(), s, p, results.Cell{Model: "null", Threads: 1, Wait: false}, 1)
	if err != nil {
		t.Fatal(err)
	}
	n, err := mainsOf(run)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
