package workloads

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"mtbench/results"
)

// TestValidate: each wrong setting gives a sentence that names the value and what would be right.
func TestValidate(t *testing.T) {
	for want, spoil := range map[string]func(*Scenario){
		"memory: 100 bytes; it is a multiple of 4 KiB between 64 KiB and 1 " +
			"TiB": func(s *Scenario) { s.Memory = 100 },
		"memory: 1048577 bytes": func(s *Scenario) {
			s.Memory = 1<<20 +
				1
		},
		"vcpus: 0 is not between 1 and 512": func(s *Scenario) { s.VCPUs = 0 },
		"dirty-rate: -1 page writes/s":      func(s *Scenario) { s.DirtyRate = -1 },
		"dirty-rate: NaN": func(s *Scenario) {
			s.DirtyRate = math.NaN()
		},
		`pattern: "random" is unknown; there are uniform, seq`: func(s *Scenario) { s.Pattern = "random" },
		"write-bytes: 12; it is a multiple of 8":               func(s *Scenario) { s.WriteBytes = 12 },
		`"prose"`:                                              func(s *Scenario) { s.Content = "prose" },
		"file:/does/not/exist": func(s *Scenario) {
			s.Content = "file:/does/not/exist"
		},
		`codec "lzma" is unknown`: func(s *Scenario) { s.Codec = "lzma" },
		"level: 77; codec":        func(s *Scenario) { s.Level = 77 },
		"max-bandwidth: -5":       func(s *Scenario) { s.MaxBandwidth = -5 },
		"downtime-limit: -1s is not between 0s and " +
			"1h": func(s *Scenario) { s.DowntimeLimit = -results.DurationOf(1000) },
		"limit: 0s; the bound of a run is above 0s, at most 24h": func(s *Scenario) { s.Limit = 0 },
		`flush: "often" is unknown; there are sync, wrap`:        func(s *Scenario) { s.Flush = "often" },
		"threads is 256": func(s *Scenario) { s.Threads = 256 },
		"decompress-threads: 0 is not between 1 and " +
			"255": func(s *Scenario) { s.DecompressThreads = 0 },
		"link-bandwidth: link bandwidth of " +
			"+Inf": func(s *Scenario) { s.LinkBandwidth = math.Inf(1) },
		"link-burst: 0 bytes is not between 1 byte and 1 " +
			"TiB": func(s *Scenario) { s.LinkBandwidth = 1e6 },
		"hold the sender for 1000s at once": func(s *Scenario) {
			s.LinkBandwidth,
				s.LinkBurst = 1000, 1e6
		},
		"a socket buffer of -1 " +
			"bytes": func(s *Scenario) { s.SocketBuffer = -1 },
		`machine: "fibre" is unknown`: func(s *Scenario) { s.Machine = "fibre" },
		"NaN turns of the work " +
			"loop": func(s *Scenario) { s.WorkTurns = math.NaN() },
		"1000 turns of the work loop a nanosecond: it must be " +
			"0": func(s *Scenario) { s.WorkTurns = 1000 },
		"trace: only kernel threads are traced": func(s *Scenario) {
			s.TraceTo,
				s.Machine = "t", Goroutines
		},
		"trace: a trace is made of the account": func(s *Scenario) {
			s.TraceTo,
				s.Account = "t", false
		},
		`destination: "mars" is unknown`: func(s *Scenario) { s.Destination = "mars" },
	} {
		sc := small()
		spoil(&sc)
		err := sc.Validate()
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "16m40s", "1000s"), want) {
			t.Errorf("error %v; want one with %q", err, want)
		}
	}
	if err := small().Validate(); err != nil {
		t.Error(err)
	}
}

// TestMachinesAreToldWhatComputingMeans: were each end to measure it, two runs would do other work.
func TestMachinesAreToldWhatComputingMeans(t *testing.T) {
	sc := small()
	sc.WorkTurns = 0.625
	if o := sc.threadOptions(1); o.TurnsPerNS != 0.625 {
		t.Errorf("the machine is told %g turns a nanosecond, want 0.625", o.TurnsPerNS)
	}
}

// TestScenarioCrosses: a scenario reaches a child process as JSON unchanged.
func TestScenarioCrosses(t *testing.T) {
	sc := small()
	text, err := json.Marshal(sc)
	if err != nil {
		t.Fatal(err)
	}
	var got Scenario
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, sc) {
		t.Errorf("%v: %+v became %+v", err, sc, got)
	}
}

// TestMemoryNeeded: what a run is said to need grows with guests and threads, and holds the peak.
func TestMemoryNeeded(t *testing.T) {
	sc := small()
	base := sc.MemoryNeeded()
	sc.Destination = Discard
	if d := base - sc.MemoryNeeded(); d < sc.Memory || d > sc.Memory+8<<20 {
		t.Errorf("a destination adds %d bytes", d)
	}
	sc.Memory += 64 << 20
	if d := sc.MemoryNeeded() - base; d > 64<<20 || d < 60<<20-8<<20 {
		t.Errorf("64 MiB less the destination add %d bytes", d)
	}
	sc.Threads = 255
	if sc.MemoryNeeded() < base+255*4*32<<10 {
		t.Error("255 threads have no states")
	}
}
