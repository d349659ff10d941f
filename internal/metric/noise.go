package metric

import "mtbench/results"

// noiseMetrics are what disturbed a run, and what it did to itself.
func noiseMetrics() []Metric {
	return []Metric{
		{Name: "outside_cpu", Unit: "CPUs", Better: Lower, Tick: 0.001, Table: Noise,
			Of:    func(r *results.Run) (float64, bool) { return number(r.Noise.OutsideCPU) },
			Doc:   "CPU used during the run by processes that are not the run's",
			Shown: Form{Name: "others' CPU", Unit: "CPUs"}},
		{Name: "steal", Unit: "ratio", Better: Lower, Tick: 0.001, Table: Noise,
			Of:      func(r *results.Run) (float64, bool) { return number(r.Noise.Steal) },
			Doc:     "CPU time that the hypervisor gave to others during the run",
			Misread: "as the run's doing: the hypervisor gave the CPU to another guest",
			Shown:   Form{Name: "steal", Unit: "%", Scale: 100}},
		{Name: Control, Unit: "µs", Better: Lower, Tick: 0.01, Table: Noise,
			Of:      func(r *results.Run) (float64, bool) { return number(r.Noise.ControlUS) },
			Doc:     "wall time of a page in a codec loop of one thread, before the run's model is built",
			Misread: "as the model's: it cannot touch it; where it differs between sides, the host does",
			Shown:   Form{Name: "control", Unit: "µs/page"}},
		{Name: "run_delay", Unit: "ms", Better: Lower, Tick: 0.1, Table: Noise,
			Of:  func(r *results.Run) (float64, bool) { return number(r.Self.RunDelayMS) },
			Doc: "time its threads were runnable without a CPU, summed over threads",
			Misread: "as noise: on a host with fewer CPUs than threads it is what the model itself " +
				"causes",
			Shown: Form{Name: "run delay", Unit: "ms"}},
		{Name: "preempted", Unit: "times", Better: Lower, Tick: 1, Table: Noise, Of: preempted,
			Doc:   "times its threads were preempted",
			Shown: Form{Name: "preempted", Unit: "per run"}},
		{Name: "collector_pause", Unit: "ms", Better: Lower, Tick: 0.01, Table: Noise,
			Of:    func(r *results.Run) (float64, bool) { return r.Self.GCPauseMS, ofSource(r) },
			Doc:   "stop-the-world pauses of the Go collector in the source",
			Shown: Form{Name: "collector pause", Unit: "ms"}},
	}
}

func preempted(r *results.Run) (float64, bool) {
	if r.Self.Involuntary == nil {
		return 0, false
	}
	return float64(*r.Self.Involuntary), true
}

func number(v *results.Number) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return *v, true
}
