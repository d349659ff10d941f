package main

import (
	"runtime/debug"
)

const release = "0.1.0"

// version is the release and the revision it was built from, as the build recorded it.
func version() string {
	if rev := revision(); rev != "" {
		return release + " (" + rev + ")"
	}
	return release
}

// revision is the source's revision, with a + if the tree was changed; empty for `go run`.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var rev, dirty string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+"
		}
	}
	if len(rev) > 12 {
		rev = rev[:12]
	}
	return rev + dirty
}
