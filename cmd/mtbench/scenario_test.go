package main

import (
	"path/filepath"
	"testing"
)

// TestPredictedScenarioIsTheMeasured: a prediction and a run of the same flags are of the same scenario.
// What may differ is named here: a rate that is a multiple is of what each found one thread to compress,
// and the kernel's socket buffer is the host's.
func TestPredictedScenarioIsTheMeasured(t *testing.T) {
	dir := t.TempDir()
	calibrations, err := filepath.Abs("../../results/baseline/calibrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"run", "--pairs", "1", "--aa", "0%", "-o", "measured.jsonl"},
		{"predict", "--calibration", calibrations, "--cpus", "4", "--resamples", "1", "-o", "predicted.jsonl"},
	} {
		args = append(args, "--models", "locked", "--threads", "1", "--wait", "on", "--memory", "1MiB",
			"--vcpus", "1", "--dirty-rate", "0", "--max-bandwidth", "2x", "--downtime-limit", "1234us")
		if _, errs, status := mtbench(t, dir, args...); status != 0 {
			t.Fatalf("%v: status %d: %s", args, status, errs)
		}
	}
	measured := readFile(t, filepath.Join(dir, "measured.jsonl")).Header.Scenario
	predicted := readFile(t, filepath.Join(dir, "predicted.jsonl")).Header.Scenario
	if measured.SocketBuffer == 0 || predicted.SocketBuffer == 0 ||
		predicted.LinkBandwidth == 0 || predicted.MaxBandwidth == 0 {
		t.Errorf("a socket buffer or a rate is missing: measured %+v, predicted %+v", measured, predicted)
	}
	predicted.SocketBuffer = measured.SocketBuffer
	predicted.LinkBandwidth, predicted.MaxBandwidth = measured.LinkBandwidth, measured.MaxBandwidth
	if predicted != measured {
		t.Errorf("predicted %+v\nmeasured  %+v", predicted, measured)
	}
}
