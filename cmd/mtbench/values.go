package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"mtbench/internal/series"
	"mtbench/models/registry"
	"mtbench/results"
)

// sizeValue is a flag of bytes: "64MiB", "1GiB", "4096".
type sizeValue struct{ bytes *int64 }

func (v sizeValue) Type() string   { return "size" }
func (v sizeValue) String() string { return formatSize(v.bytes) }

func formatSize(bytes *int64) string {
	if bytes == nil || *bytes == 0 {
		return "" // derived
	}
	return strings.ReplaceAll(results.SizeText(*bytes), " ", "")
}

func (v sizeValue) Set(s string) error {
	n, err := results.ParseSize(s)
	if err != nil {
		return err
	}
	*v.bytes = n
	return nil
}

// rateValue is a flag for a rate: in units a second, "1.5x" for a multiple of what one thread of
// this host compresses, or "0.9pool" for a multiple of what the pilot's pool drains. Bandwidths
// take sizes ("100MiB"), page rates take plain numbers.
type rateValue struct {
	rate, multiple, ofPool *float64 // one of the three is not 0
	sizes                  bool
}

func (v rateValue) Type() string { return "rate" }

func (v rateValue) String() string {
	switch {
	case v.rate == nil:
		return ""
	case *v.ofPool != 0:
		return strconv.FormatFloat(*v.ofPool, 'g', -1, 64) + "pool"
	case *v.multiple != 0:
		return strconv.FormatFloat(*v.multiple, 'g', -1, 64) + "x"
	case v.sizes:
		bytes := int64(*v.rate)
		return formatSize(&bytes)
	default:
		return strconv.FormatFloat(*v.rate, 'g', -1, 64)
	}
}

func (v rateValue) Set(s string) error {
	for suffix, multiple := range map[string]*float64{"x": v.multiple, "pool": v.ofPool} {
		if m, ok := strings.CutSuffix(s, suffix); ok {
			f, err := parsePositive(m)
			if err != nil || f > 1e6 {
				return fmt.Errorf("%q is no multiple; write for example 1.5%s", s, suffix)
			}
			*v.rate, *v.multiple, *v.ofPool = 0, 0, 0
			*multiple = f
			return nil
		}
	}
	f, err := v.parseAbsolute(s)
	if err != nil {
		return err
	}
	*v.rate, *v.multiple, *v.ofPool = f, 0, 0
	return nil
}

func (v rateValue) parseAbsolute(s string) (float64, error) {
	if v.sizes {
		n, err := results.ParseSize(s)
		if err != nil {
			return 0, fmt.Errorf("%q is no bandwidth; write bytes a second, for example 100MiB, "+
				"a multiple such as 1.5x or 0.9pool, or 0 for unlimited", s)
		}
		return float64(n), nil
	}
	f, err := parsePositive(s)
	if err != nil || f > 1e12 {
		return 0, fmt.Errorf("%q is no page rate; write page writes a second, for example 50000, "+
			"a multiple such as 1.5x or 0.25pool, or 0 for none", s)
	}
	return f, nil
}

func parsePositive(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, err
	}
	if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return 0, errors.New("out of range")
	}
	return f, nil
}

// modelsValue is a list of models' names, in which all stands for every contender that is ranked.
type modelsValue struct{ names *[]string }

func (v modelsValue) Type() string { return "names" }

func (v modelsValue) String() string {
	if v.names == nil {
		return ""
	}
	return strings.Join(*v.names, ",")
}

func (v modelsValue) Set(s string) error {
	var names []string
	for name := range strings.SplitSeq(s, ",") {
		if name = strings.TrimSpace(name); name == "all" {
			names = append(names, registry.Ranked()...)
			continue
		}
		names = append(names, name)
	}
	*v.names = names
	return nil
}

// waitsValue is a list of on, off and self.
type waitsValue struct {
	waits *[]bool
	self  *bool
}

func (v waitsValue) Type() string { return "off,on,self" }

func (v waitsValue) String() string {
	if v.waits == nil {
		return ""
	}
	var words []string
	for _, w := range *v.waits {
		words = append(words, results.OnOff(w))
	}
	if *v.self {
		words = append(words, string(results.FullSelf))
	}
	return strings.Join(words, ",")
}

func (v waitsValue) Set(s string) error {
	var waits []bool
	self := false
	for word := range strings.SplitSeq(s, ",") {
		word = strings.TrimSpace(word)
		if word == string(results.FullSelf) && !self {
			self = true
			continue
		}
		w, err := results.ParseOnOff(word)
		if err != nil {
			return fmt.Errorf("%w, nor self given once", err)
		}
		waits = append(waits, w)
	}
	*v.waits, *v.self = waits, self
	return nil
}

// statesValue is a list of places of codec states.
type statesValue struct{ list *[]results.CodecState }

func (v statesValue) Type() string { return "worker,request" }

func (v statesValue) String() string {
	if v.list == nil {
		return ""
	}
	var words []string
	for _, s := range *v.list {
		words = append(words, string(s))
	}
	return strings.Join(words, ",")
}

func (v statesValue) Set(s string) error {
	var list []results.CodecState
	for word := range strings.SplitSeq(s, ",") {
		place := results.CodecState(strings.TrimSpace(word))
		if place != results.StateOfWorker && place != results.StateOfRequest {
			return fmt.Errorf("%s is neither worker nor request", strconv.Quote(word))
		}
		list = append(list, place)
	}
	*v.list = list
	return nil
}

// extrasValue is a list of models with the one case that each runs in: "lockless-rr:4:off".
type extrasValue struct{ extras *[]results.Cell }

func (v extrasValue) Type() string { return "MODEL:THREADS:WAIT" }

func (v extrasValue) String() string {
	if v.extras == nil {
		return ""
	}
	words := make([]string, len(*v.extras))
	for i, e := range *v.extras {
		words[i] = fmt.Sprintf("%s:%d:%s", e.Model, e.Threads, results.OnOff(e.Wait))
	}
	return strings.Join(words, ",")
}

func (v extrasValue) Set(s string) error {
	var extras []results.Cell
	for word := range strings.SplitSeq(s, ",") {
		if word == "none" {
			continue
		}
		parts := strings.Split(word, ":")
		if len(parts) != 3 {
			return fmt.Errorf("%q is no model in a case; write for example lockless-rr:4:off, or none", word)
		}
		threads, err := strconv.Atoi(parts[1])
		if err != nil {
			return fmt.Errorf("%q: %q is no count of threads", word, parts[1])
		}
		wait, err := results.ParseOnOff(parts[2])
		if err != nil {
			return fmt.Errorf("%q: %w", word, err)
		}
		extras = append(extras, results.Cell{Model: parts[0], Threads: threads, Wait: wait})
	}
	*v.extras = extras
	return nil
}

// switchValue is one on or off.
type switchValue struct{ on *bool }

func (v switchValue) Type() string { return "on|off" }

func (v switchValue) String() string {
	if v.on == nil {
		return ""
	}
	return results.OnOff(*v.on)
}

func (v switchValue) Set(s string) error {
	on, err := results.ParseOnOff(strings.TrimSpace(s))
	if err == nil {
		*v.on = on
	}
	return err
}

// percentValue is a share given as a percentage: "5%".
type percentValue struct{ share *float64 }

func (v percentValue) Type() string { return "percent" }

func (v percentValue) String() string {
	if v.share == nil || *v.share == 0 {
		return ""
	}
	return percent(*v.share)
}

func percent(share float64) string { return strconv.FormatFloat(share*100, 'g', -1, 64) + "%" }

func (v percentValue) Set(s string) error {
	f, err := parsePositive(strings.TrimSuffix(s, "%"))
	if err != nil || f > 100 || !strings.HasSuffix(s, "%") {
		return fmt.Errorf("%q is not a percentage; write for example 5%%", s)
	}
	*v.share = f / 100
	return nil
}

// buildsValue is a build of the series, NAME=PATH; given again, it is one more.
type buildsValue struct{ builds *[]series.NamedBuild }

func (v buildsValue) Type() string { return "NAME=PATH" }

func (v buildsValue) String() string {
	if v.builds == nil {
		return ""
	}
	words := make([]string, len(*v.builds))
	for i, b := range *v.builds {
		words[i] = b.Name + "=" + b.Path
	}
	return strings.Join(words, " ")
}

func (v buildsValue) Set(s string) error {
	name, path, ok := strings.Cut(s, "=")
	if !ok || path == "" {
		return fmt.Errorf("%q is no build; write for example old=./mtbench-old", s)
	}
	*v.builds = append(*v.builds, series.NamedBuild{Name: name, Path: path})
	return nil
}
