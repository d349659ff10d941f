package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// word is a secret as NewShared makes it.
const word = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="

func TestWhatIsNoSharedSecret(t *testing.T) {
	for text, want := range map[string]string{
		"": "is empty", "\n": "is empty", "\r\n": "is empty",
		"correct horse battery":     "has 21 bytes, which can be guessed; 22 are the least",
		strings.Repeat("passwd", 9): "has 5 different characters",
		word + "\n" + word:          "is not one line", word + "\n\n": "is not one line",
		word + "\x00": "is not one line", word + "\xff": "is not one line",
		strings.Repeat(word, 24): "is longer than 1024 bytes",
	} {
		_, err := ParseShared(text)
		if err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), NewShared) {
			t.Errorf("%q: %v; %q is due", text, err, want)
		}
		if err != nil && len(text) > 5 && strings.Contains(err.Error(), text[:6]) {
			t.Errorf("%v shows the secret", err)
		}
	}
	for _, end := range []string{"", "\n", "\r\n"} {
		if s, err := ParseShared(word + end); err != nil || s.text != word {
			t.Errorf("%q: %v", end, err)
		}
	}
}

func TestASharedSecretDoesNotShow(t *testing.T) {
	s, err := ParseShared(word)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if text := fmt.Sprintf(verb, s) + fmt.Sprintf(verb, &s); strings.Contains(text, word[:4]) ||
			!strings.Contains(text, "a secret") {
			t.Errorf("%s shows %s", verb, text)
		}
	}
}

func TestASharedSecretIsReadOfAFileOfItsOwner(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, mode := range []os.FileMode{0o600, 0o400} {
		path := file(fmt.Sprintf("good%o", mode), word+"\n", mode)
		if s, err := ReadShared(path); err != nil || s.text != word {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file("group", word, 0o640):                     "has mode 0640",
		file("others", word, 0o604):                    "has mode 0604",
		file("written", word, 0o602):                   "has mode 0602",
		file("empty", "", 0o600):                       "is empty",
		file("long", strings.Repeat(word, 999), 0o600): "is longer than 1024 bytes",
		file("lines", word+"\n"+word+"\n", 0o600):      "is not one line",
		fifo:                          "is a pipe",
		dir:                           "is a directory",
		"/dev/zero":                   "is a device",
		filepath.Join(dir, "missing"): "cannot be opened",
	} {
		if _, err := ReadShared(path); err == nil || !strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: %v; %q is due", path, err, want)
		}
	}
	if os.Geteuid() == 0 {
		theirs := file("theirs", word, 0o600)
		if err := os.Chown(theirs, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadShared(theirs); err == nil || !strings.Contains(err.Error(), "user 12345") {
			t.Errorf("of another user: %v", err)
		}
	}
}
