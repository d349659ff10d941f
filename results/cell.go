package results

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Cell is a point on the axes of a matrix: everything in which the runs of a series may differ.
// Cells are compared with ==. Of an axis beyond the first three the zero value is the scenario's,
// or the model's own default, and is not written.
//
// A case is a cell without its contender: all contenders are compared in it. They are models, or in
// a series of two builds the builds, and then the model is one axis more of the case.
type Cell struct {
	Model   string `json:"model" doc:"pipeline model"`
	Threads int    `json:"threads" unit:"count" doc:"compression threads"`
	Wait    bool   `json:"wait" doc:"compress-wait-thread"`

	WhenFull WhenFull `json:"when_full,omitempty" doc:"what becomes of a page for which no thread is free: it waits for one (wait), is sent raw, or compressed by the main thread (self); absent: as wait says"`
	Depth    int      `json:"depth,omitempty" unit:"count" doc:"requests a thread; absent: the model's own"`

	PollBudget int `json:"poll_budget,omitempty" unit:"polls" doc:"polls of a worker before it sleeps, -1 for none; absent: the model's own"`

	Batch      int        `json:"batch,omitempty" unit:"count" doc:"pages handed over together; absent: the model's own; of lockbatch and deepring alone"`
	CodecState CodecState `json:"codec_state,omitempty" doc:"codec states are one a worker or one a request; absent: the model's own"`

	// Build is empty in a series of one program, and anyBuild in the case of one of two.
	Build string `json:"build,omitempty" doc:"which program of a series of two builds made the run; absent where one made all"`

	Varied
}

// anyBuild is in the case of a series of two builds what no build can be called.
const anyBuild = "*"

// Case is the cell without its contender.
func (c Cell) Case() Cell {
	if c.Build != "" {
		return c.Of(anyBuild)
	}
	return c.Of("")
}

// Of is the cell of a contender in the case of c.
func (c Cell) Of(contender string) Cell {
	if c.Build != "" {
		c.Build = contender
	} else {
		c.Model = contender
	}
	return c
}

// Contender is what is compared with others in the case of c: the build where there is one, or else
// the model.
func (c Cell) Contender() string {
	if c.Build != "" {
		return c.Build
	}
	return c.Model
}

// Axis is one dimension of a matrix: one entry here, one field of [Cell], and what reads the field.
// [Cell.Check] has its limits.
type Axis struct {
	Name string // as records and flags have it, with _ for -
	Doc  string // of the flag

	// word is the axis in the name of a case, short in an identifier; both are empty where the value
	// is the default.
	word, short func(c *Cell) string
	value       func(c *Cell) string // as its flag takes it; empty where it is the default
	compare     func(a, b *Cell) int
}

// Axes lists the axes of a case in the order of its name. The model is one in a series of two
// builds only.
func Axes() []Axis {
	return append([]Axis{
		{Name: "model", Doc: "pipeline model", word: modelWord, short: modelWord,
			value:   func(*Cell) string { return "" }, // --models has it in any series
			compare: func(a, b *Cell) int { return cmp.Compare(modelWord(a), modelWord(b)) }},
		number("threads", "compression threads", func(c *Cell) *int { return &c.Threads },
			func(n int) string { return Plural(n, "thread") }, strconv.Itoa),
		{Name: "wait", Doc: "with no thread free: wait for one (on), send the page raw (off), or compress " +
			"it on the main thread (self)",
			word:    func(c *Cell) string { return "wait " + c.WaitWord() },
			short:   func(c *Cell) string { return c.WaitWord() },
			value:   func(c *Cell) string { return c.WaitWord() },
			compare: func(a, b *Cell) int { return cmp.Compare(a.WaitWord(), b.WaitWord()) }},
		number("depth", "requests a thread (default: the model's own)",
			func(c *Cell) *int { return &c.Depth },
			func(n int) string { return "depth " + strconv.Itoa(n) },
			func(n int) string { return "d" + strconv.Itoa(n) }),
		number("poll_budget",
			"polls of a worker before it sleeps, -1 for none (default: the model's own)",
			func(c *Cell) *int { return &c.PollBudget }, pollWord,
			func(n int) string { return "p" + strconv.Itoa(n) }),
		number("batch",
			"pages handed over together, by lockbatch and deepring (default: the model's own)",
			func(c *Cell) *int { return &c.Batch },
			func(n int) string { return "batch " + strconv.Itoa(n) },
			func(n int) string { return "b" + strconv.Itoa(n) }),
		{Name: "codec_state",
			Doc:     "codec states: one a worker or one a request (default: the model's own)",
			word:    func(c *Cell) string { return c.CodecState.words() },
			short:   func(c *Cell) string { return c.CodecState.words() },
			value:   func(c *Cell) string { return string(c.CodecState) },
			compare: func(a, b *Cell) int { return cmp.Compare(a.CodecState, b.CodecState) }},
	}, variedAxes()...)
}

// modelWord is the model where it is no contender.
func modelWord(c *Cell) string {
	if c.Build == "" {
		return ""
	}
	return c.Model
}

// AxisDoc is what a flag says of an axis, by its name.
func AxisDoc(name string) string {
	for _, a := range Axes() {
		if a.Name == name {
			return a.Doc
		}
	}
	return ""
}

// Limits of the axes.
const (
	MaxDepth = 1024
	MaxPolls = 1_000_000
	MaxBatch = MaxDepth
)

func pollWord(n int) string {
	if n < 0 {
		return "no polls"
	}
	return Plural(n, "poll")
}

// number is an axis of whole numbers, of which 0 is the default.
func number(name, doc string, field func(*Cell) *int, word, short func(int) string) Axis {
	unlessZero := func(text func(int) string) func(*Cell) string {
		return func(c *Cell) string {
			if *field(c) == 0 {
				return ""
			}
			return text(*field(c))
		}
	}
	return Axis{Name: name, Doc: doc,
		word: unlessZero(word), short: unlessZero(short), value: unlessZero(strconv.Itoa),
		compare: func(a, b *Cell) int { return cmp.Compare(*field(a), *field(b)) }}
}

// Value returns the coordinate of c as the flag of the axis takes it; empty where it is the
// scenario's, or the model's own.
func (a *Axis) Value(c Cell) string { return a.value(&c) }

// String is how the project writes a case: "4 threads, wait off", or in a series of two builds
// "locked, 4 threads, wait off". The contender is not in it.
func (c Cell) String() string { return c.join(", ", func(a Axis) string { return a.word(&c) }) }

// Short is the case in an identifier: "4-off".
func (c Cell) Short() string { return c.join("-", func(a Axis) string { return a.short(&c) }) }

func (c Cell) join(between string, text func(Axis) string) string {
	var words []string
	for _, a := range Axes() {
		if w := text(a); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, between)
}

// Compare orders cells by their axes, threads first; contenders come last, by name.
func (c Cell) Compare(d Cell) int {
	for _, a := range Axes() {
		if order := a.compare(&c, &d); order != 0 {
			return order
		}
	}
	return cmp.Or(cmp.Compare(c.Model, d.Model), cmp.Compare(c.Build, d.Build))
}

// Check says which coordinate of a cell cannot be, as an error of the flag that gives it.
func (c Cell) Check() error {
	c.Model, c.Build = "any", ""
	if msg := c.wrong(); msg != "" {
		return errors.New("--" + strings.ReplaceAll(msg, "_", "-"))
	}
	return nil
}

// wrong says which coordinate of a record's cell cannot be, or nothing.
func (c *Cell) wrong() string {
	switch {
	case c.Model == "":
		return "model is empty"
	case c.Build != "" && CheckBuildName(c.Build) != nil:
		return CheckBuildName(c.Build).Error()
	case c.Threads < 0 || c.Threads > MaxThreads:
		return fmt.Sprintf("threads is %d; it is between 0 and %d", c.Threads, MaxThreads)
	case c.Policy().Contradicts(c.Wait) != "":
		return c.Policy().Contradicts(c.Wait)
	case c.Depth < 0 || c.Depth > MaxDepth:
		return fmt.Sprintf("depth is %d; it is between 0 and %d", c.Depth, MaxDepth)
	case c.PollBudget < -1 || c.PollBudget > MaxPolls:
		return fmt.Sprintf("poll_budget is %d; it is between -1 and %d", c.PollBudget, MaxPolls)
	case c.Batch < 0 || c.Batch > MaxBatch:
		return fmt.Sprintf("batch is %d; it is between 0 and %d", c.Batch, MaxBatch)
	case c.CodecState.wrong() != "":
		return c.CodecState.wrong()
	}
	return c.Varied.wrong()
}

// Cases lists the cases that a series of m makes: those of its shard, or all.
func (m *Matrix) Cases() []Cell {
	var cases []Cell
	for i, c := range m.AllCases() {
		if m.Shard.has(i) {
			cases = append(cases, c)
		}
	}
	return cases
}

// AllCases lists the cases of a matrix, whoever makes them: the product of its axes, the last one
// fastest.
func (m *Matrix) AllCases() []Cell {
	cases := []Cell{{}}
	if len(m.Builds) > 0 {
		cases = times([]Cell{{Build: anyBuild}}, m.Models, func(c *Cell, s string) { c.Model = s })
	}
	cases = times(cases, m.Threads, func(c *Cell, n int) { c.Threads = n })
	cases = times(cases, m.policies(), func(c *Cell, p Cell) {
		c.Wait, c.WhenFull = p.Wait,
			p.WhenFull
	})
	cases = times(cases, m.Depths, func(c *Cell, n int) { c.Depth = n })
	cases = times(cases, m.PollBudgets, func(c *Cell, n int) { c.PollBudget = n })
	cases = times(cases, m.Batches, func(c *Cell, n int) { c.Batch = n })
	cases = times(cases, m.CodecStates, func(c *Cell, p CodecState) { c.CodecState = p })
	return m.Scan.times(cases)
}

// policies are the cells of the wait axis alone.
func (m *Matrix) policies() []Cell {
	var cells []Cell
	for _, wait := range m.Waits {
		cells = append(cells, Cell{Wait: wait})
	}
	if m.Self {
		cells = append(cells, Cell{WhenFull: FullSelf})
	}
	return cells
}

// times is every case with every value; a list of none leaves the cases as they are.
func times[C, T any](cases []C, values []T, set func(*C, T)) []C {
	if len(values) == 0 {
		return cases
	}
	all := make([]C, 0, len(cases)*len(values))
	for _, c := range cases {
		for _, v := range values {
			set(&c, v)
			all = append(all, c)
		}
	}
	return all
}

// Contenders lists what is compared in every case, the first with each of the others: the builds
// where there are some, or else the models.
func (m *Matrix) Contenders() []string {
	if len(m.Builds) == 0 {
		return m.Models
	}
	names := make([]string, len(m.Builds))
	for i, b := range m.Builds {
		names[i] = b.Name
	}
	return names
}

// ContendersOf lists what runs in a case: the contenders of the matrix, and behind them the extras
// of the case.
func (m *Matrix) ContendersOf(c Cell) []string {
	names := slices.Clone(m.Contenders())
	for _, e := range m.Extra {
		if e.Case() == c.Case() {
			names = append(names, e.Model)
		}
	}
	return names
}

// OnOff is how a switch is written.
func OnOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// ParseOnOff reads a switch.
func ParseOnOff(s string) (bool, error) {
	switch s {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	return false, fmt.Errorf("%s is neither on nor off", strconv.Quote(s))
}

// Plural is a count with its noun: "1 thread", "4 threads".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
