package calibrate

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"mtbench/internal/codec"
	"mtbench/internal/sim"
	"mtbench/results"
)

// Schema is the version of the calibration file that this build writes and reads.
const Schema = 10

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

	// Samples are the measurements of each figure, in ns or, of factors, in 1. A figure is their
	// median.
	Samples map[string][]float64 `json:"samples"`

	parts  []*Calibration // of a pool: the calibrations that it was made of
	spread float64        // sim.Costs.WakeSpread; not measured
}

// FileType is the type that a calibration file states.
const FileType = "calibration"

// Read reads a file that Write wrote, or all of a directory of such files as a pool. Errors are
// sentences that name the file.
func Read(path string) (*Calibration, results.CalibrationRef, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return readPool(path)
	}
	return readFile(path)
}

func readFile(path string) (*Calibration, results.CalibrationRef, error) {
	var ref results.CalibrationRef
	f, err := results.Open(path, os.O_RDONLY)
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
	return parsed(path, text)
}

// parsed is the calibration that a file holds, and its name.
func parsed(path string, text []byte) (*Calibration, results.CalibrationRef, error) {
	c, err := Parse(text)
	if err != nil {
		return nil, results.CalibrationRef{}, fmt.Errorf("%s: %w", path, err)
	}
	sum := sha256.Sum256(text)
	return c, c.ref(path, hex.EncodeToString(sum[:])), nil
}

// ref names the calibration as result files do.
func (c *Calibration) ref(path, digest string) results.CalibrationRef {
	return results.CalibrationRef{File: path, SHA256: digest, Host: c.Host.CPUModel,
		CPUs: c.Host.CPUs, Virtual: c.Host.Virtual}
}

// readText is what f holds, plain or compressed by gzip: a byte more than the limit of a
// calibration at most.
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

// Parse reads the text of a calibration file. Errors are sentences without the name of the file.
func Parse(text []byte) (*Calibration, error) {
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
		return fmt.Sprintf("it is not a JSON object: %v at byte %d", err, syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("%s is a %s", kind.Field, kind.Value)
	}
	return err.Error()
}

// Check says what is wrong with the calibration.
func (c *Calibration) Check() error {
	switch {
	case c.Type != FileType:
		return fmt.Errorf("type is %q; a calibration has %q", c.Type, FileType)
	case c.Schema != Schema:
		return fmt.Errorf("schema %d; this build reads %d", c.Schema, Schema)
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
	for _, f := range new(Profile).figures() {
		if len(c.Samples[f.name]) == 0 {
			return fmt.Errorf("no samples of %s", f.name)
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

// Resampling is the profile number i of a prediction: 0 the calibration as it was measured, every
// other one with samples and pages drawn with replacement. Those of a pool go round its parts, for
// what one calibration differs from the next is more than its samples differ among themselves.
func (c *Calibration) Resampling(i int, rng *rand.Rand) (Profile, error) {
	switch {
	case i == 0:
		return c.Profile(nil)
	case len(c.parts) > 0:
		return c.parts[(i-1)%len(c.parts)].Profile(rng)
	}
	return c.Profile(rng)
}

// hotFor is sim.Costs.Hot. It is not measured: Linux's sched_migration_cost_ns is the same
// everywhere unless somebody changed it.
const hotFor = 500 * time.Microsecond

// Profile is the calibration in single figures: with rng nil as it was measured; else one
// resampling, in which samples and pages are drawn with replacement.
func (c *Calibration) Profile(rng *rand.Rand) (Profile, error) {
	p := Profile{Pages: c.Pages, Costs: sim.Costs{Hot: hotFor, WakeSpread: c.spread}}
	var errs []error
	for _, f := range p.figures() {
		f.set(c.figure(f.name, rng))
		errs = append(errs, f.check())
	}
	if rng != nil {
		p.Pages = make([]Page, len(c.Pages))
		for i := range p.Pages {
			p.Pages[i] = c.Pages[rng.IntN(len(c.Pages))]
		}
	}
	return p, errors.Join(append(errs, p.Costs.Check())...)
}

// Write writes the file, which must not exist. It appears whole, or not at all.
func (c *Calibration) Write(path string) error {
	if err := c.Check(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return err
	}
	f, err := results.NewUnseen(path)
	if err != nil {
		return err
	}
	if _, err = f.Write(append(text, '\n')); err == nil {
		err = f.Show(path)
	}
	if errors.Is(err, os.ErrExist) {
		err = fmt.Errorf("%s exists already; a calibration is not overwritten", path)
	}
	return errors.Join(err, f.Drop())
}
