package calibrate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// effect is a part of a prediction that can be left out: the figures that carry it, and what they
// then are.
type effect struct {
	figures []string
	as      string  // the same as this figure
	value   float64 // where as is empty
}

func effects() map[string]effect {
	crowd := []string{crowdDecodeName}
	for i := range crowds {
		crowd = append(crowd, crowdName(i))
	}
	return map[string]effect{
		"halt-polling": {figures: []string{"halt_poll_ns"}},
		"crowd":        {figures: crowd, value: 1},
		"main-page":    {figures: []string{"own_ns"}},
		"wake-place": {as: "futex_wake_ns",
			figures: []string{"wake_coming_ns", "wake_local_ns", "wake_queued_ns", "wake_busy_ns"}},
	}
}

// Without returns the calibration with these effects left out, for an ablation, or an error that
// names one that there is not.
func (c *Calibration) Without(names []string) (*Calibration, error) {
	all := effects()
	for _, name := range names {
		e, ok := all[name]
		if !ok {
			return nil, fmt.Errorf("effect %q is unknown; there are %s", name,
				strings.Join(slices.Sorted(maps.Keys(all)), ", "))
		}
		c = c.with(e.leave)
	}
	return c, nil
}

// leave leaves the effect out of samples.
func (e effect) leave(samples map[string][]float64) {
	value := []float64{e.value}
	if e.as != "" {
		value = samples[e.as]
	}
	for _, f := range e.figures {
		samples[f] = value
	}
}
