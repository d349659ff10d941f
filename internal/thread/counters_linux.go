package thread

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// counterEvents are the events of a thread, in the order of the fields of [Counted].
func counterEvents() []uint64 {
	return []uint64{unix.PERF_COUNT_HW_INSTRUCTIONS, unix.PERF_COUNT_HW_CPU_CYCLES,
		unix.PERF_COUNT_HW_CACHE_MISSES}
}

// openCounter opens one event of the calling OS thread: what perf_event_open gives, or a recording.
type openCounter func(event uint64) (io.ReadCloser, error)

// counters are the open events of a thread.
type counters []io.ReadCloser

// openCounters opens all events of the calling OS thread, or none.
func openCounters(open openCounter) (counters, error) {
	var all counters
	for _, event := range counterEvents() {
		c, err := open(event)
		if err != nil {
			all.close()
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// perfCounter opens an event by perf_event_open(2), in user mode alone: that is what a user without
// privileges may count.
func perfCounter(event uint64) (io.ReadCloser, error) {
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_HARDWARE, Config: event,
		Size:        uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Read_format: unix.PERF_FORMAT_TOTAL_TIME_ENABLED | unix.PERF_FORMAT_TOTAL_TIME_RUNNING,
		Bits:        unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv}
	fd, err := unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return rawFile(fd), nil
}

// rawFile reads a descriptor without the runtime's poller.
type rawFile int

func (f rawFile) Read(p []byte) (int, error) { return unix.Read(int(f), p) }
func (f rawFile) Close() error               { return unix.Close(int(f)) }

// read reads all events; one that cannot be read makes all unknown.
func (c counters) read() Counted {
	var values [3]int64
	if len(c) != len(values) {
		return Counted{}
	}
	for i := range c {
		v, err := readCounter(c[i])
		if err != nil {
			return Counted{}
		}
		values[i] = v
	}
	return Counted{Known: true, Instructions: values[0], Cycles: values[1], CacheMisses: values[2]}
}

// readCounter reads one event: its count, and for how long it was wanted and counted. Where the CPU
// counts more events than it has counters, each for a part of the time, the count is extrapolated.
func readCounter(r io.Reader) (int64, error) {
	var b [24]byte
	if n, err := r.Read(b[:]); n != len(b) {
		return 0, fmt.Errorf("%d bytes of a counter: %w", n, errors.Join(err, io.ErrUnexpectedEOF))
	}
	count := binary.NativeEndian.Uint64(b[:])
	enabled, running := binary.NativeEndian.Uint64(b[8:]), binary.NativeEndian.Uint64(b[16:])
	switch {
	case running == 0 && enabled > 0:
		return 0, errors.New("the event was never counted")
	case running < enabled:
		return int64(float64(count) * (float64(enabled) / float64(running))), nil
	}
	return int64(count), nil
}

func (c counters) close() {
	for _, f := range c {
		_ = f.Close() // it was only read
	}
}

func (c Counted) minus(d Counted) Counted {
	return Counted{Known: c.Known && d.Known, Instructions: max(0, c.Instructions-d.Instructions),
		Cycles: max(0, c.Cycles-d.Cycles), CacheMisses: max(0, c.CacheMisses-d.CacheMisses)}
}

// LackOfCounters says why this host gives a thread no hardware counters; empty where it does.
func LackOfCounters() string {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c, err := openCounters(perfCounter)
	c.close()
	paranoid, _ := os.ReadFile("/proc/sys/kernel/perf_event_paranoid") // named where it is the reason
	return lackOfCounters(err, strings.TrimSpace(string(paranoid)))
}

// lackOfCounters says what err means where kernel.perf_event_paranoid is paranoid.
func lackOfCounters(err error, paranoid string) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENODEV):
		return "the CPU shows this machine no counters, as in most virtual machines (perf_event_open: " +
			err.Error() + ")"
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return "this user may not count: kernel.perf_event_paranoid is " + cmp.Or(paranoid, "unknown") +
			" (perf_event_open: " + err.Error() +
			"; sysctl kernel.perf_event_paranoid=2 lets every user count in user mode)"
	case errors.Is(err, unix.ENOSYS):
		return "the kernel has no perf events (perf_event_open: " + err.Error() + ")"
	}
	return "perf_event_open: " + err.Error()
}
