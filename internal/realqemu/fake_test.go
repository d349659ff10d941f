package realqemu_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"mtbench/internal/qemustream"
)

// fakeEnv makes of this test a program that behaves as QEMU does where it is asked, but for the
// fault that the variable names.
const fakeEnv = "MTBENCH_FAKE_QEMU"

func TestMain(m *testing.M) {
	fault := os.Getenv(fakeEnv)
	switch {
	case fault == "":
		os.Exit(m.Run())
	case len(os.Args) == 2 && os.Args[1] == "--version":
		fmt.Println("QEMU emulator version 7.2.0 (a fake)\nCopyright of nobody")
		os.Exit(0)
	case fault == "dies":
		fmt.Fprintln(os.Stderr, "no such machine")
		os.Exit(1)
	}
	if err := fake(fault); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// fake answers on the monitor that the arguments name.
func fake(fault string) error {
	path := ""
	for i, arg := range os.Args {
		if arg == "-qmp" {
			path, _, _ = strings.Cut(strings.TrimPrefix(os.Args[i+1], "unix:"), ",")
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	if fault == "mute" {
		return conn.Close()
	}
	fmt.Fprintln(conn, `{"QMP": {"version": {}}}`)
	f := &actor{fault: fault, status: "setup"}
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		var c struct {
			Execute   string
			Arguments struct{ URI string }
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return err
		}
		fmt.Fprintln(conn, `{"event": "SOMETHING"}`)
		fmt.Fprintln(conn, f.answer(c.Execute, c.Arguments.URI))
		if c.Execute == "quit" {
			break
		}
	}
	return nil
}

type actor struct {
	fault, status string
	conn          net.Conn
	w             *qemustream.Writer
}

func (f *actor) answer(command, uri string) string {
	fail := func(err error) string { return fmt.Sprintf(`{"error": {"desc": %q}}`, err.Error()) }
	switch command {
	case "migrate-set-capabilities":
		if f.fault == "old" {
			return `{"error": {"class": "GenericError", "desc": "Invalid parameter 'compress'"}}`
		}
	case "migrate":
		if err := f.migrate(strings.TrimPrefix(uri, "unix:")); err != nil {
			return fail(err)
		}
	case "migrate-continue":
		if err := f.w.Close(); err != nil {
			return fail(err)
		}
		fmt.Fprint(f.conn, "what devices save")
		f.conn.Close()
		f.status = "completed"
	case "query-migrate":
		return fmt.Sprintf(`{"return": {"status": %q, `+
			`"error-desc": "as told", "total-time": 12, "setup-time": 1, "ram": {"remaining": 0, `+
			`"normal": 1, "dirty-sync-count": 2}, "compression": {"pages": 5, "busy": 2}}}`, f.status)
	}
	return `{"return": {}}`
}

// migrate sends the guest, which is on descriptor 3, by a thread of the right name.
func (f *actor) migrate(path string) (err error) {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and is never unlocked: the thread is there to be looked at
		name := append([]byte("live_migration"), 0)
		_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
		done <- f.send(path)
		time.Sleep(time.Minute) // it ends with the process
	}()
	return <-done
}

func (f *actor) send(path string) (err error) {
	if f.conn, err = net.Dial("unix", path); err != nil {
		return err
	}
	if f.fault == "garbage" {
		_, err = f.conn.Write([]byte("no stream, but text"))
		f.status = "pre-switchover"
		return err
	}
	memory := os.NewFile(3, "memory")
	info, err := memory.Stat()
	if err != nil {
		return err
	}
	f.w = qemustream.NewWriter(f.conn, "none", []qemustream.Block{{Name: "ram", Size: info.Size()}})
	page := make([]byte, qemustream.PageSize)
	for i := range info.Size() / qemustream.PageSize {
		if _, err := memory.ReadAt(page, i*qemustream.PageSize); err != nil {
			return err
		}
		switch {
		case f.fault == "wrong" && i == 7:
			page[4095]++
		case f.fault == "lost" && i == 7:
			continue
		case f.fault == "repeated" && i == 7:
			i = 6
			_, _ = memory.ReadAt(page, i*qemustream.PageSize)
		}
		p := qemustream.Page{Kind: qemustream.Raw, Index: i, Payload: page}
		if i%2 == 1 {
			p.Kind, p.Payload = qemustream.Compressed, deflated(page)
		}
		if err := f.w.Page(p); err != nil {
			return err
		}
	}
	f.w.EndSection()
	f.status = "pre-switchover"
	if f.fault == "fails" {
		f.status = "failed"
	}
	return nil
}
