#!/usr/bin/env bash
# Proves that the committed report, predictions, page of figures and README answer are what the committed
# results generate, byte for byte. PNG and HTML are made by scripts/render.sh and not committed.
set -euo pipefail
cd "$(dirname "$0")/.."

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
scripts/render.sh "$fresh"
for path in $(git ls-files results/baseline/report results/predictions \
	results/handover/report results/validate/report.md \
	results/occasions/occasions.md) docs/figures.md README.md; do
	if ! diff -q "$path" "$fresh/$path"; then
		echo "$path is not what the committed results generate; run scripts/render.sh" >&2
		exit 1
	fi
done
echo "the committed report is what the committed results generate"
