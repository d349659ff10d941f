package table

import (
	"slices"
	"strconv"

	"mtbench/report/internal/view"
	"mtbench/results"
)

// Spec is all that there is to know of a section: a section is one of these, in the list of its
// subject.
type Spec struct {
	Name  string // what --only takes; the anchor of a page
	Title string // what is shown; a section whose title depends on the file sets its own
	Level Level  // how Markdown shows it
	Brief bool   // part of the answer: shown on a terminal where nothing else is asked
	Place Place  // where the HTML page shows it

	Pictures bool // pictures of a Markdown report stand behind it
	Printed  bool // of published figures too, which have no records

	// Of makes the section of a file, All that of all files together: one of the two. False: the
	// files do not call for it.
	Of  func(*view.Source) (Section, bool)
	All func([]*view.Source) (Section, bool)
}

// Level says how Markdown shows a section.
type Level int

// The levels of a section.
const (
	Folded  Level = iota // seldom asked: behind its title
	Open                 // read first
	Heading              // begins a file
)

// Place says where the HTML page shows a section.
type Place int

// The places of a page.
const (
	Below Place = iota // under the pictures
	Top                // above them
	Apart              // in the summary or under the settings, which the page makes itself
)

// specs lists every section, in the order of a report.
func specs() []Spec {
	return slices.Concat(answerSpecs(), headSpecs(), shardSpecs(), hostSpecs(), whatIfSpecs(),
		referenceSpecs(),
		caseSpecs(),
		directionSpecs(), pairSpecs(), costSpecs(), stepSpecs(), ceilingSpecs(), baselineSpecs(),
		threadSpecs(), counterSpecs(), cpuMapSpecs(), frontierSpecs(), trustSpecs(),
		elsewhereSpecs(), occasionSpecs(), acrossSpecs(), claimSpecs(), wordSpecs(), citeSpecs())
}

// Names returns the names of all sections, in the order of a report.
func Names() []string {
	var names []string
	for _, spec := range specs() {
		names = append(names, spec.Name)
	}
	return names
}

// Sections returns the report of some files before it has a format: each file's sections, then
// those of all together.
func Sections(srcs []*view.Source) []Section {
	var all []Section
	for _, s := range srcs {
		for _, spec := range specs() {
			if spec.Of == nil || s.Header.Kind == results.Published && !spec.Printed {
				continue
			}
			if sec, ok := spec.Of(s); ok {
				sec.nameBuilds(s)
				if s.Tag != "" {
					sec.File = s.Name
				}
				all = append(all, sec.as(spec, spec.Name+s.Tag))
			}
		}
	}
	for _, spec := range specs() {
		if spec.All == nil {
			continue
		}
		if sec, ok := spec.All(srcs); ok {
			all = append(all, sec.as(spec, spec.Name))
		}
	}
	return all
}

// nameBuilds heads the column of models by what it holds in a series of two builds.
func (sec *Section) nameBuilds(s *view.Source) {
	if s.OfModel == "" || sec.Table == nil {
		return
	}
	for i := range sec.Table.Cols {
		if sec.Table.Cols[i].Head == "model" {
			sec.Table.Cols[i].Head = "build"
		}
	}
}

// as gives a section what it is declared to be; a title of its own stays.
func (sec Section) as(spec Spec, id string) Section {
	title := sec.Title
	sec.Spec, sec.ID = spec, id
	if title != "" {
		sec.Title = title
	}
	return sec
}

// always makes a section that every file has.
func always(of func(*view.Source) Section) func(*view.Source) (Section, bool) {
	return func(s *view.Source) (Section, bool) { return of(s), true }
}

// ofModels makes a section that every file has but a series of two builds, which compares no
// models.
func ofModels(of func(*view.Source) Section) func(*view.Source) (Section, bool) {
	return func(s *view.Source) (Section, bool) {
		if s.OfModel != "" {
			return Section{}, false
		}
		return of(s), true
	}
}

// fileTitle begins with the number of a file where there are several.
func fileTitle(s *view.Source, title string) string {
	if s.Files < 2 {
		return title
	}
	return "File " + strconv.Itoa(s.File+1) + " of " + strconv.Itoa(s.Files) + ", " + title
}
