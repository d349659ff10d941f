package view

import (
	"fmt"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"mtbench/internal/metric"
	"mtbench/report/internal/format"
	"mtbench/results"
)

// PairsFinding is how sure the largest difference is.
func PairsFinding(s *Source, diffs []Diff) Finding {
	main := DiffsOf(diffs, s.mainOr())
	if s.Predicted() != nil {
		return PredictedFinding(main)
	}
	var sure *Diff
	told := handsOver(decidedOf(main))
	for i, d := range told {
		finite := d.Ratio > 0 && !math.IsInf(d.Ratio, 0)
		if !finite {
			continue
		}
		if sure == nil || apart(math.Log(d.Ratio), 0) > apart(math.Log(sure.Ratio), 0) {
			sure = &told[i]
		}
	}
	if sure == nil {
		return DiffFinding(main)
	}
	of := fmt.Sprintf(workWord(sure.Case), sure.Base)
	return Finding{fmt.Sprintf("The largest proved difference: with %s, %s takes %s× %s",
		sure.where(), sure.Model, format.Sig(sure.Ratio), of),
		fmt.Sprintf("95 %% interval %s to %s, %d pairs: %s%s", format.RatioText(sure.Lo),
			format.RatioText(sure.Hi), sure.N, sure.Signs, rawPart(sure, 0))}
}

// decidedOf are the cases in which a difference is proved.
func decidedOf(ds []Diff) []Diff {
	var out []Diff
	for _, d := range ds {
		if d.Verdict == Faster || d.Verdict == Slower {
			out = append(out, d)
		}
	}
	return out
}

// LeastFloor is the case with the smallest floor, if any has one.
func LeastFloor(diffs []Diff) (least Diff, ok bool) {
	for _, d := range diffs {
		if d.Floor > 0 && !math.IsInf(d.Floor, 1) && (!ok || d.Floor < least.Floor) {
			least, ok = d, true
		}
	}
	return least, ok
}

func TimeOf(r *results.Run) string {
	if !r.Completed {
		return "can’t complete within " + format.TimeText(r.TotalTimeMS)
	}
	return format.TimeText(r.TotalTimeMS)
}

// TimeFinding is the finding of the main contender, or, with one model, its best time.
func TimeFinding(s *Source, diffs []Diff) Finding {
	models := s.Contenders()
	if s.Header.Kind == results.Published && len(models) > 1 {
		return Finding{Title: publishedTitle(s, models[0], s.MainModel(models))}
	}
	if len(models) > 1 {
		main := DiffsOf(diffs, s.MainModel(models))
		finding := DiffFinding(main)
		if s.Predicted() != nil {
			finding = PredictedFinding(main)
		}
		if finding.Title != "" {
			return Finding{SaidOf(s, finding.Title), finding.Detail}
		}
	}
	return Finding{Title: SaidOf(s, quickest(s, s.Models()[0]))}
}

// publishedTitle counts the cases of single published runs, which prove nothing.
func publishedTitle(s *Source, base, model string) string {
	less, cases := 0, 0
	cells := s.Cells()
	for _, l := range s.Lines() {
		for _, n := range s.Threads() {
			a := SampleOf(cells[l.At(base, n)],
				Shown(metric.TotalTime)).Median()
			b := SampleOf(cells[l.At(model, n)],
				Shown(metric.TotalTime)).Median()
			if math.IsNaN(a) || math.IsNaN(b) {
				continue
			}
			cases++
			if b < a {
				less++
			}
		}
	}
	return fmt.Sprintf("Published: %s took less total time than %s in %d of %s, one run each (with "+
		"wait off of "+
		"unequal work)",
		model, base, less, format.CasesWord(cases))
}

// quickest names the case in which a model takes least time for a compressed page; where it
// compresses none, or a publication does not say how many, that of least total time.
func quickest(s *Source, model string) string {
	name := format.CleanText(model, 24)
	if at := least(s, model, func(c *Figures) Sample { return c.Compressed }); at != nil {
		return fmt.Sprintf("%s takes least time for a compressed page with %s: %s µs", name, at.String(),
			format.Sig(at.Compressed.Median()))
	}
	if at := least(s, model, func(c *Figures) Sample { return c.Total }); at != nil {
		return fmt.Sprintf("%s takes least total time with %s: %s (of unequal work)", name, at.String(),
			format.TimeText(at.Total.Median()))
	}
	return name + " completes in no case"
}

// least is the case of a model whose median of a figure is lowest; nil where none has one.
func least(s *Source, model string, of func(*Figures) Sample) (at *Figures) {
	best := math.Inf(1)
	s.Each([]string{model}, func(c *Figures) {
		if med := of(c).Median(); med < best {
			best, at = med, c
		}
	})
	return at
}

// MainModel is the contender that titles speak of: lockless where it runs, the last step where
// there are steps, else the second.
func (s *Source) MainModel(models []string) string {
	others := models[1:]
	if slices.Contains(others, "lockless") {
		return "lockless"
	}
	if s.Is(others[0], Step) {
		return others[len(others)-1]
	}
	return others[0]
}

// PredictedWord begins a finding that is not of measured migrations; "" where it is.
func PredictedWord(s *Source) string {
	switch s.Header.Kind {
	case results.Traced:
		return "Traced: "
	case results.Predicted:
		return "Predicted: "
	case results.Published:
		return "Published: "
	}
	if s.Header.Scenario.DestinationAlone() {
		return "Decompression alone: "
	}
	return ""
}

// SaidOf is a title, after the word for a file whose figures nobody measured here.
func SaidOf(s *Source, title string) string {
	word := PredictedWord(s)
	first, size := utf8.DecodeRuneInString(title)
	second, _ := utf8.DecodeRuneInString(title[size:])
	if word != "" && unicode.IsUpper(first) && unicode.IsLower(second) {
		title = string(unicode.ToLower(first)) + title[size:]
	}
	return word + title
}

// AnyRun tells whether some run of the file has a figure.
func (s *Source) AnyRun(value metric.Value) bool {
	for _, r := range s.Kept() {
		if _, ok := value(r); ok {
			return true
		}
	}
	return false
}

// twoModels are the models that titles speak of: the base and the main contender.
func (s *Source) twoModels() (base, model string, ok bool) {
	models := s.Contenders()
	if len(models) < 2 {
		return "", "", false
	}
	return models[0], s.MainModel(models), true
}

// mainOr is the main contender; empty where there is one model only.
func (s *Source) mainOr() string {
	_, model, _ := s.twoModels()
	return model
}

// contrast is the case in which the medians of a figure of two models lie furthest apart.
type contrast struct {
	cell         results.Cell // of the model
	base, model  string
	baseV, other float64
}

// widest finds it among the cases whose difference by metric is proved, or, where none is, among
// all; distance says how far apart two medians are.
func (s *Source) widest(metric string, value metric.Value,
	distance func(a, b float64) float64) (contrast, bool) {
	proved := func(c results.Cell) bool { return s.hedge(metric, c) == "" }
	if c, ok := s.widestWhere(proved, value, distance); ok {
		return c, true
	}
	return s.widestWhere(func(results.Cell) bool { return true }, value, distance)
}

func (s *Source) widestWhere(in func(results.Cell) bool, value metric.Value,
	distance func(a, b float64) float64) (contrast, bool) {
	base, model, ok := s.twoModels()
	if !ok {
		return contrast{}, false
	}
	cells := s.Cells()
	best, found := contrast{base: base, model: model}, false
	far := -1.0
	for _, l := range s.Lines() {
		for _, n := range s.Threads() {
			a := SampleOf(cells[l.At(base, n)], value).Median()
			b := SampleOf(cells[l.At(model, n)], value).Median()
			d := distance(a, b)
			if !math.IsNaN(d) && d > far && in(l.At(model, n)) {
				far, found = d, true
				best.cell, best.baseV, best.other = l.At(model, n), a, b
			}
		}
	}
	return best, found
}

func apart(a, b float64) float64 { return math.Abs(a - b) }

// TimesApart is the larger over the smaller; a figure of 0 is as far as it gets.
func TimesApart(a, b float64) float64 {
	lo, hi := math.Min(a, b), math.Max(a, b)
	if hi == 0 {
		return 1
	}
	return hi / math.Max(lo, 1e-6)
}

// onlyModel is what a title says of a file with one contender: the range of the medians.
func (s *Source) onlyModel(what, unit string, scale float64,
	value metric.Value) string {
	lo, hi := math.Inf(1), math.Inf(-1)
	s.Each(s.Models(), func(c *Figures) {
		if med := SampleOf(c.Runs, value).Median(); !math.IsNaN(med) {
			lo, hi = math.Min(lo, med), math.Max(hi, med)
		}
	})
	if lo > hi {
		return what + ": no figures"
	}
	return fmt.Sprintf("%s: medians from %s to %s%s", what, format.Sig(lo*scale), format.Sig(hi*scale),
		unit)
}

func CPUFinding(s *Source) Finding {
	c, ok := s.widest(metric.WorkerCPU, Shown(metric.WorkerCPU), apart)
	if !ok {
		return Finding{Title: s.onlyModel("CPU of a "+s.Work()+" thread", " % of one", 1,
			Shown(metric.WorkerCPU))}
	}
	cells := s.Cells()
	base := c.cell
	base.Model = c.base
	main := func(c results.Cell) string {
		return format.Sig(SampleOf(cells[c], Shown(metric.MainCPU)).Median())
	}
	return Finding{fmt.Sprintf("With %s, a %s thread uses %s %% of a CPU under %s and "+
		"%s %% under %s%s", c.cell.String(), s.Work(), format.Sig(c.baseV), c.base,
		format.Sig(c.other), c.model, s.hedge(metric.WorkerCPU, c.cell)),
		fmt.Sprintf("the main thread uses %s %% and %s %%", main(base), main(c.cell))}
}

// BusyPercent is the busy-ratio as pictures show it.
func BusyPercent(r *results.Run) (float64, bool) {
	v, ok := Shown(metric.BusyRatio)(r)
	return 100 * v, ok
}

func BusyFinding(s *Source) string {
	c, ok := s.widest(metric.BusyRatio, BusyPercent, apart)
	if !ok {
		return s.onlyModel("Pages that find no free thread", " %", 1, BusyPercent)
	}
	return fmt.Sprintf("Busy pages differ most with %s: %s %% under %s, %s %% under %s%s",
		format.ThreadsWord(c.cell.Threads), format.Sig(c.baseV), c.base, format.Sig(c.other), c.model,
		s.hedge(metric.BusyRatio, c.cell))
}

func WakesFinding(s *Source) string {
	c, ok := s.widest(metric.WaitWakesPerPage, Shown(metric.WaitWakesPerPage), TimesApart)
	if !ok {
		return s.onlyModel("Futex calls a page", "", 1, Shown(metric.WaitWakesPerPage))
	}
	times := ""
	if ratio := c.other / c.baseV; format.Finite(ratio) && ratio > 0 {
		times = fmt.Sprintf(" (%s×)", format.Sig(ratio))
	}
	return fmt.Sprintf("%s makes %s futex calls a page with %s, %s %s%s%s", c.model,
		format.Sig(c.other), c.cell.String(), c.base, format.Sig(c.baseV), times,
		s.hedge(metric.WaitWakesPerPage, c.cell))
}
