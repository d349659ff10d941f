package stats

import (
	"cmp"
	"math"
	"slices"
)

// Evidence is what differences say against two one-sided hypotheses, as e-values: a fair bet
// against a true hypothesis multiplies its stake by no more than 1 on average, so that the stake
// ever reaches 1/α with a chance of at most α, however often somebody looks and whenever they stop
// (A. Ramdas, P. Grünwald, V. Vovk and G. Shafer, Statistical Science 38, 2023).
type Evidence struct {
	Higher float64 // against "no higher": large where the values lie above the centre
	Lower  float64 // against "no lower"
}

// stakes are the λ of the bets, in 1/(log ratio): λ = 128 bets nearly all on the sign of a
// difference of 2 %, λ = 2 still tells 50 % from 30 %. They were fixed before any data were seen;
// each is twice the one before ([bet] needs that), and with seven of them the mixture costs at most
// a factor of seven against the best one, which is two pairs that agree.
var stakes = [...]float64{2, 4, 8, 16, 32, 64, 128}

// EvidenceOf bets on the signs of x − centre. If the differences are symmetric about the centre (or
// about a value on the hypothesis' side of it), then given its size each sign is a fair coin, and
// exp(λd)/cosh(λd) = 1 + tanh(λd) has mean 1 (at most 1). The product over x is a martingale; the
// mean over a grid of λ is one, too (S. Howard, A. Ramdas, J. McAuliffe and J. Sekhon, Probability
// Surveys 17, 2020, the bound for symmetric increments). An infinite value counts as its sign.
//
// What is assumed beside symmetry: that a difference's sign does not depend on those before it.
func EvidenceOf(x []float64, centre float64) Evidence {
	return Evidence{Higher: bet(x, centre, 1), Lower: bet(x, centre, -1)}
}

// TwoSided is the evidence against "no difference": half the stake on either side.
func (e Evidence) TwoSided() float64 { return e.Higher/2 + e.Lower/2 }

// bet is the mean stake of bets that pay where x lies above centre (side 1) or below (side −1).
//
// A bet pays 1 + tanh y = 2/(1 + exp(−2y)). Each λ is twice the one before, so that one exponential
// and its squares serve all, and logs are taken of products: intervals ask for thousands of stakes.
func bet(x []float64, centre, side float64) float64 {
	const large = 1e150 // a product of two such is finite
	var costs, products [len(stakes)]float64
	for i := range products {
		products[i] = 1
	}
	for _, v := range x {
		odds := math.Exp(-2 * stakes[0] * side * difference(v, centre))
		for i := range products {
			cost := 1 + odds
			odds *= odds
			if cost > large {
				costs[i] += math.Log(cost)
			} else if products[i] *= cost; products[i] > large {
				costs[i] += math.Log(products[i])
				products[i] = 1
			}
		}
	}
	var logs [len(stakes)]float64
	for i := range logs {
		logs[i] = float64(len(x))*math.Ln2 - costs[i] - math.Log(products[i])
	}
	return meanExp(logs[:])
}

// meanExp is the mean of exp(logs), of which the largest may be beyond any float.
func meanExp(logs []float64) float64 {
	highest, sum := slices.Max(logs), 0.0
	for _, l := range logs {
		if l > math.Inf(-1) {
			sum += math.Exp(l - highest)
		}
	}
	if sum == 0 {
		return 0
	}
	return math.Exp(highest) * sum / float64(len(logs))
}

// difference is v − centre, where equal infinities differ by nothing.
func difference(v, centre float64) float64 {
	if v == centre {
		return 0
	}
	return v - centre
}

// ConfidenceSequence estimates the centre of symmetry of x, with the interval of all centres that
// the bets of [EvidenceOf] do not reject at the confidence. It holds at every stop at once: the
// chance that it ever misses the centre is at most 1 − confidence. That the values are symmetric
// about a centre other than 0 is an assumption; random order gives it only at 0.
func ConfidenceSequence(x []float64, confidence float64) Interval {
	least := 2 / (1 - confidence)
	return Interval{
		Estimate:   Centre(x),
		Lo:         -furthest(x, -1, least),
		Hi:         furthest(x, 1, least),
		Confidence: confidence,
	}
}

// furthest is the end of the interval on one side, times that side: the least centre that is
// rejected as too far. The stake of a bet rises with the distance of the centre, so halving the
// distance finds it.
func furthest(x []float64, side, least float64) float64 {
	size := 0.0
	for _, v := range x {
		if !math.IsInf(v, 0) {
			size = max(size, math.Abs(v))
		}
	}
	rejected := func(end float64) bool { return bet(x, side*end, -side) >= least }
	hi := size + 16/stakes[0] // every finite value is so far off that each bet is won whole
	if !rejected(hi) {
		return math.Inf(1)
	}
	lo := -hi
	for range 60 {
		if mid := lo/2 + hi/2; rejected(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}

// ClosedMeans adjusts the e-values of a family of hypotheses: if a hypothesis is rejected where its
// adjusted value reaches 1/α, then the chance that any true one is rejected, at any stop, is at
// most α. Each is the least mean over all sets of the family that hold it, for a mean of e-values
// is an e-value whatever their dependence (V. Vovk and R. Wang, Annals of Statistics 49, 2021,
// section 4).
func ClosedMeans(e []float64) []float64 {
	rising := slices.Clone(e)
	slices.SortFunc(rising, cmp.Compare[float64])
	adjusted := make([]float64, len(e))
	for i, own := range e {
		least, sum, members, skipped := own, own, 1.0, false
		for _, other := range rising {
			if other == own && !skipped {
				skipped = true
				continue
			}
			sum, members = sum+other, members+1
			least = min(least, sum/members)
		}
		adjusted[i] = least
	}
	return adjusted
}
