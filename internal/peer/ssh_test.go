package peer

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestTargets(t *testing.T) {
	for text, want := range map[string]Target{
		"ssh://host":                   {Host: "host"},
		"ssh://me@host.example:2222":   {User: "me", Host: "host.example", Port: 2222},
		"ssh://[::1]:22":               {Host: "::1", Port: 22},
		"ssh://[2001:db8::7]":          {Host: "2001:db8::7"},
		"ssh://a.b-c_d@10.0.0.1":       {User: "a.b-c_d", Host: "10.0.0.1"},
		"ssh://user%40corp@alias_1":    {User: "user@corp", Host: "alias_1"},
		"ssh://192.168.1.1:65535":      {Host: "192.168.1.1", Port: 65535},
		"tcp://host":                   {Direct: true, Host: "host"},
		"tcp://[2001:db8::7]:7317":     {Direct: true, Host: "2001:db8::7", Port: 7317},
		"ssh://me@[fe80::1%25eth0]:22": {User: "me", Host: "fe80::1%eth0", Port: 22},
	} {
		if got, err := ParseTarget(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"ssh://", "host", "ssh://-oProxyCommand=x", "ssh://-l@host", "ssh://me:secret@host",
		"ssh://host/path", "ssh://host?x", "ssh://host#x", "ssh://host:0", "ssh://host:99999",
		"ssh://host:-1", "ssh://a b", "ssh://$(id)", "ssh://host;id", "ssh://%h", "ssh://`id`@host",
		"ssh://-Fx@host", "ssh://%2doProxyCommand", "ssh://host%0a", "SSH://host",
		"ssh://" + strings.Repeat("a", 300), "ssh://[::1%25$(id)]", "tcp://", "tcp://me@host",
		"tcp://host:0", "tcp://host/x", "tcp:host:7317", "tcp://:7317", "tcp://-x",
	} {
		if got, err := ParseTarget(text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func TestServerAddress(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.1 1 10.0.0.2 22": "10.0.0.2", "::1 1 ::1 22": "::1",
		"1.2.3.4 5 ::ffff:1.2.3.5 22": "1.2.3.5",
	} {
		if got, err := ServerAddress(text); err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "a b c d", "1.2.3.4 5 0.0.0.0 22", "1.2.3.4 5 :: 22",
		"1.2.3.4 5 224.0.0.1 22", "1.2.3.4 5 6.7.8.9"} {
		if got, err := ServerAddress(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestNothingWeakensHostKeys: what ssh is told leaves its checks as the user has them.
func TestNothingWeakensHostKeys(t *testing.T) {
	args := Target{User: "me", Host: "host", Port: 7}.Arguments(true, "command")
	all := strings.Join(args, " ")
	for _, never := range []string{"HostKey", "KnownHosts", "CheckHostIP", "StrictHost"} {
		if strings.Contains(all, never) {
			t.Errorf("%s is in %s", never, all)
		}
	}
	if i := slices.Index(args, "BatchMode=yes"); i < 1 || args[i-1] != "-o" {
		t.Errorf("no BatchMode: %s", all)
	}
	if want := "-l me -p 7 -- host command"; !strings.HasSuffix(all, want) {
		t.Errorf("%s does not end with %s", all, want)
	}
	if slices.Contains(Target{Host: "h"}.Arguments(false, ""), "BatchMode=yes") {
		t.Error("BatchMode where somebody can be asked")
	}
}

func TestWordsReachTheProgramAsTheyAre(t *testing.T) {
	for _, text := range []string{"", "a b", "it's", `"x"`, "$HOME", "`id`", "*", "a;id", "-rf", "~",
		"a&b|c>d", "#", "(x)"} {
		q, err := Quote(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		for _, shell := range []string{"sh", "bash"} {
			out, err := exec.Command(shell, "-c", "printf %s "+q).Output()
			if err != nil || string(out) != text {
				t.Errorf("%s makes %q of %q (%v)", shell, out, text, err)
			}
		}
	}
	for _, text := range []string{"a\nb", "a\x00", "a!b", `a\b`, "\x1b[0m", "\xff"} {
		if q, err := Quote(text); err == nil {
			t.Errorf("%q became %s", text, q)
		}
	}
}

// TestTheBootstrapNeedsOneQuoting: it goes through any login shell between single quotes.
func TestTheBootstrapNeedsOneQuoting(t *testing.T) {
	if strings.ContainsAny(bootstrap, "'\\!\n") {
		t.Error("a character that shells quote differently")
	}
	if strings.Count(bootstrap, strings.TrimSpace(Sign)) != 1 {
		t.Error("its sign is not that which is looked for")
	}
}
