//go:build race

package codec

// raceBuild says that the race detector is on, under which the tests do less: there is no
// concurrency here for it to look at.
const raceBuild = true
