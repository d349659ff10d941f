#!/usr/bin/env bash
# Puts to the test three statements of `mtbench predict --what-if` on this host: it is calibrated, a what-if is
# predicted, then each cost is really changed and measured beside the unchanged case, in turns. Writes
# results/what-if/confirmation.md, or that file below the directory of the first argument. It takes a
# minute, two CPUs that do nothing else, jq, and the right to keep CPUs awake (/dev/cpu_dma_latency).
set -euo pipefail
cd "$(dirname "$0")/.."

command -v jq >/dev/null || { echo "what-if.sh: needs jq" >&2; exit 2; }
awake=/dev/cpu_dma_latency
[ -w "$awake" ] || { echo "what-if.sh: may not write $awake, which keeps CPUs awake" >&2; exit 2; }
into=${1:-.}/results/what-if
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$into"
go build -o "$scratch/mtbench" ./cmd/mtbench
mtbench=$scratch/mtbench
cpus=$(nproc)

guest=(--threads 1 --wait on --destination discard --dirty-rate 0 --vcpus 1)
free=(--link-bandwidth 0)
paced=(--link-bandwidth 200MB --link-burst 64KiB --poll-budget)

# asked NAME FLAGS... predicts a what-if on this host's calibration.
asked() {
	"$mtbench" predict --calibration "$scratch/host.json" --cpus "$cpus" "${guest[@]}" --memory 16MiB \
		--resamples 1 --what-if -o "$scratch/$1.jsonl" "${@:2}" >/dev/null 2>&1
}

# measured NAME RUNS FLAGS... appends runs to NAME.jsonl.
count=0
measured() {
	count=$((count + 1))
	"$mtbench" run "${guest[@]}" --pairs "$2" --aa 0% --reruns 0 -o "$scratch/part$count.jsonl" \
		"${@:3}" >/dev/null 2>&1
	cat "$scratch/part$count.jsonl" >>"$scratch/$1.jsonl"
}

"$mtbench" calibrate --codec spin:1us -o "$scratch/host.json" >/dev/null
asked free --models lockless,locked "${free[@]}"
asked paced --models lockless "${paced[@]}" 4000
measured polls 7 --models lockless --codec spin:1us --memory 48MiB "${paced[@]}" 4000,-1,2000,8000
for _ in 1 2 3; do
	measured work-1 3 --models lockless --codec spin:1us --memory 256MiB "${free[@]}"
	measured work-0.5 3 --models lockless --codec spin:500ns --memory 256MiB "${free[@]}"
	measured work-2 3 --models lockless --codec spin:2us --memory 256MiB "${free[@]}"
	measured sleep-1 3 --models locked --codec spin:1us --memory 16MiB "${free[@]}"
	exec 9<>"$awake"
	printf '\0\0\0\0' >&9 # 0 µs of latency are borne, as long as it is open
	measured sleep-0 3 --models locked --codec spin:1us --memory 16MiB "${free[@]}"
	exec 9>&-
done

# predicted FILE MODEL COST FACTOR FIGURE prints the change at a factor.
predicted() {
	jq -s --arg model "$2" --arg cost "$3" --argjson factor "$4" --arg figure "$5" '
		map(select(.type == "what-if" and .model == $model)) |
		(map(select(.cost == ""))[0].points[0][$figure]) as $is |
		map(select(.cost == $cost))[0].points[] | select(.factor == $factor) | .[$figure] / $is' "$1"
}

# figures FILE JQ-CONDITION FIGURE prints a figure of each run, sorted.
figures() {
	jq -s "map(select(.type == \"run\" and ($2)) |
		{time_us_per_compressed_page: ((.total_time_ms - .setup_time_ms) * 1000 / .pages_compressed),
		cpu_us_per_compressed_page: (([.thread_usage[] | select(.process == \"source\" and
			(.role == \"main\" or .role == \"worker\")) | .cpu_ms] | add) * 1000 / .pages_compressed)}
		| .$3) | sort" "$1"
}

# row STATEMENT WHAT PREDICTED BASE CHANGED prints a row: medians over the median of the base, and in
# brackets the least and the most of the runs.
row() {
	jq -rn --arg say "$1" --arg what "$2" --argjson p "$3" --argjson base "$4" --argjson is "$5" '
		def median: (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;
		def round2: . * 100 | round / 100;
		($base | median) as $b | ($is | median / $b) as $m |
		"| \($say) | \($what) | \($p | round2)× | \($m | round2)× [\($is[0] / $b | round2)–" +
		"\($is[-1] / $b | round2)] | \($is | length) | \($p / $m | round2) |"'
}

time=time_us_per_compressed_page cpu=cpu_us_per_compressed_page
{
	cat <<-'EOF'
		# Statements of a what-if, confirmed by really changing the cost

		Made by `scripts/what-if.sh`: this host is calibrated with the work of a page of 1 µs (`spin:1us`), a
		what-if is predicted from it, and then the cost is changed on the host itself. A figure is over that of
		the unchanged case, predicted once and measured in turns with it: the median of the runs, and in brackets
		the least and the most. One thread, source only. Idle CPUs are kept awake by
		/dev/cpu_dma_latency; the worker polls while the link of 200 MB/s holds main.

	EOF
	jq -rs '.[0].host | "Host: \(.cpu_model), \(.cpus) CPUs\(if (.virtual // "") == "" then "" else ", virtual (" + .virtual + ")" end), Linux \(.kernel).\n"' \
		"$scratch/part1.jsonl"
	echo '| what is changed | figure | predicted | measured | runs | predicted / measured |'
	echo '|---|---|---:|---:|---:|---:|'
	row 'locked: idle CPUs do not sleep' 'time a page' \
		"$(predicted "$scratch/free.jsonl" locked idle_sleep 0 $time)" \
		"$(figures "$scratch/sleep-1.jsonl" true $time)" "$(figures "$scratch/sleep-0.jsonl" true $time)"
	for f in 0.5 2; do
		row "lockless: the work of a page × $f" 'time a page' \
			"$(predicted "$scratch/free.jsonl" lockless encode_ns $f $time)" \
			"$(figures "$scratch/work-1.jsonl" true $time)" "$(figures "$scratch/work-$f.jsonl" true $time)"
	done
	for f in 0:-1 0.5:2000 2:8000; do
		row "lockless: the 4000 polls of a worker × ${f%:*}" 'CPU a page' \
			"$(predicted "$scratch/paced.jsonl" lockless poll_budget "${f%:*}" $cpu)" \
			"$(figures "$scratch/polls.jsonl" '.poll_budget == 4000' $cpu)" \
			"$(figures "$scratch/polls.jsonl" ".poll_budget == ${f#*:}" $cpu)"
	done
} >"$into/confirmation.md"

# What the table comes to.
awk -F'|' '/×/ && $4 + 0 > 0 {
	n++; right += ($4 - 1) * ($5 - 1) > 0; near += $7 >= 0.8 && $7 <= 1.25
} END { printf "\nThe direction is right in %d of %d, the size within a quarter in %d.\n", right, n, near
}' "$into/confirmation.md" >"$scratch/sum"
cat "$scratch/sum" >>"$into/confirmation.md"
