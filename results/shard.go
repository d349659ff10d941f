package results

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Shard is the part of a series that one machine of several makes: whole cases, which are dealt out
// in turn. A pair of runs therefore never has runs of two machines.
type Shard struct {
	Index int `json:"index" unit:"count" doc:"which part, from 1"`
	Of    int `json:"of" unit:"count" doc:"how many parts there are"`
}

// MaxShards is the most parts of a series.
const MaxShards = 1000

// ParseShard reads "2/3". Errors say what would be right.
func ParseShard(text string) (*Shard, error) {
	index, of, ok := strings.Cut(text, "/")
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(of)
	if !ok || errI != nil || errN != nil {
		return nil, fmt.Errorf("%s is not a shard; write for example 2/3, the second of three",
			quote(text))
	}
	s := &Shard{i, n}
	if msg := s.wrong(); msg != "" {
		return nil, fmt.Errorf("%s: %s", text, msg)
	}
	return s, nil
}

// String is the shard as it is given: "2/3".
func (s *Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

func (s *Shard) wrong() string {
	switch {
	case s.Of < 1 || s.Of > MaxShards:
		return fmt.Sprintf("a series has 1 to %d shards", MaxShards)
	case s.Index < 1 || s.Index > s.Of:
		return fmt.Sprintf("the shards of %d are 1 to %d", s.Of, s.Of)
	}
	return ""
}

// has reports whether the shard makes the case at a place of [Matrix.AllCases].
func (s *Shard) has(place int) bool { return s == nil || place%s.Of == s.Index-1 }

// Part is a shard as a merged file has it.
type Part struct {
	Shard
	SHA256  string    `json:"sha256" doc:"digest of the shard's file, as mtbench cite prints it"`
	Created time.Time `json:"created" doc:"when the shard began"`
	Argv    []string  `json:"argv" doc:"the command that made it"`
	Planned int       `json:"planned" unit:"count" doc:"runs that it planned; 0 = the evidence decided"`
	Host    Host      `json:"host" doc:"the machine that made it"`
}

// PartOf returns the number of the shard that makes a case, from 1, of a series of so many; 0 where
// the matrix does not have the case.
func (m *Matrix) PartOf(c Cell, of int) int {
	place := slices.Index(m.AllCases(), c.Case())
	if place < 0 || of < 1 {
		return 0
	}
	return place%of + 1
}

// HostOf is the machine that made the runs of a case: in a merged file the host of its shard.
func (h *Header) HostOf(c Cell) *Host {
	if p := h.partOf(c); p != nil {
		return &p.Host
	}
	return &h.Host
}

func (h *Header) partOf(c Cell) *Part {
	if len(h.Parts) == 0 {
		return nil
	}
	index := h.Matrix.PartOf(c, h.Parts[0].Of)
	for i := range h.Parts {
		if h.Parts[i].Index == index {
			return &h.Parts[i]
		}
	}
	return nil
}

// Hosts lists the machines of a file, each once. Two shards are of one machine where name, system,
// CPUs, quota and memory are the same.
func (h *Header) Hosts() []*Host {
	if len(h.Parts) == 0 {
		return []*Host{&h.Host}
	}
	var hosts []*Host
	for i := range h.Parts {
		host := &h.Parts[i].Host
		if !slices.ContainsFunc(hosts, host.Same) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// Same reports whether a and b are one machine as far as they tell. Three others ask less: who goes
// on with a series (its program and the keys that change times), who warns of what differs between
// two files (each key by itself), and who
// holds a figure to a committed range (the kind of machine).
func (a *Host) Same(b *Host) bool {
	return a.Name == b.Name && a.OS == b.OS && a.Kernel == b.Kernel && a.CPUModel == b.CPUModel &&
		a.CPUs == b.CPUs && a.QuotaCPUs == b.QuotaCPUs && a.MemoryBytes == b.MemoryBytes &&
		a.Virtual == b.Virtual
}

// MissingParts lists the shards that a merged file does not have, in order.
func (h *Header) MissingParts() []Shard {
	if len(h.Parts) == 0 {
		return nil
	}
	var missing []Shard
	for i := 1; i <= h.Parts[0].Of; i++ {
		if !slices.ContainsFunc(h.Parts, func(p Part) bool { return p.Index == i }) {
			missing = append(missing, Shard{i, h.Parts[0].Of})
		}
	}
	return missing
}

// wrongParts says what is wrong with the shards of a header, or nothing.
func (h *Header) wrongParts() string {
	if s := h.Matrix.Shard; s != nil {
		if len(h.Parts) > 0 {
			return "a merged file is not a shard"
		}
		if msg := s.wrong(); msg != "" {
			return "matrix.shard is " + s.String() + "; " + msg
		}
	}
	seen := map[int]bool{}
	for i := range h.Parts {
		p := &h.Parts[i]
		switch msg := p.wrong(); {
		case msg != "":
			return fmt.Sprintf("parts[%d] is %s; %s", i, p.Shard.String(), msg)
		case p.Of != h.Parts[0].Of || seen[p.Index]:
			return fmt.Sprintf("parts[%d] is %s beside %s; each part of one series is there once", i,
				p.Shard.String(), h.Parts[0].Shard.String())
		}
		seen[p.Index] = true
	}
	return ""
}
