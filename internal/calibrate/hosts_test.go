package calibrate

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestShippedHosts: each host is a calibration that predictions take, states a source for what it
// states, and draws what it assumes from its range.
func TestShippedHosts(t *testing.T) {
	names, says, err := HostNames()
	if err != nil || !slices.Equal(names, []string{"letter", "server", "vm"}) || len(says) != 3 {
		t.Fatalf("%q, %q, %v", names, says, err)
	}
	for _, name := range names {
		h, err := LoadHost(name)
		if err != nil {
			t.Fatal(err)
		}
		c, ref, err := h.Calibration()
		if err != nil {
			t.Fatal(err)
		}
		if ref.Profile != name || ref.CPUs < 2 || ref.Says == "" || len(ref.Costs) != len(h.Costs) {
			t.Errorf("%s: %+v", name, ref)
		}
		checkDraws(t, h, c)
	}
}

// checkDraws: as stated first; then what is assumed takes both ends of its range, and a cost with a
// source stays.
func checkDraws(t *testing.T, h *Host, c *Calibration) {
	t.Helper()
	seen := map[string]map[float64]bool{}
	for i := range 40 {
		p, err := c.Resampling(i, rand.New(rand.NewPCG(uint64(i), 1)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range p.figures() {
			if seen[f.name] == nil {
				seen[f.name] = map[float64]bool{}
			}
			seen[f.name][f.value()] = true
			if s, ok := h.Costs[f.name]; ok && i == 0 && f.value() != s.Value {
				t.Errorf("%s: %s is %v, stated is %v", h.Name(), f.name, f.value(), s.Value)
			}
		}
	}
	for name, s := range h.Costs {
		if got := seen[name]; s.Assumed() && !(got[s.Low] && got[s.High] && got[s.Value]) ||
			!s.Assumed() && len(got) != 1 {
			t.Errorf("%s: %s takes %v of %+v", h.Name(), name, got, s)
		}
	}
}

// TestHostVM: the virtual machine is the committed calibrations, and no more.
func TestHostVM(t *testing.T) {
	h, err := LoadHost("vm")
	if err != nil {
		t.Fatal(err)
	}
	c, ref, err := h.Calibration()
	want, _, _ := Read("../../results/baseline/calibrations")
	if err != nil || want == nil || ref.Virtual != want.Host.Virtual ||
		c.SinglePages() != want.SinglePages() || len(c.parts) != len(want.parts) {
		t.Errorf("%v, %+v", err, ref)
	}
}

// TestBadHosts: what cannot be is refused with a sentence that names the file and the cost.
func TestBadHosts(t *testing.T) {
	dir := t.TempDir()
	for want, text := range map[string]string{
		"not the profile of a host: the file is empty":    "",
		"unknown field \"cost\"":                          `{"cost": {}}`,
		"says must state":                                 `{"cpus": 4, "measured": true}`,
		"cpus is 0":                                       `{"says": "x"}`,
		"pages are missing":                               `{"says": "x", "cpus": 4}`,
		`cost "idle_wake" is unknown`:                     stating("idle_wake", `{"value": 1, "source": "x"}`),
		"cost idle_wake_ns: source must say":              stating("idle_wake_ns", `{"value": 1}`),
		"cost idle_wake_ns: value is -1":                  stating("idle_wake_ns", `{"value": -1, "source": "x"}`),
		"low, value and high are 2, 1 and 3":              stating("idle_wake_ns", `{"value": 1, "low": 2, "high": 3, "source": "x"}`),
		"something follows the profile":                   `{"says": "x", "measured": true} {}`,
		"more than 65536 bytes":                           `{"says": "` + strings.Repeat("x", maxProfileBytes) + `"}`,
		"wake_spread is 3; it must be between 0 and 2":    `{"says": "x", "measured": true, "wake_spread": 3}`,
		"bytes of pages is 9000; it must be 20 to 4110":   paged(`"encode_ns": 1000, "bytes": 9000, "source": "x"`),
		"pages take 0 and 0 ns; encode_ns is above 0":     paged(`"bytes": 100, "source": "x"`),
		"source of pages must say":                        paged(`"encode_ns": 1000, "bytes": 100`),
		"spread of pages is -1; it must be between 0 and": paged(`"encode_ns": 1, "bytes": 100, "spread": -1, "source": "x"`),
	} {
		path := filepath.Join(dir, "h.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := LoadHost(path)
		if err == nil {
			t.Errorf("%s is taken: %+v", text, h)
		} else if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %q, want %q", err, want)
		}
	}
	_, err := LoadHost("sever")
	if err == nil || !strings.Contains(err.Error(), "hosts by name are letter, server, vm") {
		t.Errorf("got %v", err)
	}
}

func stating(name, cost string) string {
	return `{"says": "x", "measured": true, "costs": {"` + name + `": ` + cost + `}}`
}

func paged(pages string) string {
	return `{"says": "x", "measured": true, "pages": {` + pages + `}}`
}

// TestWholeHost: a profile without measured states every cost, or is refused by the first it lacks.
func TestWholeHost(t *testing.T) {
	text, err := profiles.ReadFile("profiles/letter.json")
	if err != nil {
		t.Fatal(err)
	}
	var h map[string]any
	if err := json.Unmarshal(text, &h); err != nil {
		t.Fatal(err)
	}
	delete(h["costs"].(map[string]any), "kick_ns")
	text, _ = json.Marshal(h)
	if _, err = parseHost("x.json", text); err == nil ||
		!strings.Contains(err.Error(), "cost kick_ns is missing") {
		t.Errorf("got %v", err)
	}
}
