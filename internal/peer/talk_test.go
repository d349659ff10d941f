package peer

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"mtbench/internal/fuzztest"
)

func TestWhatIsSentIsHeard(t *testing.T) {
	var line bytes.Buffer
	talk := NewTalk(&line, &line)
	if err := talk.Send(3, map[string]int{"a": 1}); err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte{7}, MaxRelayed)
	for _, f := range []Frame{{Kind: Alive}, {Relayed, 4, big}, {Kind: Relayed, Run: 4}} {
		if err := talk.SendFrame(f); err != nil {
			t.Fatal(err)
		}
	}
	f, err := talk.Receive()
	var v map[string]int
	if err != nil || f.Run != 3 || f.Into(&v) != nil || v["a"] != 1 {
		t.Fatalf("%v %v %v", f, v, err)
	}
	if f, err = talk.Receive(); err != nil || f.Run != 4 || !bytes.Equal(f.Body, big) {
		t.Fatalf("%d bytes of run %d, %v", len(f.Body), f.Run, err)
	}
	if f, err = talk.Receive(); err != nil || len(f.Body) != 0 || f.Into(&v) == nil {
		t.Fatalf("%v %v", f, err)
	}
	if _, err = talk.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
	if talk.SendFrame(Frame{Relayed, 1, make([]byte, MaxRelayed+1)}) == nil {
		t.Error("a frame beyond the limit was sent")
	}
}

func TestHostileWordsAreRefused(t *testing.T) {
	for what, text := range map[string]string{
		"a frame of kind":         "x\x00\x00\x00\x01\x00\x00\x00\x01a",
		"does not speak":          "SSH-2.0-OpenSSH\r\n",
		"announces":               "m\x00\x00\x00\x01\xff\xff\xff\xff",
		"is the most":             "r\x00\x00\x00\x01\x00\x01\x00\x01",
		"0 is the most":           "a\x00\x00\x00\x00\x00\x00\x00\x01x",
		"cut off":                 "m\x00\x00\x00\x01\x00\x00\x00\x05{}",
		"in the middle of a word": "m\x00\x00",
	} {
		_, err := NewTalk(strings.NewReader(text), io.Discard).Receive()
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// FuzzReceive holds the reader of the conversation to its limits: it ends, and what it returns is
// no longer than what came.
func FuzzReceive(f *testing.F) {
	f.Add([]byte("m\x00\x00\x00\x01\x00\x00\x00\x02{}"))
	f.Add([]byte("r\x00\x00\x00\x01\x00\x00\x00\x00a\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("m\x00\x00\x00\x01\xff\xff\xff\xff"))
	f.Add([]byte("SSH-2.0-OpenSSH_9.2\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		// What is announced is made before it comes, so a text may ask for one message more than it has.
		most := MaxMessage + 1<<20 + 200*len(text)
		fuzztest.Within(t, uint64(most), func() { hearAll(t, text) })
	})
}

func hearAll(t *testing.T, text []byte) {
	talk := NewTalk(bytes.NewReader(text), io.Discard)
	for total := 0; ; {
		frame, err := talk.Receive()
		if err != nil {
			return
		}
		if total += headBytes + len(frame.Body); total > len(text) {
			t.Fatalf("%d bytes of frames in %d", total, len(text))
		}
		var v map[string]any
		_ = frame.Into(&v)
	}
}
