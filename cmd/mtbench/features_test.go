package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Each row of docs/features.md is tried by scripts/features.sh, or named there as tried by hand.
func TestFeatureRows(t *testing.T) {
	page, err := os.ReadFile("../../docs/features.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../scripts/features.sh")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 54; n++ {
		if strings.Count(string(page), fmt.Sprintf("\n| %d | ", n)) != 1 {
			t.Errorf("docs/features.md does not have row %d once", n)
		}
		tries := strings.Count(string(script), fmt.Sprintf("\nrow %d ", n)) +
			strings.Count(string(script), fmt.Sprintf("\nbyhand %d ", n))
		if tries != 1 {
			t.Errorf("scripts/features.sh tries row %d %d times", n, tries)
		}
	}
}
