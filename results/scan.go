package results

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Varied is what of the scenario a cell may have of its own. The zero value of each field is the
// scenario's, and is not written.
type Varied struct {
	Memory    int64  `json:"memory_bytes,omitempty" unit:"bytes" doc:"guest memory; absent: the scenario's"`
	Content   string `json:"content,omitempty" doc:"page content generator; absent: the scenario's"`
	Codec     string `json:"codec,omitempty" doc:"compressor; absent: the scenario's"`
	Level     int    `json:"level,omitempty" doc:"compress-level; absent: the default of the cell's codec, or the scenario's where that is too"`
	Placement string `json:"placement,omitempty" doc:"where the threads are pinned; absent: as the scenario says"`
}

// Scan is the values of those axes in a matrix. An axis of none is the scenario's.
type Scan struct {
	Memories   []int64  `json:"memories,omitempty" unit:"bytes" doc:"guest memory; absent: the scenario's"`
	Contents   []string `json:"contents,omitempty" doc:"page content generators; absent: the scenario's"`
	Codecs     []string `json:"codecs,omitempty" doc:"compressors; absent: the scenario's"`
	Levels     []int    `json:"levels,omitempty" doc:"compress-levels; absent: the scenario's, or each codec's default"`
	Placements []string `json:"placements,omitempty" doc:"placements of the threads; absent: the scenario's"`
}

// variedAxes are the axes of [Varied].
func variedAxes() []Axis {
	return []Axis{
		{Name: "memory", Doc: "guest memory (default: derived from a pilot)",
			word:    func(c *Cell) string { return unlessNone(c.Memory, "memory "+SizeText(c.Memory)) },
			short:   func(c *Cell) string { return unlessNone(c.Memory, sizeWord(c.Memory)) },
			value:   func(c *Cell) string { return unlessNone(c.Memory, sizeWord(c.Memory)) },
			compare: func(a, b *Cell) int { return cmp.Compare(a.Memory, b.Memory) }},
		text("content", "page content", func(c *Cell) *string { return &c.Content },
			func(s string) string { return s + " pages" }, identifier),
		text("codec", "compressor", func(c *Cell) *string { return &c.Codec },
			func(s string) string { return s }, identifier),
		number("level", "compress-level", func(c *Cell) *int { return &c.Level },
			func(n int) string { return "level " + strconv.Itoa(n) },
			func(n int) string { return "l" + strconv.Itoa(n) }),
		text("placement", "placement of the threads", func(c *Cell) *string { return &c.Placement },
			func(s string) string {
				if s == NotPinned {
					return "not pinned"
				}
				return "pinned by " + s
			}, func(s string) string { return "pin" + identifier(s) }),
	}
}

// text is an axis of words, of which none is the default.
func text(name, doc string, field func(*Cell) *string, word, short func(string) string) Axis {
	return Axis{Name: name, Doc: doc,
		word:    func(c *Cell) string { return unlessNone(*field(c), word(*field(c))) },
		short:   func(c *Cell) string { return unlessNone(*field(c), short(*field(c))) },
		value:   func(c *Cell) string { return *field(c) },
		compare: func(a, b *Cell) int { return cmp.Compare(*field(a), *field(b)) }}
}

// unlessNone is text, or nothing where value is the zero value.
func unlessNone[T comparable](value T, text string) string {
	var none T
	if value == none {
		return ""
	}
	return text
}

func sizeWord(bytes int64) string { return strings.ReplaceAll(SizeText(bytes), " ", "") }

// identifier is a word of an axis in the short name of a case: "spin5us" of "spin:5us".
func identifier(s string) string { return strings.ReplaceAll(s, ":", "") }

// NotPinned is the placement of a cell whose threads are not pinned, beside cells that are.
const NotPinned = "none"

// wordRunes are what a word of an axis is made of.
const wordRunes = "abcdefghijklmnopqrstuvwxyz0123456789.:-"

// MaxAxisMemory bounds the guest memory of a cell.
const MaxAxisMemory = 1 << 40

// wrong says which value cannot be, or nothing. Its words are names that a report shows as they
// are.
func (v *Varied) wrong() string {
	if v.Memory < 0 || v.Memory > MaxAxisMemory {
		return fmt.Sprintf("memory is %d; it is between 1 byte and 1 TiB", v.Memory)
	}
	for _, w := range [][2]string{{"content", v.Content}, {"codec", v.Codec},
		{"placement", v.Placement}} {
		if w[1] != "" && !isWord(w[1]) {
			return fmt.Sprintf("%s is %s; in a list it is a word of letters, digits, points, colons and -",
				w[0], quote(w[1]))
		}
	}
	return ""
}

// isWord reports whether s is harmless wherever the name of a case stands.
func isWord(s string) bool {
	other := func(r rune) bool { return !strings.ContainsRune(wordRunes, r) }
	return len(s) <= 40 && strings.IndexFunc(s, other) < 0
}

// times is the cases with every value of the scan.
func (s *Scan) times(cases []Cell) []Cell {
	cases = times(cases, s.Memories, func(c *Cell, n int64) { c.Memory = n })
	cases = times(cases, s.Contents, func(c *Cell, w string) { c.Content = w })
	cases = times(cases, s.Codecs, func(c *Cell, w string) { c.Codec = w })
	cases = times(cases, s.Levels, func(c *Cell, n int) { c.Level = n })
	return times(cases, s.Placements, func(c *Cell, w string) { c.Placement = w })
}

// Cells are the cells of the scan alone; of none, it is the one cell that leaves the scenario as it
// is.
func (s *Scan) Cells() []Cell { return s.times([]Cell{{}}) }

// In is the scenario of a cell: what the cell has of its own in place of the scenario's. The level
// of a codec that a cell names without one is for the caller.
func (s Scenario) In(c Cell) Scenario {
	if c.Memory != 0 {
		s.Memory = c.Memory
	}
	if c.Content != "" {
		s.Content = c.Content
	}
	if c.Codec != "" {
		s.Codec = c.Codec
	}
	if c.Level != 0 {
		s.Level = c.Level
	}
	switch c.Placement {
	case "":
	case NotPinned:
		s.Placement = ""
	default:
		s.Placement = c.Placement
	}
	return s
}
