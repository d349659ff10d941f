package explore

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"mtbench/models"
)

// yardstickSchedules is how many schedules each strategy has for each of the classics.
const yardstickSchedules = 10_000

// WriteYardstick writes a table of how many schedules each strategy needed to find each of the
// classics: of one seed, with PCT at depth 3 and depth first up to 4 departures.
func WriteYardstick(w io.Writer) error {
	walks := Strategies()[1:]
	fmt.Fprint(w, "| bug |")
	for _, s := range walks {
		fmt.Fprintf(w, " %s |", s)
	}
	fmt.Fprint(w, " described in | what is wrong |\n|---|", columns(len(walks)), "---|---|\n")
	for _, c := range Classics() {
		fmt.Fprintf(w, "| %s |", c.Name)
		for _, s := range walks {
			fmt.Fprintf(w, " %s |", needed(c.Program(), s))
		}
		if _, err := fmt.Fprintf(w, " %s | %s |\n", c.Source, c.Doc); err != nil {
			return err
		}
	}
	return nil
}

func columns(n int) (line string) {
	for range n {
		line += "---:|"
	}
	return line
}

func needed(p Program, s Strategy) string {
	r := Walk(p, Options{Strategy: s, Bound: 4, Depth: 3, Seed: 1}, yardstickSchedules)
	if r.Failure == nil {
		return "not found"
	}
	return strconv.FormatInt(r.Failure.Found, 10)
}

// A size is how much a contender is given to exhaust.
type size struct{ workers, pages int }

func (s size) contains(less size) bool {
	return less.workers <= s.workers && less.pages <= s.pages
}

func sizes() []size { return []size{{1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 3}} }

// WriteDoc writes docs/exploration.md: what the walks are worth, as counted here and now.
func WriteDoc(w io.Writer, list []Model, limit int64) error {
	fmt.Fprintf(w, `# What the exploration is worth

Made by the program itself; a test holds the first table to what it finds:

`+"```sh"+`
go build -tags explore -o mtbench-explore ./cmd/mtbench
mtbench-explore explore --tables --models all --schedules %d > docs/exploration.md
`+"```"+`

## The yardstick: known bugs

Bugs of the literature on concurrency testing, written anew for this machine. The number is how many
schedules a strategy ran until it found the bug, of one seed and %d at most.

`, limit, yardstickSchedules)
	if err := WriteYardstick(w); err != nil {
		return err
	}
	fmt.Fprintf(w, `
## What is exhausted

A size is workers and pages: a submitter that waits, then flushes and closes, with one request a
worker. The number is how many schedules there are, up to the order of steps that do not conflict, all of which
were run and went well. "more" means more than %d; "–" that a smaller size has more already. A lock is
taken in one step here.

`, limit)
	return WriteExhausted(w, list, limit)
}

// WriteExhausted writes a table of what the reduced walk comes to the end of within limit
// schedules: for each model and size the schedules that there are up to the order of what does not
// conflict. The submitter waits, then flushes and closes; a worker has one request.
func WriteExhausted(w io.Writer, list []Model, limit int64) error {
	fmt.Fprint(w, "| model |")
	for _, s := range sizes() {
		fmt.Fprintf(w, " %d and %d |", s.workers, s.pages)
	}
	fmt.Fprint(w, "\n|---|", columns(len(sizes())), "\n")
	for _, m := range list {
		fmt.Fprintf(w, "| %s |", m.Name)
		var over []size
		for _, s := range sizes() {
			if slices.ContainsFunc(over, s.contains) {
				fmt.Fprint(w, " – |")
				continue
			}
			r := Reduced(m.sized(s), limit)
			switch {
			case r.Failure != nil:
				return r.Failure
			case r.Exhausted:
				fmt.Fprintf(w, " %d |", r.Schedules)
			default:
				over = append(over, s)
				fmt.Fprint(w, " more |")
			}
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	return nil
}

func (m Model) sized(s size) Program {
	return m.Program(Case{
		Name:  fmt.Sprintf("%d workers, %d pages", s.workers, s.pages),
		Pages: s.pages,
		Config: models.Config{Threads: s.workers, Wait: true, Side: models.Source, Depth: 1,
			Name: "w"},
	})
}
