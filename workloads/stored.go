package workloads

import (
	"bytes"

	"mtbench/internal/thread"
	"mtbench/internal/wire"
)

// kept is a stream that goes through it, remembered.
type kept struct {
	from  wire.Source
	bytes []byte
}

func (k *kept) Read(t thread.Thread, p []byte) (int, error) {
	n, err := k.from.Read(t, p)
	if n > 0 && n <= len(p) {
		k.bytes = append(k.bytes, p[:n]...)
	}
	return n, err
}

// again is a stream that was kept.
type again struct{ bytes.Reader }

func (a *again) Read(_ thread.Thread, p []byte) (int, error) { return a.Reader.Read(p) }

// store reads the stream of a guest of memory bytes to its end and keeps it. That is about the
// guest's size, for a guest that nobody writes.
func store(t thread.Thread, from wire.Source, memory int64) ([]byte, error) {
	k := &kept{from: from, bytes: make([]byte, 0, memory+memory/64+wire.BufferSize)}
	r := wire.NewReader(k, memory)
	if err := r.Open(t); err != nil {
		return nil, err
	}
	page := make([]byte, PageSize+wire.MaxCompressed)
	for {
		rec, err := r.Next(t)
		if err == nil && rec.Len > 0 {
			err = r.Payload(t, page[:rec.Len])
		}
		if err != nil {
			return nil, err
		}
		if rec.Kind == wire.End {
			return k.bytes, nil
		}
	}
}

// readStored stores the stream before d loads it, and leaves it in the file that is asked for.
func (sc Scenario) readStored(t thread.Thread, from wire.Source, d *decompression) error {
	if !sc.stores() {
		return nil
	}
	stream, err := store(t, from, sc.Memory)
	if err != nil {
		return err
	}
	d.reader = wire.NewReader(&again{*bytes.NewReader(stream)}, sc.Memory)
	if sc.StreamTo == "" {
		return nil
	}
	return capture(t, stream, sc.Memory, sc.StreamTo)
}
