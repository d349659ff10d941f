package realqemu_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"mtbench/internal/realqemu"
	"mtbench/results"
	"mtbench/workloads"
)

func deflated(data []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(data) // to memory: cannot fail
	_ = w.Close()
	return out.Bytes()
}

func workload() workloads.Scenario {
	return workloads.Scenario{
		Scenario: results.Scenario{Memory: 64 * 4096, Content: "text", Level: 1,
			DowntimeLimit: results.Duration(time.Millisecond), Limit: results.Duration(20 * time.Second)},
		Cell: results.Cell{Model: realqemu.Model, Threads: 2, Wait: false}, Seed: 7}
}

// faked runs the fake with a fault.
func faked(t *testing.T, fault string) (*results.Run, error) {
	t.Helper()
	t.Setenv(fakeEnv, fault)
	p, err := realqemu.Find(t.Context(), os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	return p.Run(t.Context(), workload())
}

// TestRun is a whole run with a program that behaves.
func TestRun(t *testing.T) {
	run, err := faked(t, "none")
	if err != nil {
		t.Fatal(err)
	}
	if run.Pages != 64 || run.PagesCompressed != 32 || run.PagesRaw != 32 || run.PagesZero != 0 ||
		run.Verified == nil || !*run.Verified || !run.Completed {
		t.Errorf("%+v", run)
	}
	if run.Busy != 2 || run.BusyRatio == nil || *run.BusyRatio != 2.0/64 ||
		run.QueryMigrate.Compressed != 5 || run.QueryMigrate.TotalTimeMS != 12 {
		t.Errorf("busy %d, ratio %v, counters %+v", run.Busy, run.BusyRatio, run.QueryMigrate)
	}
	mains := 0
	for _, u := range run.ThreadUsage {
		if u.Role == "main" {
			mains++
		}
		if u.CPUMS == nil || u.Voluntary == nil || u.Involuntary == nil || u.TID == 0 {
			t.Errorf("%+v", u)
		}
	}
	if mains != 1 || run.TotalTimeMS <= run.SetupTimeMS {
		t.Errorf("%d main threads, %g ms of which %g setup", mains, run.TotalTimeMS, run.SetupTimeMS)
	}
}

// TestFaults: whatever the program does wrong, the run fails and says what.
func TestFaults(t *testing.T) {
	for fault, want := range map[string]string{
		"dies":     "the program ended at once: exit status 1 (its words: \"no such machine\\n\")",
		"mute":     "the monitor: it ended the connection",
		"old":      "asked to migrate-set-capabilities: it says \"Invalid parameter 'compress'\"",
		"garbage":  "not a migration stream of QEMU",
		"fails":    "the migration is failed, not pre-switchover: \"as told\"",
		"wrong":    "page 7 arrived with other bytes than were given",
		"lost":     "63 of 64 pages sent",
		"repeated": "63 of 64 pages arrived",
	} {
		run, err := faked(t, fault)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want %q", fault, run, err, want)
		}
	}
	var differs *realqemu.PageDiffers
	var missing *realqemu.PagesMissing
	_, wrong := faked(t, "wrong")
	_, repeated := faked(t, "repeated")
	if !errors.As(wrong, &differs) || !errors.As(repeated, &missing) {
		t.Errorf("%v and %v have no class of their own", wrong, repeated)
	}
}

// TestNoProgram refuses what is no QEMU before anything is started.
func TestNoProgram(t *testing.T) {
	for name, want := range map[string]string{"/no/such": "is not a program",
		"/bin/true": "--version says"} {
		if p, err := realqemu.Find(t.Context(), name); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

// TestRealQEMU runs the program of a distribution where there is one.
func TestRealQEMU(t *testing.T) {
	p, err := realqemu.Find(t.Context(), "qemu-system-x86_64")
	if err != nil {
		t.Skip("no QEMU here: ", err)
	}
	sc := workload()
	sc.Memory, sc.Wait = 4<<20, true
	run, err := p.Run(context.Background(), sc)
	if err != nil && strings.Contains(err.Error(), "compress") {
		t.Skip("this QEMU has no compression threads: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]int{}
	for _, u := range run.ThreadUsage {
		roles[u.Role]++
	}
	if run.PagesCompressed < 1000 || roles["main"] != 1 || roles["worker"] != 2 {
		t.Errorf("%d pages compressed by threads %v", run.PagesCompressed, roles)
	}
}
