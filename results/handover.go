package results

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// HandOverSchema is the version of the format of hand-over files, which are files of their own:
// a HandOverHeader, then one HandOver or HandOverFailed record a run.
const HandOverSchema = 1

// The record types of a hand-over file.
const (
	TypeHandOverHeader = "handover-header"
	TypeHandOver       = "handover"
	TypeHandOverFailed = "handover-failed"
)

// HandOverCell is a point on the axes of a hand-over grid. Cells are compared with ==. A case is a
// cell without its model: all models are compared in it.
type HandOverCell struct {
	Model   string `json:"model" doc:"pipeline model"`
	Threads int    `json:"threads" unit:"count" doc:"workers"`
	WorkNS  int64  `json:"work_ns" unit:"ns" doc:"calibrated work of a page, spun by the worker"`
	Load    int    `json:"load_percent" unit:"percent" doc:"pages offered, in percent of the ceiling of the case; 100: as fast as the pipeline takes them, without pacing"`

	Depth      int `json:"depth,omitempty" unit:"count" doc:"requests a thread; absent: the model's own"`
	PollBudget int `json:"poll_budget,omitempty" unit:"polls" doc:"polls of a worker before it sleeps, -1 for none; absent: the model's own"`
}

// Case is the cell without its model.
func (c HandOverCell) Case() HandOverCell {
	c.Model = ""
	return c
}

// Of is the cell of a model in the case of c.
func (c HandOverCell) Of(model string) HandOverCell {
	c.Model = model
	return c
}

// String names a case: "4 threads, 10 µs, load 50 %". The model is not in it.
func (c HandOverCell) String() string {
	words := []string{Plural(c.Threads, "thread"), WorkText(c.WorkNS),
		fmt.Sprintf("load %d %%", c.Load)}
	if c.Depth != 0 {
		words = append(words, fmt.Sprintf("depth %d", c.Depth))
	}
	if c.PollBudget != 0 {
		words = append(words, pollWord(c.PollBudget))
	}
	return strings.Join(words, ", ")
}

// WorkText is the work of a page as the project writes it: "no work", "500 ns", "10 µs".
func WorkText(ns int64) string {
	switch {
	case ns == 0:
		return "no work"
	case ns%1000 != 0:
		return fmt.Sprintf("%d ns", ns)
	}
	return fmt.Sprintf("%d µs", ns/1000)
}

// Compare orders cells by their axes, threads first; models come last, by name.
func (c HandOverCell) Compare(d HandOverCell) int {
	return cmp.Or(cmp.Compare(c.Threads, d.Threads), cmp.Compare(c.WorkNS, d.WorkNS),
		cmp.Compare(c.Load, d.Load), cmp.Compare(c.Depth, d.Depth),
		cmp.Compare(c.PollBudget, d.PollBudget), cmp.Compare(c.Model, d.Model))
}

// HandOverPrice is the price of a page of which the ceiling is made where the work is less: what a
// submitter is to take for a page at best.
const HandOverPrice = 100 // ns

// Ceiling is the most pages a second that a case can take on a host of so many CPUs: a page takes
// the submitter HandOverPrice and its work one of the workers that have a CPU, whichever is longer.
func (c HandOverCell) Ceiling(cpus float64) float64 {
	busy := max(1, min(float64(c.Threads), cpus))
	return 1e9 / math.Max(HandOverPrice, float64(c.WorkNS)/busy)
}

// Offered is the pages a second that a submitter offers in the cell; 0: as many as are taken.
func (c HandOverCell) Offered(cpus float64) float64 {
	if c.Load >= 100 {
		return 0
	}
	return c.Ceiling(cpus) * float64(c.Load) / 100
}

// Limits of a hand-over grid.
const (
	MaxHandOverWork    = int64(time.Second)
	MaxHandOverRepeats = 1000
	MaxHandOverTime    = time.Minute
)

// Check says which coordinate of a cell cannot be, or nothing.
func (c HandOverCell) Check() string {
	switch {
	case c.Model == "":
		return "model is empty"
	case c.Threads < 1 || c.Threads > MaxThreads:
		return fmt.Sprintf("threads is %d; it is between 1 and %d", c.Threads, MaxThreads)
	case c.WorkNS < 0 || c.WorkNS > MaxHandOverWork:
		return fmt.Sprintf("work is %d ns; it is between 0 and %d ns", c.WorkNS, MaxHandOverWork)
	case c.Load < 1 || c.Load > 100:
		return fmt.Sprintf("load is %d %%; it is between 1 and 100 %%", c.Load)
	case c.Depth < 0 || c.Depth > MaxDepth:
		return fmt.Sprintf("depth is %d; it is between 0 and %d", c.Depth, MaxDepth)
	case c.PollBudget < -1 || c.PollBudget > MaxPolls:
		return fmt.Sprintf("poll_budget is %d; it is between -1 and %d", c.PollBudget, MaxPolls)
	}
	return ""
}

// HandOverGrid is the plan of a hand-over file.
type HandOverGrid struct {
	Models  []string `json:"models" doc:"contenders, which alternate within a case"`
	Threads []int    `json:"threads" unit:"count" doc:"workers"`
	WorksNS []int64  `json:"works_ns" unit:"ns" doc:"calibrated work of a page"`
	Loads   []int    `json:"loads_percent" unit:"percent" doc:"pages offered, in percent of the ceiling"`
	Depths  []int    `json:"depths,omitempty" unit:"count" doc:"requests a thread; absent: the model's own"`

	PollBudgets []int `json:"poll_budgets,omitempty" unit:"polls" doc:"polls of a worker before it sleeps; absent: the model's own"`

	Repeats int      `json:"repeats" unit:"count" doc:"runs of a cell, one in each round over the grid"`
	Time    Duration `json:"time_ms" unit:"ms" doc:"measured time of a run; warming up takes a fifth of it besides"`
}

// Cases lists the cases of the grid: the product of its axes, the last one fastest.
func (g *HandOverGrid) Cases() []HandOverCell {
	cases := []HandOverCell{{}}
	cases = times(cases, g.Threads, func(c *HandOverCell, n int) { c.Threads = n })
	cases = times(cases, g.WorksNS, func(c *HandOverCell, n int64) { c.WorkNS = n })
	cases = times(cases, g.Loads, func(c *HandOverCell, n int) { c.Load = n })
	cases = times(cases, g.Depths, func(c *HandOverCell, n int) { c.Depth = n })
	return times(cases, g.PollBudgets, func(c *HandOverCell, n int) { c.PollBudget = n })
}

// Runs is how many runs the grid has.
func (g *HandOverGrid) Runs() int { return len(g.Cases()) * len(g.Models) * g.Repeats }

// wrong says what of the grid cannot be, or nothing.
func (g *HandOverGrid) wrong() string {
	count := len(g.Models)
	for _, n := range []int{len(g.Threads), len(g.WorksNS), len(g.Loads), max(1, len(g.Depths)),
		max(1, len(g.PollBudgets)), g.Repeats} {
		if n < 1 || n > MaxRuns || count*n > MaxRuns {
			return fmt.Sprintf("the grid has no runs, or more than %d", MaxRuns)
		}
		count *= n
	}
	if t := time.Duration(g.Time); t < time.Millisecond || t > MaxHandOverTime {
		return fmt.Sprintf("time_ms is %v; it is between 1 and %d", g.Time.MS(),
			MaxHandOverTime.Milliseconds())
	}
	for _, c := range g.Cases() {
		if msg := c.Of("any").Check(); msg != "" {
			return msg
		}
	}
	if slices.Contains(g.Models, "") {
		return "models has an empty name"
	}
	return ""
}

// HandOverHeader is the first record of a hand-over file.
type HandOverHeader struct {
	Type     string       `json:"type" doc:"\"handover-header\""`
	Schema   int          `json:"schema" doc:"version of the format of hand-over files"`
	Version  string       `json:"version" doc:"version of mtbench"`
	Revision string       `json:"revision" doc:"revision of the source it was built from, with + if the tree was changed"`
	Binary   string       `json:"binary_sha256" doc:"SHA-256 of the program that made every run of the file, in hex"`
	Go       string       `json:"go" doc:"Go toolchain"`
	Created  time.Time    `json:"created" doc:"when the first run began"`
	Argv     []string     `json:"argv" doc:"the command that made the file"`
	Seed     uint64       `json:"seed" doc:"seed of the order of the models within a case"`
	Host     Host         `json:"host" doc:"the machine"`
	Pin      string       `json:"pin,omitempty" doc:"how threads are pinned to CPUs; absent: the kernel places them"`
	Quantum  float64      `json:"quantum_us" unit:"µs" doc:"the submitter is paced by this: pages that are due within it come together at its end"`
	ClockNS  float64      `json:"clock_ns" unit:"ns" doc:"what reading the clock costs; a page that is timed has four readings, which are in its figures"`
	Grid     HandOverGrid `json:"grid" doc:"the cells of the file and how often each is run"`
}

// HandOver is the record of one run: pages handed over for a time, without a migration.
type HandOver struct {
	Type string `json:"type" doc:"\"handover\""`
	HandOverCell
	Index   int       `json:"index" unit:"count" doc:"place in the plan, from 0"`
	Repeat  int       `json:"repeat" unit:"count" doc:"round over the grid, from 0"`
	Started time.Time `json:"started" doc:"when the run began"`
	CPUs    string    `json:"cpus,omitempty" doc:"the CPU of each thread; absent where threads are not pinned"`

	Offered *Number `json:"offered_pages_per_second" unit:"pages/s" doc:"pages that were due; null at 100 %, where the submitter is not paced"`
	Noise   *Noise  `json:"noise,omitempty" doc:"what disturbed the run from outside; absent in files of builds that did not look"`

	Pages  int64   `json:"pages" unit:"pages" doc:"pages that were handed over and came back"`
	WallMS float64 `json:"wall_ms" unit:"ms" doc:"from the first page to the end of the flush behind the last"`
	Rate   float64 `json:"pages_per_second" unit:"pages/s" doc:"pages / wall time" misread:"as the most there can be: below 100 % no more than what is offered comes back"`
	PageNS float64 `json:"ns_per_page" unit:"ns/page" doc:"wall time / pages"`

	CPUNS       float64 `json:"cpu_ns_per_page" unit:"ns/page" doc:"CPU time of the submitter and the workers a page, the work included, the submitter's pacing not"`
	SubmitterNS float64 `json:"submitter_cpu_ns_per_page" unit:"ns/page" doc:"the submitter's part of it"`
	PacingNS    float64 `json:"pacing_cpu_ns_per_page" unit:"ns/page" doc:"CPU time a page of the submitter's sleeps between two quanta, which is in no other figure"`
	Wakes       float64 `json:"wakes_per_page" unit:"calls/page" doc:"calls that wake a thread (FUTEX_WAKE), all threads"`
	Waits       float64 `json:"waits_per_page" unit:"calls/page" doc:"calls that sleep until woken (FUTEX_WAIT), all threads"`
	Switches    float64 `json:"switches_per_page" unit:"switches/page" doc:"context switches of the submitter and the workers, without those of pacing"`
	Involuntary float64 `json:"involuntary_switches_per_page" unit:"switches/page" doc:"those of them that took the CPU from a thread that wanted it"`

	Stride  int      `json:"timed_one_in" unit:"pages" doc:"one page in so many is timed: where work is short the clock would be most of a page"`
	Timed   int64    `json:"timed_pages" unit:"pages" doc:"pages that were timed"`
	Latency Latency  `json:"latency" doc:"from the call of Submit to Done, where the submitter has the result back" misread:"as how late a result is made: a result is taken out by a later Submit or Flush, and a paced submitter comes by once a quantum"`
	Begin   Latency  `json:"handover" doc:"hand-over time: from the call of Submit until a worker begins the page"`
	Service Latency  `json:"service" doc:"service time: the work of a page as the worker saw it, preemption included"`
	Buckets []Bucket `json:"latency_histogram" doc:"histogram of latency"`
}

// Latency is percentiles of a time of a page, in µs. Null: no timed page need be above it.
type Latency struct {
	Mean *Number `json:"mean_us" unit:"µs" doc:"mean; null: no page was timed"`
	P50  *Number `json:"p50_us" unit:"µs" doc:"median"`
	P90  *Number `json:"p90_us" unit:"µs" doc:"90th percentile"`
	P99  *Number `json:"p99_us" unit:"µs" doc:"99th percentile"`
	P999 *Number `json:"p99_9_us" unit:"µs" doc:"99.9th percentile"`
	Max  *Number `json:"max_us" unit:"µs" doc:"longest"`
}

// Bucket is one bar of a histogram.
type Bucket struct {
	UpTo  float64 `json:"up_to_us" unit:"µs" doc:"upper end; the lower end is that of the bucket before, or 0"`
	Pages int64   `json:"pages" unit:"pages" doc:"timed pages in it"`
}

// MaxBuckets bounds the bars of a histogram.
const MaxBuckets = 1000

// HandOverFailed is the record of a run that ended without figures.
type HandOverFailed struct {
	Type string `json:"type" doc:"\"handover-failed\""`
	HandOverCell
	Index   int       `json:"index" unit:"count" doc:"place in the plan, from 0"`
	Repeat  int       `json:"repeat" unit:"count" doc:"round over the grid, from 0"`
	Started time.Time `json:"started" doc:"when the run began"`
	Reason  string    `json:"reason" doc:"why"`
}

// wrong says what of r cannot be, or nothing.
func (r *HandOver) wrong(p plans) string {
	if msg := firstOf(r.HandOverCell.Check(), p.wrong(r)); msg != "" {
		return msg
	}
	switch {
	case r.Pages < 1 || r.WallMS <= 0 || r.Rate <= 0:
		return "pages, wall_ms and pages_per_second must be above 0"
	case len(r.Buckets) > MaxBuckets:
		return fmt.Sprintf("latency_histogram has %d buckets; at most %d", len(r.Buckets), MaxBuckets)
	}
	before := 0.0
	for i, b := range r.Buckets {
		if b.UpTo <= before || b.Pages < 1 {
			return fmt.Sprintf("latency_histogram[%d] is not above the one before, or empty", i)
		}
		before = b.UpTo
	}
	return ""
}
