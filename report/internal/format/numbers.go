// Package format turns numbers, units and strings of result files into text that is right in its
// place and cannot do harm there.
package format

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

func OnOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func Sentence(s string) string {
	s = CleanText(strings.TrimRight(s, ".;"), 900)
	if s == "" {
		return ""
	}
	return strings.ReplaceAll(s, " %", "\u00a0%") + "." // a figure keeps its unit
}

// Capital is s with its first letter, of ASCII, as a capital.
func Capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func CasesWord(n int) string {
	if n == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", n)
}

func LogOr(v float64) float64 {
	if v == 0 {
		return math.Inf(-1)
	}
	return math.Log(v)
}

func WaitWord(wait bool) string {
	if wait {
		return "wait on"
	}
	return "wait off"
}

func IsAre(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func ThreadsWord(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", n)
}

// Sig is a figure with three significant digits and no exponent.
func Sig(v float64) string {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return fmt.Sprint(v)
	}
	if math.Abs(v) >= MostFixed || math.Abs(v) < 1/MostFixed {
		return short(v)
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return fmt.Sprintf("%.*f", max(0, digits), v)
}

// Sig2 is a figure with two significant digits: one that is not proved.
func Sig2(v float64) string {
	if v == 0 || !Finite(v) || math.Abs(v) >= 10 {
		return Sig(v)
	}
	return strconv.FormatFloat(v, 'f', max(0, 1-int(math.Floor(math.Log10(math.Abs(v))))), 64)
}

// SigTrimmed is the same without zeros behind its decimals.
func SigTrimmed(v float64) string {
	s := Sig(v)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// TimeText is a time in the unit that suits it.
func TimeText(ms float64) string {
	if ms < 1000 {
		return Sig(ms) + " ms"
	}
	return Sig(ms/1000) + " s"
}

func RatioText(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case v == 0:
		return "0"
	}
	return Sig(v)
}

// The figures of a table.

const (
	None           = "–" // a figure that has no meaning here
	CannotComplete = "CAN'T COMPLETE"
)

var NaN = math.NaN() // a figure that is not there

// MostFixed is from where a figure has an exponent: no cell is sixty digits wide.
const MostFixed = 1e15

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

func Finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// FixedOrSmall is a rate: two decimals, or two digits where it is smaller than that.
func FixedOrSmall(v float64) string {
	switch {
	case math.Abs(v) >= 100:
		return Whole(v)
	case v != 0 && math.Abs(v) < 0.1:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
	return Fixed(v, 2)
}

// Whole is a figure without decimals where it is large, with three digits where it is small.
func Whole(v float64) string {
	switch {
	case math.IsNaN(v):
		return None
	case math.IsInf(v, 1):
		return "∞"
	case math.Abs(v) >= MostFixed:
		return short(v)
	case math.Abs(v) >= 99.95: // with three digits it is 100
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return Sig(v)
}

// Fixed is a figure with as many decimals as are asked for.
func Fixed(v float64, decimals int) string {
	switch {
	case math.IsNaN(v):
		return None
	case math.Abs(v) >= MostFixed:
		return short(v)
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // no −0.0
	}
	return s
}

func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Upper begins a sentence.
func Upper(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func Multiple(m float64) string {
	if m == 0 {
		return ""
	}
	return " (" + Trimmed(m) + "x)"
}

func PerSecond(v float64, unit, zero string) string {
	if v == 0 {
		return zero
	}
	return Trimmed(v) + " " + unit
}

// Trimmed has at most two decimals and no zeros behind them.
func Trimmed(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(Fixed(v, 2), "0"), ".")
}

// ThreadsList is "1 thread", "1 and 4 threads" or "1, 4 and 8 threads".
func ThreadsList(ns []int) string {
	if len(ns) == 1 {
		return ThreadsWord(ns[0])
	}
	texts := make([]string, len(ns))
	for i, n := range ns {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts[:len(ns)-1], ", ") + " and " + texts[len(ns)-1] + " threads"
}

// ChangeText is a log ratio in percent, or as a multiple where it is large. An infinite one stands
// for pairs in which one side could not complete.
func ChangeText(log float64) string {
	switch {
	case math.IsInf(log, 1):
		return "∞"
	case math.IsInf(log, -1):
		return "-∞"
	case math.Exp(log) >= 10:
		return "×" + Sig(math.Exp(log))
	}
	return fmt.Sprintf("%+.1f", 100*math.Expm1(log))
}

// IntervalText is an interval of log ratios, each end as [ChangeText] has it.
func IntervalText(lo, hi float64) string {
	return "[" + ChangeText(lo) + ", " + ChangeText(hi) + "]"
}
