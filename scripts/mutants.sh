#!/usr/bin/env bash
# Plants each fault of scripts/mutants in a copy of the tree and runs the tests that its patch names.
# Prints a table: fault, the test that caught it, seconds. Fails when one survives 60 s, or its patch no
# longer applies. Arguments are names of faults; without any all are planted.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
patches=$PWD/scripts/mutants
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z -- '*.go' '*.s' '*.yaml' go.mod go.sum '*/testdata/*' 'internal/gate/*.json*' results/baseline/published.jsonl |
	xargs -0 cp --parents -t "$copy"
cd "$copy" || exit

failed=0
row() { printf '%-20s %7s  %s\n' "$@"; }
row fault seconds 'caught by'
names=("$@")
[ $# -gt 0 ] || mapfile -t names < <(basename -s .patch "$patches"/*.patch)
for name in "${names[@]}"; do
	patch=$patches/$name.patch
	read -ra test <<<"$(sed -n 's/^test: //p' "$patch")"
	if ! patch -s --dry-run -p1 <"$patch" >/dev/null; then
		row "$name" - 'NOBODY: the patch no longer applies'
		failed=1
		continue
	fi
	patch -s -p1 <"$patch"
	begun=$SECONDS
	out=$(timeout 60 go test -count=1 "${test[@]}" 2>&1)
	status=$?
	by=$(sed -n 's/^ *--- FAIL: \([^ ]*\).*/\1/p' <<<"$out" |
		awk 'NR > 1 && index($0, last "/") != 1 { exit } { last = $0 } END { print last }')
	if [ $status -eq 0 ] || [ -z "$by" ]; then
		by="NOBODY (status $status)"
		failed=1
	fi
	row "$name" $((SECONDS - begun)) "$by"
	patch -s -R -p1 <"$patch" >/dev/null
done
exit $failed
