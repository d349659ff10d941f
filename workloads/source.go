package workloads

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/codec"
	"mtbench/internal/content"
	"mtbench/internal/link"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/models"
	"mtbench/results"
)

// RunSource is one run: it migrates a guest of its own over ends, has the destination's memory
// compared with its own afterwards, and returns the record, in which the noise and the run's place
// in its series are left to the caller. With sc.Destination Discard there is nobody at the other
// end. A run that did not complete is a record, not an error; other memory is a *MemoryDiffers.
func RunSource(sc Scenario, build models.Builder, ends Ends) (*results.Run, error) {
	defer sc.holdCollector()()
	return sc.runSource(build, ends)
}

// source is the near end of a run.
type source struct {
	Scenario
	ends    Ends
	ctl     control
	peer    int // pid of the destination
	mem     *Memory
	log     *DirtyLog
	gen     content.Generator
	link    *link.Link
	stream  *hostStream
	jobs    *compression
	machine thread.Machine
	writers *Writers // nil where nobody writes

	recording *content.Recording // what is sent of a destination alone, else nil

	control   time.Duration // of a page, before the model was built
	outcome   Outcome
	collector collections
}

func (sc Scenario) runSource(build models.Builder, ends Ends) (*results.Run, error) {
	s := &source{Scenario: sc, ends: ends}
	if err := s.prepare(); err != nil {
		return nil, s.giveUp(err)
	}
	defer s.mem.Unmap()
	started := time.Now()
	if err := s.send(build); err != nil {
		return nil, s.giveUp(err)
	}
	if err := errors.Join(leaveWords(s.machine), leaveTrace(s.TraceTo, s.machine)); err != nil {
		return nil, s.giveUp(err)
	}
	run := s.record(started)
	if sc.Destination == Discard {
		run.UnverifiedReason = "the stream was discarded"
		return run, nil
	}
	if err := s.verify(run); err != nil {
		return nil, err
	}
	return run, nil
}

// prepare makes everything that is made before the measured time, and waits until the destination
// stands ready.
func (s *source) prepare() error {
	if err := s.Validate(); err != nil {
		return err
	}
	c, err := codec.Lookup(s.Codec)
	if err != nil {
		return err
	}
	if s.gen, err = s.pages(); err != nil {
		return err
	}
	if s.recording, err = s.recorded(); err != nil {
		return err
	}
	if err := s.connect(); err != nil {
		return err
	}
	if s.mem, err = mapGuest(s.Scenario); err != nil {
		return err
	}
	s.mem.Fill(s.gen)
	s.log = NewDirtyLog(s.mem.Pages())
	s.stream = &hostStream{Stream: wire.NewStream(s.link), mem: s.mem}
	s.jobs = &compression{mem: s.mem, codec: c, level: s.Level, stream: s.stream}
	if s.Destination == Discard {
		s.jobs.shaping = s.workerLink
	}
	s.machine = s.Scenario.machine(s.Threads + s.VCPUs)
	if err := s.meet(); err != nil {
		return err
	}
	s.control, err = s.pace()
	return err
}

// workerLink is the link of one worker of the ideal baseline: its share of the whole.
func (s *source) workerLink() *link.Link {
	return WorkerLink(s.LinkBandwidth, s.LinkBurst, s.Threads)
}

// WorkerLink is the part of a link that one of so many workers has for itself.
func WorkerLink(bandwidth float64, burst int64, workers int) *link.Link {
	n := int64(workers)
	return link.NewDiscard(bandwidth/float64(n), max(1, burst/n))
}

func (s *source) connect() error {
	if s.Destination == Discard {
		s.link = link.NewDiscard(s.LinkBandwidth, s.LinkBurst)
		return nil
	}
	var err error
	if s.ctl, err = newControl(s.ends.Control, s.timeout()); err != nil {
		return err
	}
	if err := link.SetTimeouts(s.ends.Data, s.timeout(), s.timeout()); err != nil {
		return err
	}
	if _, err := link.SetSendBuffer(s.ends.Data, s.SocketBuffer); err != nil {
		return err
	}
	if s.Far() {
		if err := link.SetNoDelay(s.ends.Data); err != nil {
			return err
		}
	}
	s.link = link.NewSocket(s.ends.Data, s.LinkBandwidth, s.LinkBurst)
	return nil
}

func (s *source) meet() error {
	if s.Destination == Discard {
		return nil
	}
	var h hello
	if err := s.ctl.receive(&h); err != nil {
		return fmt.Errorf("waiting for the destination: %w", err)
	}
	if h.Error != "" {
		s.ctl = control{} // it has said all that it will
		return fmt.Errorf("the destination: %s", h.Error)
	}
	s.peer = h.PID
	return nil
}

// send brings the guest to the destination.
func (s *source) send(build models.Builder) error {
	if s.recording != nil {
		return s.replay()
	}
	return s.migrate(build)
}

// migrate runs the migration thread, and ends the stream behind it.
func (s *source) migrate(build models.Builder) error {
	m := s.machine
	var failed error
	err := m.Run("live_migration", func(t thread.Thread) {
		store := newHostStore(s.mem, s.gen, s.WriteBytes)
		s.writers, failed = StartWriters(m, t, s.vcpus(), s.log, store, s.mem.Pages())
		if failed != nil {
			return
		}
		before := readCollections()
		s.outcome, failed = Migrate(t, s.world(build), s.settings())
		s.collector = readCollections().since(before)
		s.writers.Join(t)
		if failed == nil && s.Destination != Discard {
			s.stream.End(t)
			failed = s.stream.Err()
		}
	})
	return errors.Join(failed, err)
}

func (s *source) world(build models.Builder) World {
	return World{
		Machine: s.machine, Guest: &hostGuest{s.mem, s.log, s.writers},
		Stream: s.stream, Jobs: s.jobs,
		Build: func(t thread.Thread) (models.Pipeline, error) {
			return build(s.machine, t, s.sourceConfig(), s.jobs)
		},
	}
}

func (s *source) vcpus() VCPUs {
	return VCPUs{Count: s.VCPUs, Rate: s.DirtyRate, Pattern: s.Pattern, Seed: s.Seed}
}

// giveUp tells the destination, frees it from waiting for the stream, and adds what it has to say.
func (s *source) giveUp(failed error) error {
	if s.ctl.timeout == 0 {
		return failed
	}
	s.ctl.lastWords()
	_ = s.ctl.send(answer{Error: failed.Error()})
	_ = unix.Shutdown(s.ends.Data, unix.SHUT_RDWR)
	var far arrival
	if s.ctl.receive(&far) == nil && far.Error != "" && !strings.Contains(failed.Error(), far.Error) {
		return fmt.Errorf("%w (the destination: %s)", failed, far.Error)
	}
	return failed
}

// verify hears the destination's report and compares the memories.
func (s *source) verify(run *results.Run) error {
	var far arrival
	err := s.ctl.receive(&far)
	if err != nil {
		err = fmt.Errorf("waiting for the destination's report: %w", err)
	} else if far.Error != "" {
		err = fmt.Errorf("the destination: %s", far.Error)
	}
	if err != nil {
		_ = s.ctl.send(answer{Error: err.Error()}) // it waits for a word before it ends
		return err
	}
	s.hear(run, &far)
	if s.Far() {
		if run.TCP, err = s.connection(far.ReceiveBuffer); err != nil {
			return err
		}
	}
	if s.Far() || s.peer != os.Getpid() { // ids of another host's processes are not ours
		run.PeakMemoryBytes += far.Peak
	}
	run.Self = selfInflicted(run.ThreadUsage, s.collector)
	if !run.Completed {
		run.UnverifiedReason = "the migration did not complete"
		return s.ctl.send(answer{})
	}
	if err := s.counted(&far); err != nil {
		_ = s.ctl.send(answer{Error: err.Error()})
		return err
	}
	if err := s.ctl.send(answer{Send: !s.Far(), Hash: s.Far()}); err != nil {
		return err
	}
	compare := s.ctl.compare
	if s.Far() {
		compare = s.ctl.compareHashes
	}
	digest, err := compare(s.mem)
	if err != nil {
		_ = s.ctl.send(answer{Error: err.Error()})
		return err
	}
	equal := true
	run.Verified, run.MemoryFingerprint = &equal, digest
	return s.ctl.send(answer{})
}

// counted compares what was sent with what came.
func (s *source) counted(far *arrival) error {
	if want := s.outcome.Counts.Pages(); far.Pages != want {
		return &PagesLost{want, far.Pages}
	}
	if sent := s.link.Bytes(); far.Bytes != sent {
		return fmt.Errorf("the source sent %d bytes and the destination read %d", sent, far.Bytes)
	}
	return nil
}

// connection is the stream's TCP connection at the end of the run.
func (s *source) connection(receiveBuffer int) (*results.TCP, error) {
	state, err := link.ReadTCP(s.ends.Data)
	if err != nil {
		return nil, err
	}
	return &results.TCP{NoDelay: state.NoDelay, Congestion: state.Congestion,
		SendBuffer: state.SendBuffer, ReceiveBuffer: receiveBuffer, MSS: state.MSS,
		RTTMS: results.MS(state.RTT), Retransmits: state.Retransmits}, nil
}
