package workloads

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mtbench/internal/thread"
)

// wordsEnv names a directory in which the source leaves the addresses of its futex words, in a file
// named by its process id: a line a word, "ADDRESS KIND NAME". scripts/futex-trace.sh sets the
// kernel's own count of calls on them against the run's.
const wordsEnv = "MTBENCH_WORDS"

// leaveWords does that after the measured time, if it is asked for.
func leaveWords(m thread.Machine) error {
	dir := os.Getenv(wordsEnv)
	k, ok := m.(*thread.Kernel)
	if dir == "" || !ok {
		return nil
	}
	var b strings.Builder
	for _, w := range k.Words() {
		fmt.Fprintf(&b, "0x%x %s %s\n", w.Addr, w.Kind, w.Name)
	}
	path := filepath.Join(dir, fmt.Sprint(os.Getpid()))
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("%s: %w", wordsEnv, err)
	}
	return nil
}
