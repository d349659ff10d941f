package series

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"mtbench/internal/peer"
)

// DestinationCommand is the hidden subcommand that the executable must answer with
// ServeDestination.
const DestinationCommand = "internal-destination"

// maxNoise is how many bytes a login shell may print before the bootstrap speaks.
const maxNoise = 64 << 10

// bySSH is the way through the user's ssh, which starts mtbench there.
type bySSH struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.ReadCloser
	stderr *words
}

func comeBySSH(target peer.Target, o FarOptions, program string) (*bySSH, error) {
	h := &bySSH{stderr: &words{}}
	return h, h.start(target, o, program)
}

func (h *bySSH) Write(p []byte) (int, error) { return h.in.Write(p) }

// address is where the other side listens, which knows where ssh came to.
func (h *bySSH) address(says netip.AddrPort) netip.AddrPort { return says }

// stream draws a secret, which ssh keeps on its way.
func (h *bySSH) stream(uint32) (peer.Secret, *peer.Secret) {
	s := peer.NewSecret()
	return s, &s
}

func (h *bySSH) part() { h.in.Close() }

// drain is for a way that loses what was said last when it is closed; ssh loses nothing.
func (h *bySSH) drain(time.Duration) {}

// start starts ssh.
func (h *bySSH) start(target peer.Target, o FarOptions, digest string) error {
	info, err := os.Stat(running)
	if err != nil {
		return err
	}
	command, err := peer.Bootstrap(o.Binary, digest, info.Size(), DestinationCommand)
	if err != nil {
		return fmt.Errorf("--remote-binary: %w", err)
	}
	ssh := o.SSH
	if len(ssh) == 0 {
		ssh = []string{"ssh"}
	}
	h.cmd = exec.Command(ssh[0], append(ssh[1:len(ssh):len(ssh)],
		target.Arguments(o.Unattended, command)...)...)
	h.cmd.Stderr = h.stderr
	// Unattended, a group of its own: an interrupt reaches this program alone, which decides. An ssh
	// that asks for a password must stay where the terminal is.
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: o.Unattended}
	h.cmd.WaitDelay = partTime // a child of ssh may keep its standard error open
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return err
	}
	if h.out, err = h.cmd.StdoutPipe(); err != nil {
		return err
	}
	if err := h.cmd.Start(); err != nil {
		return fmt.Errorf("ssh cannot be started: %w", err)
	}
	return nil
}

// kill ends ssh and the listening to it; what ssh has started may keep the pipe open.
func (h *bySSH) kill() {
	if h.cmd.SysProcAttr.Setpgid {
		_ = syscall.Kill(-h.cmd.Process.Pid, syscall.SIGKILL)
	}
	_ = h.cmd.Process.Kill()
	h.out.Close()
}

// wait waits for ssh, which must end by itself or have been killed, and adds what it said.
func (h *bySSH) wait(failed error) error {
	_ = h.cmd.Wait()
	if failed == nil {
		return nil
	}
	if w := h.stderr.String(); w != "" {
		return fmt.Errorf("%w (%s)", failed, strings.ReplaceAll(w, "\n", "; "))
	}
	return failed
}

// open answers the bootstrap until it has started mtbench.
func (h *bySSH) open() (io.Reader, error) {
	out := bufio.NewReaderSize(h.out, maxNoise)
	return out, h.boot(out)
}

func (h *bySSH) boot(out *bufio.Reader) error {
	for {
		word, rest, err := nextSign(out)
		if err != nil {
			return fmt.Errorf("ssh ended before mtbench was started there: %w", err)
		}
		switch word {
		case peer.SaysGiven, peer.SaysFound, peer.SaysCopied:
			return nil
		case peer.SaysNeeds:
			if err := h.copySelf(rest); err != nil {
				return err
			}
		case peer.SaysDiffers:
			return errors.New("the copy of this program that arrived there is not this program")
		default:
			return errors.New(clip(rest))
		}
	}
}

// nextSign is the next line of the bootstrap, its first word apart. What a login shell prints
// before it is skipped.
func nextSign(out *bufio.Reader) (word, rest string, err error) {
	for skipped := 0; skipped < maxNoise; {
		line, err := out.ReadSlice('\n')
		if err != nil {
			return "", "", err
		}
		text := strings.TrimSpace(string(line))
		if said, ok := strings.CutPrefix(text, strings.TrimSpace(peer.Sign)+" "); ok {
			word, rest, _ = strings.Cut(said, " ")
			return word, rest, nil
		}
		skipped += len(line)
	}
	return "", "", errors.New("the login shell there prints too much")
}

// copySelf sends this program to a host that is of such a system and architecture.
func (h *bySSH) copySelf(system string) error {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if !peer.Fits(platform, system) {
		return fmt.Errorf("that host is %q and this program of %s cannot run there; build mtbench for "+
			"it and give --remote-binary", clip(system), platform)
	}
	self, err := os.Open(running)
	if err != nil {
		return err
	}
	defer self.Close()
	// What becomes of it, the bootstrap says, or its end.
	if _, err := io.WriteString(h.in, peer.AnswerCopy+"\n"); err == nil {
		_, _ = io.Copy(h.in, self)
	}
	return nil
}
