package results

import "slices"

// Pilot is what a short pilot measured before the series, and what defaults were derived from it.
// Its migrations are those of the series but for a link that takes whatever comes; the models of a
// pilot are always the same two, whatever the series compares.
type Pilot struct {
	Threads int     `json:"threads" unit:"count" doc:"compression threads of the pool below"`
	Pool    float64 `json:"pool_pages_per_second" unit:"pages/s" doc:"what that pool drains with destination and vCPUs beside it, the better of the two models: the unit of rates given as \"0.9pool\""`
	Peak    float64 `json:"peak_pages_per_second" unit:"pages/s" doc:"the same with the threads of the largest case"`
	Raw     float64 `json:"raw_bytes_per_second" unit:"bytes/s" doc:"what the link takes of raw pages"`
	Ratio   float64 `json:"wire_ratio" unit:"× (page bytes / wire bytes)" doc:"guest memory over what it takes on the link when every page is compressed"`
	FixedMS float64 `json:"fixed_ms" unit:"ms" doc:"what a run takes beside its migration"`

	Windows float64 `json:"rate_windows" unit:"count" doc:"rate windows that the first pass of the fastest case covers" misread:"under 4: bandwidth and threshold are then estimates of few windows"`
	Rules   []Rule  `json:"rules" doc:"what was derived and how"`
}

// Rule says how a setting was derived.
type Rule struct {
	Setting string `json:"setting" doc:"the flag that overrides it"`
	Value   string `json:"value" doc:"what came out"`
	Why     string `json:"why" doc:"the rule"`
}

// Derived reports whether a setting was derived from the pilot; of none, nothing was.
func (p *Pilot) Derived(setting string) bool {
	return p != nil && slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.Setting == setting })
}
