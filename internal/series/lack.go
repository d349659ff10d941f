package series

import (
	"errors"
	"syscall"
)

// lackOf names what the system had too little of when it refused to start a run, "" for every other
// error. What is lacking now may be there for the next run, so that the series goes on.
func lackOf(err error) string {
	for _, lack := range []struct {
		err  syscall.Errno
		what string
	}{
		{syscall.EAGAIN, "out of processes or threads (RLIMIT_NPROC, or pids.max of the cgroup)"},
		{syscall.EMFILE, "out of descriptors in this process (RLIMIT_NOFILE)"},
		{syscall.ENFILE, "out of descriptors in the system (fs.file-max)"},
		{syscall.ENOMEM, "out of memory for another process"},
		{syscall.ENOBUFS, "out of memory for sockets"},
	} {
		if errors.Is(err, lack.err) {
			return lack.what
		}
	}
	return ""
}
