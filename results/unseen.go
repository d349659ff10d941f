package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// unseen is a new file that has no name yet, or on file systems without such files one that begins
// with a dot.
type unseen struct {
	*os.File
	temporary string // its name; "" for none
}

// newUnseen makes a file in the directory of path.
func newUnseen(path string) (*unseen, error) {
	dir := filepath.Dir(path)
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o644)
	if err == nil {
		return &unseen{File: os.NewFile(uintptr(fd), path)}, nil
	}
	return newHidden(path)
}

func newHidden(path string) (*unseen, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, Reason(err)
	}
	if err := f.Chmod(0o644); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return &unseen{f, f.Name()}, nil
}

// show gives the file its name, in one step. A name that is taken is refused.
func (u *unseen) show(path string) error {
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

// drop closes the file, and nothing is left of it.
func (u *unseen) drop() error {
	if u.temporary != "" {
		_ = os.Remove(u.temporary)
	}
	return u.Close()
}
