#!/usr/bin/env bash
# Measures the default matrix anew and puts it in place of the committed baseline, with its report.
# Run it on a host that does nothing else, and say in the commit which host it was.
#
#   scripts/baseline.sh           the series, with its calibrations; other occasions are removed
#   scripts/baseline.sh again     the same series once more, by the same program: another occasion
#
# An interval covers one occasion. Make two more, each at least half an hour after the one before it.
set -euo pipefail
cd "$(dirname "$0")/.."

baseline=results/baseline
new=$(mktemp -u -p $baseline new-XXXXXX.jsonl)

keep() { # keep FILE: the measured series, packed, as FILE
	gzip -9n <"$new" >"$1"
	rm -rf "$new" "${new%.jsonl}.svg"
}

if [ "${1:-}" = again ]; then
	[ -x ./mtbench ] || { echo "there is no ./mtbench; scripts/baseline.sh builds it" >&2; exit 2; }
	./mtbench run --like $baseline/series.jsonl.gz --output "$new"
	n=2
	while [ -e $baseline/occasion-$n.jsonl.gz ]; do n=$((n + 1)); done
	keep $baseline/occasion-$n.jsonl.gz
else
	go build -buildvcs=true -o ./mtbench ./cmd/mtbench
	./mtbench doctor || true
	./mtbench run --calibrate "${new%.jsonl}" --output "$new" "$@"
	rm -rf $baseline/calibrations $baseline/occasion-*.jsonl.gz
	mv "${new%.jsonl}" $baseline/calibrations
	gzip -9n $baseline/calibrations/*.json
	keep $baseline/series.jsonl.gz
fi
[ -n "${MTBENCH_NO_RENDER:-}" ] || scripts/render.sh
