#!/usr/bin/env bash
# Fuzzes each target of the module, one at a time: scripts/fuzz.sh [TIME] [TARGET...]. TIME is that of one
# target, 10m if it is left out. A TARGET is PACKAGE.NAME, as the table has it; without any all run.
# Prints a table: target, executions, new interesting inputs, and "ok" or the file of the input that
# fails, which go leaves in testdata/fuzz of the package. Fails when a target does.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
time=${1:-10m}
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# targets prints "PACKAGE NAME", a line for each fuzz target of the module.
targets() {
	go test -list '^Fuzz' ./... | awk '/^Fuzz/ { names[n++] = $1 }
		/^(ok|FAIL)/ { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }'
}

row() { printf '%-40s %12s %6s  %s\n' "$@"; }
found=$(targets) || { echo "the tests do not build" >&2; exit 1; }
crashes=0 ran=0
row target executions new result
while read -r package name; do
	target=$(basename "$package").$name
	[ $# -eq 0 ] || [[ " $* " == *" $target "* ]] || continue
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 10s -parallel 1 \
		"$package" >"$log" 2>&1 </dev/null
	status=$?
	read -r executions new < <(sed -n 's/^fuzz: elapsed: .*, execs: \([0-9]*\) .*new interesting: \([0-9]*\).*/\1 \2/p' \
		"$log" | tail -n 1)
	result=ok
	if [ $status -ne 0 ]; then
		crashes=$((crashes + 1))
		result=$(sed -n 's/^ *Failing input written to //p' "$log" | head -n 1)
		result=${result:-failed}
		cat "$log" >&2
	fi
	ran=$((ran + 1))
	row "$target" "${executions:--}" "${new:--}" "$result"
done <<<"$found"
echo "$ran targets, $crashes crashes"
[ $ran -gt 0 ] && [ $crashes -eq 0 ]
