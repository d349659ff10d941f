package results

import (
	"encoding/json"
	"strings"
	"testing"
)

func line(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func search1(highest, lowest *Number, probes ...Probe) Frontier {
	return Frontier{Type: TypeFrontier, Cell: Cell{Model: "locked", Threads: 4}, Highest: highest,
		Lowest: lowest,
		Probes: probes}
}

// TestRecordsAreCheckedAgainstEachOther: each file has one contradiction, and is refused for it.
func TestRecordsAreCheckedAgainstEachOther(t *testing.T) {
	h := testHeader()
	h.Type, h.Schema, h.Matrix.Pairs, h.Matrix.Runs = TypeHeader, Schema, 1, 2
	header := line(t, h)
	run, later := goodRun(t, nil), goodRun(t, map[string]any{"attempt": 1})
	fail := func(index, attempt int) string {
		return line(t, Failed{Type: TypeFailed, Cell: Cell{Model: "locked", Threads: 4}, Index: index,
			Attempt: attempt, Class: "hang", Reason: "r"})
	}
	one, two, three := 1.0, 2.0, 3.0
	yes, no := Probe{Rate: 1, Completed: true}, Probe{Rate: 2}
	found := line(t, search1(&one, &two, yes, no))
	for name, c := range map[string]struct{ text, want string }{
		"good":                     {run + fail(1, 0) + fail(0, 1) + found, ""},
		"a run twice":              {run + run, "index 0 and attempt 0 is in line 2 already"},
		"a run and its failure":    {run + fail(0, 0), "index 0 and attempt 0 is in line 2 already"},
		"a failure and its run":    {fail(0, 1) + later, "index 0 and attempt 1 is in line 2 already"},
		"a failure twice":          {fail(1, 0) + fail(1, 0), "is in line 2 already"},
		"an index behind the plan": {goodRun(t, map[string]any{"index": 2}), "index is 2; the last of the 2 runs"},
		"a failure behind it":      {fail(9, 0), "index is 9"},
		"a negative index":         {fail(-1, 0), "it cannot be negative"},
		"a search twice":           {found + found, "is in line 2 already"},
		"ends that cross":          {line(t, search1(&three, &two)), "contradicts"},
		"another highest":          {line(t, search1(&three, nil, yes, no)), "probes"},
		"no probe completed":       {line(t, search1(&one, &two, no)), "probes"},
		"one completed above": {line(t, search1(&one, &two, yes, no,
			Probe{Rate: 3, Completed: true})), "probes"},
		"none failed":        {line(t, search1(&one, nil, yes, no)), "probes"},
		"another case":       {strings.Replace(run, `"aa":`, `"aa":`, 1) + strings.Replace(later, `"busy":`, `"Busy":1,"busy":`, 1), `"Busy" is written "busy"`},
		"case below":         {strings.Replace(run, `"noise":{`, `"noise":{"Grade":"clean",`, 1), `"Grade" is written "grade"`},
		"an escape":          {strings.Replace(run, `"busy":`, `"\u0062usy":1,"busy":`, 1), `is written "busy"`},
		"another letter":     {strings.Replace(run, `"busy":`, `"buſy":1,"busy":`, 1), `is written "busy"`},
		"a name twice":       {strings.Replace(run, `"busy":`, `"busy":1,"busy":`, 1), "given twice"},
		"a name twice below": {strings.Replace(run, `"noise":{`, `"noise":{"grade":"","grade":"",`, 1), "given twice"},
		"deep":               {strings.Replace(run, `"busy":`, `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`,"busy":`, 1), "within each other"},
	} {
		_, err := ReadFrom(strings.NewReader(header+c.text), "r.jsonl")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(),
			c.want)) {
			t.Errorf("%s: %v; want %q in it", name, err, c.want)
		}
	}
}
