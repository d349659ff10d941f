#!/usr/bin/env bash
# Renders whatever is made of the committed results: the baseline's report, the page of figures, the
# README's answer and the tables of what a prediction is worth. With an argument it renders into that
# directory instead of the checkout, which is how scripts/check-rendered.sh proves that nothing was
# written by hand. PNG and HTML are made too, and are not committed.
set -euo pipefail
cd "$(dirname "$0")/.."

into=${1:-.}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mtbench=$scratch/mtbench
go build -buildvcs=false -o "$mtbench" ./cmd/mtbench

series=results/baseline/series.jsonl.gz
report=$into/results/baseline/report
mkdir -p "$report" "$into/docs"
"$mtbench" report "$series" --format markdown --plots svg,png -o "$report" >/dev/null
"$mtbench" report "$series" --format html -o "$report" >/dev/null
"$mtbench" report results/baseline/steps.jsonl.gz --format markdown --only answer,settings,steps >"$report/steps.md"
"$mtbench" fields "$series" >"$into/docs/figures.md"

# The same series on several occasions: how far each ratio moved between them.
occasions=$into/results/occasions/occasions.md
mkdir -p "${occasions%/*}"
"$mtbench" report results/occasions/?.jsonl.gz --format markdown --only occasions >"$occasions"
moved=$(sed -n '3,/^| case/p' "$occasions" | sed '$d')

# What the prediction is worth: the baseline's own matrix from the calibrations made between its rounds, and
# the letter's rows. The last two lines of either name a result file that is not kept.
"$mtbench" predict --calibration results/baseline/calibrations --against "$series" --resamples 25 \
	-o "$scratch/own-host.jsonl" 2>/dev/null | head -n -2 >"$report/own-host.txt"
"$mtbench" predict --letter -o "$scratch/letter.jsonl" 2>/dev/null | head -n -2 >"$report/letter.txt"
scripts/ablation.sh >"$report/ablation.md"
scripts/predictions.sh "$into"

# The hand-over by itself.
handover=$into/results/handover/report
mkdir -p "$handover"
"$mtbench" report results/handover/default.jsonl.gz --format markdown --plots svg -o "$handover" >/dev/null
"$mtbench" report results/handover/pinned.jsonl.gz --format markdown --only regret,cells,how >"$handover/pinned.md"

# The model beside a real QEMU.
mkdir -p "$into/results/validate"
"$mtbench" report results/validate/series.jsonl.gz --format markdown --only reference,settings,cases \
	>"$into/results/validate/report.md"

# The README's answer stands between two markers: what the report says first, without its title.
answer=$("$mtbench" report "$series" --format markdown --only answer | sed '1,2d')
answer+=$'\n\nOne series covers one occasion. On [three occasions](results/occasions/occasions.md), '
answer+=$'on another host that was less quiet:\n\n'$moved
ANSWER=$answer awk '
	/<!-- answer: begin/ { print; print ""; print ENVIRON["ANSWER"]; print ""; skip = 1 }
	/<!-- answer: end/   { skip = 0 }
	!skip' README.md >"$into/README.md.new"
mv "$into/README.md.new" "$into/README.md"
