// Package realqemu migrates a guest with a real QEMU, as a reference for the models: a guest that
// never runs, whose pages are those of the workload, over a Unix socket into a reader of ours.
//
// The migration is held just before it would switch over (pause-before-switchover): all memory has
// been sent then, and the threads that sent it are still there to be looked at.
package realqemu

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"mtbench/internal/content"
	"mtbench/internal/host"
	"mtbench/internal/qemustream"
	"mtbench/results"
	"mtbench/workloads"
)

// Model is the name of QEMU's runs among those of the models.
const Model = "qemu"

// Program is a QEMU on this host.
type Program struct {
	Path    string // of the executable
	Version string // its own words
	SHA256  string
}

// Find looks a program up (by name in PATH, or by path) and asks for its version. Errors say what
// would be right.
func Find(ctx context.Context, name string) (*Program, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s is not a program: %w (Debian: apt-get install qemu-system-x86)", name,
			unwrapped(err))
	}
	timed, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	said, err := exec.CommandContext(timed, path, "--version").Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	version, _, _ := strings.Cut(string(said), "\n")
	if err != nil || !strings.HasPrefix(version, "QEMU emulator version") || len(version) > 200 {
		return nil, fmt.Errorf("%s --version says %.60q (%v); a QEMU system emulator is needed", name,
			said, err)
	}
	sum, err := sumOf(path)
	return &Program{Path: path, Version: version, SHA256: sum}, err
}

func unwrapped(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Differs is what differs between the program and the models beside the code that is compared.
func Differs() []string {
	return []string{
		"zlib: QEMU has the C library with which it was built, the models have a Go implementation; " +
			"sizes and times of a page differ, and hand-over is a larger share of the cheaper page",
		"locks: QEMU has the C library's mutexes and condition variables, the models have their own " +
			"on the same futexes",
		"the emulator's other threads (its main loop, RCU, the monitor) take CPU time beside the " +
			"migration, those of the Go runtime do beside the models; neither is in a page's CPU time",
		"QEMU's times are from the first byte of the stream to the last of the memory, at the " +
			"receiver; the models' are from the end of the setup to completion, at the source",
		"CPU time and switches of QEMU's threads are from their start to the end of the memory, setup " +
			"included; those of the models are of the whole migration",
		"locked is QEMU 3.1's hand-over; later versions have changed around it (the order in which " +
			"zero pages are looked for, statistics, where results are flushed)",
	}
}

// Reference is what the header of a file says of the program.
func (p *Program) Reference() results.Reference {
	return results.Reference{Model: Model, Program: p.Version, SHA256: p.SHA256,
		Argv: append([]string{filepath.Base(p.Path)}, p.args("DIRECTORY", 0)...), Differs: Differs()}
}

// memoryFD is where the program finds the pages of its guest.
const memoryFD = 3

// args are the program's arguments: a machine without firmware, device or CPU, so that the guest
// has the pages that it is given and no other.
func (p *Program) args(dir string, memory int64) []string {
	return []string{"-machine", "none", "-m", strconv.FormatInt(memory>>10, 10) + "K", "-S",
		"-display", "none", "-nodefaults", "-no-user-config", "-name", "mtbench,debug-threads=on",
		"-qmp", "unix:" + filepath.Join(dir, "qmp") + ",server=on,wait=off",
		"-device", fmt.Sprintf("loader,file=/proc/self/fd/%d,addr=0,force-raw=on", memoryFD)}
}

// Run migrates the guest of sc and returns its record, without its place in a series.
func (p *Program) Run(ctx context.Context, sc workloads.Scenario) (*results.Run, error) {
	gen, err := content.New(sc.Content, sc.Seed)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mtbench-qemu-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	memory, err := memoryOf(gen, sc.Memory)
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	// The program is to end with this process; the kernel ties that to the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	e, err := p.start(ctx, dir, sc.Memory, memory)
	if err != nil {
		return nil, err
	}
	run, err := e.migrate(ctx, sc, filepath.Join(dir, "stream"), gen)
	e.end()
	if words := e.words.String(); err != nil && words != "" {
		err = fmt.Errorf("%w (its words: %.300q)", err, words)
	}
	return run, err
}

// memoryOf is a file without a name that holds the pages of a guest.
func memoryOf(gen content.Generator, size int64) (*os.File, error) {
	fd, err := unix.MemfdCreate("guest", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memory for the guest's pages: %w", err)
	}
	f := os.NewFile(uintptr(fd), "guest")
	buf := make([]byte, 256*qemustream.PageSize)
	for at := int64(0); at < size && err == nil; at += int64(len(buf)) {
		part := buf[:min(int64(len(buf)), size-at)]
		for i := 0; i < len(part); i += qemustream.PageSize {
			gen.Fill(int((at+int64(i))/qemustream.PageSize), part[i:i+qemustream.PageSize])
		}
		_, err = f.WriteAt(part, at)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// emulator is the running program.
type emulator struct {
	cmd    *exec.Cmd
	qmp    *qmp
	words  words
	exited chan error
}

// words keeps the first of what the program writes to its standard error. It is read once the
// program has ended or failed.
type words struct{ bytes.Buffer }

const maxWords = 4 << 10

func (w *words) Write(p []byte) (int, error) {
	w.Buffer.Write(p[:min(len(p), maxWords-w.Len())])
	return len(p), nil
}

func (p *Program) start(ctx context.Context, dir string, size int64, memory *os.File) (
	*emulator, error) {
	e := &emulator{cmd: exec.Command(p.Path, p.args(dir, size)...), exited: make(chan error, 1)}
	e.cmd.ExtraFiles = []*os.File{memory}
	e.cmd.Stderr = &e.words
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { e.exited <- e.cmd.Wait() }() // end joins it
	conn, err := e.dial(ctx, filepath.Join(dir, "qmp"))
	if err == nil {
		e.qmp, err = newQMP(conn)
	}
	if err != nil {
		e.end()
		return nil, fmt.Errorf("%w (its words: %.300q)", err, e.words.String())
	}
	return e, nil
}

// dial connects to the monitor as soon as there is one.
func (e *emulator) dial(ctx context.Context, path string) (net.Conn, error) {
	for deadline := time.Now().Add(patience); ; {
		conn, err := net.Dial("unix", path)
		switch {
		case err == nil:
			return conn, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case time.Now().After(deadline):
			return nil, fmt.Errorf("there is no monitor after %v: %w", patience, err)
		}
		select {
		case how := <-e.exited:
			e.exited <- how
			return nil, fmt.Errorf("the program ended at once: %v", how)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// end ends the program and waits for it.
func (e *emulator) end() {
	if e.qmp != nil {
		_ = e.qmp.do("quit", nil, nil) // killed below if it does not
		_ = e.qmp.conn.Close()
	}
	wait := time.Second
	if e.qmp == nil {
		wait = 0
	}
	select {
	case <-e.exited:
	case <-time.After(wait):
		_ = e.cmd.Process.Kill()
		<-e.exited
	}
}

// migrate is the run: the migration up to where it is held, what its threads have used by then, and
// its end.
func (e *emulator) migrate(ctx context.Context, sc workloads.Scenario, socket string,
	gen content.Generator) (*results.Run, error) {
	if err := e.prepare(sc); err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	r := newReceiver(sc.Memory)
	go r.receive(l, sc.Memory) // joined through r.done
	run, err := e.held(ctx, sc, socket, r)
	if err == nil {
		err = e.finish(ctx)
	}
	if err != nil {
		l.Close()
		_ = e.cmd.Process.Kill() // its end of the connection goes with it
		return nil, errors.Join(err, ignoreClosed(<-r.done))
	}
	if err := <-r.done; err != nil {
		return nil, err
	}
	counts, err := r.check(gen, sc.Memory/qemustream.PageSize)
	if err != nil {
		return nil, err
	}
	e.fill(run, counts)
	return run, nil
}

// ignoreClosed is the error of a receiver, unless it is that nobody came.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// unlimited is a bandwidth beyond any host's, in bytes a second; 0 would be none at all.
const unlimited = 1 << 40

// prepare sets what the workload asks for.
func (e *emulator) prepare(sc workloads.Scenario) error {
	type capability struct {
		Capability string `json:"capability"`
		State      bool   `json:"state"`
	}
	bandwidth := int64(sc.MaxBandwidth)
	if bandwidth == 0 {
		bandwidth = unlimited
	}
	return errors.Join(
		e.qmp.do("migrate-set-capabilities", map[string]any{"capabilities": []capability{
			{"compress", true}, {"pause-before-switchover", true}}}, nil),
		e.qmp.do("migrate-set-parameters", map[string]any{
			"compress-level": sc.Level, "compress-threads": sc.Threads,
			"compress-wait-thread": sc.Wait, "max-bandwidth": bandwidth,
			"downtime-limit": time.Duration(sc.DowntimeLimit).Milliseconds()}, nil))
}

// status is query-migrate's answer.
type status struct {
	Status    string
	ErrorDesc string  `json:"error-desc"`
	TotalTime float64 `json:"total-time"`
	SetupTime float64 `json:"setup-time"`
	RAM       struct {
		Transferred, Normal, Duplicate, Remaining int64
		DirtySyncCount                            int `json:"dirty-sync-count"`
	}
	Compression struct{ Pages, Busy int64 }
}

// await asks until the migration is in the state that is wanted.
func (e *emulator) await(ctx context.Context, want string) (status, error) {
	for {
		var s status
		err := e.qmp.do("query-migrate", nil, &s)
		switch {
		case err != nil:
			return s, err
		case s.Status == want:
			return s, nil
		case s.Status == "failed" || s.Status == "cancelled" || s.Status == "completed":
			return s, fmt.Errorf("the migration is %s, not %s: %.200q", s.Status, want, s.ErrorDesc)
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// held migrates up to where all memory is sent, and records what that took.
func (e *emulator) held(ctx context.Context, sc workloads.Scenario, socket string, r *receiver) (
	*results.Run, error) {
	limit, cancel := context.WithTimeout(ctx, time.Duration(sc.Limit))
	defer cancel()
	h := host.Local()
	tasks := fmt.Sprintf("/proc/%d/task", e.cmd.Process.Pid)
	sampler := h.Start(h.BackgroundCPU(30 * time.Millisecond))
	before := cpuOf(tasks) + host.OwnCPU()
	started := time.Now()
	if err := e.qmp.do("migrate", map[string]any{"uri": "unix:" + socket}, nil); err != nil {
		return nil, err
	}
	s, err := e.await(limit, "pre-switchover")
	if limit.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("the migration had not sent its memory after %v", sc.Limit)
	}
	if err != nil {
		return nil, err
	}
	r.settle()
	usage, err := usageOf(tasks, r.took())
	if err != nil {
		return nil, err
	}
	setup := time.Unix(0, r.first.Load()).Sub(started)
	run := &results.Run{
		Type: results.TypeRun, Started: started, BoundMS: sc.Limit.MS(), Completed: true,
		EndReason: workloads.EndCompleted, SetupTimeMS: results.MS(setup),
		TotalTimeMS: results.MS(setup + r.took()), DowntimeLimitMS: sc.DowntimeLimit.MS(),
		Rounds: 1, Syncs: s.RAM.DirtySyncCount, Pages: r.pages.Load(), WireBytes: r.total.Load(),
		ThreadUsage: usage, Noise: sampler.Stop(cpuOf(tasks) + host.OwnCPU() - before),
		Busy: s.Compression.Busy,
		QueryMigrate: &results.QueryMigrate{TotalTimeMS: s.TotalTime, SetupTimeMS: s.SetupTime,
			Transferred: s.RAM.Transferred, Normal: s.RAM.Normal, Duplicate: s.RAM.Duplicate,
			Compressed: s.Compression.Pages, Busy: s.Compression.Busy, Syncs: s.RAM.DirtySyncCount},
	}
	if !sc.Wait {
		busy := float64(run.Busy) / float64(run.Pages)
		run.BusyRatio = &busy
	}
	if s.RAM.Remaining != 0 || run.Pages < sc.Memory/qemustream.PageSize {
		return nil, fmt.Errorf("held with %d bytes left and %d of %d pages sent: its figures would be "+
			"of a part", s.RAM.Remaining, run.Pages, sc.Memory/qemustream.PageSize)
	}
	return run, nil
}

// finish lets the migration end.
func (e *emulator) finish(ctx context.Context) error {
	err := e.qmp.do("migrate-continue", map[string]any{"state": "pre-switchover"}, nil)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = e.await(ctx, "completed")
	return err
}

// fill completes the record by what the stream held.
func (e *emulator) fill(run *results.Run, c qemustream.Counts) {
	equal := true
	run.Verified = &equal
	run.Pages, run.PagesCompressed = c.Pages(), c.Compressed
	run.PagesRaw, run.PagesZero = c.Raw, c.Zero
	run.CompressedBytes = c.Payload + 4*c.Compressed
	if c.Compressed > 0 {
		ratio := float64(c.Compressed*qemustream.PageSize) / float64(run.CompressedBytes)
		run.CompressionRatio = &ratio
	}
	run.DrainRate = float64(run.Pages) / (run.TotalTimeMS / 1000)
}

// cpuOf is the CPU time of all threads that a process has; 0 if it cannot be read.
func cpuOf(tasks string) time.Duration {
	usage, err := usageOf(tasks, 0)
	if err != nil {
		return 0
	}
	sum := 0.0
	for _, u := range usage {
		sum += *u.CPUMS
	}
	return time.Duration(sum * 1e6)
}
