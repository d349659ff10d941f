package calibrate

import (
	"reflect"
	"testing"
	"time"
)

// TestKnobs: a knob at 1 leaves the profile as it is; at 2 it changes its own figure and no other;
// a profile is never changed by the copies that are turned.
func TestKnobs(t *testing.T) {
	p, err := committed(t).Profile(nil)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := committed(t).Profile(nil)
	seen := map[string]bool{}
	for _, k := range p.Knobs() {
		if seen[k.Name] || k.What == "" || !(k.Value > 0) {
			t.Errorf("%+v", k)
		}
		seen[k.Name] = true
		if same := k.Turned(p, 1); !reflect.DeepEqual(same, before) {
			t.Errorf("%s at 1 changes the profile", k.Name)
		}
		twice, without := k.Turned(p, 2), k.Turned(p, 0)
		if n := differing(&before, &twice); n != 1 && k.Name != AwakeKnob && !ofPages(k.Name) {
			t.Errorf("%s at 2 changes %d figures", k.Name, n)
		}
		if reflect.DeepEqual(without, before) || without.Costs.Check() != nil {
			t.Errorf("%s at 0: %v", k.Name, without.Costs.Check())
		}
	}
	if !reflect.DeepEqual(p, before) || len(seen) < 30 {
		t.Errorf("%d knobs; the profile itself is changed: %v", len(seen), !reflect.DeepEqual(p, before))
	}
}

func ofPages(name string) bool { return name == "encode_ns" || name == "decode_ns" }

func differing(a, b *Profile) (n int) {
	other := b.figures()
	for i, f := range a.figures() {
		if f.value() != other[i].value() {
			n++
		}
	}
	return n
}

// TestWork: the time of pages is turned page by page, and the value is its mean.
func TestWork(t *testing.T) {
	p := Profile{Pages: []Page{{Encode: 10, Decode: 4}, {Encode: 30, Decode: 8}}}
	k := p.Knobs()[0]
	if got := k.Turned(p, 2).Pages; k.Value != 20 || got[1] != (Page{Encode: 60, Decode: 8}) ||
		p.Pages[1].Encode != 30 {
		t.Errorf("%v, %+v", k.Value, got)
	}
}

// TestAwake: where idle CPUs poll, waking one sends no interrupt and waits for no sleeper.
func TestAwake(t *testing.T) {
	var p Profile
	p.Costs.IdleWake, p.Costs.FutexWake, p.Costs.HaltPoll = 50*time.Microsecond, 9000, time.Second
	p.Costs.WakeComing, p.Costs.Line = 800, 70
	p.Pages = []Page{{Encode: 1}}
	c := p.Knobs()[2].Turned(p, 0).Costs
	if c.IdleWake != 70 || c.FutexWake != 800 || c.WakeComing != 800 || c.HaltPoll != 0 {
		t.Errorf("%+v", c)
	}
}
