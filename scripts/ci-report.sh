#!/usr/bin/env bash
# What a CI calls: holds the models to their exact figures in virtual time, measures, renders the report,
# and writes comment.md, which a pull request shows.
#
#   scripts/ci-report.sh [OUTPUT-DIRECTORY]
#
#   MTBENCH_BASE      a program built of the base: base and head then run in one series, in pairs
#   MTBENCH_BASELINE  else: a file of an earlier series on this host (default: the committed one)
#   MTBENCH_PAIRS     pairs a case (default 12)
#   MTBENCH_PAGE      address of the page with the whole report, for a link
#
# The exit status is that of the gate (mtbench gate: 10 where a figure moved), for a shared runner can be
# noisy and virtual time cannot; or that of the series, where a run delivered other memory or crashed.
# What was measured is information, and sets no status.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-ci-report}
baseline=${MTBENCH_BASELINE:-results/baseline/ci.jsonl.gz}
mkdir -p "$out"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/head" ./cmd/mtbench
gate=0
"$bin/head" gate >"$out/gate.txt" 2>&1 || gate=$?
cat "$out/gate.txt"

builds=()
[ -z "${MTBENCH_BASE:-}" ] || builds=(--build "base=$MTBENCH_BASE" --build "head=$bin/head")
measured=0
"$bin/head" run "${builds[@]}" --threads 1,4 --pairs "${MTBENCH_PAIRS:-12}" --memory 16MiB --limit 2s \
	--aa 0% --seed 1 --output "$out/series.jsonl" || measured=$?
case $measured in
0) ;;
10 | 11) measured=0 ;; # a verdict on two builds: the comment has it
*) [ -f "$out/series.jsonl" ] || exit "$measured" ;;
esac
rm -f "$out/series.svg"
for format in markdown html benchfmt chart-json; do
	"$bin/head" report "$out/series.jsonl" --format "$format" --plots svg -o "$out" >/dev/null
done
against=("$baseline" "$out/series.jsonl")
[ ${#builds[@]} -eq 0 ] || against=("$out/series.jsonl" --fail-on none)
"$bin/head" compare "${against[@]}" --format markdown >"$out/compare.md" 2>&1 || true

# moved prints which figures the gate saw moving: the models, and the last of the list behind a fold.
moved() {
	local models
	models=$(sed -n 's/^mtbench: moved: \(.*\); if that is meant.*/\1/p' "$out/gate.txt" | sed 's/ in [0-9]* of its cases//g')
	[ -z "$models" ] || printf 'Moved in the models %s. If that is meant: `mtbench gate --write internal/gate/expected.jsonl`.\n\n' "$models"
	printf '<details><summary>The last of what the gate says</summary>\n\n```\n'
	grep -v '^mtbench: moved' "$out/gate.txt" | tail -n 12
	printf '```\n\n</details>\n\n'
}

# comment prints the verdict first: is it worse, where, how sure. Then one table.
comment() {
	case $gate in
	0) printf '**No figure of the models moved in virtual time.** The gate is exact: it has no noise.\n\n' ;;
	10) printf '**A figure of the models moved in virtual time.** The gate is exact: the source moved it.\n\n' ;;
	*) printf '**The gate could not judge (status %s).**\n\n' "$gate" ;;
	esac
	local what='base against head in pairs'
	[ ${#builds[@]} -gt 0 ] || what='against an earlier series'
	printf '**Measured, %s: %s.** A shared runner is noisy: this is information, and fails nothing.\n\n' \
		"$what" "$(tail -n 1 "$out/compare.md" | sed 's/^mtbench: //')"
	[ "$gate" -eq 0 ] || moved
	grep '^|' "$out/compare.md" || true
	[ -z "${MTBENCH_PAGE:-}" ] || printf '\n[The whole report](%s): page, plots and records.\n' "$MTBENCH_PAGE"
}
comment >"$out/comment.md"
cat "$out/comment.md"
[ "$gate" -ne 0 ] || gate=$measured
exit "$gate"
