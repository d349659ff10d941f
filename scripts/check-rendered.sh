#!/usr/bin/env bash
# Proves that the committed report, page of figures and README table are what the committed results
# generate, byte for byte.
set -euo pipefail
cd "$(dirname "$0")/.."

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
scripts/render.sh "$fresh"
for path in results/baseline/report docs/figures.md README.md; do
	if ! diff -rq "$path" "$fresh/$path"; then
		echo "$path is not what results/baseline/series.jsonl generates; run scripts/render.sh" >&2
		exit 1
	fi
done
echo "the committed report is what the committed results generate"
