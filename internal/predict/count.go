package predict

import (
	"context"
	"fmt"

	"mtbench/internal/calibrate"
	"mtbench/internal/sim"
	"mtbench/models"
	"mtbench/results"
)

// Case is one run whose figures are wanted exactly.
type Case struct {
	Setup
	Cell  results.Cell
	Build models.Builder // of the cell's model, which need not be in the registry
	Seed  uint64
}

// Counted is a run with everything that virtual time counts.
type Counted struct {
	Run         *results.Run
	Source      []sim.Tally // a thread each, in order of birth
	Destination []sim.Tally
	Copies      int64 // moves of records into the stream and out of it, at both ends
	CopiedBytes int64
}

// Count runs the cases on all CPUs and hands them over in their order. The same cases and the same
// profile give the same figures, whatever CPUs there are. It ends with the first error, or ctx's.
func Count(ctx context.Context, p calibrate.Profile, cases []Case,
	each func(*Counted) error) error {
	var work []func(context.Context) (*Counted, error)
	for _, c := range cases {
		if err := c.Check(); err != nil {
			return err
		}
		work = append(work, func(ctx context.Context) (*Counted, error) {
			r, err := ran(ctx, c.Setup, p, c.Cell, c.Seed, c.Build)
			if err != nil {
				return nil, fmt.Errorf("%s, %s, %d CPUs: %w", c.Cell.Model, c.Cell.String(), c.CPUs, err)
			}
			return r.counted(), nil
		})
	}
	return inOrder(ctx, work, each)
}

func (r *virtual) counted() *Counted {
	c := &Counted{Run: r.record(), Copies: r.stream.copies.n, CopiedBytes: r.stream.copies.bytes}
	if r.loader != nil {
		c.Copies += r.loader.copies.n
		c.CopiedBytes += r.loader.copies.bytes
	}
	for _, t := range r.machine.Tallies() {
		if processOf(t.Name) == destinationPID {
			c.Destination = append(c.Destination, t)
		} else {
			c.Source = append(c.Source, t)
		}
	}
	return c
}
