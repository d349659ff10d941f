package series

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"mtbench/results"
)

// running is the file of this very program, however often its path is written over meanwhile: a
// child that is not replaced yet resolves it to the file that its parent runs.
const running = "/proc/self/exe"

// protocol is the version of what parent and child tell each other: [job] and [outcome]. Whoever
// changes one of the two counts it up.
const protocol = 1

// roleProtocol asks a child for its protocol and for nothing else.
const roleProtocol = "protocol"

// binarySum is the SHA-256 of the running program, in hex.
func binarySum() (string, error) {
	f, err := os.Open(running)
	if err != nil {
		return "", fmt.Errorf("this program cannot be read, which identifies a series: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("this program cannot be read, which identifies a series: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// sameProgram says in which keys this program differs from that which began a series, or nothing.
func sameProgram(h *results.Header) error {
	sum, err := binarySum()
	if err != nil {
		return err
	}
	var keys []string
	for _, k := range []struct{ key, was, is string }{
		{"binary_sha256", h.Binary, sum}, {"go", h.Go, runtime.Version()},
	} {
		if k.was != k.is {
			keys = append(keys, fmt.Sprintf("%s (%s, now %s)", k.key, short(k.was), short(k.is)))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return fmt.Errorf("it was begun by another build: %s; a series is one program",
		strings.Join(keys, ", "))
}

// short is enough of a digest to tell two apart.
func short(s string) string {
	switch {
	case s == "":
		return "not recorded"
	case len(s) > 16:
		return s[:16] + "…"
	}
	return s
}

// greet asks a child which protocol it speaks, before the first run.
func (r *ProcessRunner) greet(ctx context.Context) error {
	c, err := startChild(roleProtocol, r.Args, job{Protocol: protocol, Role: roleProtocol})
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, c.kill)
	defer stop()
	v := read(c)
	if err := ctx.Err(); err != nil {
		return err
	}
	if !v.OK {
		return errors.New(v.Reason)
	}
	return nil
}

// strange says that the other side speaks another protocol.
func strange(who string, theirs int) string {
	return fmt.Sprintf("the %s speaks protocol %d and this build %d: both must be one build", who,
		theirs, protocol)
}
