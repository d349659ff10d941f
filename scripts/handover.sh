#!/usr/bin/env bash
# Measures the hand-over on this host: the default grid, and the hand-over without work with threads pinned.
# Writes results/handover/default.jsonl.gz and pinned.jsonl.gz; scripts/render.sh makes the report of them.
# It takes four minutes on two CPUs that do nothing else, and a checkout without changes.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -z "$(git status --porcelain)" ] || { echo "handover.sh: the checkout has changes" >&2; exit 2; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go build -buildvcs=true -o "$scratch/mtbench" ./cmd/mtbench
mkdir -p results/handover

# measured NAME FLAGS... measures into NAME.jsonl.gz.
measured() {
	local name=$1
	shift
	(cd "$scratch" && ./mtbench handover -o "$name.jsonl" --seed 1 "$@")
	gzip -9nc "$scratch/$name.jsonl" >"results/handover/$name.jsonl.gz"
}

measured pinned --pin --threads 1 --work 0 --load 100 --repeats 5 --time 100ms
measured default --budget 3m
