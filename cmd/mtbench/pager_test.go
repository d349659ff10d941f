package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPagerOf(t *testing.T) {
	for _, c := range []struct {
		set  map[string]string
		want string
	}{
		{nil, "less"}, {map[string]string{"PAGER": "more"}, "more"},
		{map[string]string{"PAGER": "more", "MTBENCH_PAGER": "most -s"}, "most -s"},
		{map[string]string{"PAGER": "cat"}, ""}, {map[string]string{"PAGER": ""}, ""},
		{map[string]string{"PAGER": "more", "MTBENCH_PAGER": ""}, ""},
	} {
		got := pagerOf(func(name string) (string, bool) { v, ok := c.set[name]; return v, ok })
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.set, got, c.want)
		}
	}
}

// A pager gets the text and the flags of less; where there is none the text is printed plainly; one
// that ends early has shown enough.
func TestThroughAPager(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	t.Setenv("LESS", "")
	_ = os.Unsetenv("LESS")
	if !through(`echo "[$LESS]"; sed s/^/:/`, []byte("a\nb\n"), out) {
		t.Error("the pager did not run")
	}
	if text, _ := os.ReadFile(out.Name()); string(text) != "[FRX]\n:a\n:b\n" {
		t.Errorf("the pager showed %q", text)
	}
	if through("no-such-pager-here 2>/dev/null", []byte("a"), out) {
		t.Error("a pager that is not there has shown something")
	}
	if !through("true", []byte(strings.Repeat("line\n", 1<<16)), out) {
		t.Error("who ends early is no failure")
	}
}
