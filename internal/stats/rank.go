// Package stats is the little of statistics that the libraries at hand lack: tests and intervals on
// pairs that assume no distribution, Holm's correction, and a seeded bootstrap.
//
// Values may be infinite (a migration that never completed took longer than any finite time); they
// may not be NaN. Results are exact up to [MaxExact] values and say so otherwise in their comments.
package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// MaxExact is the largest sample whose rank distributions are counted out; beyond it the normal
// approximation with tie correction is used, which is then good to more digits than anyone prints.
const MaxExact = 100

// SignedRank is Wilcoxon's signed-rank test (F. Wilcoxon, Biometrics Bulletin 1, 1945) that the
// values of x are symmetric about 0: the two-sided p-value, in (0,1].
//
// Zeros stay in the ranking and lose their sign only (J. W. Pratt, JASA 54, 1959), and equal sizes
// share their mean rank; the p-value is exact given those ranks, by counting all choices of sign.
// Infinite values rank above all finite ones and tie with one another.
func SignedRank(x []float64) float64 {
	ranks, positive := signedRanks(x)
	if len(ranks) == 0 {
		return 1
	}
	if len(ranks) > MaxExact {
		return normalTail(ranks, positive)
	}
	return exactTail(ranks, positive)
}

// SignedRankHigher is the one-sided p-value of [SignedRank] that the values lie no higher than 0.
func SignedRankHigher(x []float64) float64 {
	ranks, positive := signedRanks(x)
	total := 0
	for _, r := range ranks {
		total += r
	}
	if 2*positive <= total {
		return 1
	}
	return SignedRank(x) / 2
}

// signedRanks gives the doubled mid-ranks of the sizes of the values that are not zero, and the sum
// of those whose value is positive. Doubled, because a mid-rank may end in a half.
func signedRanks(x []float64) (ranks []int, positive int) {
	sorted := slices.Clone(x)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	for i := 0; i < len(sorted); {
		j := i
		for j < len(sorted) && math.Abs(sorted[j]) == math.Abs(sorted[i]) {
			j++
		}
		rank := i + 1 + j // twice the mean of i+1 … j
		for _, v := range sorted[i:j] {
			if v != 0 {
				ranks = append(ranks, rank)
			}
			if v > 0 {
				positive += rank
			}
		}
		i = j
	}
	return ranks, positive
}

// exactTail is the two-sided p-value of a positive rank sum, over all 2^n choices of sign.
func exactTail(ranks []int, positive int) float64 {
	chance := signDistribution(ranks)
	lower, upper := 0.0, 0.0
	for sum, p := range chance {
		if sum <= positive {
			lower += p
		}
		if sum >= positive {
			upper += p
		}
	}
	return min(1, 2*min(lower, upper))
}

// signDistribution is the chance of each sum of ranks when each counts or not with even odds.
func signDistribution(ranks []int) []float64 {
	total := 0
	for _, r := range ranks {
		total += r
	}
	chance := make([]float64, total+1)
	chance[0] = 1
	reached := 0
	for _, r := range ranks {
		reached += r
		for sum := reached; sum >= 0; sum-- {
			chance[sum] /= 2
			if sum >= r {
				chance[sum] += chance[sum-r] / 2
			}
		}
	}
	return chance
}

// normalTail approximates exactTail, with correction for continuity.
func normalTail(ranks []int, positive int) float64 {
	mean, variance := 0.0, 0.0
	for _, r := range ranks {
		mean += float64(r) / 2
		variance += float64(r) * float64(r) / 4
	}
	z := (math.Abs(float64(positive)-mean) - 1) / math.Sqrt(variance)
	return min(1, 2*distuv.UnitNormal.Survival(max(0, z)))
}

// NeededPairs is the fewest pairs by which a signed-rank test can reach a two-sided p of alpha
// after Holm's correction over tests tests: even if all pairs agree, p is 2^(1-n).
func NeededPairs(alpha float64, tests int) int {
	n := 1
	for p := 1.0; p*float64(max(tests, 1)) > alpha; p /= 2 {
		n++
	}
	return n
}

// MannWhitney is the rank-sum test (H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics
// 18, 1947) that x and y have one distribution: the two-sided p-value. It is exact given the
// mid-ranks of ties as long as both samples together have at most [MaxExact] values; beyond, it
// takes the normal approximation.
func MannWhitney(x, y []float64) float64 {
	if len(x) == 0 || len(y) == 0 {
		return 1
	}
	ranks, sum := jointRanks(x, y)
	if len(ranks) > MaxExact {
		return rankSumNormal(ranks, len(x), sum)
	}
	chance := choiceDistribution(ranks, len(x))
	lower, upper := 0.0, 0.0
	for s, p := range chance {
		if s <= sum {
			lower += p
		}
		if s >= sum {
			upper += p
		}
	}
	return min(1, 2*min(lower, upper))
}

// MannWhitneyHigher is the one-sided p-value of [MannWhitney] that y lies no higher than x.
func MannWhitneyHigher(x, y []float64) float64 {
	if len(x) == 0 || len(y) == 0 {
		return 1
	}
	ranks, sum := jointRanks(y, x)
	if total := len(ranks) * (len(ranks) + 1); sum*len(ranks) <= total*len(y) {
		return 1
	}
	return MannWhitney(x, y) / 2
}

// jointRanks gives the doubled mid-ranks of both samples together, and the sum of x's.
func jointRanks(x, y []float64) (ranks []int, sum int) {
	all := slices.Sorted(slices.Values(slices.Concat(x, y)))
	rankOf := map[float64]int{}
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j] == all[i] {
			j++
		}
		rankOf[all[i]] = i + 1 + j
		i = j
	}
	for _, v := range all {
		ranks = append(ranks, rankOf[v])
	}
	for _, v := range x {
		sum += rankOf[v]
	}
	return ranks, sum
}

// choiceDistribution is the chance of each sum when n of the ranks are chosen at random.
func choiceDistribution(ranks []int, n int) []float64 {
	total := 0
	for _, r := range ranks {
		total += r
	}
	// ways[k][s] is the chance that k of the ranks seen so far are chosen and sum to s.
	ways := make([][]float64, n+1)
	for k := range ways {
		ways[k] = make([]float64, total+1)
	}
	ways[0][0] = 1
	for seen, r := range ranks {
		for k := min(n, seen+1); k >= 1; k-- {
			for s := total; s >= r; s-- {
				ways[k][s] += ways[k-1][s-r]
			}
		}
	}
	all := 0.0
	for _, w := range ways[n] {
		all += w
	}
	for s := range ways[n] {
		ways[n][s] /= all
	}
	return ways[n]
}

func rankSumNormal(ranks []int, n int, sum int) float64 {
	total := float64(len(ranks))
	mean, square := 0.0, 0.0
	for _, r := range ranks {
		mean += float64(r) / total
		square += float64(r) * float64(r) / total
	}
	share := float64(n) * (total - float64(n)) / (total - 1)
	z := (math.Abs(float64(sum)-float64(n)*mean) - 1) / math.Sqrt(share*(square-mean*mean))
	return min(1, 2*distuv.UnitNormal.Survival(max(0, z)))
}

// Holm adjusts the p-values of a family of tests so that the chance of any false rejection stays
// below the level at which they are read (S. Holm, Scandinavian Journal of Statistics 6, 1979).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	highest := 0.0
	for done, i := range order {
		highest = max(highest, min(1, p[i]*float64(len(p)-done)))
		adjusted[i] = highest
	}
	return adjusted
}
