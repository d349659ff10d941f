package verdict

import (
	"math"
	"reflect"
	"slices"
	"strings"

	"mtbench/results"
)

// workloadDifferences lists the keys of the scenario in which two files differ, but for those that
// are excused.
func workloadDifferences(a, b *results.File, excused ...string) []string {
	x, y := reflect.ValueOf(a.Header.Scenario), reflect.ValueOf(b.Header.Scenario)
	excused = append(excused, givenAsMultiples(a, b)...)
	var keys []string
	for i := range x.NumField() {
		key, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
		if slices.Contains(excused, key) {
			continue
		}
		if !sameValue(x.Field(i).Interface(), y.Field(i).Interface()) {
			keys = append(keys, key)
		}
	}
	return keys
}

// givenAsMultiples are the absolute rates that both files derived from the same multiple of what
// their host does: they differ whenever the host's speed was measured anew. The kernel's own
// rounding of the socket buffer is the host's too.
func givenAsMultiples(a, b *results.File) []string {
	keys := []string{"socket_buffer_bytes"}
	x, y := a.Header.Scenario, b.Header.Scenario
	if x.DirtyRateMultiple != 0 && y.DirtyRateMultiple != 0 {
		keys = append(keys, "dirty_rate_pages_per_second")
	}
	if x.LinkMultiple != 0 && y.LinkMultiple != 0 {
		keys = append(keys, "link_bandwidth_bytes_per_second")
	}
	return keys
}

// sameValue allows for the last digits of a float in a file.
func sameValue(a, b any) bool {
	x, ok := a.(float64)
	if !ok {
		return a == b
	}
	y := b.(float64)
	return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y))
}
