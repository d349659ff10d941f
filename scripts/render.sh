#!/usr/bin/env bash
# Renders whatever is made of the committed results: the baseline's report, the page of figures, the
# README's table and the tables of what a prediction is worth. With an argument it renders into that
# directory instead of the checkout, which is how scripts/check-rendered.sh proves that nothing was
# written by hand.
set -euo pipefail
cd "$(dirname "$0")/.."

into=${1:-.}
mtbench=$(mktemp -d)/mtbench
trap 'rm -rf "$(dirname "$mtbench")"' EXIT
go build -buildvcs=false -o "$mtbench" ./cmd/mtbench

series=results/baseline/series.jsonl
mkdir -p "$into/results/baseline/report" "$into/docs"
"$mtbench" report "$series" --format markdown --plots svg,png -o "$into/results/baseline/report" >/dev/null
"$mtbench" report "$series" --format html -o "$into/results/baseline/report" >/dev/null
"$mtbench" report results/baseline/steps.jsonl --format markdown --only head,steps \
	>"$into/results/baseline/report/steps.md"
"$mtbench" fields "$series" >"$into/docs/figures.md"

# What the prediction is worth: the baseline's own matrix from the calibrations made between its rounds, and
# the letter's rows. The last two lines of either name a result file that is not kept.
"$mtbench" predict --calibration results/baseline/calibrations --against "$series" --resamples 25 \
	-o "$(dirname "$mtbench")/own-host.jsonl" 2>/dev/null | head -n -2 >"$into/results/baseline/report/own-host.txt"
"$mtbench" predict --letter -o "$(dirname "$mtbench")/letter.jsonl" 2>/dev/null |
	head -n -2 >"$into/results/baseline/report/letter.txt"

# The README's table stands between two markers.
table=$("$mtbench" report "$series" --format markdown --only cases)
TABLE=$table awk '
	/<!-- table: begin/ { print; print ""; print ENVIRON["TABLE"]; print ""; skip = 1 }
	/<!-- table: end/   { skip = 0 }
	!skip' README.md >"$into/README.md.new"
mv "$into/README.md.new" "$into/README.md"
