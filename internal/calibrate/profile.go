// Package calibrate measures what a prediction needs to know of a host and its content, keeps it in
// files, and makes profiles of it: single figures, as they were measured or resampled.
package calibrate

import (
	"time"

	"mtbench/internal/sim"
)

// Page is what one page took in the calibration: both figures belong to the same page, so that
// pages that are slow and large stay so.
type Page struct {
	Encode time.Duration `json:"encode_ns"` // zero test, private copy and codec
	Decode time.Duration `json:"decode_ns"`
	Bytes  int           `json:"bytes"` // compressed; 0: the page is all zero
}

// Profile is everything that a prediction needs to know of a host and its content, in single
// figures: a calibration, or one resampling of it.
type Profile struct {
	Costs sim.Costs
	Pages []Page // drawn from uniformly
	Rates Rates

	State time.Duration // making the codec state of a request of the source, with its buffers
	Crowd Crowd         // what other threads do to a page that wait for the CPU
}

// Rates are what work costs the thread that does it.
type Rates struct {
	Record  time.Duration // a page record's way into the stream, less its bytes
	Take    time.Duration // the same of one that a worker made on another CPU
	TakeKiB time.Duration // and a KiB of it
	CopyKiB time.Duration // one KiB moved into or out of a stream
	Scan    time.Duration // search and clear of a page in the bitmap
	ScanLog time.Duration // a word of 64 pages of the dirty log, at a sync
	Zero    time.Duration // the zero test of a page, of the calibration's content
	Own     time.Duration // what a page of main's own takes longer than search, test and record
	Store   time.Duration // a vCPU's write into a page
	Send    time.Duration // a call that writes to the link, less its bytes
	SendKiB time.Duration // and a KiB of them
	Recv    time.Duration // a call that reads from the link, less its bytes
	RecvKiB time.Duration // and a KiB of them
}

// Scaled is the profile for a guest of 1/n of its memory: codec states are made once, whatever that
// is.
func (p Profile) Scaled(n int) Profile {
	p.State /= time.Duration(n)
	return p
}

// SinglePages is how many pages a second one thread of the calibration compresses: what rates given
// as multiples are multiples of.
func (c *Calibration) SinglePages() float64 {
	var sum time.Duration
	for _, p := range c.Pages {
		sum += p.Encode
	}
	return float64(len(c.Pages)) / sum.Seconds()
}
