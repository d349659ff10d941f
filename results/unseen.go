package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Unseen is a new file that has no name yet, so that nothing is left of it whenever the process
// ends. On file systems without such files it has one that begins with a dot. Whoever has made it
// shows it or drops it.
type Unseen struct {
	*os.File
	temporary string // its name; "" for none
}

// NewUnseen makes a file in the directory of path, which everybody may read.
func NewUnseen(path string) (*Unseen, error) {
	dir := filepath.Dir(path)
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o644)
	if err == nil {
		return &Unseen{File: os.NewFile(uintptr(fd), path)}, nil
	}
	return newHidden(path)
}

func newHidden(path string) (*Unseen, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, Reason(err)
	}
	if err := f.Chmod(0o644); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return &Unseen{f, f.Name()}, nil
}

// Show gives the file its name, in one step. A name that is taken is refused with an error that is
// [fs.ErrExist].
func (u *Unseen) Show(path string) error {
	if u.temporary == "" {
		return unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", u.Fd()), unix.AT_FDCWD, path,
			unix.AT_SYMLINK_FOLLOW)
	}
	err := unix.Renameat2(unix.AT_FDCWD, u.temporary, unix.AT_FDCWD, path, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // as on NFS
		if err = os.Link(u.temporary, path); err == nil {
			err = os.Remove(u.temporary)
		}
	}
	if err == nil {
		u.temporary = ""
	}
	return err
}

// Replace gives the file its name, in one step, in the place of whatever has that name.
func (u *Unseen) Replace(path string) error {
	err := u.Show(path)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if u.temporary == "" {
		beside := filepath.Join(filepath.Dir(path),
			fmt.Sprintf(".%s-%d", filepath.Base(path), os.Getpid()))
		if err := u.Show(beside); err != nil {
			return err
		}
		u.temporary = beside
	}
	if err := os.Rename(u.temporary, path); err != nil {
		return err
	}
	u.temporary = ""
	return nil
}

// Drop closes the file. Nothing is left of one that was not shown.
func (u *Unseen) Drop() error {
	if u.temporary != "" {
		_ = os.Remove(u.temporary)
	}
	return u.Close()
}
