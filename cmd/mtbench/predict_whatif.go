package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/term"

	"mtbench/internal/predict"
	"mtbench/internal/series"
	"mtbench/models/registry"
	"mtbench/results"
)

// askWhatIf predicts the chosen cells with each cost changed, into the file.
func (p *prediction) askWhatIf(ctx context.Context, w *results.Writer) error {
	profile, err := p.calibration.Profile(nil)
	if err != nil {
		return err
	}
	ask := predict.WhatIf{Setup: p.matrix.Setup, Cells: whatIfCells(&p.header.Matrix),
		Seed: p.matrix.Seed, Ranges: p.header.Calibration.Costs}
	progress := newWhatIfProgress(os.Stderr, len(ask.Cells))
	defer progress.End()
	return ask.Run(ctx, profile, func(total int) { progress.Begin(total, 0) },
		func(r *results.Run) { progress.Ran(slotOf(r), r, 0) },
		func(r *results.WhatIf) error { return w.Append(r) })
}

// whatIfCells are few cells of a matrix: of its first two models that compress on threads of their
// own, with the fewest and with the most threads.
func whatIfCells(m *results.Matrix) (cells []results.Cell) {
	var models []string
	for _, name := range m.Models {
		c, err := registry.Lookup(name)
		if err == nil && c.Kind != registry.Baseline && len(models) < 2 {
			models = append(models, name)
		}
	}
	few, many := slices.Min(m.Threads), slices.Max(m.Threads)
	for _, c := range m.Cases() {
		if c.Threads == few || c.Threads == many {
			for _, name := range models {
				cells = append(cells, c.Of(name))
			}
		}
	}
	return cells
}

// newWhatIfProgress is a bar on a terminal, and one line elsewhere: there are many predictions, and
// each takes next to no time.
func newWhatIfProgress(f *os.File, cells int) series.Progress {
	if term.IsTerminal(int(f.Fd())) {
		return &barProgress{w: f}
	}
	return &whatIfProgress{lineProgress{w: f}, cells}
}

type whatIfProgress struct {
	lineProgress
	cells int
}

// Begin says how many there will be.
func (p *whatIfProgress) Begin(total, _ int) {
	fmt.Fprintf(p.w, "what if: %d predictions of %s, each with one cost changed\n", total,
		results.Plural(p.cells, "cell"))
}

// Ran says nothing of a single one.
func (p *whatIfProgress) Ran(series.Slot, any, time.Duration) {}
