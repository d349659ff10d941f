#!/bin/sh
# Sets the futex calls that mtbench counts against those that the kernel sees.
#
#   scripts/futex-trace.sh [MTBENCH [FLAGS OF mtbench run...]]
#
# Makes one pair of runs under `perf record -e syscalls:sys_enter_futex`, and prints for each run
# the calls of its main thread and workers as the record has them, and as the kernel saw them on the
# addresses of the run's own words. Calls on other addresses are the Go runtime's and are printed
# apart. The two counts differ by what is called outside of the measured time (threads starting and
# ending), by less than 1 % in a run of some ten thousand pages. Exit status 1: they differ by more,
# or perf lost events.
#
# Needs perf, jq, and the right to trace (root, or kernel.perf_event_paranoid = -1 and a readable
# /sys/kernel/tracing).
set -eu

mtbench=${1:-./mtbench}
[ $# -gt 0 ] && shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/words"

for tool in perf jq; do
	command -v "$tool" >/dev/null || { echo "futex-trace: $tool is not installed" >&2; exit 2; }
done

MTBENCH_WORDS=$dir/words perf record -q -m 8192 -e syscalls:sys_enter_futex -o "$dir/perf.data" -- \
	"$mtbench" run --models locked,lockless --threads 4 --wait on --pairs 1 --aa 0% \
	--destination discard "$@" -o "$dir/run.jsonl" >"$dir/out" 2>"$dir/err" ||
	{ cat "$dir/err" >&2; exit 2; }

lost=$(perf report --stats -i "$dir/perf.data" 2>/dev/null | awk '/LOST/ { n += $NF } END { print n + 0 }')

# A line a call: pid tid address. Then the count of each thread on own and on other addresses.
perf script -i "$dir/perf.data" -F pid,tid,trace 2>/dev/null |
	sed -n 's|^ *\([0-9]*\)/\([0-9]*\) .*uaddr: \(0x[0-9a-f]*\).*|\1 \2 \3|p' >"$dir/calls"
ls "$dir"/words/* >/dev/null 2>&1 || { echo "futex-trace: $mtbench left no addresses; build it anew" >&2; exit 2; }
for words in "$dir"/words/*; do
	awk -v pid="$(basename "$words")" '
		NR == FNR { own[$1] = 1; next }
		$1 == pid { n[$2 " " ($3 in own)]++; seen[$2] = 1 }
		END { for (t in seen) print t, n[t " 1"] + 0, n[t " 0"] + 0 }' "$words" "$dir/calls"
done >"$dir/kernel"

# A line a thread of the record: model role tid calls.
jq -r 'select(.type == "run") | .index as $i | .model as $m | .thread_usage[]
	| select(.process == "source" and (.role == "main" or .role == "worker"))
	| [$i, $m, .role, .tid, .futex_waits + .futex_wakes] | @tsv' "$dir/run.jsonl" >"$dir/record"

awk -v lost="$lost" '
	NR == FNR { own[$1] = $2; other[$1] = $3; next }
	{
		key = $1 " " $2 " " $3
		if (!(key in record)) order[++rows] = key
		record[key] += $5; kernel[key] += own[$4]; runtime[key] += other[$4]
	}
	END {
		printf "%-4s %-10s %-7s %12s %12s %9s %14s\n", "run", "model", "threads", "record", "kernel",
			"apart", "Go runtime"
		for (i = 1; i <= rows; i++) {
			split(order[i], k, " ")
			r = record[order[i]]; n = kernel[order[i]]
			apart = r ? 100 * (n - r) / r : (n ? 100 : 0)
			if ((apart > 1 || apart < -1) && (n - r > 10 || r - n > 10)) bad = 1
			printf "%-4s %-10s %-7s %12d %12d %7.2f %% %14d\n", k[1], k[2], k[3], r, n, apart,
				runtime[order[i]]
		}
		if (lost) print "perf lost " lost " events"
		exit bad || lost > 0
	}' "$dir/kernel" "$dir/record"
