#!/usr/bin/env bash
# What a CI calls: runs a bounded matrix, renders the report, and compares with the committed baseline.
#
#   scripts/ci-report.sh [OUTPUT-DIRECTORY]
#
# The gate is on deterministic counters (lock acquisitions, futex calls and switches a page), because
# shared runners are too noisy for times, which are printed for information. Exit status: 10 on a
# regression, 11 if there is not enough evidence, else that of the run; 0 where the baseline is of a host
# that cannot be compared, which the last line says.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-ci-report}
baseline=${MTBENCH_BASELINE:-results/baseline/ci.jsonl.gz}
mkdir -p "$out"
go build -o "$out/mtbench" ./cmd/mtbench
"$out/mtbench" run --threads 1,4 --pairs "${MTBENCH_PAIRS:-6}" --memory 16MiB --limit 2s --aa 0% \
	--seed 1 --output "$out/series.jsonl"
rm -f "$out/series.svg"
for format in markdown html benchfmt chart-json; do
	"$out/mtbench" report "$out/series.jsonl" --format "$format" --plots svg -o "$out" >/dev/null
done

# A host whose pages cost otherwise than the baseline's (status 12) gates nothing: that is said, and no
# failure of the change.
status=0
"$out/mtbench" compare "$baseline" "$out/series.jsonl" >"$out/compare.txt" || status=$?
cat "$out/compare.txt"
if [ "$status" -eq 12 ]; then
	echo "nothing was compared: this host is not the baseline's; set MTBENCH_BASELINE to a file of its own"
	status=0
fi
exit "$status"
