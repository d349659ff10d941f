package series

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"mtbench/internal/thread"
	"mtbench/internal/trace"
	"mtbench/results"
	"mtbench/workloads"
)

// tracedNote stands in the header of a traced series.
const tracedNote = "every thread of every run wrote down what it did, which costs time: the " +
	"traces and " +
	"this file show why, and are no evidence"

// TraceOnly makes of s what a trace is for: one run of each model in each case. given says which
// flags the user gave; what contradicts is left for Validate to refuse.
func TraceOnly(s *Settings, given func(flag string) bool) {
	if !given("pairs") {
		s.Matrix.Pairs = 1
	}
	if !given("aa") {
		s.Matrix.AA = 0
	}
	if !given("reruns") {
		s.Matrix.Reruns = 0
	}
}

// validateTrace refuses a traced series that wants to be a measurement, and one without a place.
func (s *Settings) validateTrace() error {
	switch {
	case s.Trace == "":
		return nil
	case s.Far():
		return errors.New("--trace: a trace has one clock, and two hosts have two; leave the " +
			"destination on this host")
	case s.Matrix.Pairs != 1 || s.Matrix.AA != 0 || s.Matrix.Reruns != 0:
		return errors.New("--trace makes one run of each model in each case and measures nothing: " +
			"--pairs, --aa and --reruns do not go with it")
	}
	for _, c := range s.Matrix.Cases() {
		for _, m := range s.Matrix.ContendersOf(c) {
			if err := absent(tracePath(s.Trace, Slot{Cell: c.Of(m)})); err != nil {
				return err
			}
		}
	}
	return nil
}

// absent refuses a trace that is there, or a part of one that an earlier series has left.
func absent(path string) error {
	for _, p := range []string{path, path + "." + roleSource, path + "." + roleDestination} {
		if _, err := os.Lstat(p); err == nil {
			return fmt.Errorf("--trace: %s exists already; a trace is not overwritten", p)
		}
	}
	return nil
}

// tracePath is the file of one run's trace.
func tracePath(dir string, s Slot) string {
	wait := "off"
	if s.Wait {
		wait = "on"
	}
	return filepath.Join(dir, fmt.Sprintf("%s-%d-wait-%s.json", s.Model, s.Threads, wait))
}

// partOf is where one end of a run leaves its part of the trace.
func (r *ProcessRunner) partOf(s Slot, role string) string {
	return tracePath(r.Traces, s) + "." + role
}

// joinTraces makes one file of what the ends of a run have left.
func (r *ProcessRunner) joinTraces(s Slot, run *results.Run, near, far string) error {
	ends := []*thread.Trace{nil}
	var err error
	if ends[0], err = workloads.ReadTrace(near); err != nil {
		return fmt.Errorf("the source has left no trace: %w", err)
	}
	if _, err := os.Stat(far); err == nil {
		tr, err := workloads.ReadTrace(far)
		if err != nil {
			return fmt.Errorf("the destination has left no trace: %w", err)
		}
		ends = append(ends, tr)
	}
	path := tracePath(r.Traces, s)
	f, err := results.NewUnseen(path)
	if err != nil {
		return fmt.Errorf("the trace cannot be written: %w", err)
	}
	out := trace.NewChrome(f)
	zero := firstBirth(ends)
	for i, end := range ends {
		out.Measured([]string{roleSource, roleDestination}[i], i, end, zero)
	}
	if err = out.Close(aboutRun(run, ends)); err == nil {
		err = f.Show(path)
	}
	if err = errors.Join(err, f.Drop()); err != nil {
		return fmt.Errorf("the trace cannot be written: %w", err)
	}
	return nil
}

// firstBirth is the zero of the file: when the first thread of any end began.
func firstBirth(ends []*thread.Trace) time.Duration {
	zero := ends[0].Threads[0].Born
	for _, end := range ends {
		for _, th := range end.Threads {
			zero = min(zero, th.Born)
		}
	}
	return zero
}

// aboutRun is what a reader must know of the trace: whose it is, and what of it is missing.
func aboutRun(run *results.Run, ends []*thread.Trace) map[string]any {
	kept, dropped := 0, int64(0)
	for _, end := range ends {
		for _, th := range end.Threads {
			kept += len(th.Events)
			dropped += th.Dropped
		}
	}
	return map[string]any{
		"kind": results.Traced, "model": run.Model, "threads": run.Threads, "wait": run.Wait,
		"seed": run.Seed, "started": run.Started, "completed": run.Completed, "end_reason": run.EndReason,
		"total_time_ms": run.TotalTimeMS, "pages": run.Pages, "events": kept, "events_dropped": dropped,
		"note": tracedNote,
	}
}
