package reporttest

import (
	"time"

	"mtbench/results"
)

// HandOverFile is a hand-over file of three models in four cases with figures that can be checked
// by hand: lockless is the fastest everywhere and locked takes twice as long; ring takes half the
// CPU of lockless without work, and three times as much with it. One run failed, one is missing.
func HandOverFile() *results.HandOverFile {
	grid := results.HandOverGrid{Models: []string{"locked", "lockless", "ring"}, Threads: []int{1, 4},
		WorksNS: []int64{0, 10_000}, Loads: []int{100}, Repeats: 3, Time: results.DurationOf(100)}
	f := &results.HandOverFile{Path: "handover.jsonl", SHA256: "cafe",
		Header: results.HandOverHeader{Version: "0.1.0", Revision: "abcdef", Go: "go1.26",
			Argv: []string{"mtbench", "handover"}, Quantum: 100, ClockNS: 30, Grid: grid,
			Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			Host: results.Host{Name: "host", CPUModel: "a CPU", CPUs: 2, OS: "linux/amd64",
				Kernel: "6.1"}}}
	index := 0
	for repeat := range grid.Repeats {
		for _, c := range grid.Cases() {
			for i, m := range grid.Models {
				if repeat == 2 && index%17 == 0 {
					f.Failed = append(f.Failed, results.HandOverFailed{HandOverCell: c.Of(m), Index: index,
						Repeat: repeat, Reason: "it was killed (SIGKILL)"})
				} else if index != 35 {
					f.Runs = append(f.Runs, handOverRun(c.Of(m), index, repeat, i))
				}
				index++
			}
		}
	}
	return f
}

func handOverRun(c results.HandOverCell, index, repeat, model int) results.HandOver {
	ns := []float64{400, 200, 250}[model] + float64(c.WorkNS)/float64(c.Threads)
	cpu := []float64{600, 400, 200}[model] + float64(c.WorkNS)
	if c.WorkNS > 0 {
		ns *= []float64{2, 1, 1}[model]
		cpu *= []float64{1, 1, 3}[model]
	}
	ns += []float64{-1, 5, 0}[repeat] // the median is the last
	at := func(us float64) *results.Number { return &us }
	grade, outside := []string{"clean", "clean", "noisy"}[repeat], 0.1
	return results.HandOver{HandOverCell: c,
		Noise: &results.Noise{Grade: grade, OutsideCPU: &outside},
		Index: index, Repeat: repeat, Pages: 1000,
		WallMS: ns / 1000, Rate: 1e9 / ns, PageNS: ns, CPUNS: cpu, SubmitterNS: cpu / 4,
		Wakes: 0.25, Waits: 0.5, Switches: 1.5, Stride: 31, Timed: 100,
		Latency: results.Latency{Mean: at(ns / 500), P50: at(ns / 1000), P90: at(ns / 500),
			P99: at(ns / 100), Max: at(ns / 50)},
		Begin: results.Latency{Mean: at(ns / 4000), P50: at(ns / 4000), P99: at(ns / 400)},
		Service: results.Latency{Mean: at(float64(c.WorkNS)/1000 + 0.05),
			P50: at(float64(c.WorkNS)/1000 + 0.05)},
		Buckets: []results.Bucket{{UpTo: 1, Pages: 50}, {UpTo: 10, Pages: 45}, {UpTo: 100, Pages: 5}}}
}
