package sim

// call is a FUTEX_WAIT in progress. Its stages are the machine's business and not the coroutine's, which
// is left at most once a call: most of a prediction's time would else go into changes of coroutines.
type call struct {
	stage stage
	on    *futex
	val   int32
	again *futex // touched on the way out: what was waited for is tried again; nil: nothing
}

type stage uint8

const (
	outside   stage = iota // in no call
	entering               // on the way to where the kernel looks at the word
	returning              // on the way back to user mode, or asleep before that
	touching               // back, and touching again
)

// wait is FUTEX_WAIT; see sleepOn.
func (p *proc) wait(f *futex, val int32, again *futex) {
	p.waits++
	p.sleepOn(f, val, again)
}

// sleepOn is a call of the kernel that sleeps while the word is val, and then touches again. The kernel
// looks at the word half-way through the call, and that decides: a lock that is held for less than the
// way in is found free, and one that is held for less than the whole call is slept on for all that.
func (p *proc) sleepOn(f *futex, val int32, again *futex) {
	if p.m.opt.Choose != nil {
		p.sleepOnChosen(f, val, again)
		return
	}
	if p.m.unwinding {
		panic(unwound{})
	}
	p.call = call{stage: entering, on: f, val: val, again: again}
	if !p.start(p.wayIn()) || !p.advance() {
		p.suspend()
	}
}

func (p *proc) wayIn() int64   { return p.m.costs.futexWait / 2 }
func (p *proc) wayBack() int64 { return p.m.costs.futexWait - p.wayIn() }

// advance goes from the end of one stage to the next, and reports whether the thread has come out.
func (p *proc) advance() bool {
	c := &p.call
	for {
		switch c.stage {
		case entering:
			p.system += p.wayIn()
			c.stage = returning
			if c.on.word == c.val {
				p.back = p.wayBack() // with which its next turn on a CPU begins
				p.enqueueOn(c.on)
				p.sleep(c.on, blocked)
				return false
			}
			if !p.start(p.wayBack()) {
				return false
			}
		case returning:
			p.system += p.wayBack()
			p.on = nil
			c.stage = touching
			if c.again != nil && !p.start(p.touchCost(c.again)) {
				return false
			}
		default:
			c.stage = outside
			return true
		}
	}
}

func (p *proc) enqueueOn(f *futex) {
	f.waiters = append(f.waiters, p)
	p.m.traceFutex(p, TraceSleep, f, nil)
}

// sleepOnChosen is the same under a Chooser: what happens on the way back can be told apart by nobody.
func (p *proc) sleepOnChosen(f *futex, val int32, again *futex) {
	p.pay(0)
	if f.word == val {
		p.enqueueOn(f)
		p.block(f, blocked)
	}
	if again != nil {
		p.touch(again)
	}
}
