package lockbatch

import "testing"

// TestSet: the lowest first, over all four words, and each once.
func TestSet(t *testing.T) {
	var s set
	for i := 254; i >= 0; i -= 2 {
		s.add(i)
	}
	s.remove(64)
	for i := 0; i < 256; i += 2 {
		if i == 64 {
			continue
		}
		if got := s.takeLowest(); got != i {
			t.Fatalf("got %d, want %d", got, i)
		}
	}
	if got := s.takeLowest(); got != nobody {
		t.Errorf("an empty set gave %d", got)
	}
}

// TestList takes requests out of the front, the middle and the back.
func TestList(t *testing.T) {
	for out := range 3 {
		var l list
		var rs [3]request
		for i := range rs {
			rs[i].Index = i
			l.push(&rs[i])
		}
		l.remove(&rs[out])
		var got []int
		for r := l.first; r != nil; r = r.next {
			got = append(got, r.Index)
		}
		want := []int{0, 1, 2}
		want = append(want[:out], want[out+1:]...)
		if len(got) != 2 || got[0] != want[0] || got[1] != want[1] || l.last.Index != want[1] {
			t.Errorf("without %d: %v, last %d", out, got, l.last.Index)
		}
	}
}
