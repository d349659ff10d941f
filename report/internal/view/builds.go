package view

import (
	"cmp"
	"fmt"
	"slices"

	"mtbench/internal/verdict"
	"mtbench/results"
)

// A series of two builds compares in each case a model with itself. It is shown as a source for
// each model, in which the builds stand where other files have models: so every table and picture
// sets one build against the other.

// modelsOfBuilds are the models of a series of two builds that have a run, ended or failed, in the
// order of its matrix. None: the file is shown as it is.
func modelsOfBuilds(f *results.File) []string {
	m := &f.Header.Matrix
	if len(m.Builds) == 0 {
		return nil
	}
	var have []string
	add := func(model string) {
		if !slices.Contains(have, model) && !m.IsExtra(model) {
			have = append(have, model)
		}
	}
	for i := range f.Runs {
		add(f.Runs[i].Model)
	}
	for i := range f.Failed {
		add(f.Failed[i].Model)
	}
	place := func(model string) int {
		if i := slices.Index(m.Models, model); i >= 0 {
			return i
		}
		return len(m.Models)
	}
	slices.SortStableFunc(have, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	return have
}

// ofBuilds is what a series of two builds says of a model.
func ofBuilds(f *results.File, model string, known []Contender) *Source {
	named := buildNames(f, known)
	part := *f
	part.Header.Matrix.Models, part.Header.Matrix.Builds, part.Header.Matrix.Extra = nil, nil, nil
	for _, name := range f.Header.Matrix.Contenders() {
		part.Header.Matrix.Models = append(part.Header.Matrix.Models, named[name])
	}
	part.Runs, part.Failed, part.WhatIf, part.Frontier = nil, nil, nil, nil
	for _, r := range f.Runs {
		if r.Model == model {
			r.Cell = asModel(r.Cell, named)
			part.Runs = append(part.Runs, r)
		}
	}
	for _, r := range f.Failed {
		if r.Model == model {
			r.Cell = asModel(r.Cell, named)
			part.Failed = append(part.Failed, r)
		}
	}
	part.Header.Matrix.Runs = shareOf(&f.Header.Matrix)
	s := SourceOf(&part, 0, 1)
	s.Name, s.OfModel, s.whole, s.named = s.Name+", model "+model, model, f, named
	s.Known = buildLooks(part.Header.Matrix.Models)
	return s
}

// shareOf is how many runs of the plan a model has: all have the same cases.
func shareOf(m *results.Matrix) int { return m.Runs / max(1, len(m.Models)) }

// asModel is a cell with the build in the place of the model.
func asModel(c results.Cell, named map[string]string) results.Cell {
	c.Model, c.Build = named[c.Build], ""
	return c
}

// buildNames is what a report calls each build: by its name, unless a model has the same.
func buildNames(f *results.File, known []Contender) map[string]string {
	named := map[string]string{}
	for _, name := range f.Header.Matrix.Contenders() {
		named[name] = name
		if slices.ContainsFunc(known, func(c Contender) bool { return c.Name == name }) {
			named[name] = "build " + name
		}
	}
	return named
}

// buildLooks tells the two builds apart.
func buildLooks(names []string) []Contender {
	var looks []Contender
	for i, name := range names {
		c := Contender{Name: name, Color: Blue, Marker: Circle}
		if i > 0 {
			c.Color, c.Marker = Vermilion, Diamond
		}
		looks = append(looks, c)
	}
	return looks
}

// Whole is the file itself, with all that a part of it leaves out.
func (s *Source) Whole() *results.File {
	if s.whole != nil {
		return s.whole
	}
	return s.From
}

// comparedOfModel are the comparisons of the whole file that are of the source: the family that a
// verdict is adjusted over is that of the file, as in mtbench run and mtbench compare.
func (s *Source) comparedOfModel(all []verdict.Comparison) []verdict.Comparison {
	if s.whole == nil {
		return all
	}
	var of []verdict.Comparison
	for _, c := range all {
		if c.Cell.Model != s.OfModel {
			continue
		}
		c.Base, c.Other = s.named[c.Base], s.named[c.Other]
		c.Cell, c.BaseCell = asModel(c.Cell, nil), asModel(c.BaseCell, nil)
		if c.Same { // of builds a difference so small is none, proved or not
			c.State = verdict.Equal
		}
		of = append(of, c)
	}
	return of
}

// BuildsText names the programs of a series of two builds; empty for any other.
func (s *Source) BuildsText() string {
	builds := s.Whole().Header.Matrix.Builds
	if len(builds) != results.Builds {
		return ""
	}
	return fmt.Sprintf("%s against %s", builds[1].String(), builds[0].String())
}
