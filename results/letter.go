package results

import (
	"bytes"
	_ "embed"
)

//go:embed baseline/published.jsonl
var letter []byte

// Letter is the table of the cover letter of 2018 as a file of kind [Published]: one run a case,
// with the figures that the letter prints and no others. CPU usage is in MainCPUPercent and
// WorkerCPUPercent, because without a total time there is no CPU time to make it from.
func Letter() (*File, error) {
	return ReadFrom(bytes.NewReader(letter), "results/baseline/published.jsonl")
}
