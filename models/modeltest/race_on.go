//go:build race

package modeltest

// RaceDetector says whether this build has the race detector.
const RaceDetector = true
