package calibrate

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mtbench/results"
)

//go:embed profiles/*.json
var profiles embed.FS

// Limits of a host's profile.
const (
	maxProfileBytes = 64 << 10
	maxText         = 400
)

// Host is the profile of a host: what it is, and each of its costs with where it comes from. A file
// of one is JSON; those of profiles/ are shipped, and have names.
type Host struct {
	Says    string `json:"says"`              // which host that is
	CPUs    int    `json:"cpus,omitempty"`    // 0: those of the calibrations
	Virtual string `json:"virtual,omitempty"` // hypervisor, if any

	// Measured: what the profile does not state is as the committed calibrations of the baseline's
	// virtual machine have it. Else it states everything.
	Measured bool `json:"measured"`

	WakeSpread float64               `json:"wake_spread,omitempty"` // see sim.Costs
	Pages      *PageTimes            `json:"pages,omitempty"`
	Costs      map[string]StatedCost `json:"costs,omitempty"` // by the names of a calibration's samples
	name       string
	digest     string
}

// StatedCost is a cost with its source. One that nobody measured is assumed: it has a range, over
// which the resamplings of a prediction draw it.
type StatedCost struct {
	Value  float64 `json:"value"` // ns; of factors 1
	Low    float64 `json:"low,omitempty"`
	High   float64 `json:"high,omitempty"`
	Source string  `json:"source"`
}

// PageTimes are a lognormal distribution of service times; sizes go with them.
type PageTimes struct {
	Content string  `json:"content"`
	Codec   string  `json:"codec"`
	Level   int     `json:"level"`
	Encode  float64 `json:"encode_ns"` // mean
	Decode  float64 `json:"decode_ns"` // mean
	Spread  float64 `json:"spread"`    // of both: standard deviation / mean
	Bytes   int     `json:"bytes"`     // mean size of a compressed page
	Source  string  `json:"source"`
}

// HostNames returns the names of the shipped hosts and what each is, sorted by name.
func HostNames() (names, says []string, err error) {
	files, err := fs.Glob(profiles, "profiles/*.json")
	for _, f := range files {
		h, err := shippedHost(strings.TrimSuffix(path.Base(f), ".json"))
		if err != nil {
			return nil, nil, err
		}
		names, says = append(names, h.name), append(says, h.Says)
	}
	return names, says, err
}

// LoadHost returns the host of a name, or of a file. Errors are sentences that name it.
func LoadHost(nameOrFile string) (*Host, error) {
	h, err := shippedHost(nameOrFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return h, err
	}
	f, err := results.Open(nameOrFile, os.O_RDONLY)
	if errors.Is(err, os.ErrNotExist) {
		names, _, err := HostNames()
		return nil, errors.Join(err, fmt.Errorf("there is no host %s, and no file of a profile: "+
			"hosts by name are %s", nameOrFile, strings.Join(names, ", ")))
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", nameOrFile, results.Reason(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxProfileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", nameOrFile, results.Reason(err))
	}
	return parseHost(nameOrFile, text)
}

// shippedHost is the one of a name; fs.ErrNotExist where there is none.
func shippedHost(name string) (*Host, error) {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "/.") {
		return nil, fs.ErrNotExist
	}
	text, err := profiles.ReadFile("profiles/" + name + ".json")
	if err != nil {
		return nil, err
	}
	return parseHost(name, text)
}

func parseHost(name string, text []byte) (*Host, error) {
	if len(text) > maxProfileBytes {
		return nil, fmt.Errorf("%s has more than %d bytes; no profile is that long", name,
			maxProfileBytes)
	}
	sum := sha256.Sum256(text)
	h := &Host{name: strings.TrimSuffix(filepath.Base(name), ".json"),
		digest: hex.EncodeToString(sum[:])}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(h); err != nil {
		return nil, fmt.Errorf("%s: not the profile of a host: %s", name, whyNot(err, len(text)))
	}
	if in.More() {
		return nil, fmt.Errorf("%s: something follows the profile", name)
	}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return h, nil
}

// check says what is wrong with the profile.
func (h *Host) check() error {
	switch {
	case h.Says == "" || len(h.Says) > maxText:
		return fmt.Errorf("says must state in 1 to %d bytes which host that is", maxText)
	case len(h.Virtual) > maxText:
		return fmt.Errorf("virtual has %d bytes; at most %d", len(h.Virtual), maxText)
	case h.CPUs < 0 || h.CPUs > 4096 || h.CPUs == 0 && !h.Measured:
		return fmt.Errorf("cpus is %d; a host has 1 to 4096", h.CPUs)
	case !h.Measured && h.Pages == nil:
		return errors.New("pages are missing; only a host with measured: true has others")
	case !(h.WakeSpread >= 0 && h.WakeSpread <= 2):
		return fmt.Errorf("wake_spread is %v; it must be between 0 and 2", h.WakeSpread)
	}
	known := map[string]bool{}
	for _, f := range new(Profile).figures() {
		known[f.name] = true
		if _, ok := h.Costs[f.name]; !ok && !h.Measured {
			return fmt.Errorf("cost %s is missing; only a host with measured: true may leave it out",
				f.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.Costs)) {
		if !known[name] {
			return fmt.Errorf("cost %q is unknown; mtbench calibrate prints the names", name)
		}
		if err := h.Costs[name].check(); err != nil {
			return fmt.Errorf("cost %s: %w", name, err)
		}
	}
	return h.Pages.check()
}

// Assumed reports whether nobody measured the cost: it has a range.
func (c StatedCost) Assumed() bool { return c.High > 0 }

func (c StatedCost) check() error {
	switch {
	case c.Source == "" || len(c.Source) > maxText:
		return fmt.Errorf("source must say in 1 to %d bytes who measured it, or why it is assumed",
			maxText)
	case !(c.Value >= 0 && c.Value <= float64(maxCost)):
		return fmt.Errorf("value is %v; it must be 0 to %d", c.Value, maxCost)
	case c.Low == 0 && !c.Assumed():
		return nil
	case !(c.Low >= 0 && c.Low <= c.Value && c.Value <= c.High && c.High <= float64(maxCost)):
		return fmt.Errorf("low, value and high are %v, %v and %v; they must rise", c.Low, c.Value, c.High)
	}
	return nil
}

func (p *PageTimes) check() error {
	switch {
	case p == nil:
		return nil
	case p.Source == "" || len(p.Source) > maxText:
		return fmt.Errorf("source of pages must say in 1 to %d bytes where they come from", maxText)
	case !(p.Encode > 0 && p.Encode <= 1e8) || !(p.Decode >= 0 && p.Decode <= 1e8):
		return fmt.Errorf("pages take %v and %v ns; encode_ns is above 0, both at most 1e8", p.Encode,
			p.Decode)
	case !(p.Spread >= 0 && p.Spread <= 2):
		return fmt.Errorf("spread of pages is %v; it must be between 0 and 2", p.Spread)
	case p.Bytes < minBytes || p.Bytes > maxBytes:
		return fmt.Errorf("bytes of pages is %d; it must be %d to %d", p.Bytes, minBytes, maxBytes)
	}
	return nil
}

// Name returns the name of the host: that of its profile.
func (h *Host) Name() string { return h.name }

// The bounds of a compressed page in a distribution.
const (
	minBytes = 20
	maxBytes = 4110
)

// List returns the quantiles of the distribution.
func (p *PageTimes) List() []Page {
	const n = 64
	sigma := math.Sqrt(math.Log(1 + p.Spread*p.Spread))
	var list []Page
	for i := range n {
		z := math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/n-1)
		f := math.Exp(sigma*z - sigma*sigma/2)
		size := int(float64(p.Bytes) * (1 + (f-1)/2))
		list = append(list, Page{Encode: time.Duration(p.Encode * f), Decode: time.Duration(p.Decode * f),
			Bytes: min(max(size, minBytes), maxBytes)})
	}
	return list
}

// Calibration returns the host as a calibration of it would be: a cost with a source has one
// sample, an assumed one its range, and the others those that were measured.
func (h *Host) Calibration() (*Calibration, results.CalibrationRef, error) {
	c := &Calibration{Type: FileType, Schema: Schema, Samples: map[string][]float64{}}
	if h.Measured {
		var err error
		if c, _, err = baseline(); err != nil {
			return nil, results.CalibrationRef{}, err
		}
	}
	c = c.with(h.restate)
	for _, part := range append(c.parts, c) {
		part.spread = h.WakeSpread
	}
	if p := h.Pages; p != nil {
		c.Pages, c.Content, c.Codec, c.Level = p.List(), p.Content, p.Codec, p.Level
	}
	if h.CPUs > 0 {
		c.Host = results.Host{CPUModel: h.Says, CPUs: h.CPUs, Virtual: h.Virtual}
	}
	ref := c.ref(h.name, h.digest)
	ref.Profile, ref.Says, ref.Costs = h.name, h.Says, h.stated()
	if err := c.Check(); err != nil {
		return nil, ref, fmt.Errorf("host %s: %w", h.name, err)
	}
	return c, ref, nil
}

// restate puts what the profile states in the place of samples.
func (h *Host) restate(samples map[string][]float64) {
	for name, cost := range h.Costs {
		samples[name] = []float64{cost.Value}
		if cost.Assumed() {
			samples[name] = []float64{cost.Low, cost.Value, cost.High} // the median is the value
		}
	}
}

// stated are the costs in the order of a calibration.
func (h *Host) stated() (list []results.HostCost) {
	for _, f := range new(Profile).figures() {
		if c, ok := h.Costs[f.name]; ok {
			list = append(list, results.HostCost{Cost: f.name, What: f.what, Value: c.Value, Low: c.Low,
				High: c.High, Source: c.Source})
		}
	}
	return list
}

// baseline is the pool of the committed calibrations.
func baseline() (*Calibration, results.CalibrationRef, error) {
	dir := results.BaselineCalibrations()
	files, err := fs.Glob(dir, "*.json.gz")
	if err != nil {
		return nil, results.CalibrationRef{}, err
	}
	return poolOf("results/baseline/calibrations", files,
		func(name string) (*Calibration, results.CalibrationRef, error) {
			f, err := dir.Open(name)
			if err != nil {
				return nil, results.CalibrationRef{}, err
			}
			defer f.Close()
			text, err := readText(f)
			if err != nil {
				return nil, results.CalibrationRef{}, err
			}
			return parsed(name, text)
		})
}
