package report

import (
	"slices"
	"strconv"

	"mtbench/results"
)

// waitsSection is the letter's diagnosis ("too many wait-wakes go to kernel space") as figures.
func waitsSection(s *plotSource) section {
	sec := section{
		id: "wait-wakes", title: "Wait-wakes: sleeps and wake-ups that go to the kernel",
		lead: []string{"Calls of FUTEX_WAIT and FUTEX_WAKE by the model's own locks, conditions and " +
			"events, and voluntary context switches; source process; the workers (compression " +
			"threads) together. Median over the runs of a case."},
		table: &grid{keys: 3, cols: []column{
			caseColumn(), {head: "model", text: true}, {head: "thread", text: true},
			{head: "futex waits (per page)"}, {head: "futex wakes (per page)"},
			{head: "voluntary switches (per page)"}, {head: "locks taken (per page)"},
			{head: "futex waits (per s)"}, {head: "futex wakes (per s)"},
			{head: "voluntary switches (per s)"},
		}},
	}
	s.eachCase(s.models(), func(c *cellFigures, first bool) {
		for _, role := range []string{"main", "worker"} {
			row, ok := waitRow(c, role)
			if !ok {
				continue
			}
			row.cells[0].text, row.rule = caseName(c, first), first
			first = false
			sec.table.rows = append(sec.table.rows, row)
		}
	})
	return threadsOrAbsent(s, sec)
}

func threadsOrAbsent(s *plotSource, sec section) section {
	if len(sec.table.rows) > 0 {
		return sec
	}
	if s.header.Kind == results.Published {
		return absentSection(sec.id, sec.title, "The publication has no such figures. "+
			"mtbench run measures them.")
	}
	return absentSection(sec.id, sec.title, "No run of this file has them. mtbench run "+
		"--machine kernel --account on measures them.")
}

func waitRow(c *cellFigures, role string) (gridRow, bool) {
	if _, ok := waitWakesOf(c.runs[0], role); !ok {
		return gridRow{}, false
	}
	figures := []func(waitWakes) float64{futexWaits, futexWakes, voluntary, locksTaken}
	texts := []string{"", c.model, roleWord(role)}
	for _, of := range figures {
		texts = append(texts, fixedOrSmall(sampleOf(c.runs, perPage(role, of)).median()))
	}
	for _, of := range figures[:3] {
		texts = append(texts, fixedOrSmall(sampleOf(c.runs, perTime(role, of)).median()))
	}
	return gridRow{cells: textCells(texts...)}, true
}

func roleWord(role string) string {
	switch role {
	case "worker":
		return "workers"
	case "vcpu":
		return "vCPUs"
	}
	return role
}

// stateColumns are the reasons in the order of the table; a reason that is nowhere above 0.05 % has
// no column of its own but is in "other reasons".
func stateColumns(times []roleTime) []string {
	order := []string{"codec", "copying", "sending", "receiving", "scanning", "writing", "sleeping",
		"wait-work", "wait-room", "spin-work", "spin-room", "lock-global", "lock-slot",
		"lock-results", "waking", "joining"}
	seen := map[string]bool{}
	for i := range times {
		for state, ms := range times[i].states {
			seen[state] = seen[state] || times[i].share(ms) >= 0.05
		}
	}
	return slices.DeleteFunc(order, func(state string) bool { return !seen[state] })
}

// timeRow names a roleTime in a table.
type timeRow struct {
	c     *cellFigures
	role  string
	first bool
	time  roleTime
}

func (s *plotSource) timeRows(process string, roles []string) []timeRow {
	var rows []timeRow
	s.eachCase(s.models(), func(c *cellFigures, first bool) {
		for _, role := range roles {
			t := roleTimeOf(c.runs, process, role)
			if t.threads > 0 && t.wall > 0 {
				rows = append(rows, timeRow{c, role, first, t})
				first = false
			}
		}
	})
	return rows
}

// reasonsSection is where the time of one role goes by reason; it closes to wall time, remainder
// included.
func reasonsSection(s *plotSource, role, whose string) section {
	sec := section{
		id:    "time-reasons-" + role,
		title: "Where the time of " + whose + " goes, by reason (% of wall time)",
		lead: []string{"Source process; all runs of a row together, so that the parts add up. " +
			"The sum is 100.0 where the account closes; the remainder is what no reason claims. " +
			"A thread that waits for a CPU stays in its state: a spinner may spin for more of " +
			"its wall time than it uses CPU."},
	}
	rows := slices.DeleteFunc(s.timeRows("source", []string{role}),
		func(r timeRow) bool { return !r.time.reasons })
	times := make([]roleTime, len(rows))
	for i := range rows {
		times[i] = rows[i].time
	}
	states := stateColumns(times)
	other := hasOther(times, states)
	names := slices.Clone(states)
	if other {
		names = append(names, "other reasons")
	}
	cols := timeColumns(append(names, "remainder", "sum"))
	sec.table = &grid{keys: 2, cols: slices.Delete(cols, 2, 3)}
	for _, r := range rows {
		sec.table.rows = append(sec.table.rows, reasonsRow(r, states, other))
	}
	return threadsOrAbsent(s, sec)
}

// hasOther says whether any reason beside states has time.
func hasOther(times []roleTime, states []string) bool {
	return slices.ContainsFunc(times, func(t roleTime) bool {
		for state, ms := range t.states {
			if ms != 0 && !slices.Contains(states, state) {
				return true
			}
		}
		return false
	})
}

func timeColumns(names []string) []column {
	cols := []column{caseColumn(), {head: "model", text: true},
		{head: "thread", text: true}}
	for _, name := range names {
		cols = append(cols, column{head: name + " (%)"})
	}
	return cols
}

func (r *timeRow) names() []string {
	return []string{caseName(r.c, r.first), r.c.model, roleWord(r.role)}
}

func reasonsRow(r timeRow, states []string, other bool) gridRow {
	texts, shown := r.names()[:2], r.time.remainder
	for _, state := range states {
		shown += r.time.states[state]
		texts = append(texts, r.time.shareText(r.time.states[state]))
	}
	if other {
		texts = append(texts, fixed(r.time.sum()-r.time.share(shown), 1))
	}
	texts = append(texts, r.time.shareText(r.time.remainder), fixed(r.time.sum(), 1))
	return gridRow{cells: textCells(texts...), rule: r.first}
}

// kernelSection is the same time as the kernel counts it.
func kernelSection(s *plotSource) section {
	sec := section{
		id: "time-kernel", title: "Where the time goes, by kernel (% of the threads' wall time)",
		lead: []string{"On CPU by the thread clocks, run-queue delay by schedstat (runnable, but " +
			"no CPU free), blocked is the rest; the remainder is the error of the three clocks."},
		table: &grid{keys: 3, cols: timeColumns([]string{"on CPU", "run-queue delay", "blocked",
			"remainder", "sum"})},
	}
	for _, r := range s.timeRows("source", []string{"main", "worker"}) {
		if !r.time.kernel {
			continue
		}
		t := &r.time
		rest := t.wall - t.cpu - t.delay - t.blocked
		texts := append(r.names(), t.shareText(t.cpu), t.shareText(t.delay), t.shareText(t.blocked),
			fixed(t.share(rest), 1), fixed(100, 1))
		sec.table.rows = append(sec.table.rows, gridRow{cells: textCells(texts...), rule: r.first})
	}
	return threadsOrAbsent(s, sec)
}

// scalingSection is what more threads bring.
func scalingSection(s *plotSource) section {
	sec := section{
		id: "scaling", title: "Scaling by threads",
		lead: []string{"Median over runs. Speed-up is the median time at the fewest threads over " +
			"that at the row's; CPU a page is of main and compression threads together."},
		table: &grid{keys: 3, cols: []column{
			{head: "wait", text: true}, {head: "model", text: true}, {head: "threads"},
			{head: "total time (ms)"}, {head: "speed-up (×)"}, {head: "pages sent (per s)"},
			{head: "CPU a page (µs)"}, {head: "busy-ratio"}, {head: "migration", text: true},
		}},
	}
	cells := s.cells()
	for _, w := range s.waits() {
		for _, m := range s.models() {
			s.scalingRows(&sec, cells, m, w)
		}
	}
	if len(s.threads()) < 2 {
		return absentSection(sec.id, sec.title, "This file has one number of threads only. "+
			"mtbench run --threads 1,2,4,8,16 measures more.")
	}
	return sec
}

func (s *plotSource) scalingRows(sec *section, cells map[plotCell][]*results.Run,
	m string, w bool) {
	base, first := nan, true
	for _, n := range s.threads() {
		cell := plotCell{m, n, w}
		if len(cells[cell]) == 0 {
			continue
		}
		c := s.figures(cell, cells[cell])
		texts := []string{"", "", strconv.Itoa(n), timeSpread(c), none,
			whole(c.drain.median()), whole(c.cpuPage.median()), busyText(c), ""}
		if first {
			base, texts[0], texts[1] = c.total.median(), waitWord(w), m
		}
		texts[4] = speedUp(base, c.total.median())
		row := gridRow{cells: textCells(texts...), rule: first}
		row.cells[8] = resultCell(c)
		sec.table.rows = append(sec.table.rows, row)
		first = false
	}
}

func speedUp(base, time float64) string {
	if !finite(base) || !finite(time) || time <= 0 {
		return none
	}
	return fixed(base/time, 2)
}
