package workloads

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mtbench/internal/codec"
	"mtbench/internal/content"
	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
	"mtbench/results"
)

// The values of Scenario.Destination and Scenario.Machine.
const (
	Process    = "process" // a destination on the other end of a socket
	Discard    = "discard" // none: the stream is dropped at the pace of the link
	OtherHost  = "ssh://[user@]host[:port] or tcp://host[:port]"
	Kernel     = "kernel"    // threads are kernel threads
	Goroutines = "goroutine" // threads are goroutines
)

// Scenario is everything that one run needs to know, but for the builder of the model. It is plain
// data, so that it reaches the child processes as JSON. Zero values mean what each field says;
// Validate refuses the rest.
type Scenario struct {
	results.Scenario
	results.Cell
	Seed uint64 // of content, page stream and pattern

	// ContentSum is the SHA-256 that the pages of a content file must have; "" = any.
	ContentSum string

	Pins  thread.Pins // of this end; none: the kernel places the threads
	Nodes []int       // NUMA nodes for this end's guest memory; none: where it is touched

	// WorkTurns is how many turns of the work loop a nanosecond of computing is (the spin codec);
	// 0 = each machine measures it for itself.
	WorkTurns float64

	// TraceTo is the file that an end of the run leaves the trace of its threads in, for ReadTrace;
	// "" = none. Each end has its own; it must not exist yet.
	TraceTo string

	// Stored has the destination keep the whole stream first and load it when it has ended: no
	// decompression takes a CPU from the source then. It needs memory for the stream.
	Stored bool

	// StreamTo is a new file that a Stored stream is left in, in the form of QEMU's; "" = none.
	StreamTo string

	// PeerTimeout is how long either end waits for a sign of the other; 0 = DefaultPeerTimeout.
	PeerTimeout time.Duration
}

// Limits of a scenario.
const (
	MinMemory          = 64 << 10
	MaxMemory          = 1 << 40
	MaxVCPUs           = 512
	MaxRate            = 1e9 // page writes a second
	MaxLimit           = 24 * time.Hour
	DefaultPeerTimeout = 60 * time.Second

	// maxSilence is the longest that a link may hold the sender at once; the destination would
	// take a longer one for a source that has stopped.
	maxSilence = 20 * time.Second

	// maxWorkTurns is beyond any CPU: a turn is a chain of six operations.
	maxWorkTurns = 100

	// reserve is what a run needs beside guests and codec states, both processes together.
	reserve = 256 << 20
)

// SettingError says what is wrong with one setting of a scenario. Settings have the names of the
// command line's flags, without the dashes.
type SettingError struct {
	Setting string
	Msg     string // what was given and what would be right
}

func (e *SettingError) Error() string { return e.Setting + ": " + e.Msg }

func wrong(setting, format string, args ...any) error {
	return &SettingError{setting, fmt.Sprintf(format, args...)}
}

// of makes err, of a package that does not know who calls it, one of a setting.
func of(setting string, err error) error {
	if err == nil {
		return nil
	}
	return &SettingError{setting, err.Error()}
}

// Validate says what is wrong with sc, or nil: everything that is wrong, a sentence a line, each a
// *SettingError where it is of a setting.
func (sc Scenario) Validate() error {
	return errors.Join(
		sc.validateGuest(), sc.validateNumbers(), sc.validateLink(), sc.validateCodec(),
		FlushPolicy(sc.Flush).validate(), sc.sourceConfig().Check(), sc.validateWait(),
		sc.validateDestination(), sc.validateTrace(), sc.validateSides())
}

func (sc Scenario) validateWait() error {
	if msg := sc.Policy().Contradicts(sc.Wait); msg != "" {
		return wrong("wait", "%s", msg)
	}
	return nil
}

func (sc Scenario) validateTrace() error {
	switch {
	case sc.TraceTo == "":
		return nil
	case sc.Machine != Kernel:
		return wrong("trace", "only kernel threads are traced; leave --machine at %s", Kernel)
	case !sc.Account:
		return wrong("trace",
			"a trace is made of the account of each thread's time: it needs --account on")
	}
	return nil
}

func (sc Scenario) validateGuest() error {
	var bad []error
	if sc.Memory < MinMemory || sc.Memory > MaxMemory || sc.Memory%PageSize != 0 {
		bad = append(bad, wrong("memory", "%s; it is a multiple of %s between %s and %s",
			results.ExactSize(sc.Memory), results.ExactSize(PageSize), results.ExactSize(MinMemory),
			results.ExactSize(MaxMemory)))
	}
	if sc.VCPUs < 1 || sc.VCPUs > MaxVCPUs {
		bad = append(bad, wrong("vcpus", "%d is not between 1 and %d", sc.VCPUs, MaxVCPUs))
	}
	if !slices.Contains(Patterns(), sc.Pattern) {
		bad = append(bad, wrong("pattern", "%q is unknown; there are %s", sc.Pattern,
			strings.Join(Patterns(), ", ")))
	}
	if sc.WriteBytes < 8 || sc.WriteBytes > PageSize || sc.WriteBytes%8 != 0 {
		bad = append(bad, wrong("write-bytes", "%d; it is a multiple of 8 between 8 and %d",
			sc.WriteBytes, PageSize))
	}
	err := content.Check(sc.Content)
	return errors.Join(append(bad, of("content", err))...)
}

func (sc Scenario) validateNumbers() error {
	var bad []error
	if !(sc.DirtyRate >= 0 && sc.DirtyRate <= MaxRate) {
		bad = append(bad, wrong("dirty-rate", "%g page writes/s is not between 0 and %g",
			sc.DirtyRate, float64(MaxRate)))
	}
	if !(sc.MaxBandwidth >= 0 && sc.MaxBandwidth <= 1e15) {
		bad = append(bad, wrong("max-bandwidth", "%g bytes/s is neither 0 (unlimited) nor between 0 "+
			"and 1e15", sc.MaxBandwidth))
	}
	if sc.DowntimeLimit < 0 || time.Duration(sc.DowntimeLimit) > time.Hour {
		bad = append(bad, wrong("downtime-limit", "%v is not between 0s and 1h", sc.DowntimeLimit))
	}
	if sc.Limit <= 0 || time.Duration(sc.Limit) > MaxLimit {
		bad = append(bad, wrong("limit", "%v; the bound of a run is above 0s, at most %gh", sc.Limit,
			MaxLimit.Hours()))
	}
	if !(sc.WorkTurns >= 0 && sc.WorkTurns <= maxWorkTurns) {
		bad = append(bad, fmt.Errorf("%g turns of the work loop a nanosecond: it must be 0 (measured "+
			"by each process) or up to %d", sc.WorkTurns, maxWorkTurns))
	}
	if sc.PeerTimeout < 0 {
		bad = append(bad, fmt.Errorf("a peer timeout of %v: it must not be negative", sc.PeerTimeout))
	}
	return errors.Join(bad...)
}

func (sc Scenario) validateLink() error {
	if err := link.Check(sc.LinkBandwidth, 1); err != nil {
		return of("link-bandwidth", err)
	}
	if sc.LinkBandwidth > 0 && (sc.LinkBurst < 1 || sc.LinkBurst > link.MaxBurst) {
		return wrong("link-burst", "%s is not between 1 byte and %s", results.ExactSize(sc.LinkBurst),
			results.ExactSize(link.MaxBurst))
	}
	if hold := time.Duration(float64(sc.LinkBurst) / sc.LinkBandwidth * 1e9); sc.LinkBandwidth > 0 &&
		(hold > maxSilence || hold < 0) {
		return wrong("link-burst", "%s at a link bandwidth of %.0f bytes/s hold the sender for %v at "+
			"once; at most %v makes sense", results.ExactSize(sc.LinkBurst), sc.LinkBandwidth, hold,
			maxSilence)
	}
	if sc.SocketBuffer < 0 || sc.SocketBuffer > 1<<30 {
		return fmt.Errorf("a socket buffer of %d bytes: it must be 0 (the kernel's) or up to %d",
			sc.SocketBuffer, 1<<30)
	}
	return nil
}

func (sc Scenario) validateCodec() error {
	c, err := codec.Lookup(sc.Codec)
	if err != nil {
		return of("codec", err)
	}
	lo, hi, _ := c.Levels()
	switch {
	case sc.Level >= lo && sc.Level <= hi:
		return nil
	case lo == hi:
		return wrong("level", "%d; codec %s has no levels: leave it out", sc.Level, sc.Codec)
	}
	return wrong("level", "%d; codec %s has the levels %d to %d", sc.Level, sc.Codec, lo, hi)
}

func (sc Scenario) validateDestination() error {
	if sc.Machine != Kernel && sc.Machine != Goroutines {
		return wrong("machine", "%q is unknown; there are %s and %s", sc.Machine, Kernel, Goroutines)
	}
	if sc.Destination == Discard {
		return nil
	}
	if sc.Destination == Process || sc.Far() {
		if n := sc.DecompressThreads; n < 1 || n > models.MaxThreads {
			return wrong("decompress-threads", "%d is not between 1 and %d", n, models.MaxThreads)
		}
		return sc.destinationConfig().Check()
	}
	return wrong("destination", "%q is unknown; there are %s, %s and %s for another host",
		sc.Destination, Process, Discard, OtherHost)
}

// MemoryNeeded is the most bytes that all processes of the run can need: guest memory, what the
// requests hold at either end, and the reserve.
func (sc Scenario) MemoryNeeded() int64 {
	return sc.sourceNeeds() + sc.destinationNeeds() + reserve
}

// SourceNeeds is the part of MemoryNeeded that the source's host must have with the destination on
// another.
func (sc Scenario) SourceNeeds() int64 { return sc.sourceNeeds() + reserve }

// DestinationNeeds is the part of MemoryNeeded that the destination's host must have.
func (sc Scenario) DestinationNeeds() int64 { return sc.destinationNeeds() + reserve }

// ProcessNeeds is the most bytes that one process of the run can need.
func (sc Scenario) ProcessNeeds() int64 {
	return max(sc.sourceNeeds(), sc.destinationNeeds()) + reserve
}

// sourceNeeds is the source's part of MemoryNeeded, 0 for a codec that Validate refuses.
func (sc Scenario) sourceNeeds() int64 {
	c, err := codec.Lookup(sc.Codec)
	if err != nil {
		return 0
	}
	need := sc.endNeeds(sc.requestsNeed(sc.Threads, c.StateBytes(sc.Level)),
		sc.Threads+sc.VCPUs+1)
	if sc.DestinationAlone() {
		need += sc.Memory + sc.Memory/64 // the recording
	}
	return need
}

// destinationNeeds is the destination's part of MemoryNeeded.
func (sc Scenario) destinationNeeds() int64 {
	c, err := codec.Lookup(sc.Codec)
	if err != nil || sc.Destination == Discard {
		return 0
	}
	need := sc.endNeeds(sc.requestsNeed(sc.DecompressThreads, c.DecoderBytes()),
		sc.DecompressThreads+1)
	if sc.stores() {
		need += sc.Memory + sc.Memory/64
	}
	return need
}

// jobBytes is what a request holds beside the state of its codec, and bareBytes what is touched of
// that where the model has a hundred requests a thread.
const (
	jobBytes  = PageSize + wire.BufferSize + 4096
	bareBytes = 3 * PageSize
)

// deepest is the most requests a thread that a model has where no depth is asked for.
const deepest = 128

// requestsNeed is what the requests of any model need at one end, whose states take so many bytes
// each: a state a request and few of them, or a state a worker and many.
func (sc Scenario) requestsNeed(threads int, state int64) int64 {
	few := (sc.requests(threads) + 1) * (state + jobBytes)
	many := int64(threads+1) * (state + deepest*bareBytes)
	if sc.CodecState == results.StateOfRequest && sc.Depth == 0 {
		many = int64(threads+1) * deepest * (state + bareBytes)
	}
	return max(few, many)
}

// endNeeds is what one end needs whose requests hold so many bytes: the guest, and its trace as it
// is kept and as it is written.
func (sc Scenario) endNeeds(requests int64, threads int) int64 {
	need := sc.Memory + requests
	if sc.TraceTo != "" {
		need += 4 * traceBytes(threads)
	}
	return need
}

// StatePlace is where the models are told to have codec states.
func StatePlace(s results.CodecState) models.StatePlace {
	switch s {
	case results.StateOfWorker:
		return models.PerWorker
	case results.StateOfRequest:
		return models.PerRequest
	}
	return models.OwnPlace
}

// requests is the most requests that any model preallocates for so many threads.
func (sc Scenario) requests(threads int) int64 {
	depth := sc.Depth
	if depth == 0 {
		depth = 4
	}
	return int64(depth) * int64(threads)
}

func (sc Scenario) sourceConfig() models.Config {
	return models.Config{
		Threads: sc.Threads, Wait: sc.Wait, Side: models.Source, Name: "compress",
		Depth: sc.Depth, PollBudget: sc.PollBudget, RoundRobin: sc.RoundRobin, Batch: sc.Batch,
		State: StatePlace(sc.CodecState),
	}
}

func (sc Scenario) destinationConfig() models.Config {
	c := sc.sourceConfig()
	c.Threads, c.Wait, c.Side, c.Name = sc.DecompressThreads, true, models.Destination, "decompress"
	return c
}

func (sc Scenario) settings() Settings {
	return Settings{
		MaxBandwidth: sc.MaxBandwidth, DowntimeLimit: time.Duration(sc.DowntimeLimit),
		Flush: FlushPolicy(sc.Flush), Limit: time.Duration(sc.Limit), WhenFull: sc.Policy(),
	}
}

func (sc Scenario) timeout() time.Duration {
	switch {
	case sc.PeerTimeout != 0:
		return sc.PeerTimeout
	case sc.DestinationAlone():
		return DefaultPeerTimeout + time.Duration(sc.Limit) // its source waits for all of the run
	}
	return DefaultPeerTimeout
}

// machine makes the machine of one end, for so many threads beside the first.
func (sc Scenario) machine(threads int) thread.Machine {
	o := sc.threadOptions(threads + 1)
	if sc.Machine == Goroutines {
		return thread.NewGoroutines(o)
	}
	return thread.NewKernel(o)
}

func (sc Scenario) threadOptions(most int) thread.Options {
	o := thread.Options{
		Pin: sc.Pins, Sealed: sc.Sealed, Account: sc.Account, Counters: sc.Counters,
		MaxThreads: most, TurnsPerNS: sc.WorkTurns,
	}
	if sc.TraceTo != "" {
		o.Trace = traceEvents
	}
	return o
}
