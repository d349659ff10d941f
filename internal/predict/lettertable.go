package predict

import (
	"fmt"
	"io"
	"math"
	"mtbench/results"
	"slices"
)

// WriteLetter prints the validation against the letter: each row with the factor by which each
// figure is off, then each case's directions.
//
// Then it says what the scale does: smaller are the same rows of a guest of half the memory, nil
// for a guest in full.
func WriteLetter(w io.Writer, h LetterHost, rows, smaller []Row) error {
	if _, err := fmt.Fprint(w, h.Describe()); err != nil {
		return err
	}
	var lines [][]string
	for _, r := range rows {
		lines = append(lines, rowText(r))
	}
	err := table(w, []string{"case", "model", "fitted", "time, s: letter", "predicted", "×",
		"main, %", "predicted", "workers, %", "predicted", "busy-ratio", "predicted"}, lines)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(w, summary(rows), scaleText(2*h.Scale, rows, smaller))
	return err
}

// scaleText says by how much the total times of rows differ from those at the scale 1/n.
func scaleText(n int, rows, smaller []Row) string {
	if smaller == nil {
		return ""
	}
	worst, where, other := 1.0, results.Cell{}, ""
	for i, r := range rows {
		a, b := r.Predicted, smaller[i].Predicted
		if a.Completed != b.Completed {
			other += fmt.Sprintf("; %s (%s) completes at one of the two only", r.Cell.String(), r.Model)
			continue
		}
		if f := math.Exp(math.Abs(math.Log(a.Seconds / b.Seconds))); f > worst { // NaN is not
			worst, where = f, r.Cell
		}
	}
	text := fmt.Sprintf("at a scale of 1/%d no total time differs", n)
	if worst > 1 {
		text = fmt.Sprintf("at a scale of 1/%d total times differ by at most %.1f %% (%s, %s)", n,
			100*(worst-1),
			where.String(), where.Model)
	}
	return text + other + "\n"
}

// Describe says what the predictions rest on.
func (h LetterHost) Describe() string {
	u := h.Unsaid
	return fmt.Sprintf("One set for all twelve rows. Unsaid by the letter, and fitted on %s (%s) "+
		"and %s (%s):\n"+
		"service time %v a page, compressed size %d bytes, link %.0f MB/s, dirty rate %.0f writes/s,\n"+
		"futex wake %v, idle wake-up %v. Not fitted: no max-bandwidth, downtime limit %.0f ms (QEMU's\n"+
		"default), inflate %v a page, a server of 2018 with two sockets in round figures. Two hosts of\n"+
		"64 CPUs. Guest simulated at 1/%d.\n\n",
		FitRows[0].Model, FitRows[0].String(), FitRows[1].Model, FitRows[1].String(),
		u.Encode, u.Bytes, u.Link/1e6, u.DirtyRate, u.FutexWake, u.IdleWake, u.DowntimeMS, u.Decode,
		h.Scale)
}

func rowText(r Row) []string {
	fitted := ""
	if slices.Contains(FitRows, r.Cell) {
		fitted = "fitted"
	}
	l, p := r.Letter, r.Predicted
	return []string{r.Cell.String(), r.Model, fitted, seconds(l), seconds(p),
		factor(p.Seconds, l.Seconds),
		fmt.Sprintf("%.1f", l.Main), fmt.Sprintf("%.1f", p.Main),
		fmt.Sprintf("%.1f~%.1f", l.WorkerMin, l.WorkerMax), fmt.Sprintf("%.1f~%.1f", p.WorkerMin,
			p.WorkerMax),
		busyText(r.Cell, l), busyText(r.Cell, p)}
}

func seconds(f Figures) string {
	if !f.Completed {
		return "CAN'T COMPLETE"
	}
	return fmt.Sprintf("%.0f", f.Seconds)
}

func busyText(c results.Cell, f Figures) string {
	if c.Wait {
		return "–"
	}
	return fmt.Sprintf("%.2f", f.Busy)
}

// summary counts what is right: directions between the models of each case, completion, factors.
// The fitted rows are left out of completion and factors; a direction counts unless both its rows
// were.
func summary(rows []Row) string {
	completion, n, factors, timed, cpu := 0, 0, 0, 0, 0
	worst := 1.0
	for _, r := range rows {
		if slices.Contains(FitRows, r.Cell) {
			continue
		}
		n++
		l, p := r.Letter, r.Predicted
		completion += count(l.Completed == p.Completed)
		cpu += count(math.Abs(l.Main-p.Main) <= 10 && math.Abs(mid(l)-mid(p)) <= 10)
		if !l.Completed || !p.Completed {
			continue
		}
		f := math.Exp(math.Abs(math.Log(p.Seconds / l.Seconds)))
		worst = max(worst, f)
		timed++
		factors += count(f <= 1.5)
	}
	right, all := directions(rows)
	return fmt.Sprintf("directions between the models right in %d of %d; of the %d rows that were "+
		"not fitted: "+
		"completion right in %d, total time within 1.5 × in %d of %d (worst %.1f ×), CPU within 10 "+
		"points in %d\n",
		right, all, n, completion, factors, timed, worst, cpu)
}

// directions compares, case by case, which model takes longer and whose busy-ratio is higher, and
// counts where prediction and letter agree. Differences that the letter does not show are no
// directions.
func directions(rows []Row) (right, all int) {
	for _, a := range rows {
		for _, b := range rows {
			if a.Model != "locked" || b.Model != "lockless" || a.Threads != b.Threads || a.Wait != b.Wait {
				continue
			}
			all++
			right += count(sign(longer(a.Letter, b.Letter)) == sign(longer(a.Predicted, b.Predicted)))
			if d := a.Letter.Busy - b.Letter.Busy; d != 0 {
				all++
				right += count(sign(d) == sign(a.Predicted.Busy-b.Predicted.Busy))
			}
		}
	}
	return right, all
}

// longer is above 0 if a takes longer; not to complete is longer than any time.
func longer(a, b Figures) float64 {
	if a.Completed && b.Completed {
		return a.Seconds - b.Seconds
	}
	return float64(count(b.Completed) - count(a.Completed))
}

func sign(x float64) int {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
