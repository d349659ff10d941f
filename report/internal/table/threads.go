package table

import (
	"slices"
	"strconv"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/report/internal/view"
	"mtbench/results"
)

// threadSpecs are the sections on what threads did.
func threadSpecs() []Spec {
	return []Spec{
		{Name: "wait-wakes", Title: "Wait-wakes: sleeps and wake-ups that go to the kernel",
			Of: always(waitsSection)},
		reasonsSpec("main", "the main thread"),
		reasonsSpec("worker", "the workers (compression threads)"),
		{Name: "time-kernel", Of: always(kernelSection),
			Title: "Where the time goes, by kernel (% of the threads' wall time)"},
		{Name: "scaling", Title: "Scaling by threads", Of: always(scalingSection)},
	}
}

func reasonsSpec(role, whose string) Spec {
	return Spec{Name: "time-reasons-" + role,
		Title: "Where the time of " + whose + " goes, by reason (% of wall time)",
		Of:    always(func(s *view.Source) Section { return reasonsSection(s, role) })}
}

// waitsSection is the letter's diagnosis ("too many wait-wakes go to kernel space") as figures.
func waitsSection(s *view.Source) Section {
	sec := Section{
		Lead: []string{"Calls of FUTEX_WAIT and FUTEX_WAKE by the model's own locks, conditions and " +
			"events, and voluntary context switches; " + s.Measured() + " process; " +
			"the workers (" + s.Work() +
			" threads) together. Median over the runs of a case."},
		Table: &Grid{Keys: 3, Cols: append([]Column{
			caseColumn(), {Head: "model", Text: true}, {Head: "thread", Text: true}},
			metricColumns(metric.OfTable(metric.WaitWakes, "main"))...)},
	}
	eachCase(s, s.Models(), func(c *view.Figures, first bool) {
		for _, role := range []string{"main", "worker"} {
			row, ok := waitRow(c, role)
			if !ok {
				continue
			}
			row.Cells[0].Text, row.Rule = caseName(c, first), first
			first = false
			sec.Table.Rows = append(sec.Table.Rows, row)
		}
	})
	return threadsOrAbsent(s, sec)
}

func threadsOrAbsent(s *view.Source, sec Section) Section {
	if len(sec.Table.Rows) > 0 {
		return sec
	}
	if s.Header.Kind == results.Published {
		return absent("The publication has no such figures. " +
			"mtbench run measures them.")
	}
	return absent("No run of this file has them. mtbench run " +
		"--machine kernel --account on measures them.")
}

// figureColumn is the column of one figure.
func figureColumn(name string) Column {
	m := metric.Get(name)
	return Column{Head: m.Head()}
}

// metricColumns are the columns of figures that come of the table of metrics.
func metricColumns(metrics []metric.Metric) []Column {
	cols := make([]Column, len(metrics))
	for i := range metrics {
		cols[i].Head = metrics[i].Head()
	}
	return cols
}

func waitRow(c *view.Figures, role string) (GridRow, bool) {
	texts, found := []string{"", c.Model, roleWord(role)}, false
	for _, m := range metric.OfTable(metric.WaitWakes, role) {
		figures := view.SampleOf(c.Runs, m.In(m.Shown))
		found = found || len(figures) > 0
		texts = append(texts, format.FixedOrSmall(figures.Median()))
	}
	return GridRow{Cells: textCells(texts...)}, found
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
func stateColumns(times []view.RoleTime) []string {
	order := []string{"codec", "copying", "sending", "receiving", "scanning", "writing", "sleeping",
		"wait-work", "wait-room", "spin-work", "spin-room", "lock-global", "lock-slot",
		"lock-results", "waking", "joining"}
	seen := map[string]bool{}
	for i := range times {
		for state, ms := range times[i].States {
			seen[state] = seen[state] || times[i].Share(ms) >= 0.05
		}
	}
	return slices.DeleteFunc(order, func(state string) bool { return !seen[state] })
}

// timeRow names a roleTime in a table.
type timeRow struct {
	c     *view.Figures
	role  string
	first bool
	time  view.RoleTime
}

func timeRows(s *view.Source, process string, roles []string) []timeRow {
	var rows []timeRow
	eachCase(s, s.Models(), func(c *view.Figures, first bool) {
		for _, role := range roles {
			t := view.RoleTimeOf(c.Runs, process, role)
			if t.Threads > 0 && t.Wall > 0 {
				rows = append(rows, timeRow{c, role, first, t})
				first = false
			}
		}
	})
	return rows
}

// reasonsSection is where the time of one role goes by reason; it closes to wall time, remainder
// included.
func reasonsSection(s *view.Source, role string) Section {
	sec := Section{
		Lead: []string{format.Capital(s.Measured()) + " process; all runs of a row together, so " +
			"that the parts add up. " +
			"The sum is 100.0; the remainder is the time that has no reason. " +
			"A thread that waits for a CPU stays in its state: a spinner may spin for more of " +
			"its wall time than it uses CPU."},
	}
	rows := slices.DeleteFunc(timeRows(s, s.Measured(), []string{role}),
		func(r timeRow) bool { return !r.time.Reasons })
	times := make([]view.RoleTime, len(rows))
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
	sec.Table = &Grid{Keys: 2, Cols: slices.Delete(cols, 2, 3)}
	for _, r := range rows {
		sec.Table.Rows = append(sec.Table.Rows, reasonsRow(r, states, other))
	}
	return threadsOrAbsent(s, sec)
}

// hasOther says whether any reason beside states has time.
func hasOther(times []view.RoleTime, states []string) bool {
	return slices.ContainsFunc(times, func(t view.RoleTime) bool {
		for state, ms := range t.States {
			if ms != 0 && !slices.Contains(states, state) {
				return true
			}
		}
		return false
	})
}

func timeColumns(names []string) []Column {
	cols := []Column{caseColumn(), {Head: "model", Text: true},
		{Head: "thread", Text: true}}
	for _, name := range names {
		cols = append(cols, Column{Head: name + " (%)"})
	}
	return cols
}

func (r *timeRow) names() []string {
	return []string{caseName(r.c, r.first), r.c.Model, roleWord(r.role)}
}

func reasonsRow(r timeRow, states []string, other bool) GridRow {
	texts, shown := r.names()[:2], r.time.Remainder
	for _, state := range states {
		shown += r.time.States[state]
		texts = append(texts, r.time.ShareText(r.time.States[state]))
	}
	if other {
		texts = append(texts, format.Fixed(r.time.Sum()-r.time.Share(shown), 1))
	}
	texts = append(texts, r.time.ShareText(r.time.Remainder), format.Fixed(r.time.Sum(), 1))
	return GridRow{Cells: textCells(texts...), Rule: r.first}
}

// kernelSection is the same time as the kernel counts it.
func kernelSection(s *view.Source) Section {
	sec := Section{
		Lead: []string{"On CPU by the thread clocks, run-queue delay by schedstat (runnable, but " +
			"no CPU free), blocked is the rest; the remainder is the error of the three clocks."},
		Table: &Grid{Keys: 3, Cols: timeColumns([]string{"on CPU", "run-queue delay", "blocked",
			"remainder", "sum"})},
	}
	for _, r := range timeRows(s, s.Measured(), []string{"main", "worker"}) {
		if !r.time.Kernel {
			continue
		}
		t := &r.time
		rest := t.Wall - t.Cpu - t.Delay - t.Blocked
		texts := append(r.names(), t.ShareText(t.Cpu), t.ShareText(t.Delay), t.ShareText(t.Blocked),
			format.Fixed(t.Share(rest), 1), format.Fixed(100, 1))
		sec.Table.Rows = append(sec.Table.Rows, GridRow{Cells: textCells(texts...), Rule: r.first})
	}
	return threadsOrAbsent(s, sec)
}

// scalingSection is what more threads bring.
func scalingSection(s *view.Source) Section {
	sec := Section{
		Lead: []string{"Median over runs. Speed-up is of equal work: time without setup with wait on, " +
			"a compressed page " +
			"with wait off, at the fewest threads over that at the row's; CPU a page is of main and " +
			s.Work() + " threads together."},
		Table: &Grid{Keys: 3, Cols: []Column{
			{Head: "case", Text: true}, {Head: "model", Text: true}, {Head: "threads"},
			figureColumn(metric.TotalTime), {Head: "speed-up (×)"}, figureColumn(metric.DrainRate),
			figureColumn(metric.CPUPerPage), figureColumn(metric.BusyRatio),
			{Head: "migration", Text: true},
		}},
	}
	cells := s.Cells()
	for _, l := range s.Lines() {
		for _, m := range s.Models() {
			scalingRows(s, &sec, cells, m, l)
		}
	}
	if len(s.Threads()) < 2 {
		return absent("This file has one number of threads only. " +
			"mtbench run --threads 1,2,4,8,16 measures more.")
	}
	return sec
}

func scalingRows(s *view.Source, sec *Section, cells map[results.Cell][]*results.Run,
	m string, line view.Line) {
	base, first := format.NaN, true
	for _, n := range s.Threads() {
		cell := line.At(m, n)
		if len(cells[cell]) == 0 {
			continue
		}
		c := s.FiguresOf(cell, cells[cell])
		texts := []string{"", "", strconv.Itoa(n), timeSpread(c), format.None,
			format.Whole(c.Drain.Median()), format.Whole(c.CPUPage.Median()), view.BusyText(c), ""}
		if first {
			base, texts[0], texts[1] = c.Equal.Median(), line.String(), m
		}
		texts[4] = speedUp(base, c.Equal.Median())
		row := GridRow{Cells: textCells(texts...), Rule: first}
		row.Cells[8] = resultCell(c)
		sec.Table.Rows = append(sec.Table.Rows, row)
		first = false
	}
}

func speedUp(base, time float64) string {
	if !format.Finite(base) || !format.Finite(time) || time <= 0 {
		return format.None
	}
	return format.Fixed(base/time, 2)
}
