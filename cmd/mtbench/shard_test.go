package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mtbench/results"
)

// TestShardValue reads shards as the flag and the environments of array jobs give them.
func TestShardValue(t *testing.T) {
	for _, c := range []struct{ text, env, want string }{
		{"2/3", "", "2/3"},
		{"0/3", "", "the shards of 3 are 1 to 3"},
		{"4/3", "", "the shards of 3 are 1 to 3"},
		{"1/0", "", "a series has 1 to"},
		{"1/999999999999999999999", "", "is not a shard"},
		{"half", "", "is not a shard"},
		{"auto", "", "this is not an array job"},
		{"auto", "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=4", "2/4"},
		{"auto", "SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=4", "1/4"},
		{"auto", "SLURM_ARRAY_TASK_ID=12 SLURM_ARRAY_TASK_MIN=4 SLURM_ARRAY_TASK_STEP=4 " +
			"SLURM_ARRAY_TASK_COUNT=3", "3/3"},
		{"auto", "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3",
			"SLURM_ARRAY_TASK_ID=7 of 3"},
		{"auto", "SLURM_ARRAY_TASK_ID=x SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3", "is not a number"},
		{"auto", "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_MIN is not set"},
		{"auto/4", "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3",
			"SLURM_ARRAY_TASK_COUNT=3"},
		{"auto/8", "JOB_COMPLETION_INDEX=0", "1/8"},
		{"auto/8", "JOB_COMPLETION_INDEX=7", "8/8"},
		{"auto/8", "JOB_COMPLETION_INDEX=8", "JOB_COMPLETION_INDEX=8 of 8"},
		{"auto", "JOB_COMPLETION_INDEX=0", "does not say how many"},
		{"auto", "CI_NODE_INDEX=2 CI_NODE_TOTAL=3", "2/3"},
		{"auto/x", "", "is not a shard"},
		{"auto8", "", "is not a shard"},
	} {
		var shard *results.Shard
		v := shardValue{&shard, func(name string) (string, bool) {
			for _, set := range strings.Fields(c.env) {
				if value, ok := strings.CutPrefix(set, name+"="); ok {
					return value, true
				}
			}
			return "", false
		}}
		got := ""
		if err := v.Set(c.text); err != nil {
			got = err.Error()
		} else {
			got = shard.String()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("--shard %s with %s: %s; not %s", c.text, c.env, got, c.want)
		}
	}
}

// shard are the flags of a shard of a series of two small cases.
func shard(more ...string) []string {
	return append([]string{"run", "--threads", "1,2", "--wait", "on", "--pairs", "2", "--aa", "0%",
		"--reruns", "0", "--memory", "4MiB", "--vcpus", "2", "--dirty-rate", "100", "--limit", "20s",
		"--link-bandwidth", "50MiB", "--downtime-limit", "1.5ms"}, more...)
}

// TestShardMerge measures a series in two shards, one of them named by the environment, and joins
// them.
func TestShardMerge(t *testing.T) {
	dir := t.TempDir()
	if _, errs, status := mtbench(t, dir, shard("--shard", "1/2")...); status != statusOK {
		t.Fatalf("status %d: %s", status, errs)
	}
	second := exec.Command(binary, shard("-o", "two.jsonl")...)
	second.Dir, second.Env = dir, append(os.Environ(), shardVariable+"=2/2")
	if out, err := second.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const one = "mtbench-shard-1-of-2.jsonl"
	expect := func(want int, words string, args ...string) {
		t.Helper()
		out, errs, status := mtbench(t, dir, args...)
		if status != want || !strings.Contains(out+errs, words) {
			t.Errorf("mtbench %s: status %d, not %d with %q: %s%s", strings.Join(args, " "), status, want,
				words, out, errs)
		}
	}
	expect(statusOK, "8 runs and 0 failed, of 2 of 2 shards, by 1 host", "merge", "two.jsonl", one,
		"-o", "whole.jsonl")
	expect(statusOK, "1-on", "report", "whole.jsonl", "--only", "shards")
	expect(statusOK, "This file is shard 1/2", "report", one, "--only", "shards")
	expect(statusUsage, "merged of shards", "run", "--resume", "whole.jsonl")
	expect(statusUsage, "exists already", "merge", "two.jsonl", one, "-o", "whole.jsonl")
	expect(statusEvidence, "shard 1/2 is missing", "merge", "two.jsonl", "-o", "half.jsonl")
	expect(statusOK, "MISSING", "report", "half.jsonl", "--only", "shards")
	expect(statusIncomparable, "merged already", "merge", "two.jsonl", "whole.jsonl", "-o", "x.jsonl")
	expect(statusIncomparable, "given twice", "merge", one, one, "-o", "x.jsonl")
	expect(statusUsage, "--output", "merge", one)
	expect(statusUsage, "at most as many shards", shard("--shard", "1/3")...)
	expect(statusUsage, "give --memory", "run", "--shard", "1/2")
	if _, err := os.Stat(filepath.Join(dir, "x.jsonl")); err == nil {
		t.Error("a refused merge left a file")
	}
	f := readFile(t, filepath.Join(dir, "whole.jsonl"))
	seen := map[int]bool{}
	for _, r := range f.Runs {
		seen[r.Index] = true
	}
	if len(seen) != 8 || f.Header.Matrix.Runs != 8 || f.Header.Seed != shardSeed {
		t.Errorf("%d indexes, %d runs, seed %d", len(seen), f.Header.Matrix.Runs, f.Header.Seed)
	}
}

// TestShardUnfinished: a shard that was cut short is named when it is merged.
func TestShardUnfinished(t *testing.T) {
	dir := t.TempDir()
	if _, errs, status := mtbench(t, dir, shard("--shard", "1/1", "-o", "s.jsonl")...); status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	text, err := os.ReadFile(filepath.Join(dir, "s.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	cut := strings.Join(lines[:4], "") + lines[4][:100]
	if err := os.WriteFile(filepath.Join(dir, "s.jsonl"), []byte(cut), 0o644); err != nil {
		t.Fatal(err)
	}
	_, errs, status := mtbench(t, dir, "merge", "s.jsonl", "-o", "w.jsonl")
	if status != statusEvidence || !strings.Contains(errs, "shard 1/1 has 3 of 8 runs") {
		t.Errorf("status %d: %s", status, errs)
	}
}
