#!/usr/bin/env bash
# Measures the default matrix anew and puts it in place of the committed baseline, with its report.
# Run it on a host that does nothing else, and say in the commit which host it was.
set -euo pipefail
cd "$(dirname "$0")/.."

go build -buildvcs=true -o ./mtbench ./cmd/mtbench
./mtbench doctor || true
new=$(mktemp -u -p results/baseline new-XXXXXX.jsonl)
./mtbench run --calibrate "${new%.jsonl}" --output "$new" "$@"
rm -rf "${new%.jsonl}.svg" results/baseline/calibrations
mv "${new%.jsonl}" results/baseline/calibrations
gzip -9n results/baseline/calibrations/*.json
gzip -9n <"$new" >results/baseline/series.jsonl.gz
rm "$new"
scripts/render.sh
