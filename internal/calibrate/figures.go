package calibrate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"mtbench/internal/stats"
)

// figure is one thing that is measured of a host, as it stands in a Profile. The tables of them are
// the one place that names a figure: its samples in a file, their check, its value and resampling,
// and what is said of it follow.
type figure struct {
	name   string         // in files; with the unit, if it has one
	what   string         // in a sentence
	ns     *time.Duration // where the profile has it
	factor *float64       // or there: a factor, 1 or more, without a unit
	most   time.Duration  // the bound of ns
	how    string         // it is measured
}

// The bounds of figures. A millisecond for a record is no host's.
const (
	maxCost   = time.Second
	maxRate   = time.Millisecond
	maxFactor = 10
)

// figures are all that a calibration measures.
func (p *Profile) figures() []figure {
	state := figure{name: "state_ns", what: "making a codec state", ns: &p.State,
		how: "making a codec state and warming it up"}
	costs, rates := append(p.costs(), state), p.rates()
	return slices.Concat(bounded(costs, maxCost), bounded(rates, maxRate), p.crowd())
}

func bounded(list []figure, most time.Duration) []figure {
	for i := range list {
		list[i].most = most
	}
	return list
}

// costs are those of the machine.
func (p *Profile) costs() []figure {
	c := &p.Costs
	return []figure{
		{name: "atomic_ns", what: "an atomic operation", ns: &c.Atomic, how: "half of a lock and unlock that nobody else wants"},
		{name: "line_ns", what: "fetching a cache line from another CPU", ns: &c.Line, how: "a word passed between two CPUs that spin, one way, less an atomic and half a pause"},
		{name: "poll_ns", what: "a look of a spin", ns: &c.Poll, how: "one look of a spin without a pause"},
		{name: "pause_ns", what: "the pause of a spin", ns: &c.Pause, how: "the same with a pause, less the look"},
		{name: "futex_wait_ns", what: "the call that waits", ns: &c.FutexWait, how: "FUTEX_WAIT that finds another value"},
		{name: "futex_wake_ns", what: "the call that wakes a sleeping CPU", ns: &c.FutexWake, how: "FUTEX_WAKE with a sleeper on an idle CPU, as the waker sees it, every 2 ms"},
		{name: "wake_coming_ns", what: "the call that wakes a CPU already waking up", ns: &c.WakeComing, how: "FUTEX_WAKE of a sleeper whose CPU is waking up for another, as the waker sees it"},
		{name: "wake_empty_ns", what: "a wake-up call with nobody asleep", ns: &c.WakeEmpty, how: "FUTEX_WAKE where nobody sleeps"},
		{name: "wake_local_ns", what: "the call that wakes a thread on the waker's CPU", ns: &c.WakeLocal, how: "FUTEX_WAKE of a sleeper on the waker's own CPU, as the waker sees it"},
		{name: "wake_queued_ns", what: "the call that wakes a thread that then queues", ns: &c.WakeQueued, how: "FUTEX_WAKE of a sleeper that has to wait for another CPU, as the waker sees it"},
		{name: "wake_busy_ns", what: "the call that wakes a thread on a busy CPU", ns: &c.WakeBusy, how: "FUTEX_WAKE of a sleeper whose CPU runs another thread, as the waker sees it"},
		{name: "kick_ns", what: "the delay until a busy CPU lets a woken thread run", ns: &c.Kick, how: "from the middle of that call until the sleeper has that CPU, less switch and the way back"},
		{name: "interrupt_ns", what: "what an interrupt takes from a running thread", ns: &c.Interrupt, how: "how long the other thread was off that CPU, less two switches and a wait"},
		{name: "timer_ns", what: "what a timer takes from a running thread", ns: &c.Timer, how: "what a sleeper that wakes up takes from the other thread of its CPU, less two switches and its own call"},
		{name: "idle_wake_ns", what: "the wake-up of an idle CPU", ns: &c.IdleWake, how: "the latency of a wake-up every 2 ms"},
		{name: "halt_poll_ns", what: "how long an idle CPU is polled before it sleeps", ns: &c.HaltPoll, how: "how long, wake-up included, a CPU may be idle and poll the next time: at the interval from which on wakes take more like the last than like the first; 0: all do"},
		{name: "poll_wake_ns", what: "the call that wakes a polled CPU", ns: &c.PollWake, how: "the same call every 20 µs"},
		{name: "poll_latency_ns", what: "the wake-up of a polled CPU", ns: &c.PollLatency, how: "and its latency, less switch and the way back"},
		{name: "timer_latency_ns", what: "the lateness of a timer", ns: &c.TimerLatency, how: "by how much a sleep of 50 µs was too long, less slack, switch and the way back"},
		{name: "switch_ns", what: "a switch of threads", ns: &c.Switch, how: "a hand-over of two threads that compress on one CPU, less work, wake and wait, by switch: what it does to the caches is in it"},
		{name: "slice_ns", what: "the scheduler's slice", ns: &c.Slice, how: "the slice of this process, see sched_getattr(2)"},
		{name: "wake_granularity_ns", what: "the scheduler's wake-up granularity", ns: &c.WakeGranularity, how: "0 where such a sleeper gets the CPU at once, a slice where it has to wait"},
		{name: "sleep_call_ns", what: "the call that sleeps", ns: &c.SleepCall, how: "CPU time of a sleep, less a switch"},
		{name: "sleep_slack_ns", what: "the slack of a timer", ns: &c.SleepSlack, how: "the timer slack of this process, see prctl(2)"},
		{name: "clock_ns", what: "a reading of the clock", ns: &c.Clock, how: "one reading of the clock"},
		{name: "stamp_ns", what: "the accounting of states", ns: &c.Stamp, how: "one state change of the accounting, on an account of its own"},
		{name: "start_ns", what: "starting a thread", ns: &c.Start, how: "starting a thread, as the starter sees it"},
		{name: "start_latency_ns", what: "the delay until a started thread runs", ns: &c.StartLatency, how: "from there to its first instruction, less a wake-up"},
	}
}

// rates are those of the work on pages and records.
func (p *Profile) rates() []figure {
	r := &p.Rates
	return []figure{
		{name: "record_ns", what: "writing a record", ns: &r.Record, how: "a zero record into the stream"},
		{name: "take_ns", what: "taking a record of another CPU", ns: &r.Take, how: "a zero record that was made on another CPU into the stream"},
		{name: "take_kib_ns", what: "taking the bytes of another CPU", ns: &r.TakeKiB, how: "a compressed page that was made on another CPU into the stream, less a zero record, by KiB"},
		{name: "copy_kib_ns", what: "copying bytes", ns: &r.CopyKiB, how: "a page copied, by KiB"},
		{name: "scan_ns", what: "searching a dirty page", ns: &r.Scan, how: "search and clear of a dirty page"},
		{name: "scan_log_ns", what: "reading the dirty log", ns: &r.ScanLog, how: "a clean word of the dirty log at a sync"},
		{name: "zero_ns", what: "the zero test", ns: &r.Zero, how: "the zero test of one page after another of 32 MiB"},
		{name: "own_ns", what: "what main's own page takes besides", ns: &r.Own, how: "CPU time of a page of main's in a migration by the null model, less its parts"},
		{name: "store_ns", what: "a vCPU's store", ns: &r.Store, how: "64 bytes into a page that is in no cache"},
		{name: "send_ns", what: "a call that sends", ns: &r.Send, how: "a call with 64 bytes, nobody asleep at the other end"},
		{name: "send_kib_ns", what: "sending bytes", ns: &r.SendKiB, how: "a raw page through the stream, in no cache at either end, less its record and its share of a call, by KiB"},
		{name: "receive_ns", what: "a call that receives", ns: &r.Recv, how: "the same at the other end"},
		{name: "receive_kib_ns", what: "receiving bytes", ns: &r.RecvKiB, how: "the same of who loads it, less its copy too"},
	}
}

// crowd are the factors of threads that wait for a CPU.
func (p *Profile) crowd() []figure {
	const how = "CPU time of a page %s with %d threads that hand over, by %d states, over the same " +
		"alone by one, and over the share of the CPUs' time that they got: a factor"
	var list []figure
	for i, of := range crowds {
		what := fmt.Sprintf("%d encoders at once", encodersOf(i))
		list = append(list, figure{name: crowdName(i), what: what, factor: &p.Crowd.Encode[i],
			how: fmt.Sprintf(how, "compressed", 2*of.pairs, encodersOf(i))})
	}
	many := crowds[decoders]
	return append(list, figure{name: crowdDecodeName, what: "many decoders at once",
		factor: &p.Crowd.Decode,
		how:    fmt.Sprintf(how, "decompressed", 2*many.pairs, encodersOf(decoders))})
}

// set gives the figure its value; nobody is sped up.
func (f figure) set(v float64) {
	if f.ns != nil {
		*f.ns = time.Duration(math.Round(v))
	} else {
		*f.factor = max(v, 1)
	}
}

// value returns what the profile has, in ns or, of factors, in 1.
func (f figure) value() float64 {
	if f.ns != nil {
		return float64(*f.ns)
	}
	return *f.factor
}

// check says why the value cannot be.
func (f figure) check() error {
	switch {
	case f.ns != nil && (*f.ns < 0 || *f.ns > f.most):
		return fmt.Errorf("%s is %v; it must be between 0 and %v", f.name, *f.ns, f.most)
	case f.factor != nil && *f.factor > maxFactor:
		return fmt.Errorf("%s is %v; a page takes at most %d times as long", f.name, *f.factor, maxFactor)
	}
	return nil
}

// Figure is one of them for people: its value and the middle half of its samples.
type Figure struct {
	Name             string
	Unit             string // "ns", or nothing for a factor
	Value, Low, High float64
	How              string // it is measured
}

// Figures lists them.
func (c *Calibration) Figures() []Figure {
	var list []Figure
	for _, f := range new(Profile).figures() {
		s := slices.Sorted(slices.Values(c.Samples[f.name]))
		n := len(s) - 1
		unit := ""
		if f.ns != nil {
			unit = "ns"
		}
		list = append(list, Figure{Name: f.name, Unit: unit, Value: medianOf(s), Low: s[n/4],
			High: s[(3*n+3)/4], How: f.how})
	}
	return list
}

// figure is that name of the calibration, or with rng of a resampling of it.
func (c *Calibration) figure(name string, rng *rand.Rand) float64 {
	return medianOf(resample(c.Samples[name], rng))
}

func resample(list []float64, rng *rand.Rand) []float64 {
	if rng == nil {
		return list
	}
	drawn := make([]float64, len(list))
	for i := range drawn {
		drawn[i] = list[rng.IntN(len(list))]
	}
	return drawn
}

// medianOf is 0 for nothing.
func medianOf(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return stats.Median(slices.Sorted(slices.Values(list)))
}
