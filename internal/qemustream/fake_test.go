package qemustream_test

import (
	"bytes"
	"compress/zlib"
)

// deflated is data as one zlib stream.
func deflated(data []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(data) // to memory: cannot fail
	_ = w.Close()
	return out.Bytes()
}
