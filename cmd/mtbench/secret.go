package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"mtbench/internal/peer"
)

// secretFlag names the file of a shared secret; its path is nobody's business.
const secretFlag = "secret-file"

const secretUsage = "file of the shared secret, its owner's alone (default: asked for at the " +
	"terminal)"

// sharedSecret is how a command comes to the shared secret: from a file, which is read at once, or
// by asking when it is needed.
func sharedSecret(path string) (func(context.Context) (peer.Shared, error), error) {
	if path == "" {
		return askSecret, nil
	}
	s, err := peer.ReadShared(path)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", secretFlag, err)
	}
	return func(context.Context) (peer.Shared, error) { return s, nil }, nil
}

// askSecret asks for the shared secret at the terminal, wherever the standard streams go, and does
// not show it.
func askSecret(ctx context.Context) (peer.Shared, error) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return peer.Shared{}, fmt.Errorf("there is no terminal to ask for the shared secret at; give "+
			"--%s FILE, made by %s", secretFlag, peer.NewShared)
	}
	defer tty.Close()
	fd := int(tty.Fd())
	shown, err := term.GetState(fd)
	if err != nil {
		return peer.Shared{}, fmt.Errorf("the terminal cannot be asked for the shared secret (%w); "+
			"give --%s FILE", err, secretFlag)
	}
	if err := hush(fd); err != nil {
		return peer.Shared{}, fmt.Errorf("the terminal cannot be kept from showing a secret (%w); give "+
			"--%s FILE", err, secretFlag)
	}
	defer func() { _ = term.Restore(fd, shown) }()
	fmt.Fprint(tty, "shared secret (it is not shown): ")
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	// Where nobody answers it lives as long as the process, asleep in a read.
	go func() {
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		fmt.Fprintln(tty)
		if a.err != nil {
			return peer.Shared{}, errors.New("no shared secret was given")
		}
		return peer.ParseShared(string(a.text))
	case <-ctx.Done():
		fmt.Fprintln(tty)
		return peer.Shared{}, ctx.Err()
	}
}

// hush has a terminal show nothing of what is typed, and forget what was typed before.
func hush(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(fd, unix.TCSETSF, t)
}

// withoutSecret is a command line as a file may have it.
func withoutSecret(args []string) []string {
	args = slices.Clone(args)
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--"+secretFlag && i+1 < len(args):
			args = slices.Delete(args, i, i+2)
			i--
		case strings.HasPrefix(args[i], "--"+secretFlag+"="):
			args = slices.Delete(args, i, i+1)
			i--
		}
	}
	return args
}
