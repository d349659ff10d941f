//go:build !linux || 386 || arm || mips || mipsle

package thread

// The name is the sentence that a build for another system ends with.
var _ = mtbench_needs_Linux_on_a_64_bit_CPU
