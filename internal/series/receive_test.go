package series

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"mtbench/internal/peer"
)

func testSecret(t *testing.T) peer.Shared {
	t.Helper()
	s, err := peer.ParseShared("a long and various secret of a test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// receiving starts a receiver of a build until the test ends, and returns where it listens and what
// it says.
func receiving(t *testing.T, b Build) (peer.Target, <-chan string) {
	t.Helper()
	said := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Receive(ctx, ReceiveOptions{Listen: netip.MustParseAddrPort("127.0.0.1:0"),
			Secret: testSecret(t), Build: b, Say: func(line string) { said <- line }})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	where := strings.Fields(says(t, said, "listening at "))[2]
	return peer.Target{Direct: true, Host: "127.0.0.1",
		Port: int(netip.MustParseAddrPort(where).Port())}, said
}

// says waits for a line with words in it.
func says(t *testing.T, said <-chan string, words string) string {
	t.Helper()
	for {
		select {
		case line := <-said:
			if strings.Contains(line, words) {
				return line
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("nobody says %q", words)
		}
	}
}

func calling(t *testing.T) FarOptions {
	s := testSecret(t)
	return FarOptions{Secret: func(context.Context) (peer.Shared, error) { return s, nil }}
}

// TestAnotherBuildIsRefusedOnBothSides: each side says in what the other differs.
func TestAnotherBuildIsRefusedOnBothSides(t *testing.T) {
	target, said := receiving(t, Build{Version: "1.0", Revision: "old"})
	far, err := reach(t.Context(), target, calling(t), Build{Version: "1.0", Revision: "new"})
	if err == nil {
		far.close()
		t.Fatal("another build is a destination")
	}
	for _, want := range []string{"mtbench at the destination", `revision "old" (here "new")`,
		"both ends must be one build"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the source says %v, not %q", err, want)
		}
	}
	says(t, said, `the mtbench at the source has revision "new" (here "old")`)

	// It listens to the next one.
	far, err = reach(t.Context(), target, calling(t), Build{Version: "1.0", Revision: "old"})
	if err != nil {
		t.Fatal(err)
	}
	says(t, said, "begins a series")
	far.close()
	says(t, said, "the series is over")
}

// TestWhatAReceiverDoesNotDo: one who knows the secret asks for what is not done, and both sides
// have a sentence.
func TestWhatAReceiverDoesNotDo(t *testing.T) {
	for _, c := range []struct {
		what string
		asks func(talk *peer.Talk)
		want string
	}{
		{"a secret in clear", func(talk *peer.Talk) {
			s := peer.NewSecret()
			_ = talk.Send(7, request{Begin: &begin{Probe: true, Secret: &s}})
		}, "told where all may hear it"},
		{"a run twice", func(talk *peer.Talk) {
			_ = talk.Send(7, request{Begin: &begin{Probe: true}})
			_ = talk.Send(7, request{Begin: &begin{Probe: true}})
		}, "run 7 was asked for after run 7"},
		{"a strange frame", func(talk *peer.Talk) {
			_ = talk.Send(0, "what")
		}, "a message of the other host cannot be read"},
	} {
		target, said := receiving(t, Build{})
		far, err := reach(t.Context(), target, calling(t), Build{})
		if err != nil {
			t.Fatal(err)
		}
		c.asks(far.talk)
		says(t, said, c.want)
		<-far.gone
		if err := far.err(); !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the source says %v, not %q", c.what, err, c.want)
		}
		far.close()
	}
}

// TestASecondCallerIsTold: it has a sentence, and the first goes on.
func TestASecondCallerIsTold(t *testing.T) {
	target, said := receiving(t, Build{})
	first, err := reach(t.Context(), target, calling(t), Build{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := reach(t.Context(), target, calling(t), Build{})
	if err == nil {
		second.close()
		t.Fatal("two converse at once")
	}
	if !strings.Contains(err.Error(), "it refuses: a series of 127.0.0.1:") {
		t.Errorf("the second is told %v", err)
	}
	says(t, said, "is told to come later")
	if err := first.probe(t.Context()); err != nil {
		t.Errorf("the first: %v", err)
	}
	first.close()
	says(t, said, "the series is over")
}

// TestWhichBuildsGoTogether: programs of one revision may differ, as by another compiler's version;
// where no revision is known they are one program.
func TestWhichBuildsGoTogether(t *testing.T) {
	for _, c := range []struct {
		revision, ours, theirs string
		together               bool
	}{{"r", "1", "1", true}, {"r", "1", "2", true}, {"", "1", "1", true}, {"", "1", "2", false}} {
		a := introduction{Revision: c.revision, Program: c.ours}
		b := introduction{Revision: c.revision, Program: c.theirs}
		if err := a.agree(&b, "source"); (err == nil) != c.together {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
