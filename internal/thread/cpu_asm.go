//go:build amd64 || arm64

package thread

// rdtick reads the CPU's own counter: RDTSC, or CNTVCT_EL0. It does not order other instructions.
func rdtick() int64

// relax tells the CPU that this is a spin loop: PAUSE, or YIELD.
func relax()
