#!/usr/bin/env bash
# Predicts every contender on the host "server" (64 CPUs, none of them here) and writes what the report
# says of it to results/predictions: with a destination behind a link of 25 Gb/s, and source only with
# nothing to limit it but the ceiling. It takes less than a minute on two CPUs, and the same files come
# out wherever it runs. With an argument it writes into that directory instead of the checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

into=${1:-.}/results/predictions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$into"
go build -buildvcs=false -o "$scratch/mtbench" ./cmd/mtbench

# predicted NAME SECTIONS FLAGS... predicts and writes NAME.md.
predicted() {
	local name=$1 sections=$2
	shift 2
	"$scratch/mtbench" predict --host server "$@" -o "$scratch/$name.jsonl" >/dev/null 2>&1
	{
		printf '# Predicted, not measured: every contender on 64 CPUs\n\n'
		printf 'Made by `scripts/predictions.sh`:\n\n```sh\nmtbench predict --host server %s\n```\n\n' "$*"
		"$scratch/mtbench" report "$scratch/$name.jsonl" --format markdown --only settings |
			sed -n '/^the guest was simulated/p' | sed 's/^the/The/; s/$/.\n/'
		"$scratch/mtbench" report "$scratch/$name.jsonl" --format markdown --only "$sections" \
			--plots svg -o "$scratch/report" >/dev/null
		sed -E '/^!\[/{/(what-if|time)\.svg/!d}; s/\]\((what-if|time)\.svg/]('"$name"'-\1.svg/' "$scratch/report/report.md" | cat -s
	} >"$into/$name.md"
	cp "$scratch/report/time.svg" "$into/$name-time.svg"
	cp "$scratch/report/what-if.svg" "$into/$name-what-if.svg"
}

predicted server host,what-if,cases,elsewhere --models all,null,inline --memory 120GiB \
	--link-bandwidth 3125MB --what-if
predicted server-ceiling ceiling,what-if,baselines --models all,null,inline,ideal --memory 120GiB \
	--link-bandwidth 0 --destination discard --what-if
