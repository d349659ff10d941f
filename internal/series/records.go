package series

import (
	"time"

	"mtbench/results"
)

// The classes of failed runs.
const (
	ClassMemory = "memory" // memory differs or pages were lost
	ClassCrash  = "crash"  // a child ended without a record
	ClassHang   = "hang"   // a child did not end by its deadline
	ClassStream = "stream" // either side refused the stream or lost its peer
)

// classContent is a run that its content file, which has changed, did not let begin. It ends the
// series and is no record.
const classContent = "content"

// identify writes into a record which run of the series it is.
func identify(r *results.Run, s Slot) {
	r.Cell = s.Cell
	r.Index, r.Block, r.Pair, r.Position = s.Index, s.Block, s.Pair, s.Position
	r.AA, r.Side, r.Attempt, r.Again, r.Seed = s.AA, s.Side, s.Attempt, s.Again, s.Seed
}

func failedRecord(s Slot, class, reason string) results.Failed {
	return results.Failed{
		Cell:  s.Cell,
		Index: s.Index, Block: s.Block, Pair: s.Pair, Position: s.Position,
		AA: s.AA, Side: s.Side, Attempt: s.Attempt, Again: s.Again, Seed: s.Seed,
		Started: time.Now(), Class: class, Reason: reason,
	}
}
