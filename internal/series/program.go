package series

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/models/registry"
	"mtbench/results"
	"mtbench/workloads"
)

// running is the file of this very program, however often its path is written over meanwhile: a
// child that is not replaced yet resolves it to the file that its parent runs.
const running = "/proc/self/exe"

// NamedBuild is a program that a series of two builds is asked to compare.
type NamedBuild struct{ Name, Path string }

// program is a file that children are started from: this very program, or a build that was opened
// once and is held, so that what its path means later changes nothing.
type program struct {
	exec  string   // what a child is started by
	held  *os.File // nil for the running program
	asked string   // "--build new=PATH", for messages
	was   os.FileInfo

	build results.Build
}

// this is the running program.
func this() *program { return &program{exec: running} }

// lowestHeld is above every descriptor that a child is given: those take the place of what had
// their number before the child is replaced.
const lowestHeld = 64

// open opens the file of a build, and says what it is.
func (b NamedBuild) open() (*program, error) {
	p := &program{asked: fmt.Sprintf("--build %s=%s", b.Name, b.Path),
		build: results.Build{Name: b.Name, File: filepath.Base(b.Path)}}
	f, err := results.Open(b.Path, os.O_RDONLY)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be opened: %w", p.asked, results.Reason(err))
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, lowestHeld)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be held open: %w", p.asked, err)
	}
	p.held = os.NewFile(uintptr(fd), b.Path)
	p.exec = fmt.Sprintf("/proc/self/fd/%d", fd)
	if p.was, err = p.held.Stat(); err == nil {
		p.build.Binary, err = sumOf(p.held)
	}
	if err != nil {
		p.held.Close()
		return nil, fmt.Errorf("%s cannot be read: %w", p.asked, results.Reason(err))
	}
	return p, nil
}

// openBuilds opens the programs of a series of two builds; all of them, or none.
func openBuilds(builds []NamedBuild) ([]*program, error) {
	var all []*program
	for _, b := range builds {
		p, err := b.open()
		if err != nil {
			return nil, errors.Join(err, closeAll(all))
		}
		all = append(all, p)
	}
	return all, nil
}

func closeAll(programs []*program) error {
	var errs []error
	for _, p := range programs {
		errs = append(errs, p.held.Close())
	}
	return errors.Join(errs...)
}

// sumOf is the SHA-256 of a file, in hex.
func sumOf(f *os.File) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// intact says that the file was written to since it was opened. While one of its children runs the
// kernel refuses that, and a file that takes its place is another; between two runs nobody does.
func (p *program) intact() error {
	if p.held == nil {
		return nil
	}
	is, err := p.held.Stat()
	if err != nil {
		return fmt.Errorf("%s cannot be looked at: %w", p.asked, results.Reason(err))
	}
	if is.Size() != p.was.Size() || !is.ModTime().Equal(p.was.ModTime()) {
		return fmt.Errorf("%s: its file was written to since the series began; no further run is made "+
			"(a file that takes its place changes nothing: mv, install or go build do that)", p.asked)
	}
	return nil
}

// about is what a child says of itself when it is asked for its protocol.
type about struct {
	results.ID
	Models  []string // that it can run
	Content string   // SHA-256 of what it takes for the content of the scenario
}

// aboutThis is what this program says of itself.
func aboutThis(id results.ID, sc workloads.Scenario) (*about, error) {
	sum, err := sc.ContentDigest()
	if err != nil {
		return nil, err
	}
	a := &about{ID: id, Content: sum}
	for _, c := range registry.All() {
		a.Models = append(a.Models, c.Name)
	}
	return a, nil
}

// greetingTime is what a program has to say what it is.
const greetingTime = 20 * time.Second

// greet asks a program what it is, before the first run.
func (p *program) greet(ctx context.Context, args []string, sc workloads.Scenario) (*about, error) {
	ctx, cancel := context.WithTimeout(ctx, greetingTime)
	defer cancel()
	c, err := p.start(roleProtocol, args, job{Protocol: protocol, Role: roleProtocol, Scenario: sc})
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, c.kill)
	defer stop()
	v := read(c)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("it does not say within %v which protocol it speaks", greetingTime)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !v.OK:
		return nil, errors.New(v.Reason)
	case v.About == nil:
		return nil, errors.New("it does not say what it is")
	}
	return v.About, nil
}

// meet asks the builds of a series what they are: each must speak our protocol, have the models,
// and make the same pages.
func meet(ctx context.Context, programs []*program, models []string, args []string,
	sc workloads.Scenario) error {
	var first *about
	for _, p := range programs {
		a, err := p.greet(ctx, args, sc)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("%s cannot be run in a series of this build: %w", p.asked, err)
		}
		p.build.Version, p.build.Revision, p.build.Go = a.Version, a.Revision, a.Go
		if lacks := slices.DeleteFunc(slices.Clone(models), func(m string) bool {
			return slices.Contains(a.Models, m)
		}); len(lacks) > 0 {
			return fmt.Errorf("%s does not have the model %s; name with --models what both builds have",
				p.asked, strings.Join(lacks, ", "))
		}
		if first == nil {
			first = a
		}
		if a.Content != first.Content {
			return fmt.Errorf("%s makes other pages of content %s than %s: the two would not do the same "+
				"work; give --content file:PATH", p.asked, sc.Content, programs[0].asked)
		}
	}
	return nil
}
