package predict

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"mtbench/internal/codec"
	"mtbench/internal/sim"
	"mtbench/internal/stats"
	"mtbench/results"
)

// CalibrationSchema is the version of the calibration file that this build writes and reads.
const CalibrationSchema = 10

// Limits of a calibration file.
const (
	maxCalibrationBytes = 8 << 20
	maxSamples          = 100_000
)

// Calibration is what a host was measured to take, with the spread of each figure.
type Calibration struct {
	Type    string       `json:"type"` // "calibration"
	Schema  int          `json:"schema"`
	Created time.Time    `json:"created"`
	Host    results.Host `json:"host"`
	Content string       `json:"content"`
	Codec   string       `json:"codec"`
	Level   int          `json:"level"`
	Pages   []Page       `json:"pages"` // one a page that was measured

	// Samples are the measurements of each cost and rate, in ns and by the names of sim.Costs and
	// Rates, and those of factors. A figure is the median of its samples.
	Samples map[string][]float64 `json:"samples"`

	// Notes says of each figure how it was measured.
	Notes map[string]string `json:"notes,omitempty"`

	parts []*Calibration // of a pool: the calibrations that it was made of
}

// calibrationType marks the file.
const calibrationType = "calibration"

// ReadCalibration reads a file that Write wrote, or all of a directory of such files as a pool. Errors are
// sentences that name the file.
func ReadCalibration(path string) (*Calibration, results.CalibrationRef, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return readPool(path)
	}
	return readCalibration(path)
}

func readCalibration(path string) (*Calibration, results.CalibrationRef, error) {
	var ref results.CalibrationRef
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ref, fmt.Errorf("there is no calibration %s; make one with: mtbench calibrate -o %s",
			path, path)
	}
	if err != nil {
		return nil, ref, fmt.Errorf("%s cannot be read: %w", path, results.Reason(err))
	}
	defer f.Close()
	text, err := readText(f)
	if err != nil {
		return nil, ref, fmt.Errorf("%s cannot be read: %w", path, results.Reason(err))
	}
	c, err := parseCalibration(text)
	if err != nil {
		return nil, ref, fmt.Errorf("%s: %w", path, err)
	}
	sum := sha256.Sum256(text)
	ref = results.CalibrationRef{File: path, SHA256: hex.EncodeToString(sum[:]), Host: c.Host.CPUModel}
	return c, ref, nil
}

// readText is what f holds, plain or compressed by gzip: a byte more than the limit of a calibration at most.
func readText(f io.Reader) ([]byte, error) {
	const magic = "\x1f\x8b" // of gzip; no JSON begins with it
	in := bufio.NewReader(f)
	begin, _ := in.Peek(len(magic))
	if string(begin) != magic {
		return io.ReadAll(io.LimitReader(in, maxCalibrationBytes+1))
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxCalibrationBytes+1))
}

func parseCalibration(text []byte) (*Calibration, error) {
	if len(text) > maxCalibrationBytes {
		return nil, fmt.Errorf("more than %d bytes; no calibration is that long", maxCalibrationBytes)
	}
	var c Calibration
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("not a calibration: %s", whyNot(err, len(text)))
	}
	return &c, c.Check()
}

// whyNot says what is wrong with the JSON of a file of size bytes.
func whyNot(err error, size int) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case size == 0:
		return "the file is empty"
	case errors.As(err, &syntax) && syntax.Offset >= int64(size):
		return "it ends in the middle, at byte " + strconv.Itoa(size)
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is no JSON object: %v at byte %d", err, syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("%s is a %s", kind.Field, kind.Value)
	}
	return err.Error()
}

// Check says what is wrong with the calibration.
func (c *Calibration) Check() error {
	switch {
	case c.Type != calibrationType:
		return fmt.Errorf("type is %q; a calibration has %q", c.Type, calibrationType)
	case c.Schema != CalibrationSchema:
		return fmt.Errorf("schema %d; this build reads %d", c.Schema, CalibrationSchema)
	case len(c.Pages) == 0 || len(c.Pages) > maxSamples:
		return fmt.Errorf("%d pages; there must be 1 to %d", len(c.Pages), maxSamples)
	}
	if err := c.checkCodec(); err != nil {
		return err
	}
	for i, p := range c.Pages {
		if p.Encode <= 0 || p.Encode > time.Second || p.Decode < 0 || p.Decode > time.Second ||
			p.Bytes < 0 || p.Bytes > 8192 {
			return fmt.Errorf("page %d took %v and %v for %d bytes: times are up to 1s, sizes up to 8192",
				i, p.Encode, p.Decode, p.Bytes)
		}
	}
	for name, list := range c.Samples {
		if err := checkSamples(list); err != nil {
			return fmt.Errorf("samples of %s: %w", name, err)
		}
	}
	for _, name := range figureNames() {
		if len(c.Samples[name]) == 0 {
			return fmt.Errorf("no samples of %s", name)
		}
	}
	_, err := c.Profile(nil)
	return err
}

// checkCodec: what was compressed, and by what, stands with every figure that is made of it.
func (c *Calibration) checkCodec() error {
	if c.Content == "" {
		return errors.New("content is empty; it names what the pages were")
	}
	k, err := codec.Lookup(c.Codec)
	if err != nil {
		return err
	}
	if lo, hi, _ := k.Levels(); c.Level < lo || c.Level > hi {
		return fmt.Errorf("level is %d; codec %s has the levels %d to %d", c.Level, c.Codec, lo, hi)
	}
	return nil
}

func checkSamples(list []float64) error {
	if len(list) > maxSamples {
		return fmt.Errorf("%d of them; at most %d", len(list), maxSamples)
	}
	for i, v := range list {
		if !(v >= 0 && v <= 1e9) {
			return fmt.Errorf("sample %d is %v ns; it must be 0 to 1e9", i, v)
		}
	}
	return nil
}

// figureNames are the names of all figures of a profile.
func figureNames() []string {
	var names []string
	eachFigure(&Profile{}, func(name string, _ *time.Duration) { names = append(names, name) })
	for i := range crowds {
		names = append(names, crowdName(i))
	}
	return append(names, crowdDecodeName)
}

// eachFigure visits the costs and rates that a calibration measures.
func eachFigure(p *Profile, f func(name string, d *time.Duration)) {
	c, r := &p.Costs, &p.Rates
	for _, x := range []struct {
		name string
		d    *time.Duration
	}{
		{"atomic_ns", &c.Atomic}, {"line_ns", &c.Line}, {"poll_ns", &c.Poll}, {"pause_ns", &c.Pause},
		{"futex_wait_ns", &c.FutexWait}, {"futex_wake_ns", &c.FutexWake},
		{"wake_coming_ns", &c.WakeComing}, {"wake_empty_ns", &c.WakeEmpty}, {"wake_local_ns", &c.WakeLocal},
		{"wake_queued_ns", &c.WakeQueued}, {"wake_busy_ns", &c.WakeBusy},
		{"kick_ns", &c.Kick}, {"interrupt_ns", &c.Interrupt}, {"timer_ns", &c.Timer}, {"idle_wake_ns", &c.IdleWake},
		{"halt_poll_ns", &c.HaltPoll}, {"poll_wake_ns", &c.PollWake}, {"poll_latency_ns", &c.PollLatency}, {"timer_latency_ns", &c.TimerLatency},
		{"switch_ns", &c.Switch},
		{"slice_ns", &c.Slice}, {"wake_granularity_ns", &c.WakeGranularity},
		{"sleep_call_ns", &c.SleepCall}, {"sleep_slack_ns", &c.SleepSlack},
		{"clock_ns", &c.Clock}, {"stamp_ns", &c.Stamp}, {"start_ns", &c.Start}, {"start_latency_ns", &c.StartLatency},
		{"record_ns", &r.Record}, {"take_ns", &r.Take}, {"take_kib_ns", &r.TakeKiB}, {"copy_kib_ns", &r.CopyKiB},
		{"state_ns", &p.State}, {"scan_ns", &r.Scan},
		{"scan_log_ns", &r.ScanLog}, {"zero_ns", &r.Zero}, {"own_ns", &r.Own}, {"store_ns", &r.Store},
		{"send_ns", &r.Send}, {"send_kib_ns", &r.SendKiB},
		{"receive_ns", &r.Recv}, {"receive_kib_ns", &r.RecvKiB},
	} {
		f(x.name, x.d)
	}
}

// Resampling is the profile number i of a prediction: 0 the calibration as it was measured, every other
// one with samples and pages drawn with replacement. Those of a pool go round its parts, for what one
// calibration differs from the next is more than its samples differ among themselves.
func (c *Calibration) Resampling(i int, rng *rand.Rand) (Profile, error) {
	switch {
	case i == 0:
		return c.Profile(nil)
	case len(c.parts) > 0:
		return c.parts[(i-1)%len(c.parts)].Profile(rng)
	}
	return c.Profile(rng)
}

// hotFor is sim.Costs.Hot. It is not measured: Linux's sched_migration_cost_ns is the same everywhere unless somebody
// changed it.
const hotFor = 500 * time.Microsecond

// Profile is the calibration in single figures: with rng nil as it was measured; else one resampling, in
// which samples and pages are drawn with replacement.
func (c *Calibration) Profile(rng *rand.Rand) (Profile, error) {
	p := Profile{Pages: c.Pages, Costs: sim.Costs{Hot: hotFor}}
	eachFigure(&p, func(name string, d *time.Duration) {
		*d = time.Duration(math.Round(c.figure(name, rng)))
	})
	p.Crowd = c.crowd(rng)
	if rng != nil {
		p.Pages = make([]Page, len(c.Pages))
		for i := range p.Pages {
			p.Pages[i] = c.Pages[rng.IntN(len(c.Pages))]
		}
	}
	return p, errors.Join(p.Costs.Check(), p.Rates.check(), p.checkState(), p.checkFactors())
}

// figure is that name of the calibration, or of a resampling of it.
func (c *Calibration) figure(name string, rng *rand.Rand) float64 {
	return figureOf(resample(c.Samples[name], rng))
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

// figureOf is the median.
func figureOf(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return stats.Median(slices.Sorted(slices.Values(list)))
}

// Write writes the file, which must not exist.
func (c *Calibration) Write(path string) error {
	if err := c.Check(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists already; a calibration is not written over", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}

// Figure is one cost or rate for people: its value and the middle half of its samples.
type Figure struct {
	Name             string
	Unit             string // "ns", or nothing for a factor or a share
	Value, Low, High float64
	Note             string
}

// Figures lists the costs and rates.
func (c *Calibration) Figures() []Figure {
	var list []Figure
	for _, name := range figureNames() {
		s := slices.Sorted(slices.Values(c.Samples[name]))
		n := len(s) - 1
		unit := ""
		if strings.HasSuffix(name, "_ns") {
			unit = "ns"
		}
		list = append(list, Figure{Name: name, Unit: unit, Value: figureOf(s), Low: s[n/4], High: s[(3*n+3)/4],
			Note: c.Notes[name]})
	}
	return list
}
