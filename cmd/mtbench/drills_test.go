package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mtbench/results"
)

// drill is how one command is put to the rules that hold in all of them. In its lines GOOD is a
// result file, GOODSTREAM a stream of QEMU, MOVED expected figures that nothing keeps, SLOW a
// result file that takes many seconds to read, SECRET a shared secret in its file, and OUT a file
// that is not there.
type drill struct {
	reads  []string // lines that read FILE: a pipe, a device and a directory are refused
	prints []string // lines that end soon and print: standard output matters, standard error does not
	long   []string // lines that last: a signal ends each of them, with its verdict
	writes []string // flags that name a file or directory which the command makes
	opens  []string // flags that speak of a file and need no line
	dir    string   // where the lines run; "" = an empty directory
}

// drills has every command that can be run, by its path below mtbench.
func drills() map[string]drill {
	quick := strings.Join(small("--destination", "discard", "--pairs", "1"), " ")
	lasting := strings.Join(small("--destination", "discard", "--pairs", "5000"), " ")
	return map[string]drill{
		"run": {
			reads: []string{"run --resume FILE", "run --resume FILE --dry-run", "run --like FILE",
				"run --matrix FILE", "run --dry-run --content file:FILE", "run --replay FILE",
				"run --dry-run --content stream:FILE", "run --build a=FILE --build b=FILE",
				"run --destination tcp://127.0.0.1:1 --secret-file FILE -o OUT"},
			prints: []string{"run --dry-run", "run --print-matrix", quick + " -o OUT"},
			long:   []string{lasting + " -o OUT", "run -o OUT"},
			writes: []string{"output", "trace", "calibrate"},
		},
		"frontier": {
			reads: []string{"frontier --resume FILE", "frontier --content file:FILE"},
			prints: []string{"frontier --models locked --threads 2 --wait on --repeats 1 --memory 1MiB " +
				"--limit 200ms --vcpus 1 --link-bandwidth 0 --downtime-limit 5ms -o OUT"},
			long:   []string{"frontier --memory 4MiB --repeats 500 -o OUT"},
			writes: []string{"output"},
		},
		"handover": {
			reads:  []string{"handover --resume FILE"},
			prints: []string{strings.Join(tinyHandover("-o", "OUT"), " "), "handover --dry-run"},
			long:   []string{strings.Join(tinyHandover("-o", "OUT", "--time", "5s"), " ")},
			writes: []string{"output"},
		},
		"calibrate": {
			reads:  []string{"calibrate --content file:FILE"},
			long:   []string{"calibrate -o OUT"},
			writes: []string{"output"},
		},
		"predict": {
			reads: []string{"predict --calibration FILE", "predict --host FILE",
				"predict --host vm --against FILE"},
			prints: []string{"predict --host vm --memory 4MiB --threads 2 --wait on -o OUT"},
			long: []string{"predict --letter -o OUT", "predict --host vm -o OUT --resamples 1000",
				"predict --host vm --against SLOW -o OUT"},
			writes: []string{"output", "trace"},
			opens:  []string{"content"}, // a host is of one content
		},
		"explore":     {prints: []string{"explore --list"}},
		"soak aa":     {long: []string{"soak aa"}},
		"soak truth":  {long: []string{"soak truth"}},
		"soak series": {prints: []string{"soak series --series 5"}, long: []string{"soak series"}},
		"soak account": {
			long: []string{"soak account"},
		},
		"receive": {
			reads: []string{"receive --listen 127.0.0.1:0 --secret-file FILE"},
			long:  []string{"receive --listen 127.0.0.1:0 --secret-file SECRET"},
		},
		"validate": {
			reads:  []string{"validate --qemu ./qemu --content file:FILE"},
			long:   []string{"validate --qemu ./qemu -o OUT"},
			writes: []string{"output"},
		},
		"capture": {
			reads: []string{"capture -o OUT --content file:FILE", "capture -o OUT --content stream:FILE"},
			prints: []string{"capture -o OUT --memory 1MiB --vcpus 1 --dirty-rate 0 --link-bandwidth 0 " +
				"--downtime-limit 5ms --threads 2"},
			long:   []string{"capture -o OUT --memory 64MiB --codec zlib --link-bandwidth 500kB"},
			writes: []string{"output"},
		},
		"report": {
			reads: []string{"report FILE", "report GOOD FILE", "report FILE -o OUT",
				"report --format markdown FILE"},
			prints: []string{"report GOOD", "report --format csv GOOD",
				"report --brief --format markdown GOOD", "report -o OUT GOOD"},
			long:   []string{"report SLOW", "report SLOW -o OUT"},
			writes: []string{"output"},
		},
		"cite": {
			reads: []string{"cite FILE"}, prints: []string{"cite GOOD"}, long: []string{"cite SLOW"},
		},
		"claims": {
			reads:  []string{"claims FILE", "claims --claims FILE GOOD", "claims --format markdown FILE"},
			prints: []string{"claims GOOD", "claims --metrics"},
			long:   []string{"claims SLOW"},
		},
		"compare": {
			reads: []string{"compare FILE GOOD", "compare GOOD FILE",
				"compare --format markdown FILE GOOD"},
			prints: []string{"compare GOOD GOOD"},
			long:   []string{"compare SLOW GOOD"},
		},
		"merge": {
			reads:  []string{"merge FILE -o OUT"},
			long:   []string{"merge SLOW -o OUT"},
			writes: []string{"output"},
		},
		"reproduce": {
			prints: []string{"reproduce --list"},
			long:   []string{"reproduce"},
			writes: []string{"output"},
			dir:    "../..",
		},
		"gate": {
			reads:  []string{"gate --expected FILE"},
			prints: []string{"gate --models null --expected MOVED"},
			long:   []string{"gate", "gate --write OUT"},
			writes: []string{"write"},
		},
		"doctor": {prints: []string{"doctor"}},
		"fields": {
			reads: []string{"fields FILE"}, prints: []string{"fields", "fields GOOD"},
			long: []string{"fields SLOW"},
		},
		"version": {prints: []string{"version", "--version"}},
		"status":  {prints: []string{"help status"}},
		"words":   {prints: []string{"help words"}},
		"help":    {prints: []string{"help", "help run", "--help"}},
		"stream": {
			reads:  []string{"stream FILE", "stream FILE --cut OUT"},
			prints: []string{"stream GOODSTREAM", "stream GOODSTREAM --cut OUT"},
			long:   []string{"stream unix:OUT", "stream -", "stream - --cut OUT"},
			writes: []string{"cut"},
		},
	}
}

// ground is where the lines of a drill run.
type ground struct {
	dir, tmp   string
	good, slow string
	stream     string
	moved      string
	secret     string
}

func newGround(t *testing.T, d drill, good, slow string) *ground {
	t.Helper()
	stream, err := filepath.Abs(realStream)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := os.ReadFile("../../internal/gate/expected.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved.jsonl")
	expected = bytes.ReplaceAll(expected, []byte(`"rounds":`), []byte(`"rounds":1`))
	if err := os.WriteFile(moved, expected, 0o644); err != nil {
		t.Fatal(err)
	}
	g := &ground{dir: d.dir, tmp: t.TempDir(), good: good, slow: slow, stream: stream, moved: moved,
		secret: secretOf(t, t.TempDir(), "secret", someSecret)}
	if g.dir == "" {
		g.dir = t.TempDir()
	}
	return g
}

// command makes a command of a line, with file in the place of FILE. Its temporary files have a
// directory of their own.
func (g *ground) command(line, file string) *exec.Cmd {
	line = strings.NewReplacer("GOODSTREAM", g.stream, "GOOD", g.good, "SLOW", g.slow,
		"MOVED", g.moved, "SECRET", g.secret, "FILE", file).Replace(line)
	cmd := exec.Command(binary, strings.Fields(line)...)
	cmd.Dir, cmd.Env = g.dir, append(os.Environ(), "TMPDIR="+g.tmp)
	return cmd
}

// entries are what is in the directories of a drill.
func (g *ground) entries(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, dir := range []string{g.dir, g.tmp} {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			names = append(names, e.Name())
		}
	}
	return names
}

// clear removes OUT, which a line has made, and its picture.
func (g *ground) clear(t *testing.T) {
	t.Helper()
	for _, name := range []string{"OUT", "OUT.svg"} {
		if err := os.RemoveAll(filepath.Join(g.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// runnable are the commands below cmd that a person runs or asks help for.
func runnable(cmd *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range cmd.Commands() {
		all = append(all, runnable(sub)...)
		if !sub.Hidden && !sub.HasSubCommands() {
			all = append(all, sub)
		}
	}
	return all
}

// TestEveryCommandHasADrill: a command that is new, or a flag that takes a file, comes to the rules
// of all.
func TestEveryCommandHasADrill(t *testing.T) {
	all := drills()
	namesFile := regexp.MustCompile(`(?i)\b(file|directory|path)\b`)
	root := newRootCommand()
	root.InitDefaultHelpCmd()
	for _, cmd := range runnable(root) {
		path := strings.TrimPrefix(cmd.CommandPath(), "mtbench ")
		d, ok := all[path]
		if !ok {
			t.Errorf("mtbench %s: no drill; its lines belong in drills", path)
			continue
		}
		lines := strings.Join(append(append(slices.Clone(d.reads), d.prints...), d.long...), " ") + " "
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			takes := f.Value.Type() == "string" && namesFile.MatchString(f.Usage)
			if takes && !slices.Contains(append(d.opens, d.writes...), f.Name) &&
				!strings.Contains(lines, "--"+f.Name+" ") {
				t.Errorf("mtbench %s: --%s speaks of a file, and no line has it (%s)", path, f.Name, f.Usage)
			}
		})
		delete(all, path)
	}
	for path := range all {
		t.Errorf("mtbench %s: a drill of no command", path)
	}
}

// eachDrill runs do for each command, several at once.
func eachDrill(t *testing.T, good, slow string, do func(t *testing.T, d drill, g *ground)) {
	for path, d := range drills() {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			do(t, d, newGround(t, d, good, slow))
		})
	}
}

// TestEveryCommandRefusesWhatIsNoFile: none waits for who might write, and nothing is made.
func TestEveryCommandRefusesWhatIsNoFile(t *testing.T) {
	good := writeSeries(t, "good.jsonl", 64, 10, 1)
	odd := t.TempDir()
	pipe := filepath.Join(odd, "pipe")
	if err := syscall.Mkfifo(pipe, 0o700); err != nil {
		t.Fatal(err)
	}
	eachDrill(t, good, "", func(t *testing.T, d drill, g *ground) {
		writeEmulator(t, g)
		before := g.entries(t)
		for _, line := range d.reads {
			for file, is := range map[string]string{pipe: "pipe", "/dev/zero": "device", odd: "directory"} {
				if file == odd && strings.Contains(line, "--calibration") {
					continue // of calibrations
				}
				cmd := g.command(line, file)
				var errs bytes.Buffer
				cmd.Stderr = &errs
				status := within(t, cmd)
				if status != statusUsage || !strings.Contains(errs.String(), "a "+is) {
					t.Errorf("mtbench %s with a %s: status %d: %s", line, is, status, errs.String())
				}
			}
			if now := g.entries(t); !slices.Equal(now, before) {
				t.Errorf("mtbench %s has left %v", line, now)
			}
		}
	})
}

// within runs cmd and gives its status. The bound is for a hang.
func within(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hangs := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer hangs.Stop()
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// shortly runs cmd, and ends it after a second: what is wrong with a file is said by then.
func shortly(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	enough := time.AfterFunc(time.Second, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer enough.Stop()
	_ = cmd.Wait()
}

// writeEmulator leaves ./qemu, which says that it is one and is never done.
func writeEmulator(t *testing.T, g *ground) {
	t.Helper()
	text := "#!/bin/sh\n[ \"$1\" != --version ] || exec echo QEMU emulator version 7.2\n" +
		"exec sleep 100\n"
	if g.dir == "../.." {
		return
	}
	if err := os.WriteFile(filepath.Join(g.dir, "qemu"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// TestEveryCommandAndItsStreams: standard output that nobody reads is an error, and standard error
// that nobody reads costs nothing.
func TestEveryCommandAndItsStreams(t *testing.T) {
	good := writeSeries(t, "good.jsonl", 64, 10, 1)
	eachDrill(t, good, "", func(t *testing.T, d drill, g *ground) {
		for _, line := range d.prints {
			var out bytes.Buffer
			alive := g.command(line, "")
			alive.Stdout = &out
			want := within(t, alive)
			if out.Len() == 0 {
				t.Errorf("mtbench %s prints nothing: status %d", line, want)
			}
			g.clear(t)

			deaf := g.command(line, "")
			deaf.Stdout, deaf.Stderr = new(bytes.Buffer), deadPipe(t)
			if status := within(t, deaf); status != want {
				t.Errorf("mtbench %s with a dead standard error: status %d, not %d", line, status, want)
			}
			g.clear(t)

			mute := g.command(line, "")
			var errs bytes.Buffer
			mute.Stdout, mute.Stderr = deadPipe(t), &errs
			if status := within(t, mute); status != statusInternal ||
				!strings.Contains(errs.String(), "standard output cannot be written: broken pipe") {
				t.Errorf("mtbench %s | nobody: status %d: %s", line, status, errs.String())
			}
			g.clear(t)
		}
	})
}

// TestEveryCommandObeysTheFirstSignal: whatever a command does, early and later on. It says what
// was kept, and leaves no half of a file and no file of its own.
func TestEveryCommandObeysTheFirstSignal(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	good, slow := writeSeries(t, "good.jsonl", 64, 10, 1), slowToRead(t)
	eachDrill(t, good, slow, func(t *testing.T, d drill, g *ground) {
		writeEmulator(t, g)
		before := g.entries(t)
		for _, line := range d.long {
			for i, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
				after := time.Duration(i+1) * 200 * time.Millisecond
				words, status := g.signalled(t, line, s, after)
				for tries := 0; status < 0 && tries < 10; tries++ {
					if status == tooLate {
						after = after * 2 / 3
					} else { // it had not begun to look
						after *= 2
					}
					words, status = g.signalled(t, line, s, after)
				}
				last := words[strings.LastIndex(words, "\n")+1:]
				if status != statusInterrupted || !strings.HasPrefix(last, "mtbench: ") ||
					!strings.Contains(last, "interrupted") {
					t.Errorf("mtbench %s, %v after %v: status %d: %s", line, s, after, status, words)
				}
				g.checkKept(t, line)
				g.clear(t)
				if now := g.entries(t); !slices.Equal(now, before) {
					t.Errorf("mtbench %s, %v after %v, has left %v", line, s, after, now)
				}
			}
		}
	})
}

// tooLate stands for the status of a line that had ended before the signal.
const tooLate = -2

// signalled starts a line, sends it s so much later, and gives its words and status: that of a
// process that the signal killed is -1.
func (g *ground) signalled(t *testing.T, line string, s syscall.Signal, after time.Duration) (
	words string, status int) {
	t.Helper()
	cmd := g.command(line, "")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	silent, err := cmd.StdinPipe() // nobody writes
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hangs := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) })
	defer hangs.Stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	select {
	case <-ended:
		return strings.TrimSpace(errs.String()), tooLate
	case <-time.After(after):
	}
	_ = cmd.Process.Signal(s)
	<-ended
	return strings.TrimSpace(errs.String()), cmd.ProcessState.ExitCode()
}

// checkKept holds a result file that an interrupted line has made to being one.
func (g *ground) checkKept(t *testing.T, line string) {
	t.Helper()
	path := filepath.Join(g.dir, "OUT")
	info, err := os.Lstat(path)
	if err != nil {
		return
	}
	switch word, _, _ := strings.Cut(line, " "); word {
	case "run", "frontier", "predict", "validate":
		_, err = results.Read(path)
	case "handover":
		_, err = results.ReadHandOver(path)
	default:
		t.Errorf("mtbench %s was interrupted and has left OUT, a %v", line, info.Mode())
	}
	if err != nil {
		t.Errorf("mtbench %s was interrupted and has left: %v", line, err)
	}
}

// TestNoCommandSteersATerminal: whatever a file holds or is called. Nor do its words make tables or
// tags where Markdown is asked for.
func TestNoCommandSteersATerminal(t *testing.T) {
	hostile := t.TempDir()
	good := writeSeries(t, "good.jsonl", 64, 10, 1)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := os.ReadFile(realStream)
	if err != nil {
		t.Fatal(err)
	}
	escaped := strings.ReplaceAll(steering, "\x1b", `\u001b`)
	files := map[string]string{
		"series": strings.NewReplacer(`"lockless"`, `"l`+escaped+`|<b>"`, `"cpu_model":""`,
			`"cpu_model":"`+escaped+`"`, `"argv":`, `"`+escaped+`":1,"argv":`).Replace(string(text)),
		"handover": `{"type":"handover` + escaped + `","schema":1}` + "\n",
		"object":   `{"` + escaped + `":"` + escaped + `"}`,
		"yaml":     strings.ReplaceAll(`"s": ["s", {"s": 1}]`, "s", strings.ReplaceAll(steering, "\x1b", `\e`)),
		"stream":   strings.Replace(string(stream), "\x03ram", "\x03\x1b[A", 1),
		"raw":      strings.Repeat(steering+"\n", 20),
		"named" + strings.ReplaceAll(steering, "/", ""): string(text),
		"unreadable" + steering:                         "",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(hostile, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	steers := regexp.MustCompile("[\x00-\x08\x0b-\x1f\u007f-\u009f\u202a-\u202e\u2066-\u2069]")
	eachDrill(t, good, "", func(t *testing.T, d drill, g *ground) {
		writeEmulator(t, g)
		for _, line := range d.reads {
			for name := range files {
				cmd := g.command(line, filepath.Join(hostile, name))
				var out bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &out
				shortly(t, cmd)
				if at := steers.FindString(out.String()); at != "" {
					t.Errorf("mtbench %s with %q lets %q through:\n%q", line, name, at, out.String())
				}
				markdown := strings.Contains(line, "markdown") || strings.HasPrefix(line, "fields")
				if markdown && strings.Contains(out.String(), "<b>") {
					t.Errorf("mtbench %s with %q makes tags:\n%q", line, name, out.String())
				}
				g.clear(t)
			}
		}
	})
}

// TestARefusedResumeChangesNothing: neither does a dry run; the file keeps its half of a line, too.
func TestARefusedResumeChangesNothing(t *testing.T) {
	for _, line := range []string{
		strings.Join(small("--destination", "discard", "--pairs", "1"), " ") + " -o OUT",
		strings.Join(tinyHandover("--models", "locked", "-o", "OUT"), " "),
		"frontier --models locked --threads 2 --wait on --repeats 1 --memory 1MiB --limit 50ms " +
			"--vcpus 1 --link-bandwidth 0 --downtime-limit 5ms -o OUT",
	} {
		g := newGround(t, drill{}, "", "")
		made := g.command(line, "")
		if status := within(t, made); status != statusOK {
			t.Fatalf("mtbench %s: status %d", line, status)
		}
		path := filepath.Join(g.dir, "OUT")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		cut := text[:len(text)-20]
		other := bytes.Replace(cut, []byte(`"binary_sha256":"`), []byte(`"binary_sha256":"x`), 1)
		word, _, _ := strings.Cut(line, " ")
		refused, dry := word+" --resume OUT", word+" --resume OUT --dry-run"
		for again, text := range map[string][]byte{refused: other, dry: cut} {
			if again == dry && word == "frontier" {
				continue // it has no such flag
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
			status := within(t, g.command(again, ""))
			if (status == statusUsage) != (again == refused) {
				t.Errorf("mtbench %s: status %d", again, status)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, text) {
				t.Errorf("mtbench %s: the file has %d bytes, not its %d (%v)", again, len(now), len(text), err)
			}
		}
	}
}
