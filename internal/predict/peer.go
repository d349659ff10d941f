package predict

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"mtbench/internal/thread"
)

// What it costs that a CPU turns to a thread of another process is measured with another process, the peer: this
// executable once more, which shares a page of memory with the calibration and passes a token to and fro there.

// peerPatience is how long the calibration waits for its peer, at the start or at a turn.
const peerPatience = 10 * time.Second

// child is this executable once more, with a plan on its standard input.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer // open for as long as it is to live
}

// startChild starts one, which finds files at the descriptors from 3 on; unless that fails, end is to be called.
func startChild(p Plan, files ...*os.File) (*child, error) {
	c := &child{cmd: exec.Command(p.Peer[0], p.Peer[1:]...)}
	c.cmd.ExtraFiles, c.cmd.Stderr = files, os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.stdin = in
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the peer: %w", err)
	}
	if err := json.NewEncoder(in).Encode(p); err != nil {
		c.end()
		return nil, fmt.Errorf("telling the peer: %w", err)
	}
	return c, nil
}

// end ends the process, if it has not ended by itself.
func (c *child) end() {
	_ = c.stdin.Close()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait() // killed, or done
}

// peer is that process as the calibration has it.
type peer struct {
	*child
	shared *peerPage
}

// peerPage is the memory that the two share.
type peerPage struct {
	token, ready uint32
}

// startPeer starts it and waits until it is ready; unless that fails, end is to be called.
func startPeer(p Plan) (*peer, error) {
	if len(p.Peer) == 0 {
		return nil, errors.New("no command for the peer process")
	}
	fd, err := unix.MemfdCreate("mtbench-peer", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memory to share: %w", err)
	}
	memory := os.NewFile(uintptr(fd), "peer")
	defer memory.Close()
	if err := memory.Truncate(int64(os.Getpagesize())); err != nil {
		return nil, fmt.Errorf("memory to share: %w", err)
	}
	shared, err := mapPeerPage(memory)
	if err != nil {
		return nil, err
	}
	c, err := startChild(p, memory)
	if err != nil {
		shared.unmap()
		return nil, err
	}
	x := &peer{child: c, shared: shared}
	for begin := time.Now(); atomic.LoadUint32(&shared.ready) == 0; time.Sleep(time.Millisecond) {
		if time.Since(begin) > peerPatience {
			x.end()
			return nil, errors.New("the peer process does not answer")
		}
	}
	return x, nil
}

// end ends the process and gives the memory back.
func (x *peer) end() {
	x.child.end()
	x.shared.unmap()
}

// baton is the token that the two pass, with how long one waits for it.
func (s *peerPage) baton(limit *unix.Timespec) baton { return baton{&s.token, betweenProcesses, limit} }

func mapPeerPage(f *os.File) (*peerPage, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("sharing memory: %w", err)
	}
	return (*peerPage)(unsafe.Pointer(&b[0])), nil
}

func (s *peerPage) unmap() {
	_ = unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(s)), os.Getpagesize()))
}

// PeerMemory is the descriptor that a peer finds the shared memory at.
const PeerMemory = 3

// Peer is the body of the peer process: it reads the plan from stdin, takes its turns or is a destination, and returns.
// The end of stdin is that of the calibration, and then this process ends at once.
func Peer(stdin io.Reader) error {
	var p Plan
	if err := json.NewDecoder(io.LimitReader(stdin, maxCalibrationBytes)).Decode(&p); err != nil {
		return fmt.Errorf("no plan on standard input (this command is not for people): %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		os.Exit(1)
	}()
	if p.Destination != nil {
		return receive(*p.Destination)
	}
	shared, err := mapPeerPage(os.NewFile(PeerMemory, "peer"))
	if err != nil {
		return err
	}
	defer shared.unmap()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	w, err := newPageMeter(p, wakeBatch)
	if err != nil {
		return err
	}
	defer w.mem.Unmap()
	m := thread.NewKernel(thread.Options{Sealed: true, MaxThreads: 1})
	return m.Run("peer", func(t thread.Thread) {
		m.OpenBracket(t)
		defer m.ShutBracket(t)
		defer onCPU(0)()
		atomic.StoreUint32(&shared.ready, 1)
		for range samples {
			w.turns(t, shared.baton(nil), 1) // however long it takes until the other's first
		}
	})
}

// space passes a token between two processes on one CPU, and between two threads of one in the same way.
func (m *meter) space(t thread.Thread) error {
	const name = "space_ns"
	m.c.Notes[name] = "a hand-over of two processes that compress on one CPU, less one of two threads, by switch"
	shared := m.peer.shared
	threads, err := m.handOvers(t, baton{word: new(uint32), flag: betweenProcesses})
	if err != nil {
		return err
	}
	var within []float64
	for _, h := range threads {
		within = append(within, h.oneWay)
	}
	defer onCPU(0)()
	w, err := newPageMeter(m.plan, wakeBatch)
	if err != nil {
		return err
	}
	defer w.mem.Unmap()
	patience := unix.NsecToTimespec(int64(peerPatience))
	for range samples {
		h := w.handOver(t, shared.baton(&patience))
		if h.oneWay > float64(peerPatience)/(2*wakeBatch) {
			return errors.New("the peer process ended before its turns")
		}
		m.add(name, (h.oneWay-figureOf(within))/max(h.switches, 1))
	}
	return nil
}
