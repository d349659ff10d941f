package link

import (
	"time"

	"mtbench/internal/thread"
)

// fake is a thread whose clock stands still but for SleepUntil, which sets it.
type fake struct {
	now    time.Duration
	state  thread.State
	sleeps []time.Duration // how long each sleep was to be
	late   time.Duration   // how much longer each was
}

func (f *fake) Name() string       { return "fake" }
func (f *fake) Role() thread.Role  { return thread.Main }
func (f *fake) Now() time.Duration { return f.now }

func (f *fake) SleepUntil(at time.Duration, why thread.State) {
	if why != thread.Sending {
		panic("the link sleeps as " + why.String())
	}
	if at > f.now {
		f.sleeps = append(f.sleeps, at-f.now)
		f.now = at + f.late
	}
}

func (f *fake) SpinUntil(thread.State, int, bool, func() bool) bool { panic("the link spins") }
func (f *fake) Compute(time.Duration)                               { panic("the link computes") }

func (f *fake) Enter(s thread.State) thread.State {
	was := f.state
	f.state = s
	return was
}
