#!/usr/bin/env bash
# How often a series of two builds says what is true of them: the same program twice, and a program
# whose time at 4 threads with wait on is 10 % longer (scripts/two-builds.patch).
#
#   scripts/two-builds.sh OUTPUT-DIRECTORY [SERIES]
#
# Prints for each of the two how many of SERIES (default 20) say worse, better, equal, undecided or
# anything else, and exits with 1 unless at most a twentieth of the same says worse and nine tenths of
# the slower do. MTBENCH_BUDGET is the time of a series (60s). On a busy host most stay undecided.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mkdir -p "$1" && cd "$1" && pwd)
series=${2:-20}
go build -o "$out/same" ./cmd/mtbench
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git archive HEAD | tar -x -C "$tree"
patch -s -d "$tree" -p1 <scripts/two-builds.patch
(cd "$tree" && go build -o "$out/slower" ./cmd/mtbench)

declare -A count
for ((i = 1; i <= series; i++)); do
	for kind in same slower; do
		file="$out/$kind-$i.jsonl"
		"$out/same" run --build old="$out/same" --build new="$out/$kind" --models locked --threads 4 \
			--wait on --memory 4MiB --budget "${MTBENCH_BUDGET:-60s}" --aa 0% --reruns 0 --fail-on none \
			--output "$file" >/dev/null 2>"$out/$kind-$i.err"
		verdict=$("$out/same" compare "$file" --fail-on none --format json |
			sed -n 's/.*"type":"change".*"standing":"\([a-z]*\)".*/\1/p')
		verdict=${verdict:-none}
		count[$kind-$verdict]=$((${count[$kind-$verdict]:-0} + 1))
	done
done
for kind in same slower; do
	printf '%s:' "$kind"
	for verdict in worse better equal undecided none; do
		printf ' %d %s' "${count[$kind-$verdict]:-0}" "$verdict"
	done
	printf ' of %d series\n' "$series"
done
[ $((${count[same-worse]:-0} * 20)) -le "$series" ] && [ $((${count[slower-worse]:-0} * 10)) -ge $((series * 9)) ]
