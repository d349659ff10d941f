package results

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Open opens a file from outside that must be regular, and never waits for one that is not: a pipe
// would wait for a writer, and a device may answer by doing something. Errors are an *fs.PathError,
// or an *IrregularError.
func Open(path string, flag int) (*os.File, error) {
	info, err := os.Stat(path) // before opening
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		return nil, err
	}
	// A pipe that has come into its place since is opened without waiting, and refused.
	f, err := os.OpenFile(path, flag|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = regular(info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// IrregularError says that a file is not one that can be read from begin to end.
type IrregularError struct{ Is string }

// Error is a sentence without the name of the file.
func (e *IrregularError) Error() string {
	return fmt.Sprintf("it is %s; a regular file is needed", e.Is)
}

func regular(info fs.FileInfo) error {
	m := info.Mode()
	switch {
	case m.IsRegular():
		return nil
	case m.IsDir():
		return &IrregularError{"a directory"}
	case m&fs.ModeNamedPipe != 0:
		return &IrregularError{"a pipe"}
	case m&fs.ModeDevice != 0:
		return &IrregularError{"a device"}
	}
	return &IrregularError{"no regular file"}
}
