package results

import (
	"strings"
	"testing"
)

// TestWhatIf: a record is read as it was written, and what cannot be is refused by its name.
func TestWhatIf(t *testing.T) {
	h := testHeader()
	h.Type, h.Schema = TypeHeader, Schema
	good := WhatIf{Type: TypeWhatIf, Cell: Cell{Model: "locked", Threads: 4}, Cost: "idle_wake_ns",
		What: "the wake-up", Value: 5000, Points: []WhatIfPoint{{Factor: 0, Time: 1, CPU: 2}}}
	change := func(f func(*WhatIf)) string {
		w := good
		w.Points = append([]WhatIfPoint{}, good.Points...)
		f(&w)
		return line(t, w)
	}
	for want, text := range map[string]string{
		"":                             line(t, good),
		"points are 0":                 change(func(w *WhatIf) { w.Points = w.Points[:0] }),
		"points are 101":               change(func(w *WhatIf) { w.Points = make([]WhatIfPoint, 101) }),
		"points[0] has no time_us_per": change(func(w *WhatIf) { w.Points[0].Time = 0 }),
		"factor is -1; it cannot be":   change(func(w *WhatIf) { w.Points[0].Factor = -1 }),
		"value is -1; it cannot be":    change(func(w *WhatIf) { w.Value = -1 }),
		"model is empty":               change(func(w *WhatIf) { w.Model = "" }),
		"the record has no points":     strings.Replace(line(t, good), `"points"`, `"pts"`, 1),
	} {
		f, err := ReadFrom(strings.NewReader(line(t, h)+text), "f.jsonl")
		switch {
		case want == "" && (err != nil || len(f.WhatIf) != 1 || f.WhatIf[0].Points[0] != good.Points[0]):
			t.Errorf("%v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
