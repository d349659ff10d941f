package results

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestStatesAreAnObject: what a map of numbers would write and read, in the order of the names.
func TestStatesAreAnObject(t *testing.T) {
	for _, want := range []map[string]float64{{}, {"codec": 3},
		{"wait-work": 1.5, "codec": 0, "ü": 2e-7}, {`a"b\,}`: 1, "x:y": 2, "\n": 1e21}} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got States
		spaced := strings.ReplaceAll(string(text), ":", " : ")
		if json.Unmarshal(text, &got) != nil || len(got) != len(want) {
			t.Fatalf("%s: %v", text, got)
		}
		for name, ms := range want {
			if got.Of(name) != ms {
				t.Errorf("%s: %q is %v", text, name, got.Of(name))
			}
		}
		slices.Reverse(got)
		if again, err := json.Marshal(got); err != nil || string(again) != string(text) {
			t.Errorf("%s became %s: %v", text, again, err)
		}
		if !strings.Contains(string(text), "x:y") && json.Unmarshal([]byte(spaced), &got) != nil {
			t.Errorf("not read: %s", spaced)
		}
	}
	for _, wrong := range []string{`{"a":"b"}`, `{"a":null}`, `{"a":{"b":1}}`, `[1]`, `7`, `"a"`,
		`{"a":[1,2]}`, `{"a":true}`, `{"a":1e999}`} {
		var s States
		if err := json.Unmarshal([]byte(wrong), &s); err == nil {
			t.Errorf("%s was read as %v", wrong, s)
		}
	}
	if _, err := json.Marshal(States{{"codec", math.NaN()}}); err == nil {
		t.Error("not a number was written")
	}
}
