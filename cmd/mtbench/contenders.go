package main

import (
	"mtbench/models/registry"
	"mtbench/report"
)

// contenders is what a report is told of the models that there are.
func contenders() []report.Contender {
	kinds := map[registry.Kind]report.Kind{registry.Model: report.Model,
		registry.Baseline: report.Baseline, registry.Step: report.Step}
	var known []report.Contender
	for _, c := range registry.All() {
		known = append(known, report.Contender{Name: c.Name, Kind: kinds[c.Kind],
			Color: c.Color, Marker: c.Marker})
	}
	return known
}
