package thread

import (
	"fmt"
	"math/bits"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A mask of CPUs has a bit for each. The kernel refuses one that is shorter than its own, so one
// that is refused is doubled; unix.CPUSet ends at 1,024 CPUs.
const (
	firstMask = 1024 / 64  // words
	lastMask  = 65536 / 64 // words; no Linux is built for so many CPUs
)

// Affinity lists the CPUs that thread tid may run on, ascending; 0 is the calling OS thread.
func Affinity(tid int) ([]int, error) {
	for words := firstMask; ; words *= 2 {
		mask := make([]uint64, words)
		_, _, errno := unix.Syscall(unix.SYS_SCHED_GETAFFINITY, uintptr(tid), uintptr(8*words),
			uintptr(unsafe.Pointer(&mask[0])))
		if errno == 0 {
			return members(mask), nil
		}
		if errno != unix.EINVAL || words == lastMask {
			return nil, fmt.Errorf("sched_getaffinity: %w", errno)
		}
	}
}

// setAffinity lets the calling OS thread run on cpus only.
func setAffinity(cpus []int) error {
	mask := maskOf(cpus)
	_, _, errno := unix.Syscall(unix.SYS_SCHED_SETAFFINITY, 0, uintptr(8*len(mask)),
		uintptr(unsafe.Pointer(&mask[0])))
	if errno != 0 {
		return errno
	}
	return nil
}

func maskOf(cpus []int) []uint64 {
	mask := make([]uint64, 1+slices.Max(cpus)/64)
	for _, c := range cpus {
		mask[c/64] |= 1 << (c % 64)
	}
	return mask
}

func members(mask []uint64) []int {
	var cpus []int
	for i, word := range mask {
		for ; word != 0; word &= word - 1 {
			cpus = append(cpus, 64*i+bits.TrailingZeros64(word))
		}
	}
	return cpus
}
