package series

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"mtbench/internal/host"
	"mtbench/internal/peer"
	"mtbench/internal/thread"
	"mtbench/results"
	"mtbench/workloads"
)

// What two hosts say to each other. Both introduce themselves; then the source's asks for runs, one
// at a time.

// hostProtocol is the version of these messages, and of the frames that they go in. Whoever changes
// one counts it up.
//
//   - 3: either side says why it ends the conversation; a secret that both derive is not told.
const hostProtocol = 3

// introduction is what either host says first.
type introduction struct {
	Protocol, Schema                         int
	Version, Revision, Go, Platform, Program string // Program: its SHA-256 in hex
	Exploring                                bool

	// The destination's alone.
	Refusal string // why there is no conversation; the rest is empty then
	Host    results.Host
	Boot    string // names the running kernel: two ends with one are on one machine
	Address string // where its gate listens
	Bounds  []host.MemoryBound
}

// request is what the source's host asks for: one of these.
type request struct {
	Begin *begin
	Stop  *stop
	Bye   string // the conversation ends, for this reason
}

// begin asks for the destination's half of a run.
type begin struct {
	Secret   *peer.Secret // of the stream; nil where both hosts derive it
	Probe    bool         // only to see whether the stream would come through
	Scenario workloads.Scenario
}

// stop asks for the end of a run. A process that hangs says first where it is.
type stop struct{ Hangs bool }

// reply is what the destination's host says of a run: that it listens, and how it ended; or, of
// none, why it ends the conversation.
type reply struct {
	Listens bool
	Ended   *ended
	Bye     string
}

// farewell is why the source's host ended the conversation, in its own words.
type farewell string

func (f farewell) Error() string { return string(f) }

// ended is the destination's half of a run that is over.
type ended struct {
	Outcome outcome
	Words   string // what its process wrote to standard error
	Noise   results.Noise
	CPU     time.Duration // of all its processes
}

// introduce is how this program introduces itself.
func introduce(b Build) (introduction, error) {
	sum, err := BinarySum()
	return introduction{
		Protocol: hostProtocol, Schema: results.Schema, Version: b.Version, Revision: b.Revision,
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Program: sum,
		Exploring: thread.Exploring,
	}, err
}

// agree says in what theirs does not go with ours, from our side; nil if it does.
func (ours *introduction) agree(theirs *introduction, who string) error {
	var bad []string
	for _, k := range []struct{ what, ours, theirs string }{
		{"protocol", fmt.Sprint(ours.Protocol), fmt.Sprint(theirs.Protocol)},
		{"schema", fmt.Sprint(ours.Schema), fmt.Sprint(theirs.Schema)},
		{"version", ours.Version, theirs.Version},
		{"revision", ours.Revision, theirs.Revision},
		{"platform", ours.Platform, theirs.Platform},
	} {
		if k.ours != k.theirs {
			bad = append(bad, fmt.Sprintf("%s %q (here %q)", k.what, clip(k.theirs), k.ours))
		}
	}
	if ours.Revision == "" && theirs.Revision == "" && ours.Program != theirs.Program {
		bad = append(bad, "another program, and neither tells its revision")
	}
	if theirs.Exploring || ours.Exploring {
		bad = append(bad, "a build that explores schedules (tag explore)")
	}
	if bad == nil {
		return nil
	}
	return fmt.Errorf("the mtbench at the %s has %s: both ends must be one build", who,
		strings.Join(bad, ", "))
}

// clip bounds what another host says before it is shown.
func clip(s string) string {
	const most = 80
	return s[:min(len(s), most)]
}

// bootID names the running kernel; "" if it does not tell.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// halfOf is the scenario of the destination's half of a run on another host: that host's own work
// loop, and no content. The destination never makes any, and the path of a file is nobody's
// business there.
func halfOf(sc workloads.Scenario) workloads.Scenario {
	sc.Content, sc.ContentSum, sc.WorkTurns, sc.TraceTo = "zero", "", 0, ""
	return sc
}

// DestinationLost is why a series ended whose destination's host is not there any more. What was
// finished is kept.
type DestinationLost struct {
	Target peer.Target
	Reason error
}

func (e *DestinationLost) Error() string {
	return fmt.Sprintf("the destination %v is lost: %v", e.Target, e.Reason)
}

func (e *DestinationLost) Unwrap() error { return e.Reason }

// NotBegun is why a series is not gone on with now: its destination is not come to, or not the
// same, or a host has not the memory. No run was made.
type NotBegun struct{ Reason error }

func (e *NotBegun) Error() string { return e.Reason.Error() }

func (e *NotBegun) Unwrap() error { return e.Reason }
