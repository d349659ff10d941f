package workloads

import (
	"errors"
	"fmt"

	"mtbench/internal/content"
	"mtbench/internal/qemustream"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/results"
)

// RecordedCodec is what the compressed pages of a recorded stream are compressed with.
const RecordedCodec = "zlib"

// stores reports whether the destination keeps the whole stream before it loads it.
func (sc Scenario) stores() bool { return sc.Stored || sc.DestinationAlone() }

func (sc Scenario) validateSides() error {
	const side = results.DestinationSide
	switch {
	case sc.Sides == "":
		return nil
	case !sc.DestinationAlone():
		return wrong("sides", "%q is unknown; there is %s, or leave it out for both", sc.Sides, side)
	case sc.Destination == Discard:
		return wrong("sides", "the destination alone cannot be measured where the stream is discarded; "+
			"leave --destination out")
	case sc.Codec != RecordedCodec:
		return wrong("sides", "the pages of a recorded stream are compressed with %s; leave --codec %s "+
			"out", RecordedCodec, sc.Codec)
	case sc.DirtyRate != 0:
		return wrong("sides", "nobody writes the guest of a recorded stream; take --dirty-rate 0")
	}
	return nil
}

// recorded is what the source of a destination alone sends; nil of any other run.
func (sc Scenario) recorded() (*content.Recording, error) {
	if !sc.DestinationAlone() {
		return nil, nil
	}
	path, ok := content.StreamPath(sc.Content)
	if !ok {
		return nil, wrong("sides", "the destination alone is fed with a recorded stream; add --replay "+
			"FILE")
	}
	r, err := content.ReadRecording(path)
	if err == nil && int64(r.Pages())*PageSize != sc.Memory {
		err = fmt.Errorf("it has %d pages and the guest %d", r.Pages(), sc.Memory/PageSize)
	}
	if err != nil {
		return nil, fmt.Errorf("the stream %s: %w", path, err)
	}
	return r, nil
}

// replay sends the recorded stream as it is: nothing is compressed, and no figure is taken.
func (s *source) replay() error {
	var failed error
	err := s.machine.Run("replay", func(t thread.Thread) {
		s.machine.OpenBracket(t)
		failed = s.sendRecorded(t)
		s.machine.ShutBracket(t)
	})
	s.outcome.End, s.outcome.Emitted = EndCompleted, s.stream.Emitted()
	return errors.Join(failed, err)
}

func (s *source) sendRecorded(t thread.Thread) error {
	out := wire.NewOutput()
	s.stream.Open(t)
	for page := range s.mem.Pages() {
		if err := s.sendRecord(t, page, out); err != nil {
			return err
		}
		if err := s.stream.Err(); err != nil {
			return err
		}
	}
	s.stream.EOS(t)
	s.stream.End(t)
	return s.stream.Err()
}

// sendRecord sends the record of a page. The first page carries the name of the block, which the
// record of a compressed one has no place for: such a page goes out raw.
func (s *source) sendRecord(t thread.Thread, page int, out *wire.Output) error {
	counts, first := &s.outcome.Counts, page == 0
	kind, payload := s.recording.Page(page)
	switch {
	case kind == qemustream.Zero:
		s.stream.Zero(t, page, first)
		counts.Zero++
	case kind == qemustream.Raw || first:
		s.stream.Raw(t, page, first)
		counts.Raw++
	default:
		if err := out.Commit(copy(out.Begin(page), payload)); err != nil {
			return fmt.Errorf("page %d of the stream: %w", page, err)
		}
		counts.count(s.stream.PutOutput(t, out), false)
	}
	return nil
}
