package report_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"mtbench/internal/claims"
	"mtbench/internal/verdict"
	"mtbench/report"
	"mtbench/report/internal/reporttest"
	"mtbench/results"
)

// manyRuns is a file of n runs like those of the committed baseline, in a directory of the test or,
// for use by a built mtbench, where MTBENCH_MANY says.
func manyRuns(tb testing.TB, n int) string {
	base, err := results.Read("../results/baseline/series.jsonl.gz")
	if err != nil {
		tb.Fatal(err)
	}
	path := os.Getenv("MTBENCH_MANY")
	if path == "" {
		path = filepath.Join(tb.TempDir(), "many.jsonl")
	}
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	records := json.NewEncoder(w)
	many := reporttest.Repeated(base, n)
	for _, rec := range []any{&many.Header, many.Runs} {
		if runs, ok := rec.([]results.Run); ok {
			for i := range runs {
				err = records.Encode(&runs[i])
			}
			continue
		}
		err = records.Encode(rec)
	}
	if err != nil || w.Flush() != nil {
		tb.Fatal(err)
	}
	return path
}

// TestARunTakesNoMoreInMemoryThanInItsFile, so that a file of the most bytes can be read anywhere.
func TestARunTakesNoMoreInMemoryThanInItsFile(t *testing.T) {
	path := manyRuns(t, 600)
	size, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f, err := results.Read(path)
	if err != nil || len(f.Runs) != 600 {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > size.Size() {
		t.Errorf("%d bytes of a file are %d in memory", size.Size(), kept)
	}
	runtime.KeepAlive(f)
}

func BenchmarkTenThousandRuns(b *testing.B) {
	path := manyRuns(b, 10_000)
	list, err := claims.Shipped()
	if err != nil {
		b.Fatal(err)
	}
	read := func(b *testing.B) *results.File {
		f, err := results.Read(path)
		if err != nil {
			b.Fatal(err)
		}
		return f
	}
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read(b)
		}
	})
	b.Run("claims", func(b *testing.B) {
		f := read(b)
		b.ReportAllocs()
		for b.Loop() {
			verdict.EvaluateClaims([]*results.File{f}, list)
		}
	})
	b.Run("report", func(b *testing.B) {
		f := read(b)
		b.ReportAllocs()
		for b.Loop() {
			format := report.Formats()[0]
			if err := format.Write(report.New([]*results.File{f}, nil), []io.Writer{io.Discard},
				report.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
