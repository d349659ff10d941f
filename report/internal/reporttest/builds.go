package reporttest

import "mtbench/results"

// BuildsFile is a series of two builds, old and new: new is faster at 8 threads, in each of the
// models alike.
func BuildsFile(models ...string) *results.File {
	s := Synth{Models: []string{"locked", "lockless"}, Threads: []int{1, 8}, Pairs: 12,
		Codec: "zlib", Service: 18, Cpus: 2, Gain: 1.3}
	f := s.File()
	runs := f.Runs
	f.Runs = nil
	for _, model := range models {
		for _, r := range runs {
			r.Index = len(f.Runs)
			r.Build = map[string]string{"locked": "old", "lockless": "new"}[r.Model]
			r.Model = model
			f.Runs = append(f.Runs, r)
		}
	}
	f.Path = "some/where/builds.jsonl"
	m := &f.Header.Matrix
	m.Models, m.Runs = models, len(f.Runs)
	m.Builds = []results.Build{{Name: "old", File: "mtbench-old", ID: results.ID{Revision: "c0ba85b"}},
		{Name: "new", File: "mtbench-new", ID: results.ID{Revision: "d1cb96c"}}}
	return f
}
