package workloads

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"mtbench/internal/thread"
)

func TestWordsAreLeft(t *testing.T) {
	m := thread.NewKernel(thread.Options{MaxThreads: 1})
	m.NewMutex("done-lock", thread.LockGlobal)
	t.Setenv(wordsEnv, "")
	if err := leaveWords(m); err != nil {
		t.Errorf("not asked for: %v", err)
	}
	dir := t.TempDir()
	t.Setenv(wordsEnv, dir)
	if err := leaveWords(m); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(os.Getpid())))
	if err != nil || !strings.HasPrefix(string(text), "0x") ||
		!strings.HasSuffix(string(text), " mutex done-lock\n") {
		t.Errorf("%q, %v", text, err)
	}
	t.Setenv(wordsEnv, filepath.Join(dir, "nonexistent"))
	if err := leaveWords(m); err == nil {
		t.Error("a directory that is not there was written to")
	}
}
