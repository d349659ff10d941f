package series

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"mtbench/internal/thread"
	"mtbench/models/registry"
	"mtbench/results"
	"mtbench/workloads"
)

// The roles of a child process.
const (
	roleSource      = "source"
	roleDestination = "destination"
)

// job is what a child is told on its standard input.
type job struct {
	Protocol int // the parent's
	Role     string
	Scenario workloads.Scenario
}

// outcome is what a child reports: a record, or why there is none.
type outcome struct {
	Protocol int          // the child's
	Run      *results.Run `json:",omitempty"`
	About    *about       `json:",omitempty"` // where it was asked for its protocol
	Class    string       `json:",omitempty"`
	Reason   string       `json:",omitempty"`
	OK       bool         // the destination has nothing but this to say
}

// maxJob bounds the line that a child reads.
const maxJob = 1 << 20

// Child is the body of a child process of the program id, whose digest the parent knows: it reads
// its job from stdin, does it, reports, and returns. While it works it watches stdin: its end means
// that the parent is gone, and then the process ends at once.
func Child(stdin *os.File, id results.ID) error {
	line, err := readJob(stdin)
	if err != nil {
		return err
	}
	var j job
	if err := json.Unmarshal(line, &j); err != nil {
		return fmt.Errorf("the job cannot be read: %w", err)
	}
	v := j.do(id)
	v.Protocol = protocol
	return hand(v)
}

// readJob reads the line that the parent begins with, and watches it from then on.
func readJob(stdin *os.File) ([]byte, error) {
	lines := bufio.NewReaderSize(io.LimitReader(stdin, maxJob), 4096)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("no job on standard input (this command is not for people): %w", err)
	}
	go dieWithParent(stdin)
	return line, nil
}

// hand reports to the parent.
func hand(v any) error {
	report := os.NewFile(reportFD, "report")
	if report == nil {
		return errors.New("no descriptor to report to")
	}
	if err := json.NewEncoder(report).Encode(v); err != nil {
		return fmt.Errorf("the report cannot be handed over: %w", err)
	}
	return report.Close()
}

// answer is what a child reports that was started by Alone.
type answer struct {
	Answer json.RawMessage `json:",omitempty"`
	Error  string          `json:",omitempty"`
}

// AnswerAlone is the body of a child process that Alone has started: it does its job, reports, and
// returns. It ends with its parent as Child does.
func AnswerAlone(stdin *os.File, do func(job json.RawMessage) (any, error)) error {
	job, err := readJob(stdin)
	if err != nil {
		return err
	}
	var a answer
	v, err := do(job)
	if err == nil {
		a.Answer, err = json.Marshal(v)
	}
	if err != nil {
		a.Error = err.Error()
	}
	return hand(a)
}

// dieWithParent is never joined: it lives as long as the process, asleep in a read.
func dieWithParent(stdin *os.File) {
	_, _ = io.Copy(io.Discard, stdin)
	os.Exit(1)
}

func (j job) do(id results.ID) outcome {
	switch {
	case j.Protocol != protocol:
		return outcome{Class: ClassCrash, Reason: strange("parent", j.Protocol)}
	case j.Role == roleProtocol:
		a, err := aboutThis(id, j.Scenario)
		v := failure(err)
		v.About = a
		return v
	}
	if thread.Exploring {
		return outcome{Class: ClassCrash, Reason: "this build explores schedules (tag explore): it " +
			"must not measure"}
	}
	contender, err := registry.Lookup(j.Scenario.Model)
	if err != nil {
		return outcome{Class: ClassCrash, Reason: err.Error()}
	}
	ends := workloads.NoEnds
	if j.Scenario.Destination != workloads.Discard {
		ends = workloads.Ends{Data: dataFD, Control: controlFD}
	}
	if j.Role == roleDestination {
		_, err := workloads.RunDestination(j.Scenario, contender.Build, ends)
		return failure(err)
	}
	run, err := workloads.RunSource(j.Scenario, contender.Build, ends)
	if err != nil {
		return failure(err)
	}
	return outcome{Run: run, OK: true}
}

func failure(err error) outcome {
	if err == nil {
		return outcome{OK: true}
	}
	class := ClassStream
	var differs *workloads.MemoryDiffers
	var lost *workloads.PagesLost
	var changed *workloads.ContentChanged
	switch {
	case errors.As(err, &differs) || errors.As(err, &lost):
		class = ClassMemory
	case errors.As(err, &changed):
		class = classContent
	}
	return outcome{Class: class, Reason: err.Error()}
}
