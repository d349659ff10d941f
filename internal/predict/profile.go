// Package predict runs the matrix in virtual time: the same models and the same migration loop on a
// host that is described, not owned, with the service times, sizes and costs of a calibration.
package predict

import (
	"fmt"
	"math/rand/v2"
	"time"

	"mtbench/internal/sim"
)

// Page is what one page took in the calibration: both figures belong to the same page, so that pages
// that are slow and large stay so.
type Page struct {
	Encode time.Duration `json:"encode_ns"` // zero test, private copy and codec
	Decode time.Duration `json:"decode_ns"`
	Bytes  int           `json:"bytes"` // compressed; 0: the page is all zero
}

// Profile is everything that a prediction needs to know of a host and its content, in single figures:
// a calibration, or one resampling of it.
type Profile struct {
	Costs sim.Costs
	Pages []Page // drawn from uniformly
	Rates Rates

	State time.Duration // making the codec state of a request of the source, with its buffers
	Crowd Crowd         // what other threads do to a page that wait for the CPU
}

// Rates are what work costs the thread that does it.
type Rates struct {
	Record  time.Duration `json:"record_ns"`      // a page record's way into the stream, less its bytes
	Take    time.Duration `json:"take_ns"`        // the same of one that a worker made on another CPU
	TakeKiB time.Duration `json:"take_kib_ns"`    // and a KiB of it
	CopyKiB time.Duration `json:"copy_kib_ns"`    // one KiB moved into or out of a stream
	Scan    time.Duration `json:"scan_ns"`        // search and clear of a page in the bitmap
	ScanLog time.Duration `json:"scan_log_ns"`    // a word of 64 pages of the dirty log, at a sync
	Zero    time.Duration `json:"zero_ns"`        // the zero test of a page, of the calibration's content
	Own     time.Duration `json:"own_ns"`         // what a page that main sends itself takes longer than search, test and record
	Store   time.Duration `json:"store_ns"`       // a vCPU's write into a page
	Send    time.Duration `json:"send_ns"`        // a call that writes to the link, less its bytes
	SendKiB time.Duration `json:"send_kib_ns"`    // and a KiB of them
	Recv    time.Duration `json:"receive_ns"`     // a call that reads from the link, less its bytes
	RecvKiB time.Duration `json:"receive_kib_ns"` // and a KiB of them
}

// maxRate bounds each of Rates: a millisecond for a record is no host's.
const maxRate = time.Millisecond

func (r Rates) check() error {
	for _, f := range r.fields() {
		if f.d < 0 || f.d > maxRate {
			return fmt.Errorf("rate %s is %v; it must be between 0 and %v", f.name, f.d, maxRate)
		}
	}
	return nil
}

// maxState bounds the making of a codec state.
const maxState = time.Second

// maxFactor bounds the factors of the crowd.
const maxFactor = 10

func (p *Profile) checkState() error {
	if p.State < 0 || p.State > maxState {
		return fmt.Errorf("state_ns is %v; it must be between 0 and %v", p.State, maxState)
	}
	return nil
}

func (p *Profile) checkFactors() error {
	for i, f := range p.Crowd.Encode {
		if err := checkFactor(crowdName(i), f); err != nil {
			return err
		}
	}
	return checkFactor(crowdDecodeName, p.Crowd.Decode)
}

func checkFactor(name string, f float64) error {
	if f > maxFactor {
		return fmt.Errorf("factor %s is %v; a page takes at most %d times as long", name, f, maxFactor)
	}
	return nil
}

type namedRate struct {
	name string
	d    time.Duration
}

func (r Rates) fields() []namedRate {
	return []namedRate{
		{"record_ns", r.Record}, {"take_ns", r.Take}, {"take_kib_ns", r.TakeKiB}, {"copy_kib_ns", r.CopyKiB}, {"scan_ns", r.Scan},
		{"scan_log_ns", r.ScanLog}, {"zero_ns", r.Zero}, {"own_ns", r.Own}, {"store_ns", r.Store},
		{"send_ns", r.Send}, {"send_kib_ns", r.SendKiB},
		{"receive_ns", r.Recv}, {"receive_kib_ns", r.RecvKiB},
	}
}

// perKiB is what n bytes take at so much a KiB.
func perKiB(rate time.Duration, n int) time.Duration {
	return time.Duration(int64(rate) * int64(n) / 1024)
}

// pages draws pages of a profile.
type pages struct {
	all  []Page
	rand *rand.Rand
}

func (p *pages) draw() Page { return p.all[p.rand.IntN(len(p.all))] }
