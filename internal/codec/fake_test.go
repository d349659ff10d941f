package codec

import (
	"time"

	"mtbench/internal/thread"
)

// fake is a thread that notes what it was asked to compute.
type fake struct{ computed time.Duration }

func (*fake) Name() string                                        { return "fake" }
func (*fake) Role() thread.Role                                   { return thread.Worker }
func (*fake) Now() time.Duration                                  { return 0 }
func (*fake) SleepUntil(time.Duration, thread.State)              { panic("a codec sleeps") }
func (*fake) SpinUntil(thread.State, int, bool, func() bool) bool { panic("a codec spins") }
func (f *fake) Compute(d time.Duration)                           { f.computed += d }
func (*fake) Enter(thread.State) thread.State                     { panic("a codec accounts") }
