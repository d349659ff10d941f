package workloads

import (
	"golang.org/x/sys/unix"

	"mtbench/internal/link"
	"mtbench/models"
	"mtbench/results"
)

// RunPair is a run with both ends in this process, for tests. The peak memory of its record is
// that of the process.
func RunPair(sc Scenario, build models.Builder) (*results.Run, error) {
	defer sc.holdCollector()()
	if sc.Destination == Discard {
		return sc.runSource(build, NoEnds)
	}
	source, destination, free, err := makeEnds()
	if err != nil {
		return nil, err
	}
	defer free()
	far := make(chan error)
	go func() {
		_, err := sc.runDestination(build, destination)
		far <- err
	}()
	run, err := sc.runSource(build, source)
	if farErr := <-far; err == nil {
		err = farErr
	}
	return run, err
}

// makeEnds connects two ends.
func makeEnds() (source, destination Ends, free func(), err error) {
	if source.Data, destination.Data, err = link.Pair(); err != nil {
		return source, destination, nil, err
	}
	if source.Control, destination.Control, err = link.Pair(); err != nil {
		return source, destination, nil, err
	}
	return source, destination, func() {
		for _, fd := range []int{source.Data, source.Control, destination.Data, destination.Control} {
			_ = unix.Close(fd)
		}
	}, nil
}
