package view

import (
	"fmt"
	"mtbench/results"
)

// TimeGroup is what a reader tells apart in the time of a thread.
type TimeGroup int

// By reason: every state of internal/thread is in one of them. By kernel: the last three.
const (
	InCodec TimeGroup = iota
	InCopying
	InLink
	InScan
	InLocks
	InWaking
	InSpinning
	InSleep
	InPacing
	InRemainder
	OnCPU
	ForCPU
	InBlocked
)

// stateGroup is a group and the states of the account that it takes together.
type stateGroup struct {
	name   string
	states []string
}

// stateGroups name the groups and what they hold.
func stateGroups() []stateGroup {
	return []stateGroup{
		InCodec:     {"codec", []string{"codec"}},
		InCopying:   {"copying", []string{"copying"}},
		InLink:      {"link (send, receive)", []string{"sending", "receiving"}},
		InScan:      {"scan and bitmap", []string{"scanning", "writing"}},
		InLocks:     {"lock wait", []string{"lock-global", "lock-slot", "lock-results"}},
		InWaking:    {"waking others", []string{"waking"}},
		InSpinning:  {"spinning", []string{"spin-work", "spin-room"}},
		InSleep:     {"asleep for work or room", []string{"wait-work", "wait-room", "joining"}},
		InPacing:    {"rate limit", []string{"sleeping"}},
		InRemainder: {"remainder", nil},
		OnCPU:       {"on a CPU", nil},
		ForCPU:      {"runnable, waiting for a CPU", nil},
		InBlocked:   {"blocked", nil},
	}
}

// ReasonGroups and kernelGroups are the parts of the two sums that close, in the order they are
// drawn.
func ReasonGroups() []TimeGroup {
	return []TimeGroup{InCodec, InCopying, InLink, InScan, InLocks, InWaking, InSpinning, InSleep,
		InPacing, InRemainder}
}

func KernelGroups() []TimeGroup { return []TimeGroup{OnCPU, ForCPU, InBlocked} }

func (g TimeGroup) Name() string { return stateGroups()[g].name }

// BarPart is one colour of a bar, in percent of wall time.
type BarPart struct {
	Group TimeGroup
	Share float64
}

// reasonParts are the shares by reason, the remainder last; they add up to 100.
func reasonParts(t *RoleTime) []BarPart {
	var parts []BarPart
	for _, g := range ReasonGroups() {
		ms := 0.0
		for _, s := range stateGroups()[g].states {
			ms += t.States[s]
		}
		if g == InRemainder {
			ms = t.Remainder
		}
		parts = append(parts, BarPart{g, t.Share(ms)})
	}
	return parts
}

func kernelParts(t *RoleTime) []BarPart {
	return []BarPart{
		{OnCPU, t.Share(t.Cpu)},
		{ForCPU, t.Share(t.Delay)},
		{InBlocked, t.Share(t.Blocked)},
	}
}

// Bar is one row: a model in a case.
type Bar struct {
	Cell  results.Cell
	Parts []BarPart
}

// BarSet is where the time of threads goes, in panels of bars.
type BarSet struct {
	Src    *Source
	Panels []barPanel
}

type barPanel struct {
	Head          string
	process, role string
	line          Line
}

// Bars are the rows of a panel, from the top: threads rising, the models of one count together.
func (b *BarSet) Bars(bp barPanel, kernel bool) []Bar {
	var out []Bar
	cells := b.Src.Cells()
	for _, n := range b.Src.Threads() {
		for _, m := range b.Src.Models() {
			c := bp.line.At(m, n)
			t := RoleTimeOf(cells[c], bp.process, bp.role)
			if t.Threads == 0 || t.Wall <= 0 {
				continue
			}
			if kernel && t.Kernel {
				out = append(out, Bar{c, kernelParts(&t)})
			} else if !kernel && t.Reasons {
				out = append(out, Bar{c, reasonParts(&t)})
			}
		}
	}
	return out
}

func (s *Source) BarPanels(process string) []barPanel {
	var out []barPanel
	for _, role := range []string{"main", "worker"} {
		for _, l := range s.Lines() {
			head := "main thread, "
			if role == "worker" {
				head = workOf(process) + " threads, "
			}
			out = append(out, barPanel{head + l.String(), process, role, l})
		}
	}
	return out
}

func (b *BarSet) Any(kernel bool) bool {
	for _, bp := range b.Panels {
		if len(b.Bars(bp, kernel)) > 0 {
			return true
		}
	}
	return false
}

// StateFinding names the part in which the models differ most.
func StateFinding(b *BarSet, kernel bool, process string) string {
	base, model, ok := b.Src.twoModels()
	if !ok {
		return "Where the time of each thread goes, by case"
	}
	far, say := -1.0, ""
	for _, bp := range b.Panels {
		bars := b.Bars(bp, kernel)
		for i := range bars {
			for j := range bars {
				x, y := bars[i], bars[j]
				if x.Cell.Model != base || y.Cell.Model != model || x.Cell.Threads != y.Cell.Threads {
					continue
				}
				if part, d := widestPart(x, y); d > far {
					far, say = d, partSentence(bp, x, y, part, process)
				}
			}
		}
	}
	return say
}

func widestPart(x, y Bar) (part int, distance float64) {
	distance = -1
	for k := range x.Parts {
		if d := apart(x.Parts[k].Share, y.Parts[k].Share); d > distance {
			part, distance = k, d
		}
	}
	return part, distance
}

func partSentence(bp barPanel, x, y Bar, k int, process string) string {
	who := "the main thread"
	if bp.role == "worker" {
		who = "a " + workOf(process) + " thread"
	}
	return fmt.Sprintf("Largest difference, with %s: of the time of %s, “%s” takes %.0f %% "+
		"under %s and %.0f %% under %s", x.Cell.String(), who, x.Parts[k].Group.Name(),
		x.Parts[k].Share, x.Cell.Model, y.Parts[k].Share, y.Cell.Model)
}
