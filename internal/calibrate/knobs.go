package calibrate

import (
	"math"
	"slices"
	"time"
)

// Knob is one cost of a profile that a prediction may change by itself.
type Knob struct {
	Name  string // as in files
	What  string // in a sentence
	Value float64

	turn func(p *Profile, factor float64)
}

// Turned returns the profile with the cost at a factor of its value: 0 is without it. Of a slice,
// which cannot be 0, a microsecond is left.
func (k *Knob) Turned(p Profile, factor float64) Profile {
	k.turn(&p, factor)
	return p
}

// AwakeKnob is the name of the knob that is no cost but a property: whether idle CPUs sleep.
const AwakeKnob = "idle_sleep"

// Knobs lists what the profile has that is not without effect: its figures, the work on a page, and
// whether idle CPUs sleep, which can be left out only.
func (p *Profile) Knobs() []Knob {
	list := []Knob{
		p.workKnob("encode_ns", "compressing a page", func(p *Page) *time.Duration { return &p.Encode }),
		p.workKnob("decode_ns", "decompressing a page",
			func(p *Page) *time.Duration { return &p.Decode }),
		{Name: AwakeKnob, What: "the sleep of idle CPUs", Value: 1, turn: awake},
	}
	for i, f := range p.figures() {
		least := 0.0
		if f.factor != nil {
			least = 1 // nobody is slowed
		}
		if f.value() > least {
			list = append(list, Knob{Name: f.name, What: f.what, Value: f.value(),
				turn: func(p *Profile, factor float64) {
					f := p.figures()[i]
					f.set(least + (f.value()-least)*factor)
					p.Costs.Slice = max(p.Costs.Slice, time.Microsecond)
				}})
		}
	}
	return list
}

// workKnob turns what work takes of each page.
func (p *Profile) workKnob(name, what string, of func(*Page) *time.Duration) Knob {
	sum := 0.0
	for i := range p.Pages {
		sum += float64(*of(&p.Pages[i]))
	}
	return Knob{Name: name, What: what, Value: math.Round(sum / float64(len(p.Pages))),
		turn: func(p *Profile, factor float64) {
			p.Pages = slices.Clone(p.Pages)
			for i := range p.Pages {
				d := of(&p.Pages[i])
				*d = time.Duration(float64(*d) * factor)
			}
		}}
}

// awake makes a host whose idle CPUs poll for work in the kernel, as with idle=poll: a thread is
// woken there without an interrupt, which is the call that finds a CPU awake already, and the CPU
// sees it as it sees any line.
func awake(p *Profile, factor float64) {
	if factor > 0 {
		return
	}
	c := &p.Costs
	c.HaltPoll, c.PollWake, c.PollLatency = 0, 0, 0
	c.FutexWake, c.IdleWake = min(c.FutexWake, c.WakeComing), min(c.IdleWake, c.Line)
}
