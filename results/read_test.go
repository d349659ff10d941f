package results

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"mtbench/internal/fuzztest"
)

const goodHeader = `{"type":"header","schema":1,"kind":"measured","host":{},"scenario":{}}` + "\n"

func goodRun(t *testing.T, change map[string]any) string {
	t.Helper()
	line, err := json.Marshal(testRun(0))
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(line, &keys); err != nil {
		t.Fatal(err)
	}
	keys["type"] = TypeRun
	for name, value := range change {
		keys[name] = value
		if value == nil {
			delete(keys, name)
		}
	}
	line, _ = json.Marshal(keys)
	return string(line) + "\n"
}

// A policy that wait alone says makes no other cell.
func TestPolicyIsNormal(t *testing.T) {
	for _, c := range []struct {
		wait bool
		full any
		want Cell
	}{{true, "wait", Cell{Wait: true}}, {false, "raw", Cell{}}, {false, nil, Cell{}},
		{false, "self", Cell{WhenFull: FullSelf}}} {
		text := goodHeader + goodRun(t, map[string]any{"wait": c.wait, "when_full": c.full})
		f, err := ReadFrom(strings.NewReader(text), "r.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		got := f.Runs[0].Cell
		if got.Wait != c.want.Wait || got.WhenFull != c.want.WhenFull || got.Policy() != c.want.Policy() {
			t.Errorf("wait %t, when_full %v: %+v", c.wait, c.full, got)
		}
	}
	m := Matrix{Threads: []int{4}, Waits: []bool{false, true}, Self: true}
	var names []string
	for _, c := range m.Cases() {
		names = append(names, c.Short())
	}
	if got := strings.Join(names, " "); got != "4-off 4-on 4-self" {
		t.Errorf("cases %s", got)
	}
}

// Each kind of bad file is a sentence that names the file, the line and what is wrong.
func TestBadFiles(t *testing.T) {
	run := goodRun(t, nil)
	changed := func(name string, value any) string {
		return goodHeader + goodRun(t, map[string]any{name: value})
	}
	null := json.RawMessage("null")
	for name, c := range map[string]struct{ text, want string }{
		"no time": {changed("total_time_ms", 0),
			"r.jsonl:2: total_time_ms is 0; a run that completed"},
		"null time": {changed("total_time_ms", null), "r.jsonl:2: total_time_ms is null"},
		"absurd time": {changed("total_time_ms", 1e12),
			"total_time_ms is 1000000000000; no run has more than 1000000000"},
		"differs": {changed("verified", false),
			"r.jsonl:2: verified is false; it is true, or null"},
		"not said why": {changed("verified", null), "unverified_reason does not say why"},
		"no end": {changed("end_reason", "tired"),
			"end_reason is \"tired\"; it is one of completed, bound, diverging"},
		"contradicting ends": {changed("end_reason", "bound"), "completed is true and end_reason is bound"},
		"twice": {goodHeader + run + run,
			"r.jsonl:3: the run with index 0 and attempt 0 is in line 2 already"},
		"attempt":    {changed("attempt", -1), "attempt is -1; it cannot be negative"},
		"bound":      {changed("bound_ms", -1), "bound_ms is -1"},
		"threshold":  {changed("threshold_bytes", -1), "threshold_bytes is -1"},
		"compressed": {changed("compressed_bytes", -4096), "compressed_bytes is -4096"},
		"period":     {changed("busy_ratio_period", 2), "busy_ratio_period is 2"},
		"sum": {changed("pages_raw", 7),
			"r.jsonl:2: pages is 1099511627776, but pages_compressed + pages_raw + pages_zero is " +
				"1099511627783"},
		"no threads": {changed("threads", 0), "threads is 0; a run has 1 to 255"},
		"point": {changed("timeline", []Point{{}, {MS: 1e10}}),
			"timeline[1].ms is 10000000000"},
		"usage": {changed("thread_usage", []ThreadUsage{{FutexWaits: -1}}),
			"thread_usage[0].futex_waits is -1"},
		"state": {changed("thread_usage",
			[]ThreadUsage{{StatesMS: States{{"codec", -1}}}}),
			"thread_usage[0].states_ms.\"codec\" is -1"},
		"noise":   {changed("noise", map[string]any{"steal": -1}), "noise.steal is -1"},
		"host":    {strings.Replace(goodHeader, `"host":{}`, `"host":{"cpus":-2}`, 1), "r.jsonl:1: host.cpus is -2"},
		"matrix":  {strings.Replace(goodHeader, `"host":{}`, `"host":{},"matrix":{"threads":[4,-4]}`, 1), "matrix.threads is -4"},
		"created": {strings.Replace(goodHeader, `"host":{}`, `"host":{},"created":"yesterday"`, 1), "r.jsonl:1: created is \"yesterday\"; a time is written as in"},
		"started": {changed("started", 5), "r.jsonl:2: started is \"5\"; a time is written"},

		"empty":      {"", "r.jsonl: is empty"},
		"foreign":    {"\x7fELF\x02\x01\n", "r.jsonl:1: not a result file"},
		"array":      {"[1,2]\n", "r.jsonl:1: not a result file"},
		"null":       {"null\n", "r.jsonl:1: not a result file"},
		"other JSON": {`{"name":"x"}` + "\n", "r.jsonl:1: no record"},
		"cut header": {goodHeader[:20], "r.jsonl:1: not a result file"},
		"no header":  {run, "r.jsonl:1: no header: the first record is of type \"run\""},
		"no schema":  {`{"type":"header"}` + "\n", "has no schema"},
		"newer":      {`{"type":"header","schema":7}` + "\n", "schema 7: written by a newer mtbench; this build reads 1"},
		"older":      {`{"type":"header","schema":0}` + "\n", "schema 0: written by an older mtbench"},
		"kind":       {strings.Replace(goodHeader, "measured", "guessed", 1), "kind \"guessed\""},
		"traced here": {goodHeader + goodRun(t, map[string]any{"traced": true}),
			"traced is true in a file of kind measured"},
		"not traced": {strings.Replace(goodHeader, "measured", "traced", 1) + run,
			"traced is false in a file of kind traced"},
		"policy": {goodHeader + goodRun(t, map[string]any{"wait": true, "when_full": "raw"}),
			"wait is true and when_full is raw; one contradicts the other"},
		"self waits": {goodHeader + goodRun(t, map[string]any{"wait": true, "when_full": "self"}),
			"wait is true and when_full is self"},
		"no policy": {goodHeader + goodRun(t, map[string]any{"when_full": "never"}), `when_full is "never"; it is one of wait, raw, self`},
		"by itself": {goodHeader + goodRun(t, map[string]any{"pages_self": 1 << 41}),
			"pages_self is 2199023255552, but pages_compressed + pages_zero is"},
		"two headers": {goodHeader + goodHeader, "r.jsonl:2: a second header"},
		"not JSON": {goodHeader + "{\"type\": oops}\n" + run,
			"r.jsonl:2: not a JSON object: invalid character 'o'"},
		"unknown type": {goodHeader + `{"type":"\u001b[31mx"}` + "\n", `record type "\x1b[31mx"`},
		"no type":      {goodHeader + `{"model":"locked"}` + "\n", "r.jsonl:2: no record"},
		"missing": {goodHeader + run + goodRun(t, map[string]any{"pages": nil, "busy": nil}),
			"r.jsonl:3: the record has no pages, busy"},
		"wrong type": {goodHeader + goodRun(t, map[string]any{"pages": "many"}),
			"r.jsonl:2: a field is not what it should be: pages is a string"},
		"huge number": {goodHeader + strings.Replace(run, "100.25", "1e999", 1),
			"total_time_ms is a number"},
		"negative": {goodHeader + goodRun(t, map[string]any{"pages": -1}), "pages is -1"},
		"ratio":    {goodHeader + goodRun(t, map[string]any{"busy_ratio": 1.5}), "busy_ratio is 1.5"},
		"threads":  {goodHeader + goodRun(t, map[string]any{"threads": 256}), "threads is 256"},
		"no model": {goodHeader + goodRun(t, map[string]any{"model": ""}), "model is empty"},
		"long string": {goodHeader + goodRun(t, map[string]any{"x": strings.Repeat("y",
			MaxStringBytes+1)}), "a string of 65537 bytes"},
		"failed": {goodHeader + `{"type":"failed","model":"locked"}` + "\n", "the record has no threads, wait, class, reason"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadFrom(strings.NewReader(c.text), "r.jsonl")
			wantInput(t, err, c.want)
			wantInput(t, err, "r.jsonl:")
		})
	}
}

func TestLongLine(t *testing.T) {
	in := io.MultiReader(strings.NewReader(goodHeader), zeros(MaxLineBytes+1))
	_, err := ReadFrom(in, "r.jsonl")
	wantInput(t, err, "r.jsonl:2: longer than 16 MiB")
}

func zeros(n int64) io.Reader { return io.LimitReader(endless{}, n) }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestLargeFileIsRefusedBeforeItIsRead(t *testing.T) {
	path := t.TempDir() + "/r.jsonl"
	if err := os.WriteFile(path, []byte(goodHeader), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, MaxFileBytes+1); err != nil { // sparse
		t.Fatal(err)
	}
	_, err := Read(path)
	wantInput(t, err, "larger than 256 MiB")
}

func TestNoRegularFile(t *testing.T) {
	_, err := Read(t.TempDir())
	wantInput(t, err, "not a regular file")
	_, err = Read(t.TempDir() + "/none")
	wantInput(t, err, "no such file")
}

// Only the last line may be cut off; a cut line in the middle is damage.
func TestTruncatedLastLine(t *testing.T) {
	run := goodRun(t, nil)
	file, err := ReadFrom(strings.NewReader(goodHeader+run+run[:len(run)/2]), "r.jsonl")
	if err != nil || !file.Truncated || len(file.Runs) != 1 {
		t.Errorf("got %+v, %v", file, err)
	}
	_, err = ReadFrom(strings.NewReader(goodHeader+run[:len(run)/2]+"\n"+run), "r.jsonl")
	wantInput(t, err, "r.jsonl:2: not a JSON object")
}

// What only looks wrong is read: a clock's error, a run that did not complete, and a publication
// that prints few figures.
func TestFilesThatAreGood(t *testing.T) {
	blocked := -0.25
	bound := goodRun(t, map[string]any{"completed": false, "end_reason": "bound", "total_time_ms": 0,
		"verified": json.RawMessage("null"), "unverified_reason": "it did not complete"})
	published := strings.Replace(goodHeader, "measured", "published", 1)
	predicted := strings.Replace(goodHeader, "measured", "predicted", 1)
	few := `{"type":"run","model":"locked","threads":4,"wait":true,"completed":true}` + "\n"
	for name, text := range map[string]string{
		"clocks": goodHeader + goodRun(t,
			map[string]any{"thread_usage": []ThreadUsage{{BlockedMS: &blocked}}}),
		"bound":     goodHeader + bound,
		"again":     goodHeader + goodRun(t, nil) + goodRun(t, map[string]any{"attempt": 1}),
		"published": published + few + few,
		"scaled":    predicted + goodRun(t, map[string]any{"pages_raw": 3}),
	} {
		if _, err := ReadFrom(strings.NewReader(text), "r.jsonl"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Names that this build does not know are those of a later build of the same schema.
func TestUnknownNamesAreLeftAlone(t *testing.T) {
	text := goodHeader + goodRun(t, map[string]any{"new_figure": 3})
	if _, err := ReadFrom(strings.NewReader(text), "r.jsonl"); err != nil {
		t.Error(err)
	}
}

func TestLetter(t *testing.T) {
	file, err := Letter()
	if err != nil {
		t.Fatal(err)
	}
	if file.Header.Kind != Published ||
		file.Header.Notes[0] != "published, one run, CPU sampling not stated" {
		t.Errorf("kind %q, notes %q", file.Header.Kind, file.Header.Notes)
	}
	var sum, cpu float64
	unfinished := 0
	for _, run := range file.Runs {
		sum += run.TotalTimeMS
		cpu += *run.MainCPUPercent + run.WorkerCPUPercent[0] + run.WorkerCPUPercent[1]
		if !run.Completed {
			unfinished++
		}
	}
	// Sums over the letter's table by hand: a typing error in one figure shows.
	const wantSum = 247371 + 138326 + 338692 + 427384 + 125066 + 164426 +
		2317123 + 149006 + 1792817 + 161423
	const wantCPU = 66.2 + 56.5 + 55.1 + 99.9 + 43.3 + 54.5 + 96.3 + 90.6 + 56.2 + 37.8 + 48.3 + 43.9 +
		32.4 + 36.8 + 59.4 + 60.9 + 51 + 63.3 + 99.9 + 99.9 + 17.5 + 32.5 + 54.5 + 56.8 +
		2.3 + 46.8 + 90.6 + 91.8 + 6.2 + 56.2 + 37.8 + 40.2 + 1.7 + 31 + 42.1 + 45.6
	if len(file.Runs) != 12 || unfinished != 2 || sum != wantSum || cpu-wantCPU > 1e-6 ||
		wantCPU-cpu > 1e-6 {
		t.Errorf("%d runs, %d unfinished, sums %v and %v", len(file.Runs), unfinished, sum, cpu)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(goodHeader))
	f.Add(letter)
	if line, err := json.Marshal(testRun(0)); err == nil {
		text := goodHeader + strings.Replace(string(line), `"type":""`, `"type":"run"`, 1) + "\n"
		f.Add([]byte(text))
		f.Add([]byte(text[:len(text)-9]))
		f.Add(gzipped(f, []byte(text)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzztest.Within(t, fileBytes(data), func() {
			file, err := ReadFrom(bytes.NewReader(data), "fuzz")
			if err != nil {
				wantSentence(t, err)
				return
			}
			for i := range file.Runs {
				if msg := file.Runs[i].wrong(file.Header.Kind, newPlans()); msg != "" {
					t.Error(msg)
				}
			}
		})
	})
}

// FuzzReadHandOver is the same of hand-over files.
func FuzzReadHandOver(f *testing.F) {
	f.Add(handOverText(f))
	f.Add(handOverText(f)[:700])
	f.Add([]byte(`{"type":"handover-header","schema":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzztest.Within(t, fileBytes(data), func() {
			r := newReader(bytes.NewReader(data), "fuzz")
			if err := r.begin(); err != nil {
				wantSentence(t, err)
				return
			}
			file, err := r.handOver()
			if err != nil {
				wantSentence(t, err)
				return
			}
			for i := range file.Runs {
				if msg := file.Runs[i].wrong(newPlans()); msg != "" {
					t.Error(msg)
				}
			}
		})
	})
}

// fileBytes bounds what reading a file allocates: its buffers and parsers, and what the densest
// record becomes. A compressed file may hold a thousand times as much.
func fileBytes(data []byte) uint64 {
	n := uint64(len(data))
	if bytes.HasPrefix(data, []byte(gzipMagic)) {
		n *= 1032
	}
	return 16<<20 + 1000*n
}

// wantSentence wants a sentence about the file, in one line that moves no cursor.
func wantSentence(t *testing.T, err error) {
	t.Helper()
	wantInput(t, err, "fuzz")
	if strings.ContainsAny(err.Error(), "\x1b\n\r\x00") {
		t.Errorf("control characters in %q", err)
	}
}

func TestFileNamesDoNotReachTheTerminalRaw(t *testing.T) {
	_, err := Read("no\x1b[2J\nsuch\u202efile")
	wantInput(t, err, "no such file")
	if strings.ContainsAny(err.Error(), "\x1b\n\u202e") {
		t.Errorf("control characters in %q", err)
	}
}

// A line that closes what it has not opened is refused as any other that is no JSON.
func TestWhatIsClosedAndNotOpened(t *testing.T) {
	for _, line := range []string{`}"":`, `]"a":1`, `{}}"a":{"b":1}`, `}{"type":"run"}`} {
		_, err := ReadFrom(strings.NewReader(goodHeader+line+"\n"), "x")
		wantInput(t, err, "x")
		r := newReader(bytes.NewReader(append(handOverText(t), line+"\n"...)), "x")
		_, err = r.handOver()
		wantInput(t, err, "x")
	}
}

// What the scan finds in a record is what decoding finds.
func TestShapeIsThatOfTheRecord(t *testing.T) {
	line := []byte(` { "a" : "x,]}\"{" ,"b":[1,{"c":2}], "type":"run" , "n" : {"type":"no"},"e":"\\"} `)
	var want map[string]json.RawMessage
	if err := json.Unmarshal(line, &want); err != nil {
		t.Fatal(err)
	}
	got := shapeOf(line)
	if len(got.values) != len(want) {
		t.Errorf("%d names, want %d: %q", len(got.values), len(want), got.values)
	}
	for name, value := range want {
		if string(got.values[name]) != string(value) {
			t.Errorf("%s is %q, want %q", name, got.values[name], value)
		}
	}
	if got.longest != len(`x,]}\"{`) {
		t.Errorf("longest string is %d", got.longest)
	}
}
