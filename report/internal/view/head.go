package view

import (
	"fmt"
	"slices"
	"strings"

	"mtbench/report/internal/format"
	"mtbench/results"
)

func KindWord(kind string) string {
	switch kind {
	case results.Traced:
		return "TRACED, no evidence:"
	case results.Predicted:
		return "PREDICTED in virtual time, not measured:"
	case results.Published:
		return "published figures:"
	}
	return "measured series"
}

func HostText(h *results.Host) string {
	parts := []string{h.Name, h.CPUModel, format.Count(h.CPUs, "CPU", "CPUs")}
	if h.QuotaCPUs > 0 {
		parts = append(parts, "quota "+format.Trimmed(h.QuotaCPUs)+" CPUs")
	}
	if h.MemoryBytes > 0 {
		parts = append(parts, results.SizeText(h.MemoryBytes)+" memory")
	}
	parts = append(parts, h.OS, "kernel "+h.Kernel, h.Virtual)
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// endings counts how runs ended.
type endings struct {
	equal   int // both memories byte for byte
	Differs int // verified is false, though the run is no failed one
	stated  int // nothing to compare, and the record says why
	Silent  int // nothing was compared, and the record does not say why
	bound   int // CAN'T COMPLETE
}

func EndingsOf(runs []*results.Run) (e endings) {
	for _, r := range runs {
		switch {
		case r.Verified != nil && *r.Verified:
			e.equal++
		case r.Verified != nil:
			e.Differs++
		case !r.Completed:
			e.bound++
		case r.UnverifiedReason != "":
			e.stated++
		default:
			e.Silent++
		}
	}
	return e
}

// Text says it of the runs that there are.
func (e endings) Text() string {
	var parts []string
	for _, p := range []struct {
		n    int
		text string
	}{
		{e.equal, "with both memories equal byte for byte"}, {e.bound, "at the bound (CAN'T COMPLETE)"},
		{e.stated, "not verified (the record says why)"},
		{e.Differs, "with memories that DIFFER"},
		{e.Silent, "not verified WITHOUT a reason"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	return strings.Join(parts, ", ")
}
