package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const realStream = "../../internal/qemustream/testdata/qemu-7.2.stream"

// TestStream checks the stream of a real QEMU from a file, and leaves its memory in another.
func TestStream(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile(realStream)
	if err != nil {
		t.Fatal(err)
	}
	long := append(bytes.Clone(whole), "what devices save"...)
	if err := os.WriteFile(filepath.Join(dir, "long"), long, 0o644); err != nil {
		t.Fatal(err)
	}
	out, errs, status := mtbench(t, dir, "stream", "long", "--cut", "cut")
	want := `machine     none
block       ram, 512 KiB (128 pages)
pages       128, each right: 85 compressed, 1 raw, 42 zero
compressed  46085 bytes, 7.55 times smaller
sections    3 of memory, 51694 bytes; 18 bytes follow
`
	if status != statusOK || out != want {
		t.Errorf("status %d: %s\n%s", status, errs, out)
	}
	cut, err := os.ReadFile(filepath.Join(dir, "cut"))
	if err != nil || !bytes.Equal(cut, whole) {
		t.Errorf("%d bytes were cut out of %d (%v)", len(cut), len(whole), err)
	}
	_, errs, status = mtbench(t, dir, "stream", "long", "--cut", "cut")
	if status != statusUsage || !strings.Contains(errs, "exists") {
		t.Errorf("an existing file: status %d: %s", status, errs)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 {
		t.Errorf("the directory has %v", left)
	}
}

// TestStreamRefused names what is wrong, and leaves no file.
func TestStreamRefused(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile(realStream)
	if err != nil {
		t.Fatal(err)
	}
	for name, bytes := range map[string][]byte{"empty": nil, "short": whole[:40000],
		"text": []byte("no stream at all")} {
		if err := os.WriteFile(filepath.Join(dir, name), bytes, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]string{
		"empty":           "the stream ends where the file header",
		"short --cut cut": "QEMU stream at byte 40000: the stream ends where a page",
		"text":            "this is not a migration stream of QEMU",
		"none":            "none: no such file",
		"":                "needs one stream",
		".":               "it is a directory",
		"text --cut x/y":  "--cut: no such file",
		"unix:./text":     "address already in use",
	} {
		out, errs, status := mtbench(t, dir, append([]string{"stream"}, strings.Fields(args)...)...)
		if status != statusUsage || !strings.Contains(errs, want) || out != "" {
			t.Errorf("stream %s: status %d: %s%s", args, status, out, errs)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 3 {
		t.Errorf("the directory has %v", left)
	}
}

// TestStreamFromSocket takes a stream from a socket, as QEMU's migrate unix:PATH sends it.
func TestStreamFromSocket(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s")
	sent := make(chan error)
	go func() { sent <- sendTo(path) }()
	out, errs, status := mtbench(t, dir, "stream", "unix:"+path)
	if err := <-sent; err != nil || status != statusOK || !strings.Contains(out, "128, each right") {
		t.Errorf("%v, status %d: %s%s", err, status, out, errs)
	}
}

// sendTo sends the stream to the socket once somebody listens.
func sendTo(path string) error {
	whole, err := os.ReadFile(realStream)
	if err != nil {
		return err
	}
	conn, err := net.Dial("unix", path)
	for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		conn, err = net.Dial("unix", path)
	}
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write(whole)
	return err
}
