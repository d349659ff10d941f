#!/bin/sh
# Sets the CPU time that mtbench reads of each compression thread against the scheduler's own account.
#
#   scripts/cpu-trace.sh [MTBENCH [FLAGS OF mtbench run...]]
#
# Makes one pair of runs under `perf record -e sched:sched_stat_runtime`, which is what schedstat
# adds up, and prints for each run the CPU time of its workers as the record has it and as the kernel
# traced it under the name of a worker: the Go runtime may have used a thread for something else
# before. Workers live inside the measured time; the main thread does not, and is left out. Exit
# status 1: the two differ by more than 1 %, or perf lost events.
#
# Needs perf, jq, and the right to trace (root, or kernel.perf_event_paranoid = -1 and a readable
# /sys/kernel/tracing).
set -eu

mtbench=${1:-./mtbench}
[ $# -gt 0 ] && shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for tool in perf jq; do
	command -v "$tool" >/dev/null || { echo "cpu-trace: $tool is not installed" >&2; exit 2; }
done

perf record -q -m 8192 -e sched:sched_stat_runtime -o "$dir/perf.data" -- \
	"$mtbench" run --models locked,lockless --threads 4 --wait on --pairs 1 --aa 0% \
	--destination discard --vcpus 1 --memory 256MiB --limit 30s "$@" -o "$dir/run.jsonl" \
	>"$dir/out" 2>"$dir/err" || { cat "$dir/err" >&2; exit 2; }

lost=$(perf report --stats -i "$dir/perf.data" 2>/dev/null | awk '/LOST/ { n += $NF } END { print n + 0 }')

perf script -i "$dir/perf.data" -F trace 2>/dev/null |
	sed -n 's|.*comm=compress.* pid=\([0-9]*\) runtime=\([0-9]*\).*|\1 \2|p' |
	awk '{ ns[$1] += $2 } END { for (t in ns) print t, ns[t] / 1e6 }' >"$dir/kernel"

jq -r 'select(.type == "run") | .index as $i | .model as $m | .thread_usage[]
	| select(.process == "source" and .role == "worker")
	| [$i, $m, .tid, .cpu_ms] | @tsv' "$dir/run.jsonl" >"$dir/record"

awk -v lost="$lost" '
	NR == FNR { kernel[$1] = $2; next }
	{ key = $1 " " $2; if (!(key in r)) order[++rows] = key; r[key] += $4; n[key] += kernel[$3] }
	END {
		printf "%-4s %-10s %16s %16s %9s\n", "run", "model", "record (ms)", "kernel (ms)", "apart"
		for (i = 1; i <= rows; i++) {
			split(order[i], k, " ")
			apart = 100 * (n[order[i]] - r[order[i]]) / r[order[i]]
			if (apart > 1 || apart < -1) bad = 1
			printf "%-4s %-10s %16.2f %16.2f %7.2f %%\n", k[1], k[2], r[order[i]], n[order[i]], apart
		}
		if (lost) print "perf lost " lost " events"
		exit bad || lost > 0
	}' "$dir/kernel" "$dir/record"
