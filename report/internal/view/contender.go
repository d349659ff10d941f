package view

import "slices"

// Contender is what a report knows of a model beside its runs. Who registers models hands it over;
// a model that nobody hands over, as one of another build, is a Model in the common style.
type Contender struct {
	Name   string // as result files have it
	Kind   Kind
	Color  string // of its marks, one of [Colors]; any other is the common one
	Marker string // one of [Markers]; any other is the common one
}

// Kind says which part a model takes in a report.
type Kind int

// The kinds of contenders.
const (
	Model    Kind = iota // is compared
	Baseline             // shows what the harness costs, and is part of no verdict
	Step                 // a hybrid between two models, in a section of its own
)

// The colours that a contender may have: those of Okabe and Ito, told apart with any colour vision.
const (
	Blue      = "blue"
	Vermilion = "vermilion"
	Green     = "green"
	Purple    = "purple"
	Grey      = "grey"
	Orange    = "orange" // the common one
)

// The markers that a contender may have, so that colour never carries the meaning alone.
const (
	Circle   = "circle"
	Diamond  = "diamond"
	Square   = "square"
	Pyramid  = "pyramid"
	Triangle = "triangle" // the common one; it stands on its tip
)

// Colors returns the names of the colours, the common one last.
func Colors() []string { return []string{Blue, Vermilion, Green, Purple, Grey, Orange} }

// Markers returns the names of the markers, the common one last.
func Markers() []string { return []string{Circle, Diamond, Square, Pyramid, Triangle} }

// Contender returns what is known of a model.
func (s *Source) Contender(model string) Contender {
	for _, c := range s.Known {
		if c.Name == model {
			return c
		}
	}
	return Contender{Name: model, Color: Orange, Marker: Triangle}
}

// Is says whether a model is of a kind.
func (s *Source) Is(model string, kind Kind) bool { return s.Contender(model).Kind == kind }

// Contenders returns the models of the file that are compared, and the steps between them.
func (s *Source) Contenders() []string {
	return s.without(s.Models(), Baseline)
}

// Ranked returns the models of the file that stand in its table of cases.
func (s *Source) Ranked() []string { return s.without(s.Contenders(), Step) }

// Baselines returns the models of the file that show what the harness costs.
func (s *Source) Baselines() []string {
	return slices.DeleteFunc(s.Models(), func(m string) bool { return !s.Is(m, Baseline) })
}

// without leaves the models of a kind out.
func (s *Source) without(models []string, kind Kind) []string {
	return slices.DeleteFunc(models, func(m string) bool { return s.Is(m, kind) })
}

// WithoutBaselines returns those of models that are compared.
func (s *Source) WithoutBaselines(models []string) []string { return s.without(models, Baseline) }
