//go:build race

package workloads

// raceDetector: the libraries' pools drop what they are given under it, and allocate anew.
const raceDetector = true
