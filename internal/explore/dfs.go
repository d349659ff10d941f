package explore

// DepthFirst visits the schedules with at most 0, 1, … bound departures from the default order,
// each once, until limit of them were visited (0: no limit) or one of them went wrong.
func DepthFirst(p Program, bound int, limit int64) Report {
	w := &walk{program: p, limit: limit, report: Report{Bound: -1}}
	w.run.choose = w.choose
	for k := 0; k <= bound; k++ {
		if !w.visit(k) {
			return w.report
		}
		w.report.Bound = k
		if !w.cut {
			w.report.Exhausted = true // nothing was left out: deeper levels are the same
			return w.report
		}
	}
	return w.report
}

// walk is a depth-first walk at one level: over all schedules with at most `level` departures.
type walk struct {
	program Program
	run     run
	limit   int64
	report  Report

	level  int
	prefix []choice // what to do up to the point where this schedule leaves the one before
	at     int      // choices made in this run
	cut    bool     // the level forbade a departure somewhere
	broken bool     // a repeated choice had other options than before
}

// visit visits the schedules with at most k departures and counts those with exactly k, for the
// others were visited before. False: the walk is over.
func (w *walk) visit(k int) bool {
	w.level, w.prefix, w.cut = k, w.prefix[:0], false
	for {
		if w.program.stopped() {
			return false
		}
		w.at = 0
		err := w.run.execute(w.program)
		if w.broken {
			err = ErrUnstable
		}
		if departures(w.run.record) == k || err != nil {
			w.report.Schedules++
			w.report.Points += int64(len(w.run.record))
		}
		if err != nil {
			w.report.Failure = w.failure(err)
			return false
		}
		if w.limit > 0 && w.report.Schedules >= w.limit {
			return false
		}
		if !w.advance() {
			return true
		}
	}
}

func (w *walk) failure(err error) *Failure {
	return &Failure{Program: w.program.Name, Schedule: scheduleOf(w.run.record), Err: err,
		Found: w.report.Schedules}
}

func (w *walk) choose(options []int, _ bool) int {
	if len(options) == 1 {
		return 0
	}
	i := w.at
	w.at++
	if i >= len(w.prefix) {
		return 0
	}
	if int(w.prefix[i].options) != len(options) {
		w.broken = true
		return -1
	}
	return int(w.prefix[i].taken)
}

func departures(record []choice) int {
	n := 0
	for _, c := range record {
		if c.taken != 0 {
			n++
		}
	}
	return n
}

// advance makes prefix the way to the next schedule: the last choice that has an option left which
// the level allows. False: there is none.
func (w *walk) advance() bool {
	record := w.run.record
	before := departures(record)
	for i := len(record) - 1; i >= 0; i-- {
		c := record[i]
		if c.taken != 0 {
			before--
		}
		if c.taken+1 >= c.options {
			continue
		}
		if before+1 > w.level {
			w.cut = true
			continue
		}
		w.prefix = append(w.prefix[:0], record[:i+1]...)
		w.prefix[i].taken++
		return true
	}
	return false
}
