package series

import (
	"time"

	"mtbench/workloads"
)

func tmpService(workloads.Scenario) (time.Duration, error) { return 25 * time.Microsecond, nil }
