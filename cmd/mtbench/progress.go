package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"mtbench/internal/series"
	"mtbench/results"
)

// newProgress is a bar with the time left on a terminal, and one line a run elsewhere.
func newProgress(f *os.File) series.Progress {
	if term.IsTerminal(int(f.Fd())) {
		return &barProgress{w: f}
	}
	return &lineProgress{w: f}
}

// newBar is a bar with the count and the time left, which is gone at the end.
func newBar(w io.Writer, total int, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
	)
}

type barProgress struct {
	w   io.Writer
	bar *progressbar.ProgressBar
	ran int

	open bool // the evidence decides how many runs there are
}

func (p *barProgress) Begin(total, done int) {
	if p.open = total == 0; p.open {
		total = -1 // nobody knows: a spinner with the count
	}
	p.bar = newBar(p.w, total, "starting")
	p.ran = done
	_ = p.bar.Set(done)
}

func (p *barProgress) Ran(s series.Slot, record any, _ time.Duration) {
	p.bar.Describe(caseOf(s) + ": " + outcome(record))
	if _, failed := record.(*results.Failed); failed {
		p.Note(caseOf(s) + ": " + outcome(record)) // which the next run would overwrite
	}
	if s.Attempt > 0 {
		return // the plan has not come further
	}
	p.ran++
	_ = p.bar.Set(p.ran)
}

func (p *barProgress) Note(text string) {
	_ = p.bar.Clear()
	fmt.Fprintln(p.w, text)
}

func (p *barProgress) End() { _ = p.bar.Exit() }

type lineProgress struct {
	w     io.Writer
	total int
	ran   int
}

func (p *lineProgress) Begin(total, done int) { p.total, p.ran = total, done }

func (p *lineProgress) Ran(s series.Slot, record any, _ time.Duration) {
	if s.Attempt == 0 {
		p.ran++
	}
	of := ""
	if p.total > 0 {
		of = fmt.Sprintf("/%d", p.total)
	}
	fmt.Fprintf(p.w, "%d%s  %s  %s\n", p.ran, of, caseOf(s), outcome(record))
}

func (p *lineProgress) Note(text string) { fmt.Fprintln(p.w, text) }
func (p *lineProgress) End()             {}

func caseOf(s series.Slot) string {
	threads := "threads"
	if s.Threads == 1 {
		threads = "thread "
	}
	name, cell := s.Model, s.Cell
	if s.Build != "" {
		name += " " + s.Build
	}
	cell.Model, cell.Build = "", ""
	label := fmt.Sprintf("%-8s %2d %s  wait %-3s", name, s.Threads, threads, s.WaitWord())
	if more := strings.SplitN(cell.String(), ", ", 3); len(more) == 3 {
		label += "  " + more[2] // the axes beyond threads and wait
	}
	if s.AA {
		label += "  A/A"
	}
	if s.Attempt > 0 {
		label += "  again"
	}
	return label
}

func outcome(record any) string {
	switch r := record.(type) {
	case *results.Run:
		if r.Completed {
			return fmt.Sprintf("%.0f ms", r.TotalTimeMS)
		}
		return "CAN'T COMPLETE (" + r.EndReason + ")"
	case *results.Frontier:
		return frontierOutcome(r)
	case *results.Failed:
		return "FAILED: " + clean(r.Reason)
	}
	return ""
}

func frontierOutcome(f *results.Frontier) string {
	switch {
	case f.Highest == nil:
		return "completes at no rate that was tried"
	case f.Lowest == nil:
		return fmt.Sprintf("completes up to the highest rate tried, %.0f page writes/s", *f.Highest)
	default:
		return fmt.Sprintf("completes up to %.0f page writes/s", *f.Highest)
	}
}
