// Package gate holds the models to their figures in virtual time. There, counts and times are
// exact: a figure that differs from the committed one differs because something was changed, and
// never because of the machine that looked.
//
// The virtual hosts, the workload and the cases are of this package; what things cost there is
// profile.json, a calibration in figures rounded to whole ns, and what every case came to is
// expected.jsonl. Both are committed and built in.
package gate

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"

	"mtbench/internal/calibrate"
	"mtbench/internal/predict"
	"mtbench/models/registry"
	"mtbench/results"
)

//go:embed profile.json
var profileText []byte

//go:embed expected.jsonl
var expectedText []byte

// host is a virtual host and how many compression threads a model has on it.
type host struct{ cpus, threads int }

// hosts are one where threads wait for CPUs, two where they do not, and one with CPUs and threads
// enough to wait for each other.
func hosts() []host { return []host{{2, 4}, {8, 1}, {8, 4}, {64, 16}} }

// The workload: a guest that is small, so that all cases end within seconds, and is written fast
// enough for several rounds.
const (
	memory    = 8 << 20
	vcpus     = 2
	dirtyRate = 5000
	seed      = 1
)

// scenario is the workload of every case.
func scenario(destination string) results.Scenario {
	return results.Scenario{
		Memory: memory, VCPUs: vcpus, DirtyRate: dirtyRate, Pattern: "uniform", WriteBytes: 64,
		DowntimeLimit: results.DurationOf(2), Flush: "sync", DecompressThreads: 2,
		Destination: destination, MaxBandwidth: 1 << 28, LinkBandwidth: 1 << 28,
		LinkBurst: 64 << 10, Machine: "kernel", Limit: results.DurationOf(2000), Account: true,
	}
}

// Key names a case.
type Key struct {
	Model   string `json:"model"`
	CPUs    int    `json:"cpus"`
	Threads int    `json:"threads"`
	Wait    string `json:"wait"` // on, off or self
}

// String is the case in words.
func (k Key) String() string {
	return fmt.Sprintf("%s, %s, %s, wait %s", k.Model, results.Plural(k.CPUs, "CPU"),
		results.Plural(k.Threads, "thread"), k.Wait)
}

// Expected is what all cases came to, once.
type Expected struct {
	Header
	Cases []Case // in the order in which they are run
}

// Case is one case and what it came to.
type Case struct {
	Type string `json:"type"` // "case"
	Key
	Figures map[string]int64 `json:"figures"` // by the names of Figures; one that is absent is 0
}

// Committed is the file that this build was made with.
func Committed() (*Expected, error) { return parse("expected.jsonl", expectedText) }

// Profile is what things cost on the virtual hosts.
func Profile() (calibrate.Profile, error) {
	c, err := calibrate.Parse(profileText)
	if err != nil {
		return calibrate.Profile{}, fmt.Errorf("profile.json: %w", err)
	}
	return c.Profile(nil)
}

// profileSum is the digest of the profile, by which a file says what its figures rest on.
func profileSum() string {
	sum := sha256.Sum256(profileText)
	return hex.EncodeToString(sum[:])
}

// Run runs every case of the contenders and returns what it came to. The result is the same at any
// GOMAXPROCS.
func Run(ctx context.Context, contenders []registry.Contender) (*Expected, error) {
	p, err := Profile()
	if err != nil {
		return nil, err
	}
	keys, cases := plan(contenders)
	now := &Expected{Header: header()}
	err = predict.Count(ctx, p, cases, func(c *predict.Counted) error {
		now.Cases = append(now.Cases, Case{Type: typeCase, Key: keys[len(now.Cases)],
			Figures: figuresOf(c)})
		return nil
	})
	return now, err
}

// plan lists the cases of the contenders, and what is run for each.
func plan(contenders []registry.Contender) (keys []Key, cases []predict.Case) {
	for _, c := range contenders {
		destination := "process"
		if c.SourceOnly {
			destination = "discard"
		}
		for _, h := range hosts() {
			for _, full := range results.WhenFulls() {
				cell := results.Cell{Model: c.Name, Threads: h.threads, Wait: full == results.FullWait}
				if full == results.FullSelf {
					cell.WhenFull = full
				}
				keys = append(keys, Key{c.Name, h.cpus, h.threads, cell.WaitWord()})
				cases = append(cases, predict.Case{Cell: cell, Build: c.Build, Seed: seed,
					Setup: predict.Setup{Scenario: scenario(destination), CPUs: h.cpus}})
			}
		}
	}
	return keys, cases
}

// Of returns what e says of the models of the names alone.
func (e *Expected) Of(models []string) *Expected {
	some := &Expected{Header: e.Header}
	for _, c := range e.Cases {
		if slices.Contains(models, c.Model) {
			some.Cases = append(some.Cases, c)
		}
	}
	return some
}

// Text is the file of e: the same figures give the same bytes.
func (e *Expected) Text() ([]byte, error) {
	var b bytes.Buffer
	err := e.write(&b)
	return b.Bytes(), err
}
