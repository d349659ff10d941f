package models

import "fmt"

// MaxDepth is the most requests a thread may have in the lockless model; the originals had 4.
const MaxDepth = 1024

// MaxBatch is the most pages that are handed over together: a whole ring of the deepest.
const MaxBatch = MaxDepth

// MaxPollBudget is the most polls before a worker sleeps; the original had 1000.
const MaxPollBudget = 1_000_000

// Check says what is wrong with c, or nil. Every Builder calls it before it makes anything.
func (c Config) Check() error {
	if c.Threads < 1 || c.Threads > MaxThreads {
		return fmt.Errorf("threads is %d; it must be 1 to %d", c.Threads, MaxThreads)
	}
	if c.Depth < 0 || c.Depth > MaxDepth {
		return fmt.Errorf("depth is %d requests a thread; it must be 1 to %d, or 0 for the "+
			"original's 4", c.Depth, MaxDepth)
	}
	if c.PollBudget < -1 || c.PollBudget > MaxPollBudget {
		return fmt.Errorf("poll budget is %d; it must be 1 to %d, 0 for the original's 1000, or "+
			"-1 for none", c.PollBudget, MaxPollBudget)
	}
	if c.Batch < 0 || c.Batch > MaxBatch {
		return fmt.Errorf("batch is %d pages; it must be 1 to %d, or 0 for the model's own", c.Batch,
			MaxBatch)
	}
	if c.State > PerWorker {
		return fmt.Errorf("state is %d; it must be OwnPlace, PerRequest or PerWorker", c.State)
	}
	if c.Side > Destination {
		return fmt.Errorf("side is %d; it must be Source or Destination", c.Side)
	}
	return nil
}
