package workloads

import (
	"bytes"
	"errors"

	"mtbench/internal/qemustream"
	"mtbench/internal/thread"
	"mtbench/internal/wire"
	"mtbench/results"
)

// machineName is the machine of the streams that are captured.
const machineName = "mtbench"

// capture writes a stream that was kept, of a guest of memory bytes, to the new file path in the
// form of QEMU's, which appears whole or not at all. Sections end where the stream has an EOS.
func capture(t thread.Thread, stream []byte, memory int64, path string) error {
	f, err := results.NewUnseen(path)
	if err != nil {
		return err
	}
	w := qemustream.NewWriter(f, machineName, []qemustream.Block{{Name: wire.BlockName, Size: memory}})
	err = convert(t, wire.NewReader(&again{*bytes.NewReader(stream)}, memory), w)
	if err == nil {
		err = f.Show(path)
	}
	return errors.Join(err, f.Drop())
}

// convert writes the records of r to w.
func convert(t thread.Thread, r *wire.Reader, w *qemustream.Writer) error {
	if err := r.Open(t); err != nil {
		return err
	}
	kinds := map[wire.Kind]qemustream.Kind{wire.Zero: qemustream.Zero, wire.Raw: qemustream.Raw,
		wire.Compressed: qemustream.Compressed}
	payload := make([]byte, PageSize+wire.MaxCompressed)
	for {
		rec, err := r.Next(t)
		if err == nil && rec.Len > 0 {
			err = r.Payload(t, payload[:rec.Len])
		}
		if err != nil {
			return err
		}
		switch rec.Kind {
		case wire.MemSize:
		case wire.EOS:
			w.EndSection()
		case wire.End:
			return w.Close()
		default:
			err = w.Page(qemustream.Page{Kind: kinds[rec.Kind], Index: int64(rec.Page),
				Payload: payload[:rec.Len]})
		}
		if err != nil {
			return err
		}
	}
}
