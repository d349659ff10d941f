package reporttest

import (
	"mtbench/results"
)

// harmful is a string that would do harm in a page, a picture or a terminal.
const harmful = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\x1b[31m\u202e\x00&]]>"

// HarmfulFile has it in every string that a report shows.
func HarmfulFile() *results.File {
	s := SmallSynth()
	s.Models = []string{"locked", harmful}
	f := s.File()
	h := &f.Header
	f.Path = "/tmp/" + harmful + ".jsonl"
	h.Version, h.Revision, h.Go, h.Argv = harmful, harmful, harmful,
		[]string{harmful, "javascript:alert(3)"}
	h.Host.Name, h.Host.CPUModel, h.Host.Kernel = harmful, harmful, harmful
	h.Scenario.Codec, h.Scenario.Content, h.Scenario.Pattern = harmful, harmful, harmful
	h.Notes = []string{harmful}
	for i := range f.Runs {
		r := &f.Runs[i]
		r.EndReason, r.Side, r.Noise.Grade = harmful, harmful, harmful
		for j := range r.ThreadUsage {
			r.ThreadUsage[j].StatesMS.Set(harmful, 1)
		}
	}
	f.Failed = []results.Failed{{Cell: results.Cell{Model: harmful}, Class: harmful,
		Reason: harmful, Stderr: harmful}}
	return f
}
