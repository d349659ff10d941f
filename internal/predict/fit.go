package predict

import (
	"context"
	"math"

	"mtbench/results"
)

// knob is one of the figures that are fitted, and how it is turned.
type knob struct {
	name string
	turn func(u *Unsaid, factor float64)
}

// knobs are the figures that the letter leaves unsaid and that decide its rows. What is not among
// them keeps its default: QEMU's downtime limit of 300 ms, an inflate about as long as deflate.
func knobs() []knob {
	return []knob{
		{"service time", func(u *Unsaid, f float64) { u.Encode = scaled(u.Encode, f) }},
		{"compressed size", func(u *Unsaid, f float64) { u.Bytes = min(int(float64(u.Bytes)*f), 4000) }},
		{"link", func(u *Unsaid, f float64) { u.Link *= f }},
		{"dirty rate", func(u *Unsaid, f float64) { u.DirtyRate *= f }},
		{"futex wake", func(u *Unsaid, f float64) { u.FutexWake = scaled(u.FutexWake, f) }},
		{"idle wake-up", func(u *Unsaid, f float64) { u.IdleWake = scaled(u.IdleWake, f) }},
	}
}

// Fit turns one knob after the other, up and down by steps that get smaller, as long as the two
// FitRows fit better. It looks at no other row. told is called after each improvement.
func (h LetterHost) Fit(
	ctx context.Context, rounds int, seed uint64, told func(knob string, misfit float64),
) (LetterHost, error) {
	rows, err := LetterRows()
	if err != nil {
		return h, err
	}
	rows = pick(rows, FitRows)
	best, err := h.misfit(ctx, rows, seed)
	if err != nil {
		return h, err
	}
	for round, step := 0, 0.15; round < rounds; round, step = round+1, step*0.6 {
		for _, k := range knobs() {
			for _, f := range []float64{math.Exp(step), math.Exp(-step)} {
				try := h
				k.turn(&try.Unsaid, f)
				m, err := try.misfit(ctx, rows, seed)
				if err != nil {
					return h, err
				}
				if m < best {
					h, best = try, m
					told(k.name, m)
					break
				}
			}
		}
	}
	return h, nil
}

func (h LetterHost) misfit(ctx context.Context, rows []Row, seed uint64) (float64, error) {
	if err := h.Predict(ctx, rows, seed, func(*results.Run) error { return nil }); err != nil {
		return 0, err
	}
	return misfit(rows), nil
}
