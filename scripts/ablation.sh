#!/usr/bin/env bash
# Prints what each effect of a prediction is worth: the baseline's matrix predicted from the committed
# calibrations, with all effects and with each left out, as a table. It takes a minute or two.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go build -buildvcs=false -o "$scratch/mtbench" ./cmd/mtbench

# row NAME FLAGS... predicts and prints one row of the table.
row() {
	local name=$1 text
	shift
	text=$("$scratch/mtbench" predict --calibration results/baseline/calibrations \
		--against results/baseline/series.jsonl.gz --resamples 7 -o "$scratch/$name.jsonl" "$@" 2>/dev/null)
	sed -nE '
		s/^throughput holds in ([0-9]+) of ([0-9]+) cells.* page in ([0-9]+) .*alone in ([0-9]+) and.*by ([0-9.]+) ×$/\5 | \4 of \2 | \1 of \2 | \3 of \2/p
		s/^between the models.* %.* in ([0-9]+) of ([0-9]+) cases.* in ([0-9]+)$/\1 of \2 | \3 of \2/p' <<<"$text" |
		paste -sd'|' | sed "s/^/| $name | /; s/|\([0-9]\)/ | \1/; s/\$/ |/"
}

cat <<'EOF'
# What each effect of a prediction is worth

Made by `scripts/ablation.sh` from the committed calibrations and the measured baseline. Each row leaves out
one effect. Pages/s are off by the factor of the first column on average; a cell is near when its medians are
within 15 %, and holds when they are or the ranges overlap (futex calls a page: 20 %). The last two columns
compare lockless with locked: how often their ratio is within 15 %, and how often the same model is ahead.

| left out | pages/s off by | near | pages/s hold | futex calls hold | ratio near | same ahead |
|---|---|---|---|---|---|---|
EOF
row nothing
for effect in wake-place halt-polling crowd main-page; do
	row "$effect" --without "$effect"
done
