package main

import (
	"slices"
	"testing"

	"mtbench/models/registry"
)

// TestAllModels: all stands for every ranked contender, beside others, and a flag given again
// replaces.
func TestAllModels(t *testing.T) {
	names := []string{"locked"}
	v := modelsValue{&names}
	if err := v.Set("null, all"); err != nil {
		t.Fatal(err)
	}
	want := append([]string{"null"}, registry.Ranked()...)
	if !slices.Equal(names, want) || len(want) < 4 {
		t.Errorf("got %v, want %v", names, want)
	}
	if slices.Contains(names, "ideal") || slices.Contains(names, "step0-locked") {
		t.Errorf("%v has one that is not ranked", names)
	}
	if err := v.Set("locked,lockless"); err != nil || v.String() != "locked,lockless" {
		t.Errorf("got %q, %v", v, err)
	}
}
