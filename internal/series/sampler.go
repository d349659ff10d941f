package series

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"mtbench/internal/thread"
	"mtbench/results"
)

// cpuSampler reads the CPU time of every thread of a run's processes at a steady pace, from this
// process. What that costs is in the record: it takes CPU from the run where CPUs are few.
type cpuSampler struct {
	every time.Duration
	pids  map[string]int // by the process's name in records
	proc  string         // where /proc is; tests have their own
	stop  chan struct{}
	done  chan struct{}

	at    []time.Time
	cpu   map[threadAt][]float64 // ms, one a sample; NaN does not occur: a thread unborn has 0
	spent time.Duration
}

// threadAt is a thread of one of the processes.
type threadAt struct {
	process string
	tid     int
}

// startSampler begins to sample; nil where nobody asked. The caller stops it.
func startSampler(every time.Duration, pids map[string]int) *cpuSampler {
	if every <= 0 {
		return nil
	}
	s := &cpuSampler{every: every, pids: pids, proc: "/proc", stop: make(chan struct{}),
		done: make(chan struct{}), cpu: map[threadAt][]float64{}}
	go s.run()
	return s
}

func (s *cpuSampler) run() {
	defer close(s.done)
	runtime.LockOSThread() // its CPU time is the sampler's cost
	defer runtime.UnlockOSThread()
	began := thread.CPUTime()
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for len(s.at) < results.MaxCPUSamples { // then it rests
		s.sample(time.Now())
		select {
		case <-s.stop:
			s.spent = thread.CPUTime() - began
			return
		case <-tick.C:
		}
	}
	s.spent = thread.CPUTime() - began
	<-s.stop
}

// sample reads every thread once.
func (s *cpuSampler) sample(now time.Time) {
	n := len(s.at)
	s.at = append(s.at, now)
	for process, pid := range s.pids {
		files, err := filepath.Glob(filepath.Join(s.proc, strconv.Itoa(pid), "task", "*", "schedstat"))
		if err != nil {
			continue // the pattern is right
		}
		for _, file := range files {
			tid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if ms, ok := onCPU(file); ok {
				key := threadAt{process, tid}
				s.cpu[key] = append(filled(s.cpu[key], n), ms)
			}
		}
	}
}

// filled is a row of n samples: a thread that was not there keeps what it had.
func filled(row []float64, n int) []float64 {
	for len(row) < n {
		last := 0.0
		if len(row) > 0 {
			last = row[len(row)-1]
		}
		row = append(row, last)
	}
	return row
}

// onCPU is the first figure of a schedstat file: CPU time in nanoseconds; here in ms.
func onCPU(file string) (float64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false // the thread has ended
	}
	first, _, _ := strings.Cut(string(text), " ")
	ns, err := strconv.ParseInt(first, 10, 64)
	return results.MS(time.Duration(ns)), err == nil
}

// first is the last sample that was taken before the migration began: what is counted from there.
func (s *cpuSampler) first(began time.Time) int {
	first := 0
	for i, at := range s.at {
		if !at.After(began) {
			first = i
		}
	}
	return first
}

// end stops the sampler and gives what it saw of the threads that the run has figures of.
func (s *cpuSampler) end(run *results.Run) *results.CPUTimeline {
	if s == nil {
		return nil
	}
	close(s.stop)
	<-s.done
	if run == nil {
		return nil
	}
	t := &results.CPUTimeline{EveryMS: results.MS(s.every), CostMS: results.MS(s.spent)}
	first := s.first(run.Started)
	for _, at := range s.at[first:] {
		t.MS = append(t.MS, max(0, results.MS(at.Sub(run.Started))))
	}
	for i := range run.ThreadUsage {
		u := &run.ThreadUsage[i]
		row, ok := s.cpu[threadAt{u.Process, u.TID}]
		if !ok || u.TID == 0 {
			continue
		}
		t.Threads = append(t.Threads, results.ThreadTimeline{Process: u.Process, Name: u.Name,
			Role: u.Role, CPUMS: filled(row, len(s.at))[first:]})
	}
	return t
}
