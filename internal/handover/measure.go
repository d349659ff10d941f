// Package handover measures the hand-over of pages to a pool and back by itself, without a
// migration: what a page costs in time and CPU, what wakes it, and how long it takes, by model,
// threads, work of a page and offered load.
package handover

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"time"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/models/registry"
	"mtbench/results"
)

// Job is one run.
type Job struct {
	results.HandOverCell
	Offered float64       // pages a second; 0: as many as are taken
	Time    time.Duration // measured
	Quantum time.Duration // of pacing
	Stride  int           // one page in so many is timed
	Pins    thread.Pins   // none: the kernel places the threads
	Turns   float64       // of the work loop for a nanosecond of work
	Sealed  bool          // keep the Go runtime out of the threads
}

// warmShare is the part of the measured time that a run warms up for before it.
const warmShare = 5

// strideOf is one in how many pages is timed: every one where four readings of the clock are little
// beside the work. Where they are not, the number is a prime that no model's batches or rings
// follow.
func strideOf(workNS int64) int {
	if workNS >= 10_000 {
		return 1
	}
	return 31
}

// Measure does a run in this process, which does nothing else meanwhile. The record is complete but
// for its place in the plan.
func Measure(j Job) (*results.HandOver, error) {
	c, err := registry.Lookup(j.Model)
	if err != nil {
		return nil, err
	}
	defer holdCollector()()
	m := thread.NewKernel(thread.Options{Pin: j.Pins, Sealed: j.Sealed, MaxThreads: j.Threads + 1,
		TurnsPerNS: j.Turns})
	l := newLoad(&j)
	r := &results.HandOver{HandOverCell: j.HandOverCell, Started: time.Now()}
	var failed error
	var wall time.Duration
	err = m.Run("submitter", func(t thread.Thread) { wall, failed = l.run(m, t, c.Build, &j) })
	switch {
	case err != nil:
		return nil, err
	case failed != nil:
		return nil, failed
	case l.refused > 0:
		return nil, errRefused
	case l.pages == 0:
		return nil, fmt.Errorf("no page was due within %v: give a run more --time", j.Time)
	}
	l.fill(r, wall)
	account(r, m.Usages(), l)
	return r, nil
}

// run makes the pipeline, warms it up and measures it.
func (l *load) run(m thread.Machine, t thread.Thread, build models.Builder, j *Job) (time.Duration,
	error) {
	p, err := build(m, t, models.Config{Threads: j.Threads, Wait: true, Name: "worker",
		Depth: j.Depth, PollBudget: j.PollBudget}, l)
	if err != nil {
		return 0, err
	}
	defer p.Close(t)
	l.offer(t, p, j.Time/warmShare)
	p.Flush(t)
	l.forget()
	m.OpenBracket(t)
	begin := t.Now()
	l.offer(t, p, j.Time)
	p.Flush(t)
	wall := t.Now() - begin
	m.ShutBracket(t)
	return wall, nil
}

// holdCollector keeps the Go collector out of the run: sealed threads cannot be stopped for it.
func holdCollector() (restore func()) {
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	limit := debug.SetMemoryLimit(math.MaxInt64)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// fill takes what the submitter knows into the record.
func (l *load) fill(r *results.HandOver, wall time.Duration) {
	wall = max(1, wall)
	if l.rate > 0 {
		offered := l.rate
		r.Offered = &offered
	}
	r.Pages, r.WallMS = l.pages, results.MS(wall)
	r.Rate = round(float64(l.pages)/wall.Seconds(), 6)
	r.PageNS = round(float64(wall)/float64(l.pages), 6)
	r.PacingNS = round(float64(l.pacing)/float64(l.pages), 6)
	r.Stride, r.Timed = l.stride, l.latency.TotalCount()
	r.Latency, r.Begin = latencyOf(l.latency), latencyOf(l.begin)
	r.Service, r.Buckets = latencyOf(l.service), bucketsOf(l.latency)
}

// account takes what the kernel and the machine say of the threads into the record.
func account(r *results.HandOver, usages []thread.Usage, l *load) {
	var cpu, submitter time.Duration
	var wakes, waits, voluntary, involuntary int64
	for _, u := range usages {
		if u.Role == thread.Other {
			continue
		}
		wakes, waits = wakes+u.FutexWakes, waits+u.FutexWaits
		voluntary, involuntary = voluntary+u.Voluntary, involuntary+u.Involuntary
		cpu += u.CPU
		if u.Role == thread.Main {
			submitter = max(0, u.CPU-l.pacing)
		}
	}
	a := func(n float64) float64 { return round(n/float64(l.pages), 6) }
	r.CPUNS, r.SubmitterNS = a(float64(max(0, cpu-l.pacing))), a(float64(submitter))
	r.Wakes, r.Waits = a(float64(wakes)), a(float64(waits))
	r.Switches = a(float64(max(0, voluntary-l.sleeps) + involuntary))
	r.Involuntary = a(float64(involuntary))
}

// ClockCost measures what reading the clock of a run takes: the least of several batches.
func ClockCost() time.Duration {
	const batches, n = 20, 2000
	best := time.Duration(1 << 62)
	m := thread.NewKernel(thread.Options{MaxThreads: 1, TurnsPerNS: 1})
	_ = m.Run("clock", func(t thread.Thread) {
		for range batches {
			from := t.Now()
			for range n {
				t.Now()
			}
			best = min(best, t.Now()-from)
		}
	})
	return best / n
}
