package main

import (
	"strings"
	"testing"
)

func TestPinTakesAPlacementAsAWordOfItsOwn(t *testing.T) {
	for given, want := range map[string]string{
		"run --pin spread --quick": "run --pin=spread --quick",
		"run --pin 0-3,8":          "run --pin=0-3,8",
		"run --pin":                "run --pin",
		"run --pin --quick core":   "run --pin --quick core",
		"run --pin near":           "run --pin near",
		"run --pin=smt core":       "run --pin=smt core",
	} {
		if got := strings.Join(joinPin(strings.Fields(given)), " "); got != want {
			t.Errorf("%s becomes %s, want %s", given, got, want)
		}
	}
}
