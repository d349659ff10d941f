package calibrate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"mtbench/results"
)

// maxParts bounds the files of a pool.
const maxParts = 100

// readPool reads a directory of calibrations of one host and one content, made at different times.
func readPool(dir string) (*Calibration, results.CalibrationRef, error) {
	var ref results.CalibrationRef
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	packed, _ := filepath.Glob(filepath.Join(dir, "*.json.gz")) // fails as the one above
	files = append(files, packed...)
	slices.Sort(files)
	switch {
	case err != nil:
		return nil, ref, fmt.Errorf("%s cannot be searched: %w", dir, err)
	case len(files) == 0:
		return nil, ref, fmt.Errorf("the directory %s holds no calibration (*.json, *.json.gz); "+
			"mtbench run --calibrate %s makes some", dir, dir)
	case len(files) > maxParts:
		return nil, ref, fmt.Errorf("the directory %s holds %d calibrations; at most %d are pooled",
			dir, len(files), maxParts)
	}
	return poolOf(dir, files, readFile)
}

// poolOf is the pool of the files of dir, in their order.
func poolOf(dir string, files []string,
	read func(string) (*Calibration, results.CalibrationRef, error)) (
	*Calibration, results.CalibrationRef, error) {
	var ref results.CalibrationRef
	var parts []*Calibration
	digest := sha256.New()
	for _, f := range files {
		c, one, err := read(f)
		if err != nil {
			return nil, ref, err
		}
		if err := fitsPool(parts, c); err != nil {
			return nil, ref, fmt.Errorf("%s: %w", f, err)
		}
		parts = append(parts, c)
		digest.Write([]byte(one.SHA256))
	}
	all := pool(parts)
	return all, all.ref(dir, hex.EncodeToString(digest.Sum(nil))), nil
}

func fitsPool(parts []*Calibration, c *Calibration) error {
	if len(parts) == 0 {
		return nil
	}
	first := parts[0]
	switch {
	case c.Host.CPUModel != first.Host.CPUModel || c.Host.CPUs != first.Host.CPUs:
		return fmt.Errorf("of a %s with %d CPUs, and those before it in the directory of a %s with %d",
			c.Host.CPUModel, c.Host.CPUs, first.Host.CPUModel, first.Host.CPUs)
	case c.Content != first.Content || c.Codec != first.Codec || c.Level != first.Level:
		return fmt.Errorf("of %s by %s, level %d, and those before it in the directory of %s by %s, "+
			"level %d",
			c.Content, c.Codec, c.Level, first.Content, first.Codec, first.Level)
	}
	return nil
}

// pool puts parts together: all samples and pages of all of them.
func pool(parts []*Calibration) *Calibration {
	all := *parts[0]
	all.Samples, all.parts = maps.Clone(all.Samples), parts
	all.Pages = slices.Clone(all.Pages)
	for _, c := range parts[1:] {
		all.Pages = append(all.Pages, c.Pages...)
		for name, list := range c.Samples {
			all.Samples[name] = slices.Concat(all.Samples[name], list)
		}
	}
	return &all
}

// with is a copy of the calibration, and of the parts of a pool, with its samples changed.
func (c *Calibration) with(change func(samples map[string][]float64)) *Calibration {
	other := *c
	other.Samples, other.parts = maps.Clone(c.Samples), nil
	change(other.Samples)
	for _, p := range c.parts {
		other.parts = append(other.parts, p.with(change))
	}
	return &other
}
