package results

import (
	"embed"
	"io/fs"
)

//go:embed baseline/calibrations
var baseline embed.FS

// BaselineCalibrations are the calibrations of the committed baseline's host, made between its
// rounds: the files of a directory.
func BaselineCalibrations() fs.FS {
	sub, err := fs.Sub(baseline, "baseline/calibrations")
	if err != nil {
		panic(err) // the path is a constant that is valid
	}
	return sub
}
