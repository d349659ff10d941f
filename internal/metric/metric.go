// Package metric holds every figure of a run, once: its name and unit, which way is better, how it
// comes from a record and when it has no value, how it is shown, and which exports it stands in.
// Tables, exports, claims, comparisons and the page of figures are made from [All].
package metric

import (
	"slices"

	"mtbench/results"
)

// Direction says which way a metric is better.
type Direction int

const (
	Neither Direction = iota // a matter of taste: more CPU usage is more cost or less waiting
	Lower
	Higher
)

// String returns the direction as tables say it; empty where neither is better.
func (d Direction) String() string { return [...]string{"", "lower", "higher"}[d] }

// Metric is one figure of a run.
type Metric struct {
	Name    string // in claims, comparisons and docs
	Unit    string // of the value that Of gives
	Doc     string
	Misread string // how not to read it; empty where there is no trap
	Better  Direction

	// Tick is the step below which two values are not told apart, in Unit. It is added to both sides
	// of a ratio, so that 0 against 0 is equal and 0 against little is little.
	Tick float64

	// Counter marks a figure that counts events and hardly depends on the host's speed.
	Counter bool

	// Gate marks a figure that a comparison of two files judges unless others are named.
	Gate bool

	// Time marks a time by which a model is called faster or slower.
	Time bool

	// WaitOff marks a figure that has no meaning with wait on.
	WaitOff bool

	// Of returns the value in a run; false where it has none. A time that was never reached is +Inf.
	Of Value

	// Shown is how tables show it: Name is the heading, without its unit.
	Shown Form
	// Table names the table that has a column for it, and Role the rows: those of the main thread,
	// of the workers, or of models where it is empty.
	Table Table
	Role  string

	Pairs string // title of the section that compares it in pairs; empty: there is none

	CSV   Form // the column of CSV; without a Name there is none
	Bench Form // the unit of the Go benchmark format; without a Name there is none
	Chart bool // in the charts' history, named as Shown
}

// Value returns a figure of a run; false where it has none.
type Value func(*results.Run) (float64, bool)

// Form is how a figure is written in one place.
type Form struct {
	Name, Unit string
	Scale      float64 // what a value is multiplied by, for Unit; 0 = 1
	Decimals   int     // behind the point, where a table asks for as many
}

// Table names a table of a report whose columns are the metrics that ask for it.
type Table string

// The tables of which a metric may be a column.
const (
	WaitWakes Table = "wait-wakes"
	Noise     Table = "noise"
	Cost      Table = "cost"
	Stop      Table = "downtime"
)

// The names that the code asks for; a claim may ask for any.
const (
	TotalTime        = "total_time"
	MigrationTime    = "migration_time"
	Completed        = "completed"
	Downtime         = "downtime"
	DowntimeKept     = "downtime_kept"
	RateWindows      = "rate_windows"
	DrainRate        = "drain_rate"
	SetupShare       = "setup_share"
	BusyRatio        = "busy_ratio"
	MainCPU          = "main_cpu"
	WorkerCPU        = "worker_cpu"
	WorkerCPULowest  = "worker_cpu_lowest"
	WorkerCPUHighest = "worker_cpu_highest"
	CPUPerPage       = "cpu_per_page"
	CodecShare       = "codec_share"
	WaitWakesPerPage = "wait_wakes_per_page"

	WallPerCompressed = "wall_per_compressed_page"
	EqualWorkTime     = "equal_work_time"
	CPUPerCompressed  = "cpu_per_compressed_page"
	Control           = "control"
)

// All returns the table of all metrics. main and workers are those of the source.
func All() []Metric {
	return slices.Concat(timeMetrics(), pageMetrics(), cpuMetrics(), perCompressedMetrics(),
		costMetrics(), counterMetrics(),
		roleMetrics("main", "the main thread"), roleMetrics("worker", "the compression threads"),
		shareMetrics(), noiseMetrics())
}

// Lookup finds a metric by name.
func Lookup(name string) (Metric, bool) {
	for _, m := range All() {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

// Get returns a metric that is known to be there, by one of the names above; it panics otherwise.
func Get(name string) Metric {
	m, ok := Lookup(name)
	if !ok {
		panic("there is no metric " + name)
	}
	return m
}

// In returns the value of the metric as form writes it.
func (m *Metric) In(form Form) Value {
	scale := form.Scale
	if scale == 0 {
		return m.Of
	}
	return func(r *results.Run) (float64, bool) {
		v, ok := m.Of(r)
		return scale * v, ok
	}
}

// Head returns the heading of the metric's column, its unit included.
func (m *Metric) Head() string {
	if m.Shown.Unit == "" {
		return m.Shown.Name
	}
	return m.Shown.Name + " (" + m.Shown.Unit + ")"
}

// OfTable returns the metrics that are columns of a table, in the rows of a role.
func OfTable(t Table, role string) []Metric {
	return slices.DeleteFunc(All(), func(m Metric) bool { return m.Table != t || m.Role != role })
}
