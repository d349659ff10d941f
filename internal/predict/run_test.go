package predict

import (
	"math"
	"reflect"
	"testing"
	"time"

	"mtbench/internal/sim"
	"mtbench/results"
	"mtbench/workloads"
)

// typical is a profile in round figures: 10 µs a page, a third of its size, every tenth page zero.
func typical() Profile {
	p := Profile{Costs: sim.Typical(), Rates: Rates{
		Record: 60, CopyKiB: 60, Scan: 15, ScanLog: 2, Zero: 60, Store: 120,
		Send: 1500, SendKiB: 120, SendFar: 120, Recv: 1500, RecvKiB: 120, RecvFar: 120}}
	for i := range 10 {
		if i == 0 {
			p.Pages = append(p.Pages, Page{Encode: 150, Decode: 200})
			continue
		}
		p.Pages = append(p.Pages, Page{Encode: time.Duration(8+i/3) * time.Microsecond,
			Decode: 4 * time.Microsecond, Bytes: 1000 + 100*i})
	}
	return p
}

func scenario() results.Scenario {
	return results.Scenario{
		Memory: 16 << 20, VCPUs: 4, DirtyRate: 5000, Pattern: "uniform", WriteBytes: 64,
		DowntimeLimit: results.DurationOf(2), Flush: "sync", DecompressThreads: 2, Destination: workloads.Process,
		LinkBandwidth: 1 << 30, LinkBurst: 64 << 10, Machine: workloads.Kernel, Limit: results.DurationOf(10_000),
		Account: true,
	}
}

// The ceiling is predicted too: its workers share whole rounds, and as many pages go as by any model, in less time.
func TestIdealIsTheCeiling(t *testing.T) {
	s := Setup{Scenario: scenario(), CPUs: 64}
	s.Scenario.Destination, s.Scenario.DirtyRate, s.Scenario.LinkBandwidth = "discard", 0, 0
	total := map[string]float64{}
	for _, model := range []string{"ideal", "locked", "lockless"} {
		run, _, err := Run(t.Context(), s, typical(), results.Cell{Model: model, Threads: 4, Wait: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if want := s.Scenario.Memory / workloads.PageSize; !run.Completed || run.Pages != want || run.PagesRaw > 1 {
			t.Errorf("%s completed %v with %d pages of %d, %d raw", model, run.Completed, run.Pages, want, run.PagesRaw)
		}
		if least := run.CompressedBytes; run.WireBytes <= least {
			t.Errorf("%s put %d bytes on the wire for %d of pages", model, run.WireBytes, least)
		}
		total[model] = run.TotalTimeMS
	}
	mean := time.Duration(0)
	for _, p := range typical().Pages {
		mean += p.Encode / time.Duration(len(typical().Pages))
	}
	// What is left of it for four workers is the search and the end of the slowest.
	best := 4096 * mean.Seconds() * 1000 / 4
	if total["ideal"] < best || total["ideal"] > 1.1*best {
		t.Errorf("ideal took %.2f ms of virtual time; its pages take %.2f", total["ideal"], best)
	}
	if total["ideal"] >= total["lockless"] || total["ideal"] >= total["locked"] {
		t.Errorf("total times in ms: %v", total)
	}
}

// That others wait for a CPU makes pages take longer there, each end by its own factor, and is nothing where nobody waits.
func TestCrowdSlowsPages(t *testing.T) {
	total := func(cpus int, c Crowd) float64 {
		p := typical()
		p.Crowd = c
		run, _, err := Run(t.Context(), Setup{Scenario: scenario(), CPUs: cpus}, p, results.Cell{Model: "locked", Threads: 4, Wait: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return run.TotalTimeMS
	}
	slow := [3]float64{3, 3, 3}
	alone, encode, decode := total(1, Crowd{}), total(1, Crowd{Encode: slow}), total(1, Crowd{Decode: 3})
	if encode < 1.5*alone || decode < 1.1*alone || decode > encode { // a page takes 9 µs there and 4 here
		t.Errorf("on one CPU it took %.1f ms, %.1f with slow compression and %.1f with slow decompression", alone, encode, decode)
	}
	if a, b := total(64, Crowd{}), total(64, Crowd{slow, 3}); a != b {
		t.Errorf("on 64 CPUs, where nobody waits, %.1f ms became %.1f", a, b)
	}
}

// A codec that rests gets cold, each end's by its own factor: fewer threads rest more between their pages.
func TestRestsSlowPages(t *testing.T) {
	slow := Rests{1, 1, 1, 3, 3, 3} // from a rest of a millisecond on
	total := func(r [2]Rests, encode time.Duration) float64 {
		p := typical()
		for i := range p.Pages {
			p.Pages[i].Encode = encode
		}
		p.Rests = r
		run, _, err := Run(t.Context(), Setup{Scenario: scenario(), CPUs: 64}, p, results.Cell{Model: "lockless", Threads: 4, Wait: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return run.TotalTimeMS
	}
	// Sixteen states take turns: each is used again after four times the time of a page, or so.
	const quick, long = 10 * time.Microsecond, 500 * time.Microsecond
	if a, b := total([2]Rests{}, quick), total([2]Rests{encoding: slow}, quick); b > 1.2*a {
		t.Errorf("pages that come again soon took %.1f ms, and %.1f where a rest makes them slow", a, b)
	}
	if a, b := total([2]Rests{}, long), total([2]Rests{encoding: slow}, long); b < 2.5*a {
		t.Errorf("pages that come again late took %.1f ms, and %.1f where a rest makes them slow", a, b)
	}
	p := typical()
	for i := range p.Pages {
		p.Pages[i].Decode = 300 * time.Microsecond
	}
	decode := func(r Rests) float64 {
		p.Rests[decoding] = r
		run, _, err := Run(t.Context(), Setup{Scenario: scenario(), CPUs: 64}, p, results.Cell{Model: "locked", Threads: 4, Wait: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return run.TotalTimeMS
	}
	if a, b := decode(Rests{}), decode(Rests{3, 3, 3, 3, 3, 3}); b < 1.2*a { // they hardly rest
		t.Errorf("decompression took %.1f ms, and %.1f where a rest makes it slow", a, b)
	}
}

// Many encoders slow every page, however soon one is used again.
func TestManyStatesSlowPages(t *testing.T) {
	total := func(model string, s States) float64 {
		p := typical()
		p.States = s
		run, _, err := Run(t.Context(), Setup{Scenario: scenario(), CPUs: 64}, p, results.Cell{Model: model, Threads: 4, Wait: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return run.TotalTimeMS
	}
	if a, b := total("lockless", States{}), total("lockless", States{1, 3, 3}); b < 2*a {
		t.Errorf("with 16 encoders it took %.1f ms, and %.1f where so many are slow", a, b)
	}
	if a, b := total("locked", States{}), total("locked", States{1, 3, 3}); b != a {
		t.Errorf("with 4 encoders it took %.1f ms, and %.1f where 16 are slow", a, b)
	}
}

// Making the codec states is setup, one for each request of the source.
func TestStatesTakeSetup(t *testing.T) {
	for model, states := range map[string]float64{"locked": 4, "lockless": 16} {
		p := typical()
		p.State = time.Millisecond
		run, _, err := Run(t.Context(), Setup{Scenario: scenario(), CPUs: 64}, p, results.Cell{Model: model, Threads: 4, Wait: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if run.SetupTimeMS < states || run.SetupTimeMS > states+1 {
			t.Errorf("%s: setup of %.2f ms with %.0f states of 1 ms", model, run.SetupTimeMS, states)
		}
		half, err := Scale(scenario(), 2)
		if err != nil {
			t.Fatal(err)
		}
		scaled, err := runScaled(t.Context(), Setup{Scenario: half, CPUs: 64}, p, results.Cell{Model: model, Threads: 4, Wait: true}, 1, 2)
		if err != nil || scaled.SetupTimeMS < states || scaled.SetupTimeMS > states+1 {
			t.Errorf("%s: setup of %.2f ms at half the memory: %v", model, scaled.SetupTimeMS, err)
		}
	}
}

// A record that a worker made on another CPU costs main more than one that is in its own caches.
func TestTakingFromAnotherCPU(t *testing.T) {
	copying := func(cpus int) float64 {
		p := typical()
		p.Rates.Take, p.Rates.TakeKiB = 2*p.Rates.Record, 10*p.Rates.CopyKiB
		s := Setup{Scenario: scenario(), CPUs: cpus}
		s.Scenario.Destination = "discard"
		run, _, err := Run(t.Context(), s, p, results.Cell{Model: "locked", Threads: 4, Wait: true}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range run.ThreadUsage {
			if u.Role == "main" {
				return u.StatesMS["copying"] / float64(run.Pages)
			}
		}
		t.Fatal("no main thread")
		return 0
	}
	if one, many := copying(1), copying(64); many < 3*one {
		t.Errorf("main copied for %.5f ms a page on one CPU and %.5f on many", one, many)
	}
}

// Bytes that cross from one CPU to another cost either end more, but not between hosts.
func TestBytesToAnotherCPU(t *testing.T) {
	took := func(cpus int, apart, far bool) map[string]float64 {
		p := typical()
		if far {
			p.Rates.SendFar, p.Rates.RecvFar = 10*p.Rates.SendKiB, 10*p.Rates.RecvKiB
		}
		run, _, err := Run(t.Context(), Setup{Scenario: scenario(), CPUs: cpus, Apart: apart}, p, results.Cell{Model: "locked", Threads: 4, Wait: false}, 1)
		if err != nil {
			t.Fatal(err)
		}
		cpu := map[string]float64{}
		for _, u := range run.ThreadUsage {
			if u.Role == "main" {
				cpu[u.Process] = *u.CPUMS / float64(run.Pages)
			}
		}
		return cpu
	}
	for _, end := range []string{"source", "destination"} {
		if a, b := took(1, false, false)[end], took(1, false, true)[end]; a != b {
			t.Errorf("%s: on one CPU a page took main %.5f ms, and %.5f where other CPUs are far", end, a, b)
		}
		if a, b := took(64, true, false)[end], took(64, true, true)[end]; a != b {
			t.Errorf("%s: between hosts a page took main %.5f ms, and %.5f where other CPUs are far", end, a, b)
		}
		if a, b := took(64, false, false)[end], took(64, false, true)[end]; b < 1.5*a {
			t.Errorf("%s: a page took main %.5f ms, and %.5f where other CPUs are far", end, a, b)
		}
	}
}

// What the harness takes of its main threads is paid where it arises, and by nobody else.
func TestHarnessCosts(t *testing.T) {
	took := func(change func(*Profile)) mains {
		p := typical()
		change(&p)
		return nullMains(t, p, Setup{Scenario: scenario(), CPUs: 64})
	}
	const more = 50 * time.Microsecond
	for name, x := range map[string]struct {
		change              func(*Profile)
		source, destination func(mains) float64 // how often a page
	}{
		"own":           {func(p *Profile) { p.Rates.Own = more }, everyPage, never},
		"load":          {func(p *Profile) { p.Rates.Load = more }, never, everyPage},
		"send_wake":     {func(p *Profile) { p.Rates.SendWake = more }, waits, never},
		"receive_after": {func(p *Profile) { p.Rates.RecvAfter = more }, never, waits},
		"sleep_after":   {func(p *Profile) { p.Costs.SleepAfter = more }, naps, never},
	} {
		before, after := took(func(*Profile) {}), took(x.change)
		for _, end := range []struct {
			name      string
			is, often float64
		}{
			{"source", after.source - before.source, x.source(after)},
			{"destination", after.destination - before.destination, x.destination(after)},
		} {
			if end.often != 0 && end.often < 0.01 {
				t.Errorf("%s: the %s's main pays only %.4f times a page", name, end.name, end.often)
			}
			if want := float64(more) * end.often; math.Abs(end.is-want) > 0.25*want+150 {
				t.Errorf("%s: the %s's main took %.0f ns a page more, want %.0f", name, end.name, end.is, want)
			}
		}
	}
}

func everyPage(mains) float64 { return 1 }
func never(mains) float64     { return 0 }
func naps(m mains) float64    { return m.naps }
func waits(m mains) float64   { return m.waits }

// The loop runs unchanged over either model, at either end, on few CPUs and on many, and each page
// arrives.
func TestMigrationsComplete(t *testing.T) {
	for _, model := range []string{"null", "inline", "locked", "lockless"} {
		for _, wait := range []bool{false, true} {
			for _, cpus := range []int{2, 64} {
				if model == "null" && wait {
					continue
				}
				s := Setup{Scenario: scenario(), CPUs: cpus}
				run, events, err := Run(t.Context(), s, typical(), results.Cell{Model: model, Threads: 4, Wait: wait}, 1)
				if err != nil {
					t.Fatalf("%s, wait %v, %d CPUs: %v", model, wait, cpus, err)
				}
				if !run.Completed || run.Pages < s.Scenario.Memory/workloads.PageSize {
					t.Errorf("%s, wait %v, %d CPUs: completed %v (%s) with %d pages", model, wait, cpus,
						run.Completed, run.EndReason, run.Pages)
				}
				t.Logf("%s, wait %v, %d CPUs: %.1f ms, %d pages, busy %d, %d events", model, wait, cpus,
					run.TotalTimeMS, run.Pages, run.Busy, events)
			}
		}
	}
}

func TestPredictionRepeats(t *testing.T) {
	s := Setup{Scenario: scenario(), CPUs: 8}
	a, _, err := Run(t.Context(), s, typical(), results.Cell{Model: "locked", Threads: 4, Wait: false}, 7)
	if err != nil {
		t.Fatal(err)
	}
	b, _, _ := Run(t.Context(), s, typical(), results.Cell{Model: "locked", Threads: 4, Wait: false}, 7)
	if !reflect.DeepEqual(a, b) {
		t.Error("one seed gave two predictions")
	}
	c, _, _ := Run(t.Context(), s, typical(), results.Cell{Model: "locked", Threads: 4, Wait: false}, 8)
	if a.TotalTimeMS == c.TotalTimeMS {
		t.Error("another seed gave the same prediction")
	}
}
