package reporttest

import (
	"mtbench/results"
)

// FewPairs is a series with too little in it to prove anything.
func FewPairs(pairs int) *results.File {
	s := SmallSynth()
	s.Pairs, s.Threads = pairs, []int{4, 8}
	f := s.File()
	for i := range f.Runs {
		f.Runs[i].AA = false // of A/A pairs there are none
	}
	f.Runs = f.Runs[:8*pairs]
	return f
}

// TinyFile is one case of two models with figures that can be checked by hand.
func TinyFile(pairs int) *results.File {
	f := &results.File{Path: "tiny.jsonl", Header: results.Header{Kind: results.Measured,
		Host: results.Host{CPUs: 64}, Matrix: results.Matrix{Models: []string{"locked", "lockless"},
			Threads: []int{4}, Waits: []bool{false}, Pairs: pairs}}}
	for i := range pairs {
		f.Runs = append(f.Runs,
			TinyRun("locked", i, 1000+10*float64(i), 0.5), TinyRun("lockless", i, 500, 0.25))
	}
	return f
}

func TinyRun(model string, pair int, ms, busy float64) results.Run {
	usage := func(role string, cpu, wait float64) results.ThreadUsage {
		delay, blocked, rest := 0.1*ms, ms-cpu*ms-0.1*ms, ms-cpu*ms-wait*ms
		cpu *= ms
		return results.ThreadUsage{Process: "source", Role: role, WallMS: ms, CPUMS: &cpu,
			RunDelayMS: &delay, BlockedMS: &blocked, FutexWaits: 50, FutexWakes: 25,
			StatesMS:    results.States{{Name: "codec", MS: cpu}, {Name: "wait-work", MS: wait * ms}},
			RemainderMS: &rest}
	}
	return results.Run{Type: results.TypeRun, Cell: results.Cell{Model: model, Threads: 4},
		Pair: pair, Completed: true,
		TotalTimeMS: ms, Pages: 1000, PagesCompressed: 1000, BusyRatio: &busy, DrainRate: 1e6 / ms,
		ThreadUsage: []results.ThreadUsage{usage("main", 0.6, 0.3), usage("worker", 0.2, 0.7),
			usage("worker", 0.4, 0.5)}}
}
