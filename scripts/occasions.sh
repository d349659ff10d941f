#!/usr/bin/env bash
# Measures the default matrix on three occasions, by one program, and puts the series in place of the
# committed ones: an interval covers one series, and says nothing of another day. It takes more than an
# hour, of which it measures four minutes each time.
#
#   scripts/occasions.sh [MINUTES]     between the beginnings of two series; 30 if left out
set -euo pipefail
cd "$(dirname "$0")/.."

apart=$((${1:-30} * 60))
into=results/occasions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go build -buildvcs=true -o "$scratch/mtbench" ./cmd/mtbench
like=()
for n in 1 2 3; do
	began=$(date +%s)
	"$scratch/mtbench" run "${like[@]}" --output "$scratch/$n.jsonl"
	like=(--like "$scratch/1.jsonl")
	[ $n = 3 ] || sleep $((began + apart - $(date +%s)))
done
mkdir -p $into
for n in 1 2 3; do
	gzip -9nc "$scratch/$n.jsonl" >$into/$n.jsonl.gz
done
scripts/render.sh
