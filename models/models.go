// Package models is the contract between a pipeline model and the work that it is given, and the
// baselines that show what the harness costs.
//
// A model hands requests from one submitter to a pool of workers and brings each result back to
// the submitter. What the work is, it cannot know: migration's source compresses, its destination
// decompresses, and the tests count. What a work is run by, the work cannot know either.
//
// There is no public call to take results: in both designs of 2018 a result comes back on the
// submitter's thread from within Submit or Flush, and that is part of what is measured.
package models

import "mtbench/internal/thread"

// Request is one preallocated job: the page to do and, after Handle, its result. It is owned by
// the submitter (Fill, Done) or by one worker (Handle), never by both; the model's hand-over
// carries the ownership and orders the memory.
type Request struct {
	Index int // 0 ≤ Index < the number of requests of the pipeline; SelfIndex of a Self
	User  any // buffers and codec state, set by Init and never replaced
	State any // codec state lent by a worker for the time of Handle (Lender); nil: User has its own
}

// Work is what is to be done. Its methods return no error: the first failure sticks in the Work
// (as QEMUFile's last error does), the request stays accepted and is Done, and the submitter looks
// after each Submit and Flush.
type Work interface {
	// Init is called once for each preallocated request, by the thread that builds the pipeline
	// (or the Self).
	Init(*Request) error

	// Fill puts the next job into a request that a worker is about to get. Submitter's thread,
	// from within Submit, exactly once for each Submit that returns true. It may block (the
	// destination reads its socket here, in the locked model under both locks: so did QEMU).
	Fill(thread.Thread, *Request)

	// Handle does the job. Worker's thread, exactly once after each Fill; the submitter's for a
	// request of its own (Self, Inline).
	Handle(thread.Thread, *Request)

	// Done takes the result out. Submitter's thread, from within a later Submit or Flush, exactly
	// once after each Handle.
	Done(thread.Thread, *Request)
}

// Pipeline is a running model. All methods are called by the submitter's thread.
type Pipeline interface {
	// Submit hands one job over. False: no thread was free and the configuration says not to
	// wait; then neither Fill nor anything else has happened to a request of this job, and the
	// submitter sends the page as it is or does the job itself (Self). True: the job will be done;
	// a model that hands jobs over in batches may let it rest until a later Submit or Flush.
	Submit(thread.Thread) bool

	// Flush returns when every accepted request has been Done.
	Flush(thread.Thread)

	// Close stops the workers and joins them. Callers Flush first: requests that are still in
	// flight may be left unhandled (a worker tests quit before it looks for work, as in both
	// originals), and none is Done. Nothing may be called after it.
	Close(thread.Thread)
}

// Rounder is a Pipeline that does not take pages one by one: each worker takes its own share of a
// whole round (the `ideal` baseline). The submitter calls Round instead of Submit.
type Rounder interface {
	Round(thread.Thread) // returns when every worker has done its share
}

// Sharer is a Work that can give a worker its own share of the present round with no
// coordination: worker w of n, into that worker's own stream.
type Sharer interface {
	Share(t thread.Thread, req *Request, w, n int)
}

// Side is the end of the migration that a pipeline serves. The originals differ in small ways at
// the two ends, and the models follow them.
type Side uint8

const (
	Source      Side = iota // compression: results are copied out, a submitter that spins pauses
	Destination             // decompression: always waits, spins without a pause, nothing to copy
)

// Config is what a model is built with.
type Config struct {
	Threads int  // workers, 1 to 255
	Wait    bool // compress-wait-thread: wait for a free thread instead of refusing the page
	Side    Side
	Name    string // thread name, as QEMU has it: "compress" or "decompress"

	Depth      int  // requests a thread (multifd: pages a packet); 0 means the model's own
	PollBudget int  // lockless: polls before a worker sleeps; 0 means the original's 1000, -1 none
	Batch      int  // lockbatch, deepring: pages handed over together; 0 means the model's own
	RoundRobin bool // lockless: plain round robin, no search for a ring with room (June 2018)

	State StatePlace // all but locked and the steps: where codec states are
}

// DepthOr is the depth, or a model's own where none is asked for.
func (c Config) DepthOr(own int) int {
	if c.Depth == 0 {
		return own
	}
	return c.Depth
}

// Builder makes a pipeline and starts its workers. It calls Init for every request before any
// worker runs. On an error no thread is left running.
type Builder func(thread.Machine, thread.Thread, Config, Work) (Pipeline, error)

// MaxThreads is the most workers a pipeline may have (QEMU's parameter is one byte).
const MaxThreads = 255
