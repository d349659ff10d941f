#!/usr/bin/env bash
# Renders whatever is made of the committed results: the baseline's report, the page of figures and
# the README's table. With an argument it renders into that directory instead of the checkout, which
# is how scripts/check-rendered.sh proves that nothing was written by hand.
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

# The README's table stands between two markers.
table=$("$mtbench" report "$series" --format markdown --only cases)
TABLE=$table awk '
	/<!-- table: begin/ { print; print ""; print ENVIRON["TABLE"]; print ""; skip = 1 }
	/<!-- table: end/   { skip = 0 }
	!skip' README.md >"$into/README.md.new"
mv "$into/README.md.new" "$into/README.md"
