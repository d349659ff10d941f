package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"mtbench/internal/content"
	"mtbench/internal/topology"
	"mtbench/results"
)

// scanValue is a setting of the workload of which a command may take several: one value is the
// scenario's, and a list makes an axis of the matrix.
type scanValue[T comparable] struct {
	one   *T
	list  *[]T // nil: the command takes one value
	kind  string
	parse func(string) (T, error)
	show  func(T) string
	main  func([]T) T         // of a list, what the scenario has
	whole func(s string) bool // one value, whatever commas are in it; nil = none is
}

func (v scanValue[T]) Type() string { return v.kind }

func (v scanValue[T]) String() string {
	switch {
	case v.one == nil:
		return ""
	case v.list == nil || len(*v.list) == 0:
		return v.show(*v.one)
	}
	words := make([]string, len(*v.list))
	for i, x := range *v.list {
		words[i] = v.show(x)
	}
	return strings.Join(words, ",")
}

func (v scanValue[T]) Set(s string) error {
	if v.list == nil || v.whole != nil && v.whole(s) {
		if v.list == nil && strings.Contains(s, ",") && (v.whole == nil || !v.whole(s)) {
			return fmt.Errorf("%q is a list, and this command takes one value; mtbench run takes lists", s)
		}
		x, err := v.parse(s)
		if err == nil {
			*v.one = x
		}
		return err
	}
	var list []T
	for word := range strings.SplitSeq(s, ",") {
		x, err := v.parse(strings.TrimSpace(word))
		if err != nil {
			return err
		}
		if slices.Contains(list, x) {
			return fmt.Errorf("%s is given twice", word)
		}
		list = append(list, x)
	}
	*v.one, *v.list = v.main(list), list
	if len(list) == 1 {
		*v.list = nil
	}
	return nil
}

func first[T any](list []T) T { return list[0] }

// word reads a word of an axis; whether there is such a thing is looked at with the rest of the
// workload.
func word(s string) (string, error) {
	if s == "" {
		return "", errors.New("an empty word names nothing")
	}
	return s, nil
}

func same(s string) string { return s }

// scanLists are where a command puts the lists of settings; of one that is nil it takes one value.
type scanLists struct {
	memories                     *[]int64
	levels                       *[]int
	contents, codecs, placements *[]string
}

// allLists takes a list of every setting.
func allLists(scan *results.Scan) scanLists {
	return scanLists{&scan.Memories, &scan.Levels, &scan.Contents, &scan.Codecs, &scan.Placements}
}

// orList says in help that a setting takes a list, where it does.
func orList[T any](list *[]T) string {
	if list == nil {
		return ""
	}
	return "; a list makes an axis"
}

// addScanFlags adds the settings that make axes of the matrix where there are lists to take them.
func addScanFlags(f *pflag.FlagSet, sc *results.Scenario, to scanLists) {
	f.Var(scanValue[int64]{one: &sc.Memory, list: to.memories, kind: "size",
		parse: scanSize(to.memories != nil), show: func(n int64) string { return formatSize(&n) },
		main: slices.Max[[]int64]}, "memory",
		"guest memory (default: derived from a pilot)"+orList(to.memories))
	f.Var(scanValue[string]{one: &sc.Content, list: to.contents, kind: "string", parse: word,
		show: same, main: first[string], whole: isPath},
		"content", "page content: zero, text, heap, binary, random, mixed, "+content.FileSyntax+
			" or stream:PATH"+orList(to.contents))
	f.Var(scanValue[string]{one: &sc.Codec, list: to.codecs, kind: "string", parse: word, show: same,
		main: first[string]}, "codec", "compressor: zlib, zstd, s2, none or spin:DURATION"+
		orList(to.codecs))
	f.Var(scanValue[int]{one: &sc.Level, list: to.levels, kind: "int", parse: strconv.Atoi,
		show: strconv.Itoa, main: first[int]}, "level", "compress-level (-1: the codec's default)"+
		orList(to.levels))
	f.Var(scanValue[string]{one: &sc.Placement, list: to.placements, kind: "string",
		parse: placement, show: same, main: first[string], whole: isCPUList}, "pin",
		"pin threads to CPUs: core, smt, llc, node, spread, none or a list of CPUs as 0-3,8"+
			orList(to.placements))
	f.Lookup("pin").NoOptDefVal = topology.Core
}

// isPath says whether a content is one of a file, whose name may have commas.
func isPath(s string) bool {
	return strings.HasPrefix(s, "file:") || strings.HasPrefix(s, "stream:")
}

// scanSize reads a size. In a list a plain number is refused: 1,5MiB is meant as one.
func scanSize(list bool) func(string) (int64, error) {
	return func(s string) (int64, error) {
		n, err := results.ParseSize(s)
		if err == nil && list && n < 1024 {
			return 0, fmt.Errorf("%q is %d bytes; write sizes with their unit and a decimal point, for "+
				"example 64MiB or 1.5GiB", s, n)
		}
		return n, err
	}
}

// placement reads a placement: "none" alone is no placement.
func placement(s string) (string, error) {
	if s == results.NotPinned {
		return s, nil
	}
	return s, topology.CheckPlacement(s)
}

// isCPUList says whether s is one placement: a list of CPUs has commas of its own.
func isCPUList(s string) bool {
	return !slices.Contains(append(topology.Names(), results.NotPinned), first(strings.Split(s, ",")))
}

// arePlacements says whether a word can be the value of --pin.
func arePlacements(s string) bool {
	if isCPUList(s) {
		return s != "" && topology.CheckPlacement(s) == nil
	}
	for word := range strings.SplitSeq(s, ",") {
		if _, err := placement(word); err != nil {
			return false
		}
	}
	return true
}

// settleScan makes of lists and single values what a matrix says: a level that was given belongs to
// every codec of a list, and no placement is none.
func settleScan(sc *results.Scenario, scan *results.Scan, levelGiven bool) {
	if len(scan.Codecs) > 0 && len(scan.Levels) == 0 && levelGiven {
		scan.Levels = []int{sc.Level}
	}
	if sc.Placement == results.NotPinned {
		sc.Placement = ""
	}
}
