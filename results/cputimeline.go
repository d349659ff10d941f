package results

import "fmt"

// CPUTimeline is the CPU time of a run's threads over time, sampled by the process that started the
// run.
type CPUTimeline struct {
	EveryMS float64          `json:"every_ms" unit:"ms" doc:"time between two samples, as asked for"`
	CostMS  float64          `json:"cost_ms" unit:"ms" doc:"CPU time of the sampler itself" misread:"as free: where CPUs are few it comes off the run"`
	MS      []float64        `json:"ms" unit:"ms" doc:"when each sample was taken, since the start of the migration; the first one stands for the start"`
	Threads []ThreadTimeline `json:"threads" doc:"the threads of thread_usage that were seen"`
}

// ThreadTimeline is one thread of it.
type ThreadTimeline struct {
	Process string    `json:"process" doc:"source or destination"`
	Name    string    `json:"name" doc:"thread name"`
	Role    string    `json:"role" doc:"main, worker, vcpu or other"`
	CPUMS   []float64 `json:"cpu_ms" unit:"ms" doc:"CPU time since its birth at each sample"`
}

// MaxCPUSamples bounds the samples of a run.
const MaxCPUSamples = 2000

// wrong says what of t cannot be, or nothing.
func (t *CPUTimeline) wrong() string {
	if t == nil {
		return ""
	}
	if len(t.MS) > MaxCPUSamples || len(t.Threads) > MaxUsage {
		return fmt.Sprintf("cpu_timeline has %d samples of %d threads; the most are %d of %d", len(t.MS),
			len(t.Threads), MaxCPUSamples, MaxUsage)
	}
	for i := range t.Threads {
		if len(t.Threads[i].CPUMS) != len(t.MS) {
			return fmt.Sprintf("cpu_timeline.threads[%d] has %d samples, and there are %d", i,
				len(t.Threads[i].CPUMS), len(t.MS))
		}
	}
	return ""
}
