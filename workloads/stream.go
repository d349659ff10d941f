package workloads

import (
	"mtbench/internal/thread"
	"mtbench/internal/wire"
)

// hostStream is the Stream of a real run.
type hostStream struct {
	*wire.Stream
	mem   *Memory
	apart int64 // bytes that the ideal baseline's workers sent by themselves
}

func (s *hostStream) Open(t thread.Thread) { s.Start(t, int64(len(s.mem.bytes))) }

func (s *hostStream) Raw(t thread.Thread, page int, _ bool) { s.PutRaw(t, page, s.mem.Page(page)) }

func (s *hostStream) Zero(t thread.Thread, page int, _ bool) { s.PutZero(t, page) }

func (s *hostStream) EOS(t thread.Thread) { s.Stream.EOS(t) }

func (s *hostStream) Emitted() int64 { return s.Bytes() + s.apart }
