package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"mtbench/results"
)

// shardVariable gives the shard where --shard is left out.
const shardVariable = "MTBENCH_SHARD"

// shardSeed is the seed of shards to which none is given: all of a series have one.
const shardSeed = 1

// shardUsage is what --shard takes.
const shardUsage = "make the cases of one shard, for example 2/3, or auto from the environment " +
	"of an array job; mtbench merge joins the files (default: $" + shardVariable + ")"

// array is a scheduler that numbers the jobs of an array by environment variables.
type array struct {
	name  string
	index string // variable of the number
	first string // variable of the lowest number, or the number itself
	step  string // variable of the step between numbers; "" = 1
	count string // variable of how many there are; "" = the scheduler does not say
}

// arrays lists the schedulers that --shard auto knows.
func arrays() []array {
	return []array{
		{"Slurm", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP",
			"SLURM_ARRAY_TASK_COUNT"},
		{"Kubernetes", "JOB_COMPLETION_INDEX", "0", "", ""},
		{"GitLab", "CI_NODE_INDEX", "1", "", "CI_NODE_TOTAL"},
	}
}

// shardValue is a flag for a shard: "2/3", "auto", or "auto/8" where the scheduler does not say how
// many there are.
type shardValue struct {
	shard **results.Shard
	env   func(string) (string, bool)
}

func newShardValue(to **results.Shard) shardValue { return shardValue{to, os.LookupEnv} }

func (v shardValue) Type() string { return "i/n|auto" }

func (v shardValue) String() string {
	if v.shard == nil || *v.shard == nil {
		return ""
	}
	return (*v.shard).String()
}

func (v shardValue) Set(text string) error {
	shard, err := v.parse(text)
	if err == nil {
		*v.shard = shard
	}
	return err
}

func (v shardValue) parse(text string) (*results.Shard, error) {
	of, isAuto := strings.CutPrefix(text, "auto")
	if !isAuto {
		return results.ParseShard(text)
	}
	count := 0
	if of != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(of, "/"))
		if err != nil || n < 1 || !strings.HasPrefix(of, "/") {
			return nil, fmt.Errorf("%q is not a shard; write for example 2/3, auto or auto/8", text)
		}
		count = n
	}
	return v.auto(count)
}

// auto reads the environment of an array job. Count is what the user says; 0 = nothing.
func (v shardValue) auto(count int) (*results.Shard, error) {
	var known []string
	for _, a := range arrays() {
		if _, ok := v.env(a.index); ok {
			return v.of(a, count)
		}
		known = append(known, a.index)
	}
	return nil, fmt.Errorf("auto: this is not an array job: none of %s is set; write for example 2/3",
		strings.Join(known, ", "))
}

func (v shardValue) of(a array, count int) (*results.Shard, error) {
	index, errIndex := v.number(a.index)
	first, errFirst := v.number(a.first)
	step, errStep := 1, error(nil)
	if _, ok := v.env(a.step); ok {
		step, errStep = v.number(a.step)
	}
	if err := errors.Join(errIndex, errFirst, errStep); err != nil {
		return nil, fmt.Errorf("auto: %s: %w", a.name, err)
	}
	if a.count != "" {
		n, err := v.number(a.count)
		switch {
		case err != nil:
			return nil, fmt.Errorf("auto: %s: %w", a.name, err)
		case count != 0 && count != n:
			return nil, fmt.Errorf("auto/%d: %s says %s=%d", count, a.name, a.count, n)
		}
		count = n
	}
	switch {
	case count == 0:
		return nil, fmt.Errorf("auto: %s does not say how many jobs there are; write for example auto/8",
			a.name)
	case step < 1 || (index-first)%step != 0:
		return nil, fmt.Errorf("auto: %s: %s=%d is in no array that begins with %d in steps of %d",
			a.name, a.index, index, first, step)
	}
	shard, err := results.ParseShard(fmt.Sprintf("%d/%d", (index-first)/step+1, count))
	if err != nil {
		return nil, fmt.Errorf("auto: %s: %s=%d of %d jobs that begin with %d: %w", a.name, a.index,
			index, count, first, err)
	}
	return shard, nil
}

// number is the value of a variable, or a number that stands in its place.
func (v shardValue) number(name string) (int, error) {
	text, ok := v.env(name)
	if !ok {
		text = name
	}
	n, err := strconv.Atoi(text)
	if err != nil && ok {
		return 0, fmt.Errorf("%s=%q is not a number", name, text)
	}
	if err != nil {
		return 0, fmt.Errorf("%s is not set", name)
	}
	return n, nil
}

// fromEnvironment takes the shard from the environment where the flag was not given.
func (v shardValue) fromEnvironment(given bool) error {
	text, ok := v.env(shardVariable)
	if given || !ok || text == "" {
		return nil
	}
	if err := v.Set(text); err != nil {
		return fmt.Errorf("$%s: %w", shardVariable, err)
	}
	return nil
}
