package merge_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mtbench/internal/merge"
	"mtbench/internal/metric"
	"mtbench/internal/verdict"
	"mtbench/results"
)

// whole is a hand-made series: two models in six cases, twelve pairs a case, and A/A pairs in each.
func whole(t *testing.T) *results.File {
	t.Helper()
	f := &results.File{Path: "whole.jsonl", Header: results.Header{
		Schema: results.Schema, Kind: results.Measured, Version: "1", Binary: "b", Go: "go", Seed: 1,
		Created:  time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Argv:     []string{"mtbench", "run"},
		Host:     results.Host{Name: "a", CPUs: 8, PageServiceU: 20},
		Scenario: results.Scenario{Memory: 1 << 24, Codec: "zlib", Destination: "discard"},
		Matrix: results.Matrix{Models: []string{"locked", "lockless"}, Threads: []int{1, 4, 16},
			Waits: []bool{false, true}, Pairs: 12, AA: 0.5}}}
	rng := rand.New(rand.NewPCG(3, 4))
	for pair := range 12 {
		for _, c := range f.Header.Matrix.Cases() {
			for i, model := range f.Header.Matrix.Models {
				factor := 1 + float64(i*c.Threads)/20
				f.Runs = append(f.Runs, run(rng, len(f.Runs), c.Of(model), pair, factor))
			}
			for _, side := range []string{"a", "b"}[:2*(pair%2)] {
				r := run(rng, len(f.Runs), c.Of("locked"), pair, 1)
				r.AA, r.Side = true, side
				f.Runs = append(f.Runs, r)
			}
		}
	}
	f.Header.Matrix.Runs = len(f.Runs)
	return f
}

func run(rng *rand.Rand, index int, c results.Cell, pair int, factor float64) results.Run {
	verified := true
	return results.Run{Cell: c, Index: index, Pair: pair, Block: pair / 2, Seed: uint64(pair),
		Completed: true, EndReason: "completed", Verified: &verified, Pages: 1000, PagesCompressed: 1000,
		TotalTimeMS: 1000 * factor * math.Exp(0.05*rng.NormFloat64())}
}

// shards deals the runs of f out to n files, by the rule of the format, on the hosts given in turn.
func shards(f *results.File, n int, hosts ...string) []*results.File {
	var files []*results.File
	for i := range n {
		part := &results.File{Path: fmt.Sprintf("%d.jsonl", i+1), SHA256: fmt.Sprint("sum", i),
			Header: f.Header}
		part.Header.Matrix.Shard = &results.Shard{Index: i + 1, Of: n}
		part.Header.Argv = []string{"mtbench", "run", "--shard", fmt.Sprintf("%d/%d", i+1, n)}
		if len(hosts) > 0 {
			part.Header.Host.Name = hosts[i%len(hosts)]
		}
		for _, r := range f.Runs {
			if slices.Contains(part.Header.Matrix.Cases(), r.Case()) {
				r.Index = len(part.Runs)
				part.Runs = append(part.Runs, r)
			}
		}
		part.Header.Matrix.Runs = len(part.Runs)
		files = append(files, part)
	}
	return files
}

// onDisk writes a joined file and reads it as every other is read.
func onDisk(t *testing.T, f *results.File) *results.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "merged.jsonl")
	if err := results.WriteWhole(path, f); err != nil {
		t.Fatal(err)
	}
	read, err := results.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// said is all that a file's pairs come to.
func said(f *results.File) string {
	var b strings.Builder
	for _, name := range []string{metric.EqualWorkTime, metric.TotalTime} {
		for _, c := range verdict.CompareAll(f, metric.Get(name)) {
			fmt.Fprintln(&b, name, c.Cell, c.State, c.Change, c.P, c.Adjusted, c.Tests, c.Floor(), c.N())
		}
	}
	return b.String()
}

// TestJoinIsTheWhole: of shards of one host, in any order, comes what the whole series says.
func TestJoinIsTheWhole(t *testing.T) {
	f := whole(t)
	want := said(f)
	if !strings.Contains(want, "4 threads") {
		t.Fatalf("the series says nothing:\n%s", want)
	}
	for _, n := range []int{1, 2, 3, 6} {
		parts := shards(f, n)
		slices.Reverse(parts)
		joined, err := merge.Join(parts)
		if err != nil {
			t.Fatal(err)
		}
		got := onDisk(t, joined)
		if said(got) != want {
			t.Errorf("%d shards say\n%s\nand the whole\n%s", n, said(got), want)
		}
		if len(got.Header.MissingParts()) > 0 || len(got.Header.Parts) != n ||
			got.Header.Matrix.Runs != len(f.Runs) || slices.Contains(got.Header.Argv, "--shard") {
			t.Errorf("%d shards: header %+v", n, got.Header)
		}
	}
}

// TestJoinKeepsHostsApart: the floor of a case is made of A/A pairs of its own host, as in its
// shard's own file, whatever another host's say.
func TestJoinKeepsHostsApart(t *testing.T) {
	parts := shards(whole(t), 3, "a", "b", "c")
	for i := range parts[1].Runs {
		if r := &parts[1].Runs[i]; r.AA && r.Side == "b" {
			r.TotalTimeMS *= 3
		}
	}
	joined, err := merge.Join(parts)
	if err != nil {
		t.Fatal(err)
	}
	got, m := onDisk(t, joined), metric.Get(metric.TotalTime)
	if len(got.Header.Hosts()) != 3 {
		t.Fatalf("%d hosts", len(got.Header.Hosts()))
	}
	for _, part := range parts {
		for _, c := range part.Header.Matrix.Cases() {
			if host := got.Header.HostOf(c).Name; host != part.Header.Host.Name {
				t.Errorf("%s is of host %s, and was made by %s", c, host, part.Header.Host.Name)
			}
			alone, joint := verdict.FloorOf(part, m, c), verdict.FloorOf(got, m, c)
			if alone.Pairs != joint.Pairs || alone.For(10) != joint.For(10) {
				t.Errorf("%s: the floor is %g of %d pairs, and %g of %d in the shard", c, joint.For(10),
					joint.Pairs, alone.For(10), alone.Pairs)
			}
		}
	}
}

// TestJoinMissing: a shard that is not there is named, and its cases have no verdict.
func TestJoinMissing(t *testing.T) {
	parts := shards(whole(t), 3)
	joined, err := merge.Join([]*results.File{parts[2], parts[0]})
	if err != nil {
		t.Fatal(err)
	}
	got := onDisk(t, joined)
	if m := got.Header.MissingParts(); len(m) != 1 || m[0].String() != "2/3" {
		t.Errorf("missing are %v", m)
	}
	for _, c := range verdict.CompareAll(got, metric.Get(metric.TotalTime)) {
		if slices.Contains(parts[1].Header.Matrix.Cases(), c.Cell) {
			t.Errorf("a case of the missing shard has a comparison: %s", c.Cell)
		}
	}
}

// TestJoinRefuses: what is not of one series, each with the key or the file that says so.
func TestJoinRefuses(t *testing.T) {
	for want, spoil := range map[string]func(f []*results.File){
		"scenario.memory_bytes": func(f []*results.File) { f[1].Header.Scenario.Memory *= 2 },
		"scenario.codec":        func(f []*results.File) { f[1].Header.Scenario.Codec = "zstd" },
		"binary_sha256":         func(f []*results.File) { f[1].Header.Binary = "c" },
		"seed (1, then 2)":      func(f []*results.File) { f[1].Header.Seed = 2 },
		"matrix.pairs":          func(f []*results.File) { f[1].Header.Matrix.Pairs = 6 },
		"matrix.models": func(f []*results.File) {
			f[1].Header.Matrix.Models = []string{"locked", "spmc"}
		},
		"go (go, then other)":   func(f []*results.File) { f[1].Header.Go = "other" },
		"is not a shard":        func(f []*results.File) { f[1].Header.Matrix.Shard = nil },
		"dealt out differently": func(f []*results.File) { f[1] = shards(whole(t), 2)[1] },
		"both shard 1/3":        func(f []*results.File) { *f[1] = *f[0]; f[1].SHA256 = "another" },
		"is given twice":        func(f []*results.File) { f[1] = f[0] },
		"merged already":        func(f []*results.File) { f[1].Header.Parts = []results.Part{{}} },
		"holds predicted":       func(f []*results.File) { f[1].Header.Kind = results.Predicted },
		"which shard 2/3 does":  func(f []*results.File) { f[1].Runs[3].Threads = 99 },
		"searches":              func(f []*results.File) { f[1].Frontier = make([]results.Frontier, 1) },
		"content_source.sha256 (absent, then x)": func(f []*results.File) {
			f[1].Header.ContentSource = &results.ContentSource{SHA256: "x"}
		},
	} {
		parts := shards(whole(t), 3)
		spoil(parts)
		_, err := merge.Join(parts)
		var no *merge.MismatchError
		if !errors.As(err, &no) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
