package thread

import (
	"fmt"
	"strconv"
	"strings"
)

// The minor versions of Go 1 whose scheduler the seal was tried on.
const (
	sealFirst = 26
	sealLast  = 26
)

// CheckSeal refuses to seal threads under a version of Go, as runtime.Version gives it, whose
// scheduler the seal is not known to work with.
func CheckSeal(version string) error {
	minor, isRelease := strings.CutPrefix(version, "go1.")
	minor, _, _ = strings.Cut(minor, ".")
	if n, err := strconv.Atoi(minor); isRelease && err == nil && sealFirst <= n && n <= sealLast {
		return nil
	}
	return fmt.Errorf("built with %s, and the seal is known to work with go1.%d to go1.%d only; "+
		"take --sealed off, or build mtbench with one of these (GOTOOLCHAIN=go1.%d.0 go build)",
		version, sealFirst, sealLast, sealLast)
}
