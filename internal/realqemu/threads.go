package realqemu

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"mtbench/results"
)

// The names that QEMU gives its threads with debug-threads=on, and the roles they have here.
const (
	roleMain   = "main"
	roleWorker = "worker"
	roleOther  = "other"
)

func roleOf(name string) string {
	switch name {
	case "live_migration", "migration":
		return roleMain
	case "compress":
		return roleWorker
	}
	return roleOther
}

// usageOf reads what every thread of a process has used since it was born, from the directory of
// its threads (/proc/PID/task). wall is how long the migration took.
func usageOf(tasks string, wall time.Duration) ([]results.ThreadUsage, error) {
	entries, err := os.ReadDir(tasks)
	if err != nil {
		return nil, err
	}
	var list []results.ThreadUsage
	for _, e := range entries {
		u, err := threadUsage(filepath.Join(tasks, e.Name()), wall)
		if err != nil {
			return nil, err
		}
		if u.TID, err = strconv.Atoi(e.Name()); err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

func threadUsage(dir string, wall time.Duration) (u results.ThreadUsage, err error) {
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return u, err
	}
	sched, err := os.ReadFile(filepath.Join(dir, "schedstat"))
	if err != nil {
		return u, fmt.Errorf("the kernel keeps no CPU time of threads in nanoseconds: %w", err)
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return u, err
	}
	var cpu, delay, slices int64 // ns, ns
	if _, err := fmt.Sscan(string(sched), &cpu, &delay, &slices); err != nil {
		return u, fmt.Errorf("schedstat %q: %w", sched, err)
	}
	u = results.ThreadUsage{Process: "source", Name: strings.TrimSpace(string(name)),
		WallMS: results.MS(wall), CPUMS: ms(cpu), RunDelayMS: ms(delay)}
	u.Role = roleOf(u.Name)
	blocked := u.WallMS - *u.CPUMS - *u.RunDelayMS
	if u.Role != roleOther {
		u.BlockedMS = &blocked
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		to := map[string]**int64{"voluntary_ctxt_switches": &u.Voluntary,
			"nonvoluntary_ctxt_switches": &u.Involuntary}[name]
		if to == nil {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if err != nil {
			return u, err
		}
		*to = &n
	}
	return u, nil
}

func ms(ns int64) *results.Number {
	v := float64(ns) / 1e6
	return &v
}
