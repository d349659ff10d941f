package peer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Options of every ssh that is started. None of them weakens what the user's configuration says of
// host keys; the last ones find out that the network is gone.
var sshOptions = []string{
	"-T", "-a", "-x", // no terminal, and nothing of ours reachable from there
	"-o", "ClearAllForwardings=yes", "-o", "PermitLocalCommand=no", "-o", "RemoteCommand=none",
	"-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3",
}

// Arguments are those of ssh for a command at t. Unattended, it asks nobody.
func (t Target) Arguments(unattended bool, command string) []string {
	args := append([]string(nil), sshOptions...)
	if unattended {
		args = append(args, "-o", "BatchMode=yes")
	}
	if t.User != "" {
		args = append(args, "-l", t.User)
	}
	if t.Port != 0 {
		args = append(args, "-p", strconv.Itoa(t.Port))
	}
	return append(args, "--", t.Host, command)
}

// Quote makes text one word of a shell, whichever the user has there. No shell has a way to quote
// what is refused here in common with the others.
func Quote(text string) (string, error) {
	if i := strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '!' || r == '\\' || r == unicode.ReplacementChar
	}); i >= 0 {
		return "", fmt.Errorf("%q has a character that cannot be passed to every shell", text)
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'", nil
}

// Sign is what a line of the bootstrap begins with; what else a login shell prints is skipped.
const Sign = "mtbench-remote: "

// The words that follow the sign.
const (
	SaysGiven   = "given"   // the program of --remote-binary is started
	SaysFound   = "found"   // this very program is there, and is started
	SaysNeeds   = "needs"   // it is not; the system and architecture follow
	SaysCopied  = "copied"  // the copy is whole, and is started
	SaysDiffers = "differs" // the copy is not what was sent
	SaysFailed  = "failed"  // what follows
)

// AnswerCopy is the line that makes the bootstrap read a copy.
const AnswerCopy = "copy"

// bootstrap is what sh does at the far end, with the given path ("" = none), the digest and size of
// this program, and the subcommand to start. It has no single quote, backslash, exclamation mark or
// newline, so that one quoting serves every login shell.
//
// The copy is made in a directory that nobody else can enter and that did not exist. The program
// removes file and directory as soon as it runs, so that nothing is left however it ends; the trap
// is for what comes before.
const bootstrap = `say() { echo "mtbench-remote: $*"; }; ` +
	`sum() { if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; ` +
	`else openssl dgst -sha256 -r <"$1"; fi 2>/dev/null | cut -d" " -f1; }; ` +
	`if [ -n "$1" ]; then ` +
	`[ -x "$1" ] || { say failed "there is no program $1"; exit 1; }; say given; exec "$1" "$4"; fi; ` +
	`p=$(command -v mtbench 2>/dev/null); ` +
	`if [ -n "$p" ] && [ "$(sum "$p")" = "$2" ]; then say found; exec "$p" "$4"; fi; ` +
	`say needs $(uname -s -m); read -r go || exit 1; [ "$go" = copy ] || exit 1; ` +
	`d=; gone() { [ -z "$d" ] || rm -rf -- "$d"; }; trap gone EXIT; ` +
	`trap "exit 1" HUP INT TERM PIPE; umask 077; ` +
	`d=$(mktemp -d) || { say failed "no directory can be made"; exit 1; }; ` +
	`head -c "$3" >"$d/mtbench"; ` +
	`[ "$(sum "$d/mtbench")" = "$2" ] || { say differs; exit 1; }; ` +
	`chmod 700 "$d/mtbench"; say copied; "$d/mtbench" "$4" --remove "$d"`

// Bootstrap is the command that starts subcommand of this program at the far end. digest is its
// SHA-256 in hex, size its bytes; given is the path of one that is there already, or "".
func Bootstrap(given, digest string, size int64, subcommand string) (string, error) {
	words := []string{"sh", "-c", "'" + bootstrap + "'", "mtbench"}
	for _, w := range []string{given, digest, strconv.FormatInt(size, 10), subcommand} {
		q, err := Quote(w)
		if err != nil {
			return "", err
		}
		words = append(words, q)
	}
	return strings.Join(words, " "), nil
}

// uname is the name that uname -s -m gives each system and architecture of Go that this program can
// run on.
var uname = map[string][]string{
	"linux/amd64": {"Linux x86_64"},
	"linux/arm64": {"Linux aarch64", "Linux arm64"},
}

// Fits reports whether a program for a system and architecture, such as linux/amd64, runs where
// uname -s -m says that.
func Fits(platform, says string) bool {
	for _, u := range uname[platform] {
		if says == u {
			return true
		}
	}
	return false
}
