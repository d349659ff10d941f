package pilot

import "mtbench/results"

// Follow returns the scenario with what p derived from the size of its guest made to follow a guest
// of so many bytes: the threshold stays the same share of memory, and so does the bound, which is
// never less than LeastBound. The memory itself stays; 0 bytes and no pilot leave all as it is.
func Follow(sc results.Scenario, p *results.Pilot, memory int64) results.Scenario {
	if memory == 0 || p == nil {
		return sc
	}
	share := float64(memory) / float64(sc.Memory)
	for _, rule := range p.Rules {
		switch rule.Setting {
		case DowntimeSetting:
			sc.DowntimeLimit = results.Duration(share * float64(sc.DowntimeLimit))
		case LimitSetting:
			sc.Limit = max(results.Duration(share*float64(sc.Limit)), results.Duration(LeastBound))
		}
	}
	return sc
}
