// Package pilot derives the default workload from what a short pilot measured on a host, so that
// the same defaults ask the same question on any host: can the pipeline keep up with a guest that
// writes a part of what the pool can drain, over a link that raw pages fill and compressed ones do
// not?
//
// The rules are arithmetic, and every model of a series gets the same values. Measured is who runs
// the pilot: on a host `mtbench run`, in virtual time `mtbench predict`.
package pilot

import (
	"fmt"
	"math"
	"time"
)

// Measured is what a pilot found out. The migrations of a pilot are those of the series, with the
// destination and the vCPUs beside them, but with a link that takes whatever comes.
type Measured struct {
	Pool  float64       // pages/s that the best model drains with the threads of Reference, waiting for one
	Peak  float64       // pages/s that the best model drains in the largest cell
	Raw   float64       // bytes/s that the link takes of raw pages
	Ratio float64       // page bytes over the wire bytes of a compressed page, above 1
	Fixed time.Duration // what a run takes beside its migration: processes, verification
}

// Asked is what the user leaves open.
type Asked struct {
	PageSize int64
	Threads  int // of the largest cell
	Runs     int // that the budget must hold at least
	Budget   time.Duration
	Memory   int64 // bytes that a guest may have on this host
}

// The rules' constants. Each is a choice of the workload, and the same on every host.
const (
	// Reference is the cell whose pool sets the rates: the smallest of the published table, where its
	// link was the bottleneck of half of the pages.
	Reference = 4

	// linkShare is the link over what the pool drains, both in raw pages. Raw pages alone are slower
	// than compression (below 1), and compressed ones leave room (above 1/Ratio).
	linkShare = 0.9

	// dirtyShare is the guest's writes over what the pool drains: the better pipeline completes with
	// room, and one that drains a quarter of it does not.
	dirtyShare = 0.25

	// windows is how many rate windows the first pass of the fastest cell is to cover.
	windows = 4

	// thresholdPages is the least threshold, in pages a thread of the largest cell: what a model may
	// have in flight must fit into the stop phase.
	thresholdPages = 4

	// thresholdShare is the most threshold, of guest memory. The letter's was about a third of it.
	thresholdShare = 0.01

	// passes is how often a migration sends its guest, for the estimate of its time.
	passes = 1.6

	step = 4 << 20 // guest memory is a multiple of it
)

// Window is QEMU's rate-limiting window, by which bandwidth and threshold are estimated.
const Window = 100 * time.Millisecond

// Workload is what the rules make of a pilot.
type Workload struct {
	Memory        int64         // bytes
	LinkBandwidth float64       // bytes/s
	DirtyRate     float64       // page writes/s
	DowntimeLimit time.Duration // threshold = bandwidth × this
	Windows       float64       // rate windows that the first pass of the fastest cell covers
	Rules         []Rule
}

// Rule says how a setting was derived.
type Rule struct {
	Setting string // the flag that overrides it
	Why     string // the rule, in a sentence
}

// Derive applies the rules.
func Derive(m Measured, a Asked) Workload {
	page := float64(a.PageSize)
	w := Workload{
		LinkBandwidth: min(m.Pool*page*linkShare, m.Raw*linkShare),
		DirtyRate:     m.Pool * dirtyShare,
	}
	wanted := max(w.windowBytes(m, page)*windows, w.thresholdBytes(m, a))
	w.Memory = bounded(wanted, w.affordable(m, a), a.Memory)
	w.Windows = float64(w.Memory) / w.windowBytes(m, page)
	w.DowntimeLimit = w.limit()
	w.Rules = w.rules()
	return w
}

// windowBytes is how much guest memory the fastest cell sends in a window: raw pages at the link's
// rate, or as many compressed ones as the link or the largest pool carries.
func (w *Workload) windowBytes(m Measured, page float64) float64 {
	fastest := max(w.LinkBandwidth, min(m.Peak*page, w.LinkBandwidth*m.Ratio))
	return fastest * Window.Seconds()
}

// thresholdBytes is the guest of which the largest threshold is thresholdShare while the smallest
// still holds thresholdPages: a migration that compresses all pages puts fewer bytes on the link, and
// its threshold is that much lower.
func (w *Workload) thresholdBytes(m Measured, a Asked) float64 {
	slow := min(w.LinkBandwidth, m.Pool*float64(a.PageSize)/m.Ratio)
	least := float64(thresholdPages*a.Threads) * float64(a.PageSize)
	return least * w.LinkBandwidth / slow / thresholdShare
}

// affordable is the guest whose runs fit into the budget at the pool's rate.
func (w *Workload) affordable(m Measured, a Asked) float64 {
	each := a.Budget/time.Duration(max(a.Runs, 1)) - m.Fixed
	return max(0, each.Seconds()) / passes * m.Pool * float64(a.PageSize)
}

func bounded(wanted, affordable float64, most int64) int64 {
	bytes := min(math.Max(wanted, step), math.Max(affordable, step))
	steps := math.Ceil(min(bytes, float64(most)) / step)
	return max(step, min(int64(steps)*step, most/step*step))
}

// limit is the downtime limit by which the threshold is thresholdShare of memory at the link's rate.
func (w *Workload) limit() time.Duration {
	seconds := float64(w.Memory) * thresholdShare / w.LinkBandwidth
	return time.Duration(seconds * float64(time.Second)).Round(time.Microsecond)
}

func (w *Workload) rules() []Rule {
	return []Rule{
		{"link-bandwidth", fmt.Sprintf("%.2g × what the pool of %d threads drains, in raw pages, and at "+
			"most that share of what the link takes: raw pages fill it, compressed ones do not",
			linkShare, Reference)},
		{"dirty-rate", fmt.Sprintf("%.2g × what the pool of %d threads drains: the better pipeline "+
			"completes with room", dirtyShare, Reference)},
		{"memory", w.memoryRule()},
		{"downtime-limit", fmt.Sprintf("a threshold of %.2g %% of memory at the link's rate",
			thresholdShare*100)},
	}
}

// memoryRule says whether the guest has the size that the rules want.
func (w *Workload) memoryRule() string {
	text := fmt.Sprintf("the first pass of the fastest cell covers %.1f rate windows", w.Windows)
	if w.Windows < windows {
		return fmt.Sprintf("%s; %d are wanted, and the time or the memory at hand allows no more",
			text, windows)
	}
	return text
}
