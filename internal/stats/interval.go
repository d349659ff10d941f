package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate with the interval around it.
type Interval struct {
	Estimate   float64
	Lo, Hi     float64 // Lo ≤ Estimate ≤ Hi; infinite where the sample bounds nothing
	Confidence float64 // that the method attains, at least what was asked for
}

// Contains reports whether v lies in the interval, its ends included.
func (iv Interval) Contains(v float64) bool { return iv.Lo <= v && v <= iv.Hi }

// HodgesLehmann estimates the centre of symmetry of x by the median of the Walsh averages (means of
// every two values, each with itself too), with the interval that inverts the signed-rank test
// (J. L. Hodges and E. L. Lehmann, Annals of Mathematical Statistics 34, 1963; the interval is
// Tukey's, see Hollander and Wolfe, Nonparametric Statistical Methods, section 3.3).
//
// With too few values for the confidence (under 6 for 0.95) the interval is the whole line. A Walsh
// average of +Inf and -Inf is anything at all: it widens the interval at both ends and leaves the
// estimate alone.
func HodgesLehmann(x []float64, confidence float64) Interval {
	return intervalOf(walsh(x), signTails(len(x)), confidence)
}

// Shift estimates by how much x lies above y, two samples that are not paired: the median of all
// differences, with the interval that inverts the Mann-Whitney test (L. E. Moses; see Hollander and
// Wolfe, section 4.3). Infinite values are treated as in [HodgesLehmann].
func Shift(x, y []float64, confidence float64) Interval {
	return intervalOf(gaps(x, y), rankSumTails(len(x), len(y)), confidence)
}

// intervalOf takes the k-th value from either end, where k is the largest for which the null
// distribution's tails hold no more than the confidence leaves.
func intervalOf(o *ordered, tails func(k int) float64, confidence float64) Interval {
	all := o.total + o.undefined
	iv := Interval{Estimate: o.median(), Lo: math.Inf(-1), Hi: math.Inf(1), Confidence: 1}
	allowed := func(k int) bool { return 2*tails(k) <= 1-confidence }
	k := sort.Search(all/2, func(k int) bool { return !allowed(k) })
	if k == 0 {
		return iv
	}
	iv.Confidence = 1 - 2*tails(k-1)
	if at := k - 1 - o.undefined; at >= 0 { // the undefined ones stand at the lower end …
		iv.Lo = o.kth(at)
	}
	if at := all - k; at < o.total { // … and at the upper one
		iv.Hi = o.kth(at)
	}
	return iv
}

// signTails is P(T ≤ k) of the signed-rank statistic of n values without ties.
func signTails(n int) func(k int) float64 {
	if n > MaxExact {
		size := float64(n)
		return normalTails(size*(size+1)/4, size*(size+1)*(2*size+1)/24)
	}
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return cumulate(signDistribution(ranks), 0)
}

// rankSumTails is P(U ≤ k) of the Mann-Whitney statistic of n and m values without ties.
func rankSumTails(n, m int) func(k int) float64 {
	if n+m > MaxExact {
		a, b := float64(n), float64(m)
		return normalTails(a*b/2, a*b*(a+b+1)/12)
	}
	ranks := make([]int, n+m)
	for i := range ranks {
		ranks[i] = i + 1
	}
	return cumulate(choiceDistribution(ranks, n), n*(n+1)/2)
}

func cumulate(chance []float64, from int) func(int) float64 {
	sums := make([]float64, 0, len(chance))
	total := 0.0
	for _, p := range chance[from:] {
		total += p
		sums = append(sums, total)
	}
	return func(k int) float64 { return sums[min(k, len(sums)-1)] }
}

func normalTails(mean, variance float64) func(int) float64 {
	return func(k int) float64 {
		return 0.5 * math.Erfc((mean-float64(k)-0.5)/math.Sqrt(2*variance))
	}
}

// Median is the middle value of sorted x, or the mean of the two middle ones; NaN of none, and 0
// between the two infinities. (gonum's quantiles refuse infinite values.)
func Median(sorted []float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	lo, hi := sorted[(n-1)/2], sorted[n/2]
	if math.IsInf(lo, -1) && math.IsInf(hi, 1) {
		return 0
	}
	return lo/2 + hi/2
}

// Bootstrap is the percentile interval of a statistic of n units that are drawn together (a pair
// counts as one unit), by reps resamplings from the given seed (B. Efron and R. Tibshirani, An
// Introduction to the Bootstrap, 1993, chapter 13). of gets the indices of the units drawn and
// must not keep them. The estimate is the statistic of the units as they are.
//
// With few units it is too narrow (its ends never leave the sample): prefer [HodgesLehmann] where
// the statistic is a centre.
func Bootstrap(
	n, reps int, confidence float64, seed uint64, of func(drawn []int) float64,
) Interval {
	values := Replicates(n, reps, seed, of)
	drawn := make([]int, n)
	for i := range drawn {
		drawn[i] = i
	}
	return Interval{
		Estimate:   of(drawn),
		Lo:         Quantile(values, (1-confidence)/2),
		Hi:         Quantile(values, (1+confidence)/2),
		Confidence: confidence,
	}
}

// Replicates are the sorted values of a statistic over reps resamplings of n units.
func Replicates(n, reps int, seed uint64, of func(drawn []int) float64) []float64 {
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	drawn := make([]int, n)
	values := make([]float64, reps)
	for r := range values {
		for i := range drawn {
			drawn[i] = rng.IntN(n)
		}
		values[r] = of(drawn)
	}
	slices.Sort(values)
	return values
}

// Quantile is the smallest of sorted values that at least a share q of them does not exceed.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(at, 0), len(sorted)-1)]
}

// Centre is the estimate of [HodgesLehmann] alone.
func Centre(x []float64) float64 { return walsh(x).median() }

// Understated is by what factor the spread of n values may fall short of the true one: the upper
// confidence bound of a standard deviation about a known centre, over its estimate. It assumes
// normal values; of heavy tails the spread of a sample is rather too wide than too narrow.
func Understated(n int, confidence float64) float64 {
	if n < 1 {
		return math.Inf(1)
	}
	k := float64(n)
	return math.Sqrt(k / distuv.ChiSquared{K: k}.Quantile(1-confidence))
}

// MeanInterval is the mean of x with Student's interval. Unlike a centre by ranks, means add up:
// those of parts to that of the whole. Values must be finite; under two of them bound nothing.
func MeanInterval(x []float64, confidence float64) Interval {
	if len(x) < 2 {
		return Interval{Median(x), math.Inf(-1), math.Inf(1), 1}
	}
	mean, deviation := stat.MeanStdDev(x, nil)
	t := distuv.StudentsT{Sigma: 1, Nu: float64(len(x) - 1)}.Quantile((1 + confidence) / 2)
	half := t * deviation / math.Sqrt(float64(len(x)))
	return Interval{mean, mean - half, mean + half, confidence}
}
