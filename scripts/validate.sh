#!/usr/bin/env bash
# Runs a real QEMU beside the model of what it does, on a bare Debian 12 in less than five minutes once the
# packages are there: validate.sh [DIRECTORY] [FLAGS OF mtbench validate...]. Leaves series.jsonl.gz and
# report.md in results/validate/, or in DIRECTORY.
#
# Needs Go, and a QEMU that compresses (3.1 to 9.0): apt-get install golang qemu-system-x86. QEMU names
# another program than qemu-system-x86_64.
set -euo pipefail
cd "$(dirname "$0")/.."

qemu=${QEMU:-qemu-system-x86_64}
command -v "$qemu" >/dev/null || {
	echo "validate.sh: needs $qemu (Debian: apt-get install qemu-system-x86)" >&2
	exit 2
}
into=results/validate
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
	into=$1
	shift
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go build -o "$scratch/mtbench" ./cmd/mtbench
mkdir -p "$into"
"$scratch/mtbench" validate --qemu "$qemu" -o "$scratch/series.jsonl" "$@"
"$scratch/mtbench" report "$scratch/series.jsonl" --only reference,settings,cases --format markdown -o "$scratch/report"
cp "$scratch/report/report.md" "$into/report.md"
gzip -9nc "$scratch/series.jsonl" >"$into/series.jsonl.gz"
echo "written: $into/report.md and $into/series.jsonl.gz"
