package handover

import (
	"errors"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"mtbench/internal/thread"
	"mtbench/models"
	"mtbench/results"
)

// page is what a request carries: when it was submitted and what became of it, if it is timed. A
// page that is not timed writes nothing here, so that no line goes from CPU to CPU but the model's.
// Ownership is the request's.
type page struct {
	at           time.Duration // when Submit was called; 0: the page is not timed
	begun, ended time.Duration // on the worker

	_ [128 - 3*8]byte // two pages never share a line, nor the line that is fetched with it
}

// load is the pages of one run: the submitter that offers them and the work that they are. Its
// fields but each and timings are the submitter's.
type load struct {
	each    time.Duration // calibrated work of a page
	rate    float64       // pages a second that are due; 0: as many as are taken
	quantum time.Duration
	batch   int // pages between two looks at the clock

	stride int           // one page in so many is timed
	left   int           // pages until the next one is
	at     time.Duration // of the page that is being submitted: see page

	pages   int64
	refused int64
	sleeps  int64         // of pacing
	pacing  time.Duration // CPU time of those

	latency, begin, service *hdrhistogram.Histogram // ns
}

// The histograms' range and precision: a hundredth of the value. Recording allocates nothing.
const (
	longest = time.Minute
	digits  = 2
)

func newLoad(j *Job) *load {
	l := &load{each: time.Duration(j.WorkNS), rate: j.Offered, quantum: j.Quantum, stride: j.Stride,
		batch: batchOf(j.WorkNS), left: j.Stride}
	for _, h := range []**hdrhistogram.Histogram{&l.latency, &l.begin, &l.service} {
		*h = hdrhistogram.New(1, int64(longest), digits)
	}
	return l
}

// batchOf is how many pages take 64 µs at most, but no more than 64: so late may the submitter see
// that its time is over.
func batchOf(workNS int64) int {
	const most = 64
	return int(max(1, most*1000/max(workNS, 1000)))
}

// forget makes what was offered so far warming up.
func (l *load) forget() {
	l.pages, l.refused, l.sleeps, l.pacing = 0, 0, 0, 0
	l.latency.Reset()
	l.begin.Reset()
	l.service.Reset()
}

// Init implements [models.Work].
func (l *load) Init(req *models.Request) error {
	req.User = &page{}
	return nil
}

// Fill implements [models.Work].
func (l *load) Fill(_ thread.Thread, req *models.Request) {
	if p := req.User.(*page); l.at != 0 || p.at != 0 {
		p.at = l.at
	}
}

// Handle implements [models.Work]: the work of a page, timed where the page is.
func (l *load) Handle(t thread.Thread, req *models.Request) {
	p := req.User.(*page)
	if p.at == 0 {
		l.work(t)
		return
	}
	p.begun = t.Now()
	l.work(t)
	p.ended = t.Now()
}

func (l *load) work(t thread.Thread) {
	if l.each > 0 {
		t.Compute(l.each)
	}
}

// Done implements [models.Work].
func (l *load) Done(t thread.Thread, req *models.Request) {
	p := req.User.(*page)
	if p.at == 0 {
		return
	}
	record(l.latency, t.Now()-p.at)
	record(l.begin, p.begun-p.at)
	record(l.service, p.ended-p.begun)
}

// record cannot fail: what is out of the range is put at its end.
func record(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(int64(min(max(d, 1), longest)))
}

// offer submits pages for d: as many as the pipeline takes, or as many as are due.
func (l *load) offer(t thread.Thread, p models.Pipeline, d time.Duration) {
	begin := t.Now()
	if l.rate > 0 {
		l.pace(t, p, begin, begin+d)
		return
	}
	for t.Now() < begin+d {
		for range l.batch {
			l.submit(t, p)
		}
	}
}

// pace submits the pages that are due, a quantum at a time:
//
//	page due    . . . . . . . . .
//	quantum   |-------|-------|-------
//	submitted         ....    ....
//
// A submitter that is behind does not sleep; what it could not offer by the end it does not offer.
func (l *load) pace(t thread.Thread, p models.Pipeline, begin, end time.Duration) {
	for n := int64(0); ; {
		at := begin + quantumOf(n, l.rate, l.quantum)
		if at > end {
			return
		}
		l.sleep(t, at)
		for due := dueAt(at-begin, l.rate); n < due; {
			l.submit(t, p)
			if n++; n%int64(l.batch) == 0 && t.Now() >= end {
				return
			}
		}
	}
}

// quantumOf is the end of the quantum in which page n is due, from 0.
func quantumOf(n int64, rate float64, quantum time.Duration) time.Duration {
	due := float64(n+1) / rate * float64(time.Second)
	k := max(1, math.Ceil(due/float64(quantum)-hair))
	for dueAt(time.Duration(k)*quantum, rate) <= n { // the two roundings may differ
		k++
	}
	return time.Duration(k) * quantum
}

// hair is more than what rounding takes from a whole number of pages or quanta.
const hair = 1e-6

// dueAt is how many pages are due after d.
func dueAt(d time.Duration, rate float64) int64 { return int64(d.Seconds()*rate + hair) }

// sleep waits for the next quantum. What it costs is the harness's and not the pipeline's.
func (l *load) sleep(t thread.Thread, at time.Duration) {
	if t.Now() >= at {
		return
	}
	before := thread.OwnCPU(t)
	t.SleepUntil(at, thread.Sleeping)
	l.pacing += thread.OwnCPU(t) - before
	l.sleeps++
}

func (l *load) submit(t thread.Thread, p models.Pipeline) {
	l.at = 0
	if l.left--; l.left == 0 {
		l.left = l.stride
		l.at = max(1, t.Now())
	}
	if p.Submit(t) {
		l.pages++
	} else {
		l.refused++
	}
}

// The least pages that are timed for a percentile to be told: one above it.
const (
	least90  = 10
	least99  = 100
	least999 = 1000
)

// latencyOf is what a histogram of ns says, in µs.
func latencyOf(h *hdrhistogram.Histogram) results.Latency {
	n := h.TotalCount()
	at := func(least int64, ns float64) *results.Number {
		if n < least {
			return nil
		}
		us := round(ns/1000, 4)
		return &us
	}
	quantile := func(least int64, q float64) *results.Number {
		return at(least, float64(h.ValueAtQuantile(q)))
	}
	return results.Latency{Mean: at(1, h.Mean()), P50: quantile(1, 50), P90: quantile(least90, 90),
		P99: quantile(least99, 99), P999: quantile(least999, 99.9), Max: at(1, float64(h.Max()))}
}

// bucketsAnOctave is how fine a histogram is in a file.
const bucketsAnOctave = 4

// bucketsOf is a histogram of ns in few bars, each as wide as a quarter of an octave.
func bucketsOf(h *hdrhistogram.Histogram) (list []results.Bucket) {
	last := math.Inf(-1)
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		k := math.Ceil(math.Log2(float64(max(1, bar.To))) * bucketsAnOctave)
		if k > last {
			upTo := round(math.Exp2(k/bucketsAnOctave)/1000, 5)
			list, last = append(list, results.Bucket{UpTo: upTo}), k
		}
		list[len(list)-1].Pages += bar.Count
	}
	return list
}

// round keeps so many significant digits.
func round(v float64, digits int) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, float64(digits)-math.Ceil(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

var errRefused = errors.New("the pipeline refuses pages though it is to wait: there is no " +
	"hand-over to measure")
