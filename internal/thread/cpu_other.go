//go:build !amd64 && !arm64

package thread

// rdtick is not known for this CPU; tickSteady keeps it from being used.
func rdtick() int64 { return 0 }

// relax has no instruction on this CPU.
func relax() {}
