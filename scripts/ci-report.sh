#!/usr/bin/env bash
# What a CI calls: holds the models to their exact figures in virtual time, then runs a bounded matrix,
# renders the report, and compares with the committed baseline.
#
#   scripts/ci-report.sh [OUTPUT-DIRECTORY]
#
# The exit status is that of the gate (mtbench gate: 10 where a figure moved), for a shared runner can be
# noisy and virtual time cannot; or that of the series, where a run delivered other memory or crashed.
# What was measured is information: compare.md says what became of it, and sets no status.
#
# MTBENCH_BASE names a build of the base revision: then two builds are measured in one series, which is
# the one gate by time, and its status counts behind the virtual gate's.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-ci-report}
baseline=${MTBENCH_BASELINE:-results/baseline/ci.jsonl.gz}
mkdir -p "$out"
go build -o "$out/mtbench" ./cmd/mtbench
gate=0
"$out/mtbench" gate >"$out/gate.txt" 2>&1 || gate=$?
cat "$out/gate.txt"

"$out/mtbench" run --threads 1,4 --pairs "${MTBENCH_PAIRS:-6}" --memory 16MiB --limit 2s --aa 0% \
	--seed 1 --output "$out/series.jsonl"
rm -f "$out/series.svg"
for format in markdown html benchfmt chart-json; do
	"$out/mtbench" report "$out/series.jsonl" --format "$format" --plots svg -o "$out" >/dev/null
done
"$out/mtbench" compare "$baseline" "$out/series.jsonl" --format markdown >"$out/compare.md" 2>&1 || true
cat "$out/compare.md"
{
	printf '\n## The gate\n\n```\n'
	cat "$out/gate.txt"
	printf '```\n\n## Against the baseline, for information\n\n'
	cat "$out/compare.md"
} >>"$out/report.md"
builds=0
if [ -n "${MTBENCH_BASE:-}" ]; then
	"$out/mtbench" run --build base="$MTBENCH_BASE" --build head="$out/mtbench" --threads 4 --wait on \
		--budget "${MTBENCH_BUDGET:-90s}" --output "$out/builds.jsonl" || builds=$?
	"$out/mtbench" compare "$out/builds.jsonl" --format markdown --fail-on none >>"$out/report.md"
fi
if [ "$gate" != 0 ]; then
	exit "$gate"
fi
exit "$builds"
