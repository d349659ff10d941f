package view

import (
	"fmt"

	"mtbench/report/internal/format"
	"mtbench/results"
)

// starvedText says in one sentence that the host is not the letter's.
func starvedText(s *Source) string {
	if s.CrowdText() == "" {
		return ""
	}
	threads := s.Threads()
	most := threads[len(threads)-1]
	return fmt.Sprintf(" Too few CPUs: up to %d %s threads (%d runnable threads in all) on "+
		"%s; the letter had 64.", most, s.Work(), s.Header.Scenario.Runnable(most),
		format.Count(s.Header.Host.CPUs, "CPU", "CPUs"))
}

// CrowdText is that warning; empty where there are CPUs enough.
func (s *Source) CrowdText() string {
	h := s.Header
	cpus := h.Host.Usable()
	if h.Kind == results.Published || cpus <= 0 {
		return ""
	}
	var crowded []int
	for _, n := range s.Threads() {
		if s.crowded(n) {
			crowded = append(crowded, n)
		}
	}
	if len(crowded) == 0 {
		return ""
	}
	most := crowded[len(crowded)-1]
	return fmt.Sprintf("With %s, more threads are runnable than the host has CPUs: up to %d "+
		"(%d %s, 1 main%s) on %s CPUs. Times and CPU shares then contain waiting "+
		"for a CPU, spinning takes CPU from %s, and the letter's machine (64 CPUs) "+
		"is not comparable. Compare the models with each other, not with the letter.",
		format.ThreadsList(crowded), h.Scenario.Runnable(most), most, s.Work(),
		othersText(&h.Scenario), format.Trimmed(cpus), s.Work())
}

// othersText is who runs beside main thread and workers.
func othersText(s *results.Scenario) string {
	if s.DestinationAlone() {
		return ""
	}
	text := ", " + format.Count(s.VCPUs, "vCPU", "vCPUs")
	if s.Destination == "process" {
		text += fmt.Sprintf(", %d at the destination", s.DecompressThreads+1)
	}
	return text
}
