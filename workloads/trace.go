package workloads

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"os"

	"mtbench/internal/thread"
)

// traceEvents is how many events a traced run keeps of each thread: those of a guest of some 50
// MiB. What happens later is counted and not kept.
const traceEvents = 1 << 17

// traceBytes is what the traces of n threads take.
func traceBytes(n int) int64 { return int64(n) * traceEvents * thread.EventBytes }

// leaveTrace writes what the threads of m did to path, after the measured time; nothing without a
// path.
func leaveTrace(path string, m thread.Machine) error {
	if path == "" {
		return nil
	}
	k, ok := m.(*thread.Kernel)
	if !ok {
		return errors.New("only kernel threads are traced")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("the trace cannot be written: %w", err)
	}
	w := bufio.NewWriterSize(f, 1<<16)
	err = gob.NewEncoder(w).Encode(k.Trace())
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("the trace cannot be written: %w", err)
	}
	return nil
}

// ReadTrace reads what an end of a run left at its TraceTo.
func ReadTrace(path string) (*thread.Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var tr thread.Trace
	if err := gob.NewDecoder(bufio.NewReaderSize(f, 1<<16)).Decode(&tr); err != nil {
		return nil, fmt.Errorf("%s: no trace: %w", path, err)
	}
	return &tr, nil
}
