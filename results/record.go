// Package results is the format of result files: JSON Lines, one file a series. A header record
// comes first, then one record a run, appended and synced as the run ends, so that a killed series
// loses nothing and can be resumed. A record is one run, never an average.
//
// Every field is documented here and only here, in the tags `unit`, `doc` and `misread`; the
// reference page of the docs is made from them by [Fields].
//
// The package is a leaf: it knows the file, not who writes it or what is made of it.
package results

import (
	"slices"
	"time"
)

// Schema is the version of the format that this build writes. Files of an earlier one, from
// OldestSchema on, can be reported; they can be neither resumed nor compared, for a cell had
// fewer axes then.
//
//   - 1: a cell is model, threads and wait.
//
// - 2: a cell may have a depth and a poll budget; what is zero in every thread of a kind is left
// out.
const (
	Schema       = 2
	OldestSchema = 1
)

// The record types of a file.
const (
	TypeHeader = "header"
	TypeRun    = "run"
	TypeFailed = "failed"

	TypeFrontier = "frontier"
	TypeWhatIf   = "what-if"
)

// The kinds of a file: how its figures came to be. Kinds are never mixed unmarked in a report.
const (
	Measured  = "measured"  // on the host of the header
	Traced    = "traced"    // the same, with every thread writing down what it does: no evidence
	Predicted = "predicted" // in virtual time
	Published = "published" // typed off a publication, by somebody who could not repeat it
)

// Header is the first record of a file.
type Header struct {
	Type     string    `json:"type" doc:"\"header\""`
	Schema   int       `json:"schema" doc:"version of the format"`
	Kind     string    `json:"kind" doc:"measured, traced, predicted or published: how the figures of the file came to be" misread:"traced as measured: every thread wrote down what it did, so a traced file shows why and proves nothing"`
	Version  string    `json:"version" doc:"version of mtbench"`
	Revision string    `json:"revision" doc:"revision of the source it was built from, with + if the tree was changed"`
	Binary   string    `json:"binary_sha256,omitempty" doc:"SHA-256 of the program that made every run of the file, in hex; in a series of two builds that which planned them"`
	Go       string    `json:"go" doc:"Go toolchain"`
	Created  time.Time `json:"created" doc:"when the series began"`
	Argv     []string  `json:"argv" doc:"the command that made the file"`
	Seed     uint64    `json:"seed" doc:"seed of every random choice of the series"`
	Host     Host      `json:"host" doc:"the machine; with a destination on another host, that of the source"`

	DestinationHost *DestinationHost `json:"destination_host,omitempty" doc:"the destination's machine and program; absent where it is the source's"`

	Scenario Scenario `json:"scenario" doc:"the workload, every default written out"`
	Matrix   Matrix   `json:"matrix" doc:"the cells of the series and how often each is run"`
	Parts    []Part   `json:"parts,omitempty" doc:"merged files: the shards that they are made of; host is then that of the one with the fewest CPUs"`
	Notes    []string `json:"notes,omitempty" doc:"what a reader must know of the whole file"`

	Pilot *Pilot `json:"pilot,omitempty" doc:"what a short pilot measured, and what defaults were derived from it; absent where nothing was left open"`

	Calibration *CalibrationRef `json:"calibration,omitempty" doc:"predicted files: the calibration used"`

	Reference *Reference `json:"reference,omitempty" doc:"files of mtbench validate: the real program that stands among the models"`

	ContentSource *ContentSource `json:"content_source,omitempty" doc:"content of a file: which bytes of it the pages are; a run with others ends its series"`
}

// Crowded reports whether more threads are runnable in a case than its host has CPUs for them.
func (h *Header) Crowded(c Cell) bool {
	return float64(h.Scenario.Runnable(c.Threads)) > h.HostOf(c).Usable()
}

// Usable is how many CPUs the host gives: those that the process may run on, or its quota.
func (h *Host) Usable() float64 {
	cpus := float64(h.CPUs)
	if h.QuotaCPUs > 0 {
		cpus = min(cpus, h.QuotaCPUs)
	}
	return cpus
}

// ContentSource names the bytes that the pages of a content file are.
type ContentSource struct {
	SHA256 string `json:"sha256" doc:"SHA-256 in hex of the sampled pages one after another, or of the file of a stream"`
	Rule   string `json:"rule" doc:"which pages of the file they are"`
}

// CalibrationRef names the calibration of a predicted file.
type CalibrationRef struct {
	File   string `json:"file" doc:"its path as given; a directory holds several of one host, made at different times"`
	SHA256 string `json:"sha256" doc:"its digest; of a directory that of its files' digests"`
	Host   string `json:"host" doc:"CPU model it was measured on"`

	CPUs    int    `json:"cpus,omitempty" unit:"count" doc:"CPUs of the host that the calibration or profile speaks for"`
	Virtual string `json:"virtual,omitempty" doc:"that host's hypervisor, if any"`

	Profile string     `json:"profile,omitempty" doc:"host by name: the profile's; absent for a calibration"`
	Says    string     `json:"says,omitempty" doc:"host by name: what host that is"`
	Costs   []HostCost `json:"costs,omitempty" doc:"host by name: what the profile states itself; the rest was measured"`
}

// HostCost is a cost that the profile of a host states, with its source.
type HostCost struct {
	Cost   string  `json:"cost" doc:"name of the cost, as mtbench calibrate prints it"`
	What   string  `json:"what" doc:"the same in words"`
	Value  float64 `json:"value" unit:"ns (factors: 1)" doc:"what was predicted with"`
	Low    float64 `json:"low,omitempty" unit:"ns (factors: 1)" doc:"lower end of its range; absent where it has a source and no range"`
	High   float64 `json:"high,omitempty" unit:"ns (factors: 1)" doc:"upper end of its range"`
	Source string  `json:"source" doc:"who measured it, or why it is assumed"`
}

// Assumed reports whether the cost is an assumption, with a range that predictions sweep.
func (c *HostCost) Assumed() bool { return c.High > 0 }

// Carried reports whether the calibration is of a virtual machine with fewer CPUs than the host
// that is predicted: its wake-ups are then those of a virtual machine.
func (c *CalibrationRef) Carried(cpus int) bool {
	return c != nil && c.Virtual != "" && c.CPUs > 0 && cpus > c.CPUs
}

// Host is the machine of a series.
type Host struct {
	Name        string  `json:"name" doc:"host name"`
	OS          string  `json:"os" doc:"operating system and architecture"`
	Kernel      string  `json:"kernel" doc:"kernel release"`
	CPUModel    string  `json:"cpu_model" doc:"CPU model"`
	CPUs        int     `json:"cpus" unit:"count" doc:"CPUs that the process may run on"`
	QuotaCPUs   float64 `json:"quota_cpus,omitempty" unit:"CPUs" doc:"cgroup CPU quota, absent if none"`
	MemoryBytes int64   `json:"memory_bytes" unit:"bytes" doc:"memory of the machine"`
	Virtual     string  `json:"virtual,omitempty" doc:"hypervisor, if any"`
	Governor    string  `json:"governor,omitempty" doc:"frequency governor, if readable"`
	TimerSlack  float64 `json:"timer_slack_ns,omitempty" unit:"ns" doc:"timer slack that measured kernel threads sleep with, as the kernel reads it back; absent where it is unknown" misread:"as how late a sleep ends: a wake-up comes on top"`
	ClockSource string  `json:"clocksource,omitempty" doc:"kernel clock source"`

	NoCounters string `json:"no_counters,omitempty" doc:"why a thread of this host has no hardware counters; absent where it has, or where nobody asked"`

	BracketCost  float64 `json:"bracket_cost_us" unit:"µs" doc:"measured cost of opening and shutting the measured bracket, which no run includes"`
	StampCost    float64 `json:"stamp_cost_ns" unit:"ns" doc:"measured cost of one state change of the accounting"`
	WorkTurns    float64 `json:"work_turns_per_ns,omitempty" unit:"turns/ns" doc:"turns of the work loop that stand for a nanosecond of codec spin in every run of the series; absent where each process measured it for itself" misread:"as the CPU's speed during a run: it is measured once, just before the series, so that all runs do the same work"`
	PageServiceU float64 `json:"page_service_us,omitempty" unit:"µs" doc:"single-thread service time of a page with the series' content and codec, measured just before the series: the unit of rates given as multiples" misread:"as the service time of every run: it is measured on one thread with the host idle; see service_time_us of the run"`
	Rate         float64 `json:"single_thread_pages_per_second,omitempty" unit:"pages/s" doc:"1 / page_service_us: what 1x means; absent, as that is, for the host of a destination"`
}

// DestinationHost is the machine and the program of a destination on another host.
type DestinationHost struct {
	Host
	Binary   string `json:"binary_sha256" doc:"SHA-256 of the destination's program, in hex"`
	Revision string `json:"revision" doc:"revision of its source"`
	Go       string `json:"go" doc:"its Go toolchain"`
	Same     bool   `json:"same_machine,omitempty" doc:"it is the source's machine after all (one kernel, as with network namespaces): CPUs are shared, and there is one noise ledger for both" misread:"as a measurement between two hosts"`
}

// Matrix is the plan of a series.
type Matrix struct {
	Models  []string `json:"models" doc:"contenders, the first is what the others are compared with; in a series of two builds each is compared with itself of the other build"`
	Builds  []Build  `json:"builds,omitempty" doc:"the two programs whose runs are compared, the first is what the other is compared with; absent where one program made all runs"`
	Threads []int    `json:"threads" unit:"count" doc:"compression threads"`
	Waits   []bool   `json:"waits" doc:"compress-wait-thread settings"`
	Self    bool     `json:"self,omitempty" doc:"besides, wait off where the main thread compresses a page for which no thread is free"`
	Depths  []int    `json:"depths,omitempty" unit:"count" doc:"requests a thread; absent: the model's own"`

	PollBudgets []int `json:"poll_budgets,omitempty" unit:"polls" doc:"polls of a worker before it sleeps; absent: the model's own"`
	Batches     []int `json:"batches,omitempty" unit:"count" doc:"pages handed over together; absent: the model's own"`

	CodecStates []CodecState `json:"codec_states,omitempty" doc:"where codec states are: worker or request; absent: the model's own"`

	Scan

	CPUEvery Duration `json:"cpu_every_ms,omitempty" unit:"ms" doc:"how often the CPU time of each thread is sampled; absent: never"`

	WarmUp int `json:"warm_up,omitempty" unit:"count" doc:"runs of every cell before the first pair, which are not recorded"`

	Pairs  int      `json:"pairs" unit:"count" doc:"pairs planned a cell; 0 = as many as its evidence needs, within the budget: a sequential test"`
	Runs   int      `json:"runs" unit:"count" doc:"runs planned in all; 0 = the evidence decides"`
	AA     float64  `json:"aa_share" unit:"ratio" doc:"share of blocks that compare a model with itself"`
	Reruns int      `json:"reruns" unit:"count" doc:"how often a pair that the host disturbed may be run again"`
	Extra  []Cell   `json:"extra,omitempty" doc:"contenders that run in one case only, in the same blocks as the models: evidence for claims, part of no table or plot"`
	Budget Duration `json:"budget_ms,omitempty" unit:"ms" doc:"time within which a series ends whose pairs the evidence decides"`
	Equal  float64  `json:"equal,omitempty" unit:"ratio" doc:"share within which two models count as equal, fixed before the first run"`

	Shard *Shard `json:"shard,omitempty" doc:"the part of the cases that this file has, dealt out in turn; absent: all of them"`
}

// Sequential reports whether the evidence decided how many pairs a cell has. Only a test that holds
// at any stop is then one.
func (m *Matrix) Sequential() bool { return m.Pairs == 0 && m.Equal > 0 }

// IsExtra says whether a model is in m as an extra only.
func (m *Matrix) IsExtra(model string) bool {
	return !slices.Contains(m.Models, model) &&
		slices.ContainsFunc(m.Extra, func(e Cell) bool { return e.Model == model })
}

// Run is the record of one run that ended by itself or at its bound.
//
// Nullable fields are pointers: null means that the figure has no meaning in this run.
type Run struct {
	Type string `json:"type" doc:"\"run\""`

	// Which run.
	Cell
	Index      int       `json:"index" unit:"count" doc:"place in the series, from 0"`
	Block      int       `json:"block" unit:"count" doc:"block of the cell, two pairs, from 0"`
	Pair       int       `json:"pair" unit:"count" doc:"pair of the cell and contender, from 0; the runs of a pair share seed and page stream"`
	Position   int       `json:"position" unit:"count" doc:"place within the block, from 0"`
	AA         bool      `json:"aa,omitempty" doc:"belongs to a block that compares the model with itself"`
	Side       string    `json:"side,omitempty" doc:"in an A/A block: which of the two sides, \"a\" or \"b\""`
	Attempt    int       `json:"attempt,omitempty" unit:"count" doc:"how often the pair had been run before, because the host was noisy or a run of it failed"`
	Again      int       `json:"again,omitempty" unit:"count" doc:"made again in a later invocation, for a run of its pair had failed: how many runs the series had planned by then; absent for a run in its place"`
	Seed       uint64    `json:"seed" doc:"seed of the run"`
	ContentSum string    `json:"content_sha256,omitempty" doc:"SHA-256 of what the run's own process took for content, in hex: of the sampled pages of a content file, or of the first 64 pages that the generator made for the run's seed" misread:"as of guest memory: it is of the source of its pages"`
	CPUs       string    `json:"cpus,omitempty" doc:"the CPU of each thread, in order of birth, and the NUMA nodes of guest memory; absent where threads are not pinned"`
	Started    time.Time `json:"started" doc:"when the run began"`
	Sides      string    `json:"sides,omitempty" doc:"as of the scenario. destination: total_time_ms, drain_rate_pages_per_second and thread_usage are of the destination alone, from its first record to its last page; what only a source has (setup_time_ms, downtime_ms, rounds, syncs, busy, dirty rates, pipeline_requests, timeline) was not measured and is 0 or empty"`
	Traced     bool      `json:"traced,omitempty" doc:"every thread wrote its state changes down, which costs time: no claim and no comparison counts the run"`

	// How it ended.
	Completed        bool    `json:"completed" doc:"the migration completed within its bound; false is CAN'T COMPLETE" misread:"false as an error: the guest dirtied memory faster than the model drained it, within this bound"`
	EndReason        string  `json:"end_reason" doc:"completed, bound (limit reached) or diverging (remaining memory stopped shrinking)"`
	Verified         *bool   `json:"verified" doc:"both memories were equal byte for byte, between two hosts by a SHA-256 of each page; null where there is nothing to compare"`
	UnverifiedReason string  `json:"unverified_reason,omitempty" doc:"why verified is null"`
	BoundMS          float64 `json:"bound_ms" unit:"ms" doc:"the run's bound"`

	// Time.
	TotalTimeMS     float64 `json:"total_time_ms" unit:"ms" doc:"from the start of the migration, setup included, to its completion or bound (QEMU's total-time)" misread:"across files with another workload, or across cells of one file: only within a pair"`
	SetupTimeMS     float64 `json:"setup_time_ms" unit:"ms" doc:"threads and codec states made (QEMU's setup-time)" misread:"as hand-over cost: it is the making of threads and codec states, dear with many requests"`
	DowntimeMS      float64 `json:"downtime_ms" unit:"ms" doc:"from just before the vCPUs stop to completion (QEMU's downtime); 0 if it did not complete" misread:"as a promise: threshold and bandwidth are estimates of the last window"`
	DowntimeLimitMS float64 `json:"downtime_limit_ms,omitempty" unit:"ms" doc:"the limit of downtime_ms; absent in files that give it in the header only"`

	DowntimeKept *bool `json:"downtime_kept" doc:"whether downtime_ms is within the scenario's downtime_limit_ms; null if it did not complete" misread:"as the model's alone: where threads outnumber CPUs, a limit below the scheduler's time slice is kept by luck"`

	// Pages.
	Rounds          int     `json:"rounds" unit:"count" doc:"passes over guest memory that were begun"`
	Syncs           int     `json:"syncs" unit:"count" doc:"bitmap syncs (QEMU's dirty-sync-count)"`
	Pages           int64   `json:"pages" unit:"pages" doc:"pages sent, the stop phase included" misread:"as guest memory: a page that is dirtied again counts again"`
	PagesCompressed int64   `json:"pages_compressed" unit:"pages" doc:"of these, compressed by a worker, or by the main thread where it does so itself"`
	PagesSelf       int64   `json:"pages_self" unit:"pages" doc:"pages for which no thread was free and which the main thread compressed or found zero itself (when_full self); each is also in pages_compressed or pages_zero"`
	PagesRaw        int64   `json:"pages_raw" unit:"pages" doc:"of these, sent as they are by the main thread"`
	PagesZero       int64   `json:"pages_zero" unit:"pages" doc:"of these, found to be all zero, wherever found"`
	Busy            int64   `json:"busy" unit:"pages" doc:"pages for which no thread was free (wait off); sent raw or as zero page by the main thread" misread:"with wait on, where it is 0 by construction"`
	BusyRatio       *Number `json:"busy_ratio" unit:"ratio" doc:"busy / pages over the whole run; null with wait on, where it is 0 by construction" misread:"as quality: with wait off a model that refuses more pages finishes sooner and sends more bytes"`
	SelfRatio       *Number `json:"self_ratio" unit:"ratio" doc:"pages_self / pages over the whole run; null unless when_full is self"`
	BusyRatioPeriod *Number `json:"busy_ratio_period" unit:"ratio" doc:"the same over the last closed period of more than 1 s between two syncs, as QEMU reports it; null where none closed" misread:"as the run's: it is the last closed period only, and short runs close none"`

	// Rates and sizes.
	WireBytes          int64   `json:"wire_bytes" unit:"bytes" doc:"bytes put on the link" misread:"as compression: raw pages of busy threads are in it; see compression_ratio"`
	LinkAchieved       *Number `json:"link_achieved_bytes_per_second" unit:"bytes/s" doc:"bytes/s that main's link carried while it had bytes to drain or held its sender; beside the scenario's link_bandwidth_bytes_per_second; null for an unlimited link" misread:"as the rate of the migration: time in which main had nothing to send is not in it"`
	CompressedBytes    int64   `json:"compressed_bytes" unit:"bytes" doc:"payload of compressed records, their length fields included (QEMU's compressed-size)"`
	CompressionRatio   *Number `json:"compression_ratio" unit:"× (page bytes / compressed bytes)" doc:"pages_compressed × 4096 / compressed_bytes; null where nothing was compressed"`
	DirtyRateAsked     float64 `json:"dirty_rate_asked_pages_per_second" unit:"pages/s" doc:"page writes a second asked for"`
	DirtyRateAchieved  float64 `json:"dirty_rate_achieved_pages_per_second" unit:"pages/s" doc:"page writes a second that the vCPUs did while they ran" misread:"as the guest's wish: vCPUs that get no CPU write less, which makes a migration easier"`
	DrainRate          float64 `json:"drain_rate_pages_per_second" unit:"pages/s" doc:"pages / total time" misread:"as throughput of the codec: zero and raw pages are in it"`
	ServiceTimeUS      *Number `json:"service_time_us" unit:"µs" doc:"median codec time of a compressed page as the workers saw it; null with accounting off" misread:"as CPU time: a worker that is preempted within a page is counted as it waits"`
	ThresholdBytes     int64   `json:"threshold_bytes" unit:"bytes" doc:"last threshold: bandwidth × downtime limit"`
	RemainingBytes     int64   `json:"remaining_bytes" unit:"bytes" doc:"dirty memory left at the end; 0 if completed"`
	PeakMemoryBytes    int64   `json:"peak_memory_bytes" unit:"bytes" doc:"peak resident memory of source and destination process together"`
	PipelineRequests   int     `json:"pipeline_requests" unit:"count" doc:"requests preallocated at the source: the model's, and with when_full self one of the main thread's"`
	MemoryFingerprint  string  `json:"memory_fingerprint,omitempty" doc:"digest of the source's memory at the end"`
	StaleRecordsInSync int64   `json:"stale_guarded" unit:"count" doc:"times the migration waited, before it read the dirty log, for records that were still in flight (--flush sync)"`

	// What was going on around it.
	Noise Noise `json:"noise" doc:"what disturbed the run from outside"`
	Self  Self  `json:"self" doc:"what the run did to itself"`

	NoiseDestination *Noise `json:"noise_destination,omitempty" doc:"what disturbed the run on the destination's host, by that host's own clock; absent where both ends are on one"`
	TCP              *TCP   `json:"tcp,omitempty" doc:"the migration stream's connection to another host, as the kernels had it when the run ended"`

	Overhead Overhead `json:"overhead" doc:"what measuring cost"`

	Timeline    []Point       `json:"timeline" doc:"a point each 100 ms of the migration"`
	CPUTimeline *CPUTimeline  `json:"cpu_timeline,omitempty" doc:"CPU time of each thread over time; absent unless --cpu-timeline asked for it"`
	ThreadUsage []ThreadUsage `json:"thread_usage" doc:"what each thread of both processes did inside the bracket"`

	QueryMigrate *QueryMigrate `json:"query_migrate,omitempty" doc:"runs of a real QEMU: its own counters, asked for once all memory was sent; pages and bytes of the record are what arrived"`

	// What a publication printed in place of thread_usage; absent in every other kind of file.
	MainCPUPercent   *Number  `json:"main_cpu_percent,omitempty" unit:"percent of one CPU" doc:"published files: CPU usage of the main thread as printed"`
	WorkerCPUPercent []Number `json:"worker_cpu_percent,omitempty" unit:"percent of one CPU" doc:"published files: lowest and highest CPU usage of the compression threads as printed"`
}

// Number is a figure that may be null.
type Number = float64

// Point is the state of the migration at one moment.
type Point struct {
	MS             float64 `json:"ms" unit:"ms" doc:"since the start of the migration"`
	RemainingBytes int64   `json:"remaining_bytes" unit:"bytes" doc:"dirty memory known to the migration"`
	Compressed     int64   `json:"compressed" unit:"pages" doc:"compressed pages sent so far"`
	Raw            int64   `json:"raw" unit:"pages" doc:"raw pages sent so far"`
	Zero           int64   `json:"zero" unit:"pages" doc:"zero pages sent so far"`
	WireBytes      int64   `json:"wire_bytes" unit:"bytes" doc:"bytes put on the link so far"`
	Busy           int64   `json:"busy" unit:"pages" doc:"busy pages so far"`
	Syncs          int     `json:"syncs" unit:"count" doc:"bitmap syncs so far"`
}

// Grade is the noise grade of a run: the worse of its hosts'. It alone says whether a pair is run
// again.
func (r *Run) Grade() string {
	if r.NoiseDestination == nil {
		return r.Noise.Grade
	}
	return worseGrade(r.Noise.Grade, r.NoiseDestination.Grade)
}

// worseGrade is the worse of two grades; one that was not given makes the whole unknown, unless the
// other condemns it.
func worseGrade(a, b string) string {
	for _, g := range []string{"void", "noisy", ""} {
		if a == g || b == g {
			return g
		}
	}
	return a
}

// TCP is a connection as the kernels of its ends had it.
type TCP struct {
	NoDelay       bool    `json:"nodelay" doc:"TCP_NODELAY at the source; mtbench sets it at both ends"`
	Congestion    string  `json:"congestion" doc:"congestion control of the source; mtbench leaves it as the host has it"`
	SendBuffer    int     `json:"send_buffer_bytes" unit:"bytes" doc:"send buffer of the source; the kernel grew it as it saw fit"`
	ReceiveBuffer int     `json:"receive_buffer_bytes" unit:"bytes" doc:"receive buffer of the destination; the kernel grew it as it saw fit"`
	MSS           int     `json:"mss_bytes" unit:"bytes" doc:"most payload of a segment"`
	RTTMS         float64 `json:"rtt_ms" unit:"ms" doc:"smoothed round-trip time as the source's kernel had it" misread:"as the network's at rest: a full link's queue is in it"`
	Retransmits   int64   `json:"retransmits" unit:"segments" doc:"segments that the source sent again"`
}

// Noise is what came from outside the run's own processes; it alone grades a run.
type Noise struct {
	Grade         string  `json:"grade" doc:"clean, noisy or void, by the rule of the method page; empty (not graded) where nothing disturbed it that could be seen and CPU time of others or steal could not be read"`
	BackgroundCPU *Number `json:"background_cpu" unit:"CPUs" doc:"CPU used by others just before the run"`
	OutsideCPU    *Number `json:"outside_cpu" unit:"CPUs" doc:"CPU used during the run by processes that are not the run's"`
	Steal         *Number `json:"steal" unit:"ratio of CPU time" doc:"CPU time that the hypervisor gave to others during the run" misread:"as the run's doing: the hypervisor gave the CPU to another guest"`
	ThrottledMS   *Number `json:"throttled_ms" unit:"ms" doc:"time the cgroup was throttled during the run"`
	FrequencyMHz  *Number `json:"frequency_mhz" unit:"MHz" doc:"mean CPU frequency at the end of the run, where readable"`
	ControlUS     *Number `json:"control_us" unit:"µs" doc:"wall time of a page in a codec loop of one thread just before the run's model was built; null where none ran" misread:"as the model's: it had not been built; where it differs between two sides, the host does"`
}

// Self is what a run did to itself: shown, never a reason to run it again.
type Self struct {
	RunDelayMS  *Number `json:"run_delay_ms" unit:"ms" doc:"time its threads were runnable without a CPU, summed over threads" misread:"as noise: on a host with fewer CPUs than threads it is what the model itself causes"`
	Involuntary *int64  `json:"involuntary_switches" unit:"count" doc:"times its threads were preempted"`
	GCPauseMS   float64 `json:"gc_pause_ms" unit:"ms" doc:"stop-the-world pauses of the Go collector in the source"`
	GCCycles    int     `json:"gc_cycles" unit:"count" doc:"collections in the source inside the bracket"`
}

// Overhead is what measuring cost the run.
type Overhead struct {
	StampsAPage   float64 `json:"stamps_a_page" unit:"stamps/page" doc:"state changes accounted, of main and workers of the source, a page"`
	StampCostNS   float64 `json:"stamp_cost_ns" unit:"ns" doc:"cost of one, measured in this process"`
	ShareOfPage   float64 `json:"share_of_page" unit:"ratio" doc:"stamps_a_page × stamp_cost / CPU time of main and workers a page" misread:"as an error of comparisons: both models of a pair pay it"`
	BracketCostUS float64 `json:"bracket_cost_us" unit:"µs" doc:"what opening and shutting the bracket took, outside of it"`
}

// ThreadUsage is what one thread did inside the bracket.
type ThreadUsage struct {
	Process     string  `json:"process" doc:"source or destination"`
	Name        string  `json:"name" doc:"thread name"`
	Role        string  `json:"role" doc:"main, worker, vcpu or other (the Go runtime's threads together)"`
	TID         int     `json:"tid,omitempty" doc:"kernel thread id"`
	WallMS      float64 `json:"wall_ms" unit:"ms" doc:"its life inside the bracket; at the destination from standing ready to the end of the stream" misread:"for the destination, as the migration: it waits there while the source fills the guest, so set its CPU time against total_time_ms"`
	CPUMS       *Number `json:"cpu_ms" unit:"ms" doc:"CPU time by its thread clock; null where a thread is a goroutine" misread:"as work: spinning is CPU time too; see states_ms"`
	CPUUserMS   *Number `json:"cpu_user_ms" unit:"ms" doc:"of that, user (tick-sampled: an indication)" misread:"to the millisecond: the kernel samples it by ticks"`
	CPUSystemMS *Number `json:"cpu_system_ms" unit:"ms" doc:"of that, system (tick-sampled: an indication)"`
	RunDelayMS  *Number `json:"run_delay_ms" unit:"ms" doc:"runnable, waiting for a CPU"`
	BlockedMS   *Number `json:"blocked_ms" unit:"ms" doc:"wall − CPU − run delay; a small negative value is the error of the three clocks"`
	Voluntary   *int64  `json:"voluntary_switches" unit:"count" doc:"context switches because it blocked" misread:"as futex waits: a blocked socket and a sleep switch as well"`
	Involuntary *int64  `json:"involuntary_switches" unit:"count" doc:"context switches because it was preempted"`
	*Counters           // nil without --counters, or where the host has none

	FutexWaits  int64   `json:"futex_waits" unit:"count" doc:"FUTEX_WAIT calls of the model's primitives" misread:"as sleeps: a wait that finds the word changed returns at once"`
	FutexWakes  int64   `json:"futex_wakes" unit:"count" doc:"FUTEX_WAKE calls of the model's primitives" misread:"as wake-ups: a wake with nobody waiting is a system call all the same"`
	Locks       int64   `json:"locks" unit:"count" doc:"acquisitions of mutexes and spin locks"`
	Stamps      int64   `json:"stamps" unit:"count" doc:"state changes accounted"`
	StatesMS    States  `json:"states_ms,omitempty" unit:"ms" doc:"wall time by reason; the reasons add up to wall_ms. Absent with accounting off" misread:"as CPU time: it is wall time, and a thread that waits for a CPU is in the state that it was in"`
	RemainderMS *Number `json:"remainder_ms" unit:"ms" doc:"of wall_ms, what no reason claims"`
}

// Counters are what the CPU's own counters saw of a thread, in user mode.
type Counters struct {
	Instructions int64 `json:"instructions,omitempty" unit:"count" doc:"instructions retired in user mode, by the CPU's counter; absent without --counters or where the host has none"`
	Cycles       int64 `json:"cycles,omitempty" unit:"count" doc:"CPU cycles in user mode, by the CPU's counter" misread:"as time: the frequency changes"`
	CacheMisses  int64 `json:"cache_misses,omitempty" unit:"count" doc:"misses of the last cache in user mode, by the CPU's counter" misread:"across CPU models: each defines the event by itself"`
}

// Failed is the record of a run that crashed, hung or delivered other memory: it has no figures.
type Failed struct {
	Type string `json:"type" doc:"\"failed\""`
	Cell
	Index    int       `json:"index" unit:"count" doc:"place in the series, from 0"`
	Block    int       `json:"block" unit:"count" doc:"block of the cell, from 0"`
	Pair     int       `json:"pair" unit:"count" doc:"pair of the cell, from 0"`
	Position int       `json:"position" unit:"count" doc:"place within the block, from 0"`
	AA       bool      `json:"aa,omitempty" doc:"belongs to an A/A block"`
	Side     string    `json:"side,omitempty" doc:"in an A/A block: which side"`
	Attempt  int       `json:"attempt,omitempty" unit:"count" doc:"how often the pair had been run before"`
	Again    int       `json:"again,omitempty" unit:"count" doc:"as of a run"`
	Seed     uint64    `json:"seed" doc:"seed of the run"`
	Started  time.Time `json:"started" doc:"when the run began"`
	Class    string    `json:"class" doc:"memory (differs or pages lost), crash (ended without a record), hang (deadline), peer or stream"`
	Reason   string    `json:"reason" doc:"what went wrong, in a sentence"`
	Stderr   string    `json:"stderr,omitempty" doc:"the first lines that its processes wrote: of one that hung, where each thread was"`
}

// Frontier is the record of one search for the highest dirty rate at which a migration still
// completes: one bisection, never an average. The stream is discarded in its probes.
type Frontier struct {
	Type string `json:"type" doc:"\"frontier\""`
	Cell
	Repeat  int       `json:"repeat" unit:"count" doc:"which repeat of the search, from 0"`
	Seed    uint64    `json:"seed" doc:"seed of its probes"`
	Started time.Time `json:"started" doc:"when the search began"`

	Highest *Number `json:"highest_completed_pages_per_second" unit:"pages/s" doc:"highest dirty rate that completed; null if the lowest one tried did not" misread:"as a limit of the host: it holds for this bound, memory and downtime limit"`
	Lowest  *Number `json:"lowest_failed_pages_per_second" unit:"pages/s" doc:"lowest dirty rate above it that did not complete; null if the highest one tried did"`
	Probes  []Probe `json:"probes" doc:"the runs of the search, in order"`
}

// Probe is one run of a search for the frontier.
type Probe struct {
	Rate      float64 `json:"rate_pages_per_second" unit:"pages/s" doc:"dirty rate asked for"`
	Achieved  float64 `json:"achieved_pages_per_second" unit:"pages/s" doc:"dirty rate that the vCPUs reached"`
	Completed bool    `json:"completed" doc:"the migration completed within its bound"`
	TimeMS    float64 `json:"total_time_ms" unit:"ms" doc:"total time, or the bound"`
}
