//go:build explore

package explore

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"mtbench/internal/thread"
)

// An act is one step of a thread of a small program on two words, a lock, an event and a spin lock.
type act uint8

const (
	actLoad act = iota
	actStore
	actUpdate
	actLocked
	actSpinLocked
	actSet
	actAwaitEvent
	actSpin
	actGlance
	actSignal
	actCond
	acts
)

// script is a small program: what each thread does, and to which word.
type script struct {
	threads [][]act
	words   [][]int
}

func randomScript(rng *rand.Rand) script {
	var s script
	threads := 2 + rng.IntN(2)
	for range threads {
		var list []act
		var words []int
		for range 1 + rng.IntN(4-threads) {
			list = append(list, act(rng.IntN(int(acts))))
			words = append(words, rng.IntN(2))
		}
		s.threads = append(s.threads, list)
		s.words = append(s.words, words)
	}
	return s
}

// played is a run of a script. What it ends in is everything that its threads have seen.
type played struct {
	script script
	end    func(string)

	words  [2]atomic.Int64
	locked [2]int
	mu     thread.Mutex
	spin   thread.SpinLock
	cond   thread.Cond
	event  thread.Event
	seen   [4]strings.Builder
}

func (p *played) Fault() error { return nil }

func (p *played) Main(m thread.Machine, t thread.Thread) {
	p.mu = m.NewMutex("mu", thread.LockGlobal)
	p.spin = m.NewSpinLock("spin", thread.LockSlot)
	p.cond = m.NewCond("cond", p.mu, thread.WaitWork)
	p.event = m.NewEvent("event", false, thread.WaitWork)
	var js []thread.Joiner
	for i := range p.script.threads[1:] {
		js = append(js, m.Start(t, fmt.Sprint(i), thread.Worker,
			func(t thread.Thread) { p.play(t, i+1) }))
	}
	p.play(t, 0)
	for _, j := range js {
		j.Join(t)
	}
	var end strings.Builder
	for i := range p.seen {
		fmt.Fprint(&end, p.seen[i].String(), "|")
	}
	fmt.Fprint(&end, p.words[0].Load(), p.words[1].Load(), p.locked)
	p.end(end.String())
}

func (p *played) play(t thread.Thread, i int) {
	for k, a := range p.script.threads[i] {
		w := p.script.words[i][k]
		fmt.Fprint(&p.seen[i], p.do(t, a, w, int64(10*(i+1)+k)), " ")
	}
}

func (p *played) do(t thread.Thread, a act, w int, v int64) any {
	word := &p.words[w]
	switch a {
	case actLoad:
		thread.Loads(t, word)
		return word.Load()
	case actStore:
		thread.Stores(t, word)
		word.Store(v)
	case actUpdate:
		thread.Updates(t, word)
		return word.Add(v)
	case actLocked, actSpinLocked:
		return p.underLock(t, a, w, int(v))
	case actSet:
		p.event.Set(t)
	case actAwaitEvent:
		p.event.Reset(t)
		if thread.Loads(t, word); word.Load() == 0 {
			p.event.Wait(t)
		}
	case actSpin, actGlance:
		limit := 0
		if a == actGlance {
			limit = 1
		}
		return t.SpinUntil(thread.SpinWork, limit, true, func() bool {
			thread.Loads(t, word)
			first := word.Load() != 0
			thread.Loads(t, &p.words[1-w])
			return first || p.words[1-w].Load() > 20
		})
	case actSignal, actCond:
		return p.condition(t, a, w)
	}
	return nil
}

func (p *played) underLock(t thread.Thread, a act, w, v int) any {
	lock := p.mu
	if a == actSpinLocked {
		lock, w = p.spin, 1
	} else {
		w = 0
	}
	lock.Lock(t)
	defer lock.Unlock(t)
	thread.Writes(t, &p.locked[w])
	was := p.locked[w]
	p.locked[w] = v
	return was
}

func (p *played) condition(t thread.Thread, a act, w int) any {
	p.mu.Lock(t)
	defer p.mu.Unlock(t)
	if a == actSignal {
		p.locked[0] = 7
		p.cond.Signal(t)
	} else if p.locked[0] == 0 {
		p.cond.Wait(t)
	}
	return p.locked[0]
}

// program is the script as a program that tells how each run of it ended.
func (s script) program(end *string) Program {
	return Program{Name: "script", New: func() Instance {
		return &played{script: s, end: func(e string) { *end = e }}
	}}
}

// mostSchedules is how many a script may have, without reduction, to be compared.
const mostSchedules = 2000

// naive walks every order of the steps that touch anything, with nothing to be right about: at each
// point every option is taken once.
type naive struct {
	run     run
	options []int // at each point of the present schedule
	taken   []int
	at      int
}

func (w *naive) choose(options []int, _ bool) int {
	for i, t := range options {
		if w.run.machine.Intended(t).How == thread.Nothing {
			return i
		}
	}
	if w.at == len(w.taken) {
		w.options, w.taken = append(w.options, len(options)), append(w.taken, 0)
	}
	w.at++
	return w.taken[w.at-1]
}

func (w *naive) advance() bool {
	for i := len(w.taken) - 1; i >= 0; i-- {
		if w.taken[i]++; w.taken[i] < w.options[i] {
			w.options, w.taken = w.options[:i+1], w.taken[:i+1]
			return true
		}
	}
	return false
}

// allEnds walks every schedule, one by one. Nil: there are too many.
func allEnds(s script) (met map[string]bool, n int64) {
	met = map[string]bool{}
	var end string
	w := &naive{}
	w.run.choose = w.choose
	for n < mostSchedules {
		w.at = 0
		met[endOf(end, w.run.execute(s.program(&end)))] = true
		n++
		if !w.advance() {
			return met, n
		}
	}
	return nil, n
}

func endOf(end string, err error) string {
	if err != nil {
		return err.Error()
	}
	return end
}

func reducedEnds(s script, spoil func(uint32) uint32) (met map[string]bool, r Report) {
	met = map[string]bool{}
	var end string
	d := &reduction{program: s.program(&end), spoil: spoil}
	d.end = func(err error) { met[endOf(end, err)] = true }
	return met, d.walk(0)
}

// TestReductionLosesNoEnd: on random small programs, whatever can be met without the reduction is
// met with it, deadlocks and data races included, and nothing else.
func TestReductionLosesNoEnd(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	all, fewer, cut, compared := int64(0), int64(0), int64(0), 0
	for i := range scripts {
		s := randomScript(rng)
		want, n := allEnds(s)
		if want == nil {
			continue
		}
		got, r := reducedEnds(s, nil)
		if !maps.Equal(want, got) {
			t.Fatalf("script %d %v: %d ends without reduction, %d with:\n%q\n%q", i, s, len(want),
				len(got), slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
		}
		compared++
		all, fewer, cut = all+n, fewer+r.Schedules, cut+r.Cut
	}
	t.Logf("%d scripts of %d compared: %d schedules without reduction; %d with, and %d cut", compared,
		scripts, all, fewer, cut)
	if compared < scripts/3 {
		t.Errorf("only %d of %d scripts were small enough to compare", compared, scripts)
	}
}

const scripts = 200

// TestSpoiltReductionIsSeen: a reduction that forgets one in four of the orders that it is to try
// is seen by the comparison.
func TestSpoiltReductionIsSeen(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	seen := 0
	for range scripts {
		s := randomScript(rng)
		want, _ := allEnds(s)
		if want == nil {
			continue
		}
		n := 0
		got, _ := reducedEnds(s, func(threads uint32) uint32 {
			if n++; n%4 == 0 {
				return 0
			}
			return threads
		})
		if !maps.Equal(want, got) {
			seen++
		}
	}
	t.Logf("seen in %d of %d scripts", seen, scripts)
	if seen == 0 {
		t.Error("one order in four was dropped and no end was missed")
	}
}
