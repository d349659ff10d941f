package workloads

import (
	"math"
	"time"

	"mtbench/internal/content"
	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/results"
)

// record is what the source knows of the run.
func (s *source) record(started time.Time) *results.Run {
	o := &s.outcome
	run := &results.Run{
		Type: results.TypeRun, Cell: s.Cell, Seed: s.Seed,
		Started: started, Traced: s.TraceTo != "", BoundMS: s.Limit.MS(),
		DowntimeLimitMS: s.DowntimeLimit.MS(), ContentSum: content.Digest(s.gen),
		DirtyRateAsked: s.DirtyRate, Sides: s.Sides,
		PeakMemoryBytes: peakMemory(), PipelineRequests: len(s.jobs.jobs),
		Noise: results.Noise{ControlUS: number(us(s.control))},
	}
	if s.writers != nil {
		run.DirtyRateAchieved = s.writers.Achieved()
	}
	o.Record(run)
	if s.recording != nil {
		return run // the figures are the destination's
	}
	run.ThreadUsage = ThreadUsage("source", s.machine.Usages())
	if service, ok := s.jobs.serviceTime(); ok && s.Account {
		run.ServiceTimeUS = number(us(service))
	}
	run.LinkAchieved = LinkAchieved(s.link)
	run.Self = selfInflicted(run.ThreadUsage, s.collector)
	run.Overhead = s.overhead(run)
	return run
}

// hear takes what the destination says of itself into run, all figures where it is alone.
func (s *source) hear(run *results.Run, far *arrival) {
	run.ThreadUsage = append(run.ThreadUsage, far.Usage...)
	if s.recording == nil {
		return
	}
	run.TotalTimeMS = results.MS(far.Took)
	if far.Took > 0 {
		run.DrainRate = float64(run.Pages) / far.Took.Seconds()
	}
	run.Overhead = s.overhead(run)
}

// Record writes into run what the migration did: how it ended, its times, pages, sizes and
// timeline. run.Cell is set already.
func (o *Outcome) Record(run *results.Run) {
	c := &o.Counts
	run.Completed, run.EndReason = o.End == EndCompleted, o.End
	run.TotalTimeMS, run.SetupTimeMS, run.DowntimeMS = results.MS(o.Total), results.MS(o.Setup),
		results.MS(o.Downtime)
	if run.Completed {
		kept := o.DowntimeKept
		run.DowntimeKept = &kept
	}
	run.Rounds, run.Syncs = o.Rounds, o.Syncs
	run.Pages, run.PagesCompressed = c.Pages(), c.Compressed
	run.PagesRaw, run.PagesZero, run.Busy, run.PagesSelf = c.Raw, c.Zero, c.Busy, c.Self
	run.WireBytes, run.CompressedBytes = o.Emitted, c.CompressedBytes
	run.ThresholdBytes, run.RemainingBytes = o.Threshold, o.Remaining
	run.StaleRecordsInSync = o.Settled
	if !run.Wait {
		run.BusyRatio = ratio(float64(c.Busy), float64(run.Pages))
		run.BusyRatioPeriod = number(o.BusyRatioPeriod)
	}
	if run.WhenFull == results.FullSelf {
		run.SelfRatio = ratio(float64(c.Self), float64(run.Pages))
	}
	run.CompressionRatio = ratio(float64(c.Compressed)*PageSize, float64(c.CompressedBytes))
	if o.Total > 0 {
		run.DrainRate = float64(run.Pages) / o.Total.Seconds()
	}
	run.Timeline = make([]results.Point, len(o.Timeline))
	for i, p := range o.Timeline {
		run.Timeline[i] = results.Point{
			MS: results.MS(p.At), RemainingBytes: p.Remaining, WireBytes: p.Emitted, Syncs: p.Syncs,
			Compressed: p.Counts.Compressed, Raw: p.Counts.Raw, Zero: p.Counts.Zero,
			Busy: p.Counts.Busy,
		}
	}
}

// LinkAchieved returns what l carried as the record has it, in bytes/s; null for an unlimited link.
func LinkAchieved(l *link.Link) *results.Number { return number(l.Achieved()) }

// overhead is what accounting and the bracket cost, in terms of the CPU time of main and workers.
func (s *source) overhead(run *results.Run) results.Overhead {
	o := results.Overhead{BracketCostUS: us(s.outcome.BracketCost)}
	if !s.Account || run.Pages == 0 {
		return o
	}
	var stamps int64
	var cpu float64 // ms
	for _, u := range run.ThreadUsage {
		if u.Role != thread.Main.String() && u.Role != thread.Worker.String() {
			continue
		}
		stamps += u.Stamps
		if u.CPUMS != nil {
			cpu += *u.CPUMS
		}
	}
	o.StampsAPage = float64(stamps) / float64(run.Pages)
	o.StampCostNS = float64(thread.StampCost().Nanoseconds())
	if cpu > 0 {
		o.ShareOfPage = o.StampsAPage * o.StampCostNS / (cpu * 1e6 / float64(run.Pages))
	}
	return o
}

func selfInflicted(usage []results.ThreadUsage, gc collections) results.Self {
	self := results.Self{GCCycles: gc.cycles, GCPauseMS: results.MS(gc.paused)}
	var delay float64
	var switches int64
	known := false
	for _, u := range usage {
		if u.RunDelayMS != nil {
			delay += *u.RunDelayMS
			known = true
		}
		if u.Involuntary != nil {
			switches += *u.Involuntary
		}
	}
	if known {
		self.RunDelayMS, self.Involuntary = &delay, &switches
	}
	return self
}

// ThreadUsage is a machine's account of its threads as the record has it; process is "source" or
// "destination".
func ThreadUsage(process string, usages []thread.Usage) []results.ThreadUsage {
	list := make([]results.ThreadUsage, 0, len(usages))
	for i := range usages {
		list = append(list, oneUsage(process, &usages[i]))
	}
	return list
}

func oneUsage(process string, u *thread.Usage) results.ThreadUsage {
	r := results.ThreadUsage{
		Process: process, Name: u.Name, Role: u.Role.String(), TID: u.TID, WallMS: results.MS(u.Wall),
		FutexWaits: u.FutexWaits, FutexWakes: u.FutexWakes, Locks: u.Locks, Stamps: u.Stamps,
	}
	if u.KernelKnown {
		r.CPUMS, r.CPUUserMS, r.CPUSystemMS = number(results.MS(u.CPU)), number(results.MS(u.User)),
			number(results.MS(u.System))
		r.Voluntary, r.Involuntary = &u.Voluntary, &u.Involuntary
	}
	if u.KernelKnown && u.DelayKnown {
		r.RunDelayMS = number(results.MS(u.RunDelay))
		r.BlockedMS = number(results.MS(u.Wall - u.CPU - u.RunDelay))
	}
	if c := &u.Counted; c.Known {
		r.Counters = &results.Counters{Instructions: c.Instructions, Cycles: c.Cycles,
			CacheMisses: c.CacheMisses}
	}
	for s, d := range u.States { // all zero with accounting off
		if d <= 0 {
			continue
		}
		if r.StatesMS == nil {
			r.RemainderMS = number(results.MS(u.States[thread.Remainder]))
		}
		r.StatesMS.Set(thread.State(s).String(), results.MS(d))
	}
	return r
}

func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// number is v, or null where it has no meaning.
func number(v float64) *results.Number {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func ratio(a, b float64) *results.Number { return number(a / b) }
