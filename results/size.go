package results

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// SizeText writes a size as a person would ask for it: in the largest unit in which two decimals
// say it exactly, a binary one (MiB) or else an SI one (MB); where there is none, rounded to two
// decimals of a binary one.
func SizeText(bytes int64) string { return sizeText(float64(bytes)) }

// RateText is the same a second, and "unlimited" for 0.
func RateText(bytes float64) string {
	if bytes == 0 {
		return "unlimited"
	}
	return sizeText(bytes) + "/s"
}

// ExactSize is SizeText where that is exact, else a count of bytes: for what is wrong with a size.
func ExactSize(bytes int64) string {
	text := SizeText(bytes)
	if back, err := ParseSize(text); err == nil && back == bytes && !strings.HasSuffix(text, " B") {
		return text
	}
	return strconv.FormatInt(bytes, 10) + " bytes"
}

func sizeText(bytes float64) string {
	binary := inUnits(bytes, 1024, "B", "KiB", "MiB", "GiB", "TiB")
	for _, u := range []unitText{binary, inUnits(bytes, 1000, "B", "kB", "MB", "GB", "TB")} {
		if u.exact && u.unit != "B" {
			return u.text + " " + u.unit
		}
	}
	return binary.text + " " + binary.unit
}

// unitText is a size in one unit.
type unitText struct {
	text, unit string
	exact      bool
}

// inUnits writes bytes in the largest of units, step apart, of which there is at least one.
func inUnits(bytes, step float64, units ...string) unitText {
	i, v := 0, bytes
	for math.Abs(v) >= step && i < len(units)-1 {
		v, i = v/step, i+1
	}
	text := strconv.FormatFloat(v, 'f', 2, 64)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	return unitText{text, units[i], math.Round(v*100) == v*100}
}

// ParseSize reads a size: a whole number of bytes, or a number with a unit, binary (64MiB, 1.5GiB)
// or SI (64MB). It must be a whole number of bytes in the end.
func ParseSize(s string) (int64, error) {
	bad := func(why string) error {
		return fmt.Errorf("%q is not a size%s; write for example 64MiB, 1.5GiB, 64MB or 1048576", s, why)
	}
	if strings.Contains(s, ",") {
		return 0, bad(": decimals stand behind a point")
	}
	n, err := humanize.ParseBytes(s)
	if err != nil || n > math.MaxInt64 {
		return 0, bad("")
	}
	if err := wholeBytes(s); err != nil {
		return 0, bad(": " + err.Error())
	}
	return int64(n), nil
}

// wholeBytes refuses a fraction of a byte, which would be cut off in silence.
func wholeBytes(s string) error {
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	whole, fraction, ok := strings.Cut(digits, ".")
	if !ok || strings.Trim(fraction, "0") == "" {
		return nil
	}
	if unit := strings.TrimSpace(s[len(digits):]); unit == "" || strings.EqualFold(unit, "b") {
		return errors.New("there are whole bytes only, and " + whole + "." + fraction + " are not")
	}
	return nil
}
