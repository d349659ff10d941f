package peer

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"slices"
	"strings"
	"testing"
)

func testKey() hash.Hash { return hmac.New(sha256.New, []byte("the key of a test")) }

func otherKey() hash.Hash { return hmac.New(sha256.New, []byte("the key of the other direction")) }

// sealedOnes are messages of one key in their order.
func sealedOnes(payloads ...string) (all [][]byte) {
	for i, p := range payloads {
		all = append(all, seal(nil, testKey(), uint64(i), []byte(p)))
	}
	return all
}

func TestSealedMessagesComeThrough(t *testing.T) {
	var line bytes.Buffer
	w := &sealer{w: &line, key: testKey()}
	big := bytes.Repeat([]byte("x"), maxSealed)
	for _, p := range [][]byte{[]byte("one"), {}, big, []byte("two")} {
		if n, err := w.Write(p); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := w.Write(append(big, 1)); err == nil {
		t.Error("a message beyond the limit was sent")
	}
	got, err := io.ReadAll(&unsealer{r: &line, key: testKey()})
	if string(got) != "one"+string(big)+"two" || !errors.Is(err, errNoFarewell) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestChangedMessagesEndAConversation: what came before a change is given out, and nothing after.
func TestChangedMessagesEndAConversation(t *testing.T) {
	with := func(change func(m [][]byte) [][]byte) []byte {
		return bytes.Join(change(sealedOnes("first", "second", "third")), nil)
	}
	flip := func(at int) func(m [][]byte) [][]byte {
		return func(m [][]byte) [][]byte {
			m[1][at] ^= 1
			return m
		}
	}
	for _, c := range []struct {
		what   string
		change func(m [][]byte) [][]byte
		want   string
	}{
		{"payload", flip(sealBytes), "wrong seal"},
		{"seal", flip(sealHead), "wrong seal"},
		{"shorter", func(m [][]byte) [][]byte {
			m[1][11]--
			m[1] = m[1][:len(m[1])-1]
			return m
		}, "wrong seal"},
		{"number", flip(7), "message 0 of the conversation came where message 1 was due"},
		{"high number", flip(0), "came where message 1 was due"},
		{"left out", func(m [][]byte) [][]byte { return slices.Delete(m, 1, 2) },
			"message 2 of the conversation came where message 1 was due"},
		{"repeated", func(m [][]byte) [][]byte { return slices.Insert(m, 1, m[0]) },
			"message 0 of the conversation came where message 1 was due"},
		{"put elsewhere", func(m [][]byte) [][]byte {
			m[1], m[2] = m[2], m[1]
			return m
		}, "message 2 of the conversation came where message 1 was due"},
		{"number of another", func(m [][]byte) [][]byte {
			copy(m[2], m[1][:8])
			return slices.Delete(m, 1, 2)
		}, "wrong seal"},
		{"sent back", func(m [][]byte) [][]byte {
			m[1] = seal(nil, otherKey(), 1, []byte("second"))
			return m
		}, "wrong seal"},
		{"too long", func(m [][]byte) [][]byte {
			binary.BigEndian.PutUint32(m[1][8:], maxSealed+1)
			return m
		}, "announces 1048586 bytes; 1048585 is the most"},
		{"cut in the head", func(m [][]byte) [][]byte { return [][]byte{m[0], m[1][:20]} },
			"unexpected EOF"},
		{"cut in the payload", func(m [][]byte) [][]byte { return [][]byte{m[0], m[1][:sealBytes+2]} },
			"unexpected EOF"},
		{"cut between", func(m [][]byte) [][]byte { return m[:1] }, "without a good-bye"},
		{"garbage", func(m [][]byte) [][]byte { return [][]byte{m[0], bytes.Repeat([]byte("!"), 99)} },
			"was due"},
	} {
		u := &unsealer{r: bytes.NewReader(with(c.change)), key: testKey()}
		got, err := io.ReadAll(u)
		if string(got) != "first" || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q and %v; %q is due", c.what, got, err, c.want)
		}
		if n, again := u.Read(make([]byte, 1)); n != 0 || again == nil {
			t.Errorf("%s: it goes on", c.what)
		}
	}
}

// FuzzUnseal holds the reader of sealed messages to its promise: what it gives out was sealed by
// the key, as this message of all.
func FuzzUnseal(f *testing.F) {
	m := sealedOnes("first", "second", "")
	f.Add(bytes.Join(m, nil))
	f.Add(append(slices.Clone(m[0]), m[0]...))
	f.Add(append(slices.Clone(m[0]), m[2]...))
	f.Add(m[1])
	f.Add(m[0][:sealBytes])
	f.Add(seal(nil, otherKey(), 0, []byte("first")))
	f.Fuzz(func(t *testing.T, text []byte) {
		u := &unsealer{r: bytes.NewReader(text), key: testKey()}
		var sealed []byte
		for {
			payload, err := u.message()
			if err != nil {
				break
			}
			sealed = seal(sealed, testKey(), u.next-1, payload)
		}
		if !bytes.HasPrefix(text, sealed) {
			t.Fatalf("%d messages were given out that are not what came", u.next)
		}
		got, err := io.ReadAll(&unsealer{r: bytes.NewReader(text), key: testKey()})
		if err == nil || len(got) > len(text) {
			t.Fatalf("%d bytes of %d, %v", len(got), len(text), err)
		}
	})
}
