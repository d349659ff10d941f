package workloads

import (
	"encoding/json"
	"os"
	"runtime"
	"testing"
	"time"

	"mtbench/models"
	"mtbench/models/locked"
	"mtbench/models/lockless"
)

// small is a run that takes some tens of milliseconds.
func small() Scenario {
	return Scenario{
		Memory: 4 << 20, VCPUs: 2, DirtyRate: 20000, Pattern: "uniform", WriteBytes: 64,
		Content: "zero", Seed: 1,
		Codec: "zlib", Level: 1, DowntimeLimit: 5 * time.Millisecond, Flush: FlushSync,
		Limit: 20 * time.Second, Destination: Process, Machine: Kernel, Account: true,
		Model: "locked", Threads: 2, DecompressThreads: 2, PeerTimeout: 10 * time.Second,
	}
}

func TestRunPair(t *testing.T) {
	for name, build := range map[string]models.Builder{"locked": locked.Build, "lockless": lockless.Build} {
		sc := small()
		sc.Model = name
		run, err := RunPair(sc, build)
		if err != nil {
			t.Fatal(err)
		}
		if run.Verified == nil || !*run.Verified {
			t.Error(name, "not verified")
		}
		if os.Getenv("MTBENCH_SHOW") != "" {
			text, _ := json.MarshalIndent(run, "", " ")
			t.Logf("%s", text)
		}
	}
}

func benchDiscard(b *testing.B, build models.Builder, sc Scenario) {
	sc.Destination = Discard
	sc.VCPUs, sc.DirtyRate = 1, 0
	run, err := RunPair(sc, build)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric((run.TotalTimeMS-run.SetupTimeMS)*1e6/float64(run.Pages), "ns/page")
	b.ReportMetric(run.Overhead.StampsAPage, "stamps/page")
	_ = runtime.NumCPU
}

func BenchmarkNull(b *testing.B) {
	sc := small()
	sc.Memory, sc.Content, sc.Account = 1<<30, "random", true
	for range b.N {
		benchDiscard(b, models.Null, sc)
	}
}
