// Package reporttest makes up result files for the tests of a report.
package reporttest

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"mtbench/results"
)

// SmallSynth is a series that is quick to lay out and has every kind of mark.
func SmallSynth() Synth {
	s := DefaultSynth()
	s.Threads, s.Pairs = []int{1, 8, 16}, 8
	return s
}

// Synth describes a series that is made up, the same whenever it is made: what the tests of plots
// and page read in place of a file.
type Synth struct {
	Models  []string
	Threads []int
	Pairs   int
	Codec   string
	Service float64 // µs a page
	Cpus    int
	Gain    float64 // lockless is this much faster, with threads above 2
	Stuck   bool    // locked cannot complete with 8 threads and wait on
}

func DefaultSynth() Synth {
	return Synth{Models: []string{"locked", "lockless"}, Threads: []int{1, 2, 4, 8, 16},
		Pairs: 10, Codec: "zlib", Service: 18, Cpus: 2, Gain: 1.3, Stuck: true}
}

func (s Synth) File() *results.File {
	rng := rand.New(rand.NewPCG(7, uint64(s.Pairs)))
	f := &results.File{Path: "some/where/series.jsonl", Header: s.header()}
	f.SHA256 = "3d1f0c6a9f4b1f3ae0a1b2c3d4e5f60718293a4b5c6d7e8f9011223344556677"
	for _, n := range s.Threads {
		for _, w := range []bool{false, true} {
			for pair := range s.Pairs {
				for pos, m := range s.Models {
					f.Runs = append(f.Runs, s.run(rng, len(f.Runs), n, w, pair, pos, m, false))
				}
			}
		}
	}
	for pair := range 8 {
		n := s.Threads[pair%len(s.Threads)]
		for pos, side := range []string{"a", "b"} {
			r := s.run(rng, len(f.Runs), n, pair%2 == 1, 100+pair/2, pos, s.Models[0], true)
			r.Side = side
			f.Runs = append(f.Runs, r)
		}
	}
	f.Header.Matrix.Runs = len(f.Runs)
	return f
}

func (s Synth) header() results.Header {
	return results.Header{
		Type: results.TypeHeader, Schema: results.Schema, Kind: results.Measured,
		Version: "0.1.0", Revision: "c0ba85b", Go: "go1.26.0",
		Created: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		Argv:    []string{"mtbench", "run", "--pairs", fmt.Sprint(s.Pairs)}, Seed: 42,
		Host: results.Host{Name: "bench", OS: "linux/amd64", Kernel: "6.12.9",
			CPUModel: "Intel(R) Xeon(R) CPU @ 2.80GHz", CPUs: s.Cpus, MemoryBytes: 8 << 30,
			BracketCost: 41, StampCost: 22, PageServiceU: s.Service, Rate: 1e6 / s.Service},
		Scenario: results.Scenario{Memory: 64 << 20, VCPUs: 16, DirtyRate: 30000,
			DirtyRateMultiple: 1.2, Pattern: "uniform", WriteBytes: 64, Content: "mixed",
			Codec: s.Codec, Level: 1, LinkBurst: 1 << 20, SocketBuffer: 212992,
			DowntimeLimit: results.DurationOf(3), Flush: "sync", DecompressThreads: 16,
			Destination: "process",
			Machine:     "kernel", Limit: results.DurationOf(8000), Account: true},
		Matrix: results.Matrix{Models: s.Models, Threads: s.Threads, Waits: []bool{false, true},
			Pairs: s.Pairs, AA: 0.05},
	}
}

func (s Synth) run(rng *rand.Rand, i, n int, wait bool, pair, pos int, model string,
	aa bool) results.Run {
	lockless := model == "lockless"
	ms := 900 + 1600/float64(n) + 60*float64(n)
	if wait {
		ms *= 1.4
	}
	if lockless && n > 2 {
		ms /= s.Gain
	}
	ms *= math.Exp(0.05 * rng.NormFloat64())
	r := results.Run{
		Type: results.TypeRun, Cell: results.Cell{Model: model, Threads: n, Wait: wait}, Index: i,
		Block: pair / 2,
		Pair:  pair, Position: pos, AA: aa, Seed: uint64(pair),
		Started:   time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second),
		Completed: true, EndReason: "completed", BoundMS: 8000, TotalTimeMS: ms, SetupTimeMS: 4,
		DowntimeMS: 2.5, Rounds: 9, Syncs: 9, WireBytes: 90 << 20, CompressedBytes: 60 << 20,
		DirtyRateAsked: 30000, DirtyRateAchieved: 29800, ThresholdBytes: 600 << 10,
		PeakMemoryBytes: 200 << 20, PipelineRequests: n,
	}
	if s.Stuck && n == 8 && wait && model == "locked" && rng.IntN(10) > 1 {
		r.Completed, r.EndReason, r.TotalTimeMS, r.DowntimeMS = false, "diverging", 6100, 0
		r.RemainingBytes = 18 << 20
	}
	s.fill(rng, &r)
	return r
}

func (s Synth) fill(rng *rand.Rand, r *results.Run) {
	yes := true
	r.Verified = &yes
	if !r.Completed {
		r.Verified, r.UnverifiedReason = nil, "CAN'T COMPLETE: the memories still differ"
	}
	r.Pages = 60000 + int64(rng.IntN(4000))
	if !r.Wait {
		ratio := 0.55 / float64(r.Threads) * (1 + 0.1*rng.NormFloat64())
		r.BusyRatio, r.Busy = &ratio, int64(ratio*float64(r.Pages))
	}
	r.PagesRaw, r.PagesZero = r.Busy, 2000
	r.PagesCompressed = r.Pages - r.PagesRaw - r.PagesZero
	r.DrainRate = float64(r.Pages) / r.TotalTimeMS * 1000
	service, grade := s.Service, "clean"
	r.ServiceTimeUS = &service
	if r.Index%37 == 5 {
		grade = "noisy"
	}
	r.Noise = results.Noise{Grade: grade}
	s.timeline(r)
	r.ThreadUsage = s.usage(rng, r)
}

func (s Synth) timeline(r *results.Run) {
	memory := float64(s.header().Scenario.Memory)
	for t := 0.0; t < r.TotalTimeMS; t += 100 {
		left := memory * math.Exp(-4*t/r.TotalTimeMS)
		if !r.Completed {
			left = memory * (0.3 + 0.7*math.Exp(-6*t/r.TotalTimeMS))
		}
		left *= 1 + 0.06*math.Sin(t/130)
		r.Timeline = append(r.Timeline, results.Point{MS: t, RemainingBytes: int64(left),
			Compressed: int64(t * 9), Raw: int64(t), WireBytes: int64(t * 1e4)})
	}
}

func (s Synth) usage(rng *rand.Rand, r *results.Run) []results.ThreadUsage {
	out := []results.ThreadUsage{s.thread(rng, r, "source", "main", "live_migration", 0.62)}
	for i := range r.Threads {
		out = append(out, s.thread(rng, r, "source", "worker", fmt.Sprintf("compress-%d", i),
			0.9/float64(r.Threads)))
	}
	out = append(out, s.thread(rng, r, "destination", "main", "incoming", 0.4))
	for i := range 4 {
		out = append(out, s.thread(rng, r, "destination", "worker", fmt.Sprintf("decompress-%d", i), 0.1))
	}
	return out
}

func (s Synth) thread(rng *rand.Rand, r *results.Run, process, role, name string,
	share float64) results.ThreadUsage {
	share *= 1 + 0.1*rng.NormFloat64()
	if r.Model == "lockless" {
		share = min(0.98, share*1.5)
	}
	wall := r.TotalTimeMS
	cpu, delay := share*wall, 0.1*wall*(1-share)
	blocked := wall - cpu - delay
	volunt := int64(wall * 4 / float64(r.Threads))
	u := results.ThreadUsage{Process: process, Role: role, Name: name, TID: 4000 + rng.IntN(999),
		WallMS: wall, CPUMS: &cpu, RunDelayMS: &delay, BlockedMS: &blocked, Voluntary: &volunt,
		FutexWaits: int64(float64(r.Pages) * 0.3), FutexWakes: int64(float64(r.Pages) * 0.4)}
	if r.Model == "lockless" {
		u.FutexWaits, u.FutexWakes = u.FutexWaits/40, u.FutexWakes/40
	}
	states, rest := synthStates(role, process, r.Model, wall, share), wall
	for _, state := range slices.Sorted(maps.Keys(states)) {
		u.StatesMS.Set(state, states[state])
		rest -= states[state]
	}
	u.RemainderMS = &rest
	return u
}

func synthStates(role, process, model string, wall, share float64) map[string]float64 {
	st := map[string]float64{}
	if role == "worker" {
		st["codec"] = 0.8 * share * wall
		st["wait-work"] = 0.9 * (1 - share) * wall
		st["lock-global"] = 0.05 * wall * share
		if model == "lockless" {
			st["spin-work"] = 0.1 * share * wall
			st["lock-results"] = 0.02 * share * wall
			delete(st, "lock-global")
		}
		return st
	}
	st["copying"], st["scanning"] = 0.2*share*wall, 0.25*share*wall
	st["sending"] = 0.25 * wall * share
	if process == "destination" {
		delete(st, "scanning")
		delete(st, "sending")
		st["receiving"] = 0.6 * wall * share
	}
	st["lock-global"] = 0.1 * wall * share
	st["wait-room"] = 0.9 * (1 - share) * wall
	if model == "lockless" {
		st["spin-room"] = st["wait-room"]
		delete(st, "wait-room")
		delete(st, "lock-global")
	}
	return st
}

// SynthFiles are a default series and one of a cheaper codec with less to gain.
func SynthFiles() []*results.File {
	cheap := DefaultSynth()
	cheap.Codec, cheap.Service, cheap.Gain, cheap.Stuck = "s2", 3, 0.9, false
	cheap.Models = []string{"locked", "lockless", "inline"}
	return []*results.File{DefaultSynth().File(), cheap.File()}
}

// WithFrontier adds searches of which lockless reaches the higher rates.
func WithFrontier(f *results.File) *results.File {
	for _, n := range []int{1, 4, 16} {
		for i := range 4 {
			for j, m := range []string{"locked", "lockless"} {
				hi := 1000 * float64(10+n*(1+j)+i)
				lo := hi * 1.1
				f.Frontier = append(f.Frontier, results.Frontier{Cell: results.Cell{Model: m, Threads: n,
					Wait: i%2 == 0},
					Highest: &hi, Lowest: &lo})
			}
		}
	}
	return f
}

// WithWhatIf makes a prediction of f and adds a what-if of 16 threads: of locked's time most is the
// wake-up, and where that is halved lockless is behind.
func WithWhatIf(f *results.File) *results.File {
	f.Header.Kind = results.Predicted
	f.Header.Calibration = &results.CalibrationRef{File: "c.json", Host: "a CPU"}
	points := func(times ...float64) (list []results.WhatIfPoint) {
		for i, factor := range []float64{0, 0.5, 2} {
			list = append(list, results.WhatIfPoint{Factor: factor, Time: times[i], CPU: 10})
		}
		return list
	}
	add := func(model, cost, what string, p []results.WhatIfPoint) {
		f.WhatIf = append(f.WhatIf, results.WhatIf{Cell: results.Cell{Model: model, Threads: 16,
			Wait: true}, Cost: cost, What: what, Value: 5000, Points: p})
	}
	chance := func(time float64) []results.WhatIfPoint {
		return []results.WhatIfPoint{{Factor: 1, Time: time, CPU: 10}, {Factor: 1, Time: time * 1.01,
			CPU: 10}}
	}
	add("locked", "", "chance", chance(100))
	add("locked", "idle_wake_ns", "the wake-up of an idle CPU", points(8, 40, 190))
	add("locked", "line_ns", "a line", points(90, 95, 110))
	add("locked", "poll_ns", "a look", points(100, 100.5, 101))
	add("lockless", "", "chance", chance(50))
	add("lockless", "idle_wake_ns", "the wake-up of an idle CPU", points(50, 50, 50))
	add("lockless", "line_ns", "a line", points(45, 48, 55))
	add("lockless", "poll_ns", "a look", points(50, 50, 50.2))
	return f
}
