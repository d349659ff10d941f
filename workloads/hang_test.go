package workloads

import (
	"fmt"
	"runtime"

	"mtbench/models"
	"mtbench/models/modeltest"
	"mtbench/results"
)

// guarded is f under the suite's watchdog: a run that a lost wake-up keeps from its end says so,
// and where each of its threads is.
func guarded(what string, f func() error) error {
	still := func() int64 { return 0 } // no test's run needs as long as the watchdog is patient
	return modeltest.Guard(still, func() string {
		stacks := make([]byte, 1<<16)
		return fmt.Sprintf("%s does not end:\n%s", what, stacks[:runtime.Stack(stacks, true)])
	}, f)
}

// runPair is RunPair, guarded.
func runPair(sc Scenario, build models.Builder) (run *results.Run, err error) {
	if hung := guarded("the pair", func() error {
		run, err = RunPair(sc,
			build)
		return nil
	}); hung != nil {
		return nil, hung
	}
	return run, err
}

// runSource is RunSource, guarded.
func runSource(sc Scenario, build models.Builder, ends Ends) (run *results.Run, err error) {
	if hung := guarded("the source", func() error {
		run, err = RunSource(sc, build,
			ends)
		return nil
	}); hung != nil {
		return nil, hung
	}
	return run, err
}
