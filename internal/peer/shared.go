package peer

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// The bounds of a shared secret. Whoever hears one conversation can try secrets at leisure, so it
// must be beyond trying: 22 characters of base64 are 128 bits. Few different characters are a word
// that somebody typed.
const (
	minShared    = 22   // bytes
	maxShared    = 1024 // bytes
	minDifferent = 8    // characters
)

// NewShared is how a shared secret is made, for sentences.
const NewShared = "(umask 077; head -c 32 /dev/urandom | base64 > FILE)"

// Shared is the secret that two people, or two hosts, know before a conversation without ssh. It
// does not show itself in any format.
type Shared struct{ text string }

// Format keeps the secret out of whatever is printed.
func (s Shared) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "(a secret)") }

// ParseShared takes text, less a newline at its end, for a shared secret. The error says what is
// wrong with it and never what it is.
func ParseShared(text string) (Shared, error) {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	var wrong string
	different := map[rune]bool{}
	for _, r := range text {
		different[r] = true
	}
	switch {
	case text == "":
		wrong = "is empty"
	case len(text) > maxShared:
		wrong = fmt.Sprintf("is longer than %d bytes", maxShared)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		wrong = "is not one line of text"
	case len(text) < minShared:
		wrong = fmt.Sprintf("has %d bytes, which can be guessed; %d are the least", len(text), minShared)
	case len(different) < minDifferent:
		wrong = fmt.Sprintf("has %d different characters, which can be guessed; %d are the least",
			len(different), minDifferent)
	default:
		return Shared{text}, nil
	}
	return Shared{}, fmt.Errorf("the secret %s; make one, and take it to both hosts: %s", wrong,
		NewShared)
}

// ReadShared reads a shared secret from a file that is its owner's alone.
func ReadShared(path string) (Shared, error) {
	// Whoever opens a pipe waits for its other end, unless it says that it does not.
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return Shared{}, fmt.Errorf("%s cannot be opened: %w; make one, and take it to both hosts: %s",
			path, err, NewShared)
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	if err := keptSecret(fd); err != nil {
		return Shared{}, fmt.Errorf("%s %w", path, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxShared+3)) // a newline, and one more
	if err != nil {
		return Shared{}, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	s, err := ParseShared(string(text))
	if err != nil {
		return Shared{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// keptSecret refuses what somebody else may read or may have written.
func keptSecret(fd int) error {
	var info unix.Stat_t
	if err := unix.Fstat(fd, &info); err != nil {
		return fmt.Errorf("cannot be looked at: %w", err)
	}
	switch me := os.Geteuid(); {
	case info.Mode&unix.S_IFMT != unix.S_IFREG:
		return fmt.Errorf("is a %s; a secret is kept in a regular file", kindOf(info.Mode))
	case info.Mode&0o077 != 0:
		return fmt.Errorf("has mode %04o: others than its owner may use it; chmod 600 it",
			info.Mode&0o7777)
	case int(info.Uid) != me && info.Uid != 0:
		return fmt.Errorf("belongs to user %d, and this is user %d; chown it, or make another: %s",
			info.Uid, me, NewShared)
	}
	return nil
}

// kindOf names what is no regular file.
func kindOf(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFIFO:
		return "pipe"
	}
	return "device"
}
