//go:build !explore && !race

package explore

import (
	"bytes"
	"runtime"
	"testing"
	"unsafe"

	"mtbench/internal/thread"
)

//go:noinline
func withHook(t thread.Thread, p *int) {
	*p++
	thread.Access(t)
	thread.Loads(t, p)
	*p *= 3
	thread.Updates(t, p)
	thread.Writes(t, p)
	*p--
}

//go:noinline
func withoutHook(t thread.Thread, p *int) {
	*p++
	*p *= 3
	*p--
}

//go:noinline
func withCall(t thread.Thread, p *int) {
	*p++
	t.Compute(0)
	*p *= 3
	t.Compute(0)
	*p--
}

// code is the machine code of f.
func code(f func(thread.Thread, *int)) []byte {
	entry := **(**unsafe.Pointer)(unsafe.Pointer(&f))
	pc := uintptr(entry)
	n := uintptr(1)
	for runtime.FuncForPC(pc+n) != nil && runtime.FuncForPC(pc+n).Entry() == pc {
		n++
	}
	return unsafe.Slice((*byte)(entry), n)
}

// In a normal build a shared access costs nothing: the function with hooks is, byte for byte, the
// function without.
func TestEmptyHookCompilesToNothing(t *testing.T) {
	with, without, called := code(withHook), code(withoutHook), code(withCall)
	if !bytes.Equal(with, without) {
		t.Errorf("the code with hooks is\n%x\nand without\n%x", with, without)
	}
	if bytes.Equal(called, without) {
		t.Error("a real call makes no difference either: the comparison is blind")
	}
}

func BenchmarkHook(b *testing.B) {
	n := 0
	for name, f := range map[string]func(thread.Thread, *int){"with": withHook,
		"without": withoutHook} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f(nil, &n)
			}
		})
	}
}
