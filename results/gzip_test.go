package results

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
)

func gzipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCompressedFileReadsAsPlain, the hash that is cited included.
func TestCompressedFileReadsAsPlain(t *testing.T) {
	path := write(t, testRun(0), testRun(1))
	want, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	if err := os.WriteFile(path+".gz", gzipped(t, text), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path + ".gz")
	if err != nil || len(got.Runs) != 2 || got.SHA256 != want.SHA256 {
		t.Errorf("got %+v, %v; want the runs of %s", got, err, want.SHA256)
	}
	_, _, err = OpenResume(path + ".gz")
	wantInput(t, err, "is compressed and cannot be resumed: gunzip it first")
}

// A byte order mark, plain or compressed, is no part of the header; it is a part of the hash.
func TestByteOrderMark(t *testing.T) {
	text := []byte(byteOrderMark + goodHeader + goodRun(t, nil))
	for name, bytesOf := range map[string][]byte{"plain": text, "compressed": gzipped(t, text)} {
		got, err := ReadFrom(bytes.NewReader(bytesOf), "x")
		if err != nil || len(got.Runs) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := fmt.Sprintf("%x", sha256.Sum256(text)); got.SHA256 != want {
			t.Errorf("%s: hash %s, sha256sum says %s", name, got.SHA256, want)
		}
	}
	if _, err := ReadFrom(strings.NewReader(byteOrderMark), "x"); err == nil ||
		!strings.Contains(err.Error(), "is empty") {
		t.Errorf("a mark alone: %v", err)
	}
}

func TestBadGzip(t *testing.T) {
	good := gzipped(t, []byte(goodHeader+goodRun(t, nil)))
	flipped := bytes.Clone(good)
	flipped[len(good)-8] ^= 1 // of the checksum
	long := gzipped(t, append([]byte(goodHeader), make([]byte, MaxLineBytes+1)...))
	for name, c := range map[string]struct {
		bytes []byte
		want  string
	}{
		"head cut":    {good[:6], "is cut off"},
		"cut":         {good[:len(good)/2], "is cut off"},
		"trailer cut": {good[:len(good)-3], "is cut off"},
		"checksum":    {flipped, "is damaged (gzip: invalid checksum)"},
		"no deflate":  {append(bytes.Clone(good[:10]), "\xff\xff\xff\xff\xff"...), "is damaged"},
		"garbage":     {append(bytes.Clone(good), "something behind it"...), "is damaged"},
		"bomb":        {long, "r.gz:2: longer than 16 MiB"},
		"empty":       {gzipped(t, nil), "is empty"},
	} {
		_, err := ReadFrom(bytes.NewReader(c.bytes), "r.gz")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
			continue
		}
		wantInput(t, err, c.want)
	}
}
