package results

import "fmt"

// WhatIf is the record of one cost of a predicted host in one cell: the cell predicted again with
// other values of it, and nothing else changed.
type WhatIf struct {
	Type string `json:"type" doc:"\"what-if\""`
	Cell
	Cost   string        `json:"cost" doc:"name of the cost, as mtbench calibrate prints it; empty: none is changed, and the points are other seeds, which is what chance does"`
	What   string        `json:"what" doc:"the same in words"`
	Value  float64       `json:"value" unit:"ns (factors: 1)" doc:"the cost as it is"`
	Points []WhatIfPoint `json:"points" doc:"the cell with other values; the first one of an empty cost is the cell as it is"`
}

// WhatIfPoint is one prediction with the cost at a factor of its value.
type WhatIfPoint struct {
	Factor    float64 `json:"factor" unit:"×" doc:"what the cost was multiplied by; 0 is without it"`
	Time      float64 `json:"time_us_per_compressed_page" unit:"µs/page" doc:"time without setup a compressed page, whether the run completed or not"`
	CPU       float64 `json:"cpu_us_per_compressed_page" unit:"µs/page" doc:"CPU time of main and workers of the source a compressed page"`
	Completed bool    `json:"completed" doc:"the migration completed within its bound"`
}

// MaxWhatIfPoints bounds the points of a record.
const MaxWhatIfPoints = 100

// AsIs reports whether the record has no cost changed: other seeds only.
func (w *WhatIf) AsIs() bool { return w.Cost == "" }

// wrong says what of w cannot be, or nothing.
func (w *WhatIf) wrong(p plans) string {
	if msg := firstOf(w.Cell.wrong(), p.wrong(w)); msg != "" {
		return msg
	}
	if n := len(w.Points); n == 0 || n > MaxWhatIfPoints {
		return fmt.Sprintf("points are %d; there are 1 to %d", n, MaxWhatIfPoints)
	}
	for i, x := range w.Points {
		if x.Time <= 0 {
			return fmt.Sprintf("points[%d] has no time_us_per_compressed_page; it must be above 0", i)
		}
	}
	return ""
}
