package stats

import (
	"math"
	"slices"
)

// ordered are numbers that are too many to write down, of which it can be told quickly how many do
// not exceed a value: the means or the differences of every two of a sample.
type ordered struct {
	total     int // how many there are, the undefined ones left out
	undefined int // how many are ∞ − ∞
	lowest    int // how many are −∞
	highest   int // how many are +∞
	from, to  float64
	atMost    func(v float64) int // how many of the finite ones are v or less
}

// kth is the k-th smallest number, from 0: exactly, by halving the floats between two bounds.
func (o *ordered) kth(k int) float64 {
	switch {
	case k < o.lowest:
		return math.Inf(-1)
	case k >= o.total-o.highest:
		return math.Inf(1)
	}
	k -= o.lowest
	lo, hi := sortable(o.from), sortable(o.to)
	for lo < hi {
		mid := lo + int64(uint64(hi-lo)/2)
		if o.atMost(float(mid)) > k {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return float(lo)
}

// median is that of all numbers; NaN of none, and 0 between the two infinities.
func (o *ordered) median() float64 {
	if o.total == 0 {
		return math.NaN()
	}
	return Median([]float64{o.kth((o.total - 1) / 2), o.kth(o.total / 2)})
}

// sortable maps floats to integers of the same order; float maps them back.
func sortable(v float64) int64 {
	bits := int64(math.Float64bits(v + 0)) // −0 becomes 0
	if bits < 0 {
		return math.MinInt64 - bits
	}
	return bits
}

func float(bits int64) float64 {
	if bits < 0 {
		bits = math.MinInt64 - bits
	}
	return math.Float64frombits(uint64(bits))
}

// split gives the finite values of x in order and counts the infinite ones.
func split(x []float64) (finite []float64, lowest, highest int) {
	for _, v := range x {
		switch {
		case math.IsInf(v, -1):
			lowest++
		case math.IsInf(v, 1):
			highest++
		default:
			finite = append(finite, v)
		}
	}
	slices.Sort(finite)
	return finite, lowest, highest
}

// walsh are the means of every two values of x, each with itself too.
func walsh(x []float64) *ordered {
	finite, low, high := split(x)
	n := len(finite)
	o := &ordered{
		total:     len(x)*(len(x)+1)/2 - low*high,
		undefined: low * high,
		lowest:    low*(low+1)/2 + low*n,
		highest:   high*(high+1)/2 + high*n,
	}
	if n > 0 {
		o.from, o.to = finite[0], finite[n-1]
	}
	o.atMost = func(v float64) int {
		count, j := 0, n // pairs i ≤ j: of each i those up to the last j whose mean is v or less
		for i, a := range finite {
			for j > i && a/2+finite[j-1]/2 > v {
				j--
			}
			if j <= i {
				break
			}
			count += j - i
		}
		return count
	}
	return o
}

// gaps are the differences of every value of x and every value of y.
func gaps(x, y []float64) *ordered {
	a, lowA, highA := split(x)
	b, lowB, highB := split(y)
	o := &ordered{
		total:     len(x)*len(y) - lowA*lowB - highA*highB,
		undefined: lowA*lowB + highA*highB,
		lowest:    lowA*(len(b)+highB) + len(a)*highB,
		highest:   highA*(len(b)+lowB) + len(a)*lowB,
	}
	if len(a) > 0 && len(b) > 0 {
		o.from, o.to = a[0]-b[len(b)-1], a[len(a)-1]-b[0]
	}
	o.atMost = func(v float64) int {
		count, j := 0, 0 // of each a, rising, the b that are still too small
		for _, p := range a {
			for j < len(b) && p-b[j] > v {
				j++
			}
			count += len(b) - j
		}
		return count
	}
	return o
}
