package explore

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"mtbench/internal/thread"
)

// Classic is a bug of the literature on concurrency testing, written anew for our machine from its
// published description: a yardstick of the explorer itself.
type Classic struct {
	Name   string
	Source string // where it is described
	Doc    string // what is wrong
	main   func(*classic, thread.Machine, thread.Thread)
}

// Classics lists the yardsticks.
func Classics() []Classic {
	return []Classic{
		{"abba", "deadlock01 of SCTBench (Thomson, Donaldson and Betts, 2014)",
			"two threads take two locks in opposite order", abba},
		{"if-for-while", "the bounded buffer of the CHESS papers (Musuvathi and others, 2008)",
			"a consumer waits once: another has taken the item before it has the lock again",
			ifForWhile},
		{"early-publish", "double-checked initialisation (Schmidt and Harrison, 1996)",
			"the pointer is stored before what it points to is filled", earlyPublish},
		{"account", "account of SCTBench",
			"a withdrawal looks at the balance and changes it under two holds of the lock", account},
		{"reorder", "reorder_5 of SCTBench",
			"a checker sees one of two stores: of five threads the one that stores must be cut in two",
			reorder},
		{"steal", "the work-stealing queue of Cilk and CHESS (Frigo and others, 1998)",
			"the owner pops the last item without the lock while a thief takes it", steal},
	}
}

// Program is the bug as a program; every run is a fresh one.
func (c Classic) Program() Program {
	return Program{Name: c.Name, New: func() Instance { return &classic{main: c.main} }}
}

// classic is one run.
type classic struct {
	main  func(*classic, thread.Machine, thread.Thread)
	fault error
}

func (c *classic) Main(m thread.Machine, t thread.Thread) { c.main(c, m, t) }
func (c *classic) Fault() error                           { return c.fault }

func (c *classic) wrong(text string) {
	if c.fault == nil {
		c.fault = errors.New(text)
	}
}

// together runs each of fs on a thread of its own and waits for all.
func together(m thread.Machine, t thread.Thread, fs ...func(thread.Thread)) {
	js := make([]thread.Joiner, len(fs))
	for i, f := range fs {
		js[i] = m.Start(t, strconv.Itoa(i+1), thread.Worker, f)
	}
	for _, j := range js {
		j.Join(t)
	}
}

func abba(_ *classic, m thread.Machine, t thread.Thread) {
	a, b := m.NewMutex("a", thread.LockSlot), m.NewMutex("b", thread.LockSlot)
	both := func(first, second thread.Mutex) func(thread.Thread) {
		return func(t thread.Thread) {
			first.Lock(t)
			second.Lock(t)
			second.Unlock(t)
			first.Unlock(t)
		}
	}
	together(m, t, both(a, b), both(b, a))
}

func ifForWhile(c *classic, m thread.Machine, t thread.Thread) {
	mu := m.NewMutex("buffer", thread.LockGlobal)
	some := m.NewCond("buffer", mu, thread.WaitWork)
	items := 0
	consume := func(t thread.Thread) {
		mu.Lock(t)
		if items == 0 {
			some.Wait(t)
		}
		if items--; items < 0 {
			c.wrong("an item was taken out of an empty buffer")
		}
		mu.Unlock(t)
	}
	produce := func(t thread.Thread) {
		for range 2 {
			mu.Lock(t)
			items++
			some.Signal(t)
			mu.Unlock(t)
		}
	}
	together(m, t, consume, consume, produce)
}

func earlyPublish(c *classic, m thread.Machine, t thread.Thread) {
	mu := m.NewMutex("init", thread.LockGlobal)
	var object atomic.Pointer[atomic.Int64]
	get := func(t thread.Thread) {
		thread.Loads(t, &object)
		o := object.Load()
		if o == nil {
			mu.Lock(t)
			if thread.Loads(t, &object); object.Load() == nil {
				o = new(atomic.Int64)
				thread.Stores(t, &object)
				object.Store(o)
				thread.Stores(t, o)
				o.Store(1)
			}
			thread.Loads(t, &object)
			o = object.Load()
			mu.Unlock(t)
		}
		if thread.Loads(t, o); o.Load() != 1 {
			c.wrong("an object was used before it was filled")
		}
	}
	together(m, t, get, get)
}

func account(c *classic, m thread.Machine, t thread.Thread) {
	mu := m.NewMutex("account", thread.LockGlobal)
	balance := 100
	withdraw := func(t thread.Thread) {
		mu.Lock(t)
		was := balance
		mu.Unlock(t)
		if was < 60 {
			return
		}
		mu.Lock(t)
		balance -= 60
		mu.Unlock(t)
	}
	together(m, t, withdraw, withdraw)
	if balance < 0 {
		c.wrong(fmt.Sprintf("the balance is %d", balance))
	}
}

func reorder(c *classic, m thread.Machine, t thread.Thread) {
	var a, b atomic.Int64
	set := func(t thread.Thread) {
		thread.Stores(t, &a)
		a.Store(1)
		thread.Stores(t, &b)
		b.Store(-1)
	}
	check := func(t thread.Thread) {
		thread.Loads(t, &a)
		x := a.Load()
		thread.Loads(t, &b)
		if y := b.Load(); x == 1 && y == 0 {
			c.wrong("one of two stores was seen")
		}
	}
	together(m, t, set, set, set, set, check)
}

func steal(c *classic, m thread.Machine, t thread.Thread) {
	mu := m.NewMutex("deque", thread.LockGlobal)
	var head, tail atomic.Int64
	var taken [2]atomic.Int64
	tail.Store(2)
	take := func(t thread.Thread, i int64) {
		thread.Updates(t, &taken[i])
		if taken[i].Add(1) > 1 {
			c.wrong(fmt.Sprintf("item %d was taken twice", i))
		}
	}
	pop := func(t thread.Thread) {
		for range 2 {
			thread.Loads(t, &tail)
			i := tail.Load() - 1
			thread.Loads(t, &head)
			if head.Load() > i { // the look must come after the store of the tail
				return
			}
			thread.Stores(t, &tail)
			tail.Store(i)
			take(t, i)
		}
	}
	thief := func(t thread.Thread) {
		mu.Lock(t)
		defer mu.Unlock(t)
		thread.Loads(t, &head)
		i := head.Load()
		thread.Stores(t, &head)
		head.Store(i + 1)
		if thread.Loads(t, &tail); i+1 > tail.Load() {
			thread.Stores(t, &head)
			head.Store(i)
			return
		}
		take(t, i)
	}
	together(m, t, pop, thief)
}
