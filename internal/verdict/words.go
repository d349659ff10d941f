package verdict

import (
	"fmt"
	"math"

	"mtbench/internal/metric"
	"mtbench/internal/stats"
)

// Word says the state in the metric's own words.
func (c *Comparison) Word() string {
	words := map[State]string{LowerThan: "lower", HigherThan: "higher"}
	switch {
	case c.Metric.Time:
		words = map[State]string{LowerThan: "faster", HigherThan: "slower"}
	case c.Metric.Better == metric.Lower:
		words = map[State]string{LowerThan: "better", HigherThan: "worse"}
	case c.Metric.Better == metric.Higher:
		words = map[State]string{LowerThan: "worse", HigherThan: "better"}
	}
	switch c.State {
	case NotEnough:
		if c.Moved {
			return "the host changed"
		}
		return "not enough evidence"
	case Equal:
		return "equal within " + FormatSize(c.Margin())
	default:
		return words[c.State]
	}
}

// String is the verdict in a sentence without a subject. It quotes a percentage of the models only
// where there is a verdict.
func (c *Comparison) String() string {
	if !c.Decided() {
		return c.why()
	}
	text := c.Word()
	if c.State != Equal && c.Same {
		text += " (and equal within " + FormatSize(c.Margin()) + ")"
	}
	switch {
	case c.Unsized():
		text += ": no ratio, for too many pairs stand at the bound with both runs"
	case math.IsInf(c.Change.Estimate, 0):
		text += fmt.Sprintf(": %d of %d completed, of the base %d of %d", c.OtherCompleted, c.OtherN,
			c.BaseCompleted, c.BaseN)
	default:
		text += ": " + FormatChange(c.Change.Estimate) + " " + FormatInterval(c.Change)
	}
	return text + ", " + c.Sureness() + ", " + c.counts()
}

// Sequential reports whether the evidence decided how many pairs there are.
func (c *Comparison) Sequential() bool { return c.rule.sequential }

// Sureness writes the adjusted evidence of what c says: "e = 31", of which 20 proves, or "p =
// 0.002".
func (c *Comparison) Sureness() string {
	p := c.Adjusted
	if c.State == Equal {
		p = c.sameAdjusted
	}
	switch {
	case !c.averaged:
		return fmt.Sprintf("p = %.2g", p)
	case p < 1e-3:
		return "e > 1000"
	}
	return fmt.Sprintf("e = %.3g", 1/p)
}

// counts says on how much a comparison rests: "9 of 10 pairs: 8 lower, 1 higher; 2 disturbed by the
// host".
func (c *Comparison) counts() string {
	text := fmt.Sprintf("%d of %s", len(c.Pairs), plural(c.Planned, "pair"))
	switch {
	case c.Unpaired:
		return fmt.Sprintf("%d against %d runs", c.BaseN, c.OtherN) + c.disturbance(c.BaseN+c.OtherN)
	case c.rule.sequential:
		text = plural(len(c.Pairs), "pair")
	}
	if len(c.Pairs) == 0 {
		return text
	}
	return text + " (" + c.Signs() + ")" + c.bounds() + c.disturbance(len(c.Pairs))
}

// Signs counts how the pairs fall: "8 lower, 1 higher".
func (c *Comparison) Signs() string {
	text := fmt.Sprintf("%d lower, %d higher", c.Lower, c.Higher)
	if same := len(c.Pairs) - c.Lower - c.Higher; same > 0 {
		text += fmt.Sprintf(", %d equal", same)
	}
	return text
}

// bounds says how many pairs have a run that did not complete.
func (c *Comparison) bounds() string {
	var text string
	if c.OneBound > 0 {
		text += fmt.Sprintf(", in %d one run did not complete", c.OneBound)
	}
	if c.BothBound > 0 {
		text += fmt.Sprintf(", in %d neither did", c.BothBound)
	}
	return text
}

func (c *Comparison) disturbance(runs int) string {
	switch {
	case c.Disturbed == 0:
		return ""
	case c.Disturbed < runs:
		return fmt.Sprintf(", %d disturbed by the host", c.Disturbed)
	case runs == 1:
		return ", disturbed by the host"
	case runs == 2:
		return ", both disturbed by the host"
	}
	return ", all disturbed by the host"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// why says what a comparison without a verdict lacks.
func (c *Comparison) why() string {
	text := c.Word() + ": " + c.counts()
	switch {
	case c.Moved:
		return fmt.Sprintf("%s; a codec loop that no model touches took %s beside the other", text,
			FormatChange(c.Shift))
	case c.rule.sequential && len(c.Pairs) == 0:
		return text
	case c.rule.sequential:
		return text + ", " + c.Sureness() + "; " + c.detected()
	case c.N() < c.Required():
		return fmt.Sprintf("%s; at least %s needed for %s", text, c.wanted(),
			plural(c.family(), "test"))
	case c.Unpaired:
		return text + "; the difference is within their scatter"
	default:
		return text + "; " + c.detected()
	}
}

// detected says the smallest change that the pairs could have found.
func (c *Comparison) detected() string {
	least := c.Detectable()
	if math.IsInf(least, 0) || math.IsNaN(least) {
		return "they could have found no difference, however large"
	}
	return "they could have found a difference of " + FormatSize(least)
}

func (c *Comparison) wanted() string {
	if c.Unpaired {
		return plural(c.Required(), "run") + " on each side are"
	}
	return plural(c.Required(), "pair") + " are"
}

// FormatChange writes a log ratio for people: "-12.3 %", "×14", or what an infinite one means.
func FormatChange(log float64) string {
	ratio := math.Exp(log)
	switch {
	case math.IsNaN(log):
		return "no figure"
	case math.IsInf(log, 1):
		return "did not complete"
	case math.IsInf(log, -1):
		return "only the base did not complete"
	case ratio >= 10:
		return fmt.Sprintf("×%.3g", ratio)
	default:
		return fmt.Sprintf("%+.1f %%", (ratio-1)*100)
	}
}

// FormatInterval writes the interval of a log ratio.
func FormatInterval(iv stats.Interval) string {
	return "[" + FormatChange(iv.Lo) + ", " + FormatChange(iv.Hi) + "]"
}

// FormatSize writes the size of a log ratio without its sign.
func FormatSize(log float64) string {
	if math.IsInf(log, 0) {
		return "no bound"
	}
	return fmt.Sprintf("%.1f %%", math.Expm1(math.Abs(log))*100)
}
