#!/bin/bash
# Tries what users of such tools ask for: a command a row, and what must be seen (docs/features.md has the
# rows in words). Ends with 1 if a row is not seen. Usage: scripts/features.sh [ROW...]. Rows "by hand" need
# a terminal, a browser or minutes; their command is printed. About half a minute after the build.
set -u
cd "$(dirname "$0")/.." || exit
root=$PWD
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/mtbench" ./cmd/mtbench || exit 1
chmod 755 "$dir"
cd "$dir" || exit 1
PATH=$dir:$PATH
wanted=" $* "
seen=0 missing=0 hand=0

# row N TITLE PATTERN COMMAND: COMMAND's output has a line that matches PATTERN.
row() {
	[ "$wanted" = "  " ] || case $wanted in *" $1 "*) ;; *) return ;; esac
	if bash -c "$4" > out 2>&1 < /dev/null; grep -Eq -- "$3" out; then
		seen=$((seen + 1))
		printf '%2s  yes      %s\n' "$1" "$2"
	else
		missing=$((missing + 1))
		printf '%2s  NO       %s\n    %s\n    must show: %s\n' "$1" "$2" "$4" "$3"
		head -5 out | sed 's/^/    | /'
	fi
}

byhand() {
	[ "$wanted" = "  " ] || case $wanted in *" $1 "*) ;; *) return ;; esac
	hand=$((hand + 1))
	printf '%2s  by hand  %s: %s\n' "$1" "$2" "$3"
}

small="--threads 2 --wait off,on --pairs 1 --aa 0% --reruns 0 --memory 4MiB --vcpus 2 --dirty-rate 100 \
--link-bandwidth 5.3x --downtime-limit 1.5ms --limit 20s --cpu-timeline 20ms"
# shellcheck disable=SC2086 # words, not one
mtbench run $small -o new.jsonl > run.txt 2>&1 || { cat run.txt; exit 1; }
cp "$root"/results/baseline/{series,ci}.jsonl.gz .
base=series.jsonl.gz

row 1 'both models, same workload' 'locked +│|lockless' "cat run.txt"
row 2 'CPU of each thread' 'main_cpu_percent.*worker_cpu' "mtbench report --format csv new.jsonl"
row 3 'total time with spread' '\[[0-9.]+[–-][0-9.]+\]' "mtbench report --only cases $base"
row 4 'busy-ratio' 'busy.ratio' "mtbench report --format csv new.jsonl"
row 5 "can't complete, bounded" 'end_reason.*bound_ms|bound_ms' "mtbench report --format csv new.jsonl"
row 6 'wait, spin and depth as axes' '2-off-d2-p0*1 .*2-self-d4-p100|2-off-d2-p1' \
	"mtbench run --dry-run --threads 2 --wait off,on,self --depth 2,4 --poll-budget 1,100 --memory 4MiB"
row 7 'rounds' ',rounds,' "mtbench report --format csv new.jsonl"
row 8 'dirty rate' 'dirty_rate_asked.*dirty_rate_achieved' "mtbench report --format csv new.jsonl"
row 9 'bandwidth limit' 'link_achieved' "mtbench report --format csv new.jsonl"
row 10 'page content' 'of text pages' "mtbench run --dry-run --content text --memory 4MiB"
row 11 'decompression side' '"process":"destination","name":"decompress' "cat new.jsonl"
row 12 'verified' '"verified":true' "cat new.jsonl"
row 13 'codecs' 'zlib, zstd, s2, none or spin' "mtbench run --help"
row 14 'no root, no KVM' '^status 0 of user [1-9]' "mkdir -m 777 u && cd u || exit; as=
	[ \$(id -u) != 0 ] || as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	\$as mtbench run $small -o x.jsonl > /dev/null; echo status \$? of user \$(\$as id -u)"
byhand 15 'useful on 2 CPUs' 'mtbench run (4 minutes)'
row 16 'warm-up' 'warm-up .*besides, 2 runs' "mtbench run --dry-run --warm-up 2 --memory 4MiB"
row 17 'interleaved' '"pair":0,"position":1' "cat new.jsonl"
row 18 'paired, with interval' '\[.*,.*\]' "mtbench report --only answer $base || mtbench report $base"
row 19 'practical threshold' '--equal' "mtbench run --help"
row 20 'many tests' 'for [0-9]+ tests' "mtbench compare new.jsonl new.jsonl"
row 21 'outliers shown' '\[[0-9.]+[–-][0-9.]+\]' "mtbench report --only cases $base"
row 22 'latency of a page' '99' "mtbench handover --models lockless --threads 1 --load 50 --time 100ms --repeats 1 \
	-o ho.jsonl > ho.txt; mtbench report --only latency ho.jsonl"
row 23 'hand-over and service time' 'µs|ns' "mtbench report --only cells ho.jsonl"
row 24 'switches and wake-ups' 'main_futex_waits_per_page.*worker_voluntary_switches' \
	"mtbench report --format csv new.jsonl"
row 25 'hardware counters' 'counters +(instructions|none: .*perf_event_open)' \
	"mtbench run --dry-run --counters --memory 4MiB"
row 26 'host' '"cpu_model"' "head -1 new.jsonl"
row 27 'provenance' '"binary_sha256":"[0-9a-f]{64}"' "head -1 new.jsonl"
row 28 'pre-flight check' 'CPU' "mtbench doctor"
row 29 'noise in runs' 'noise' "mtbench report --details $base"
row 30 'unlike with unlike' 'cannot be compared|differ' "mtbench compare $base new.jsonl"
row 31 'raw samples' '"type":"run"' "cat new.jsonl"
row 32 'schema' 'json-schema.org' "mtbench fields --json-schema"
row 33 'CSV' '^file,kind,host,[a-z_,0-9]+$' "mtbench report --format csv new.jsonl"
row 34 'Markdown' '^\| :?-' "mtbench report --format markdown new.jsonl"
row 35 'AsciiDoc' '^\|===' "mtbench report --format asciidoc new.jsonl"
row 36 'benchfmt' 'total-sec' "mtbench report --format benchfmt new.jsonl"
row 37 'chart JSON' '"unit"' "mtbench report --format chart-json -o c new.jsonl && cat c/*"
row 38 'plots' 'time\.(svg|png|pdf)' "mtbench report --plots svg,png,pdf -o p new.jsonl && ls p"
row 39 'scaling plots' 'time\.svg' "mtbench report --plots svg -o p new.jsonl && ls p"
row 40 'CPU over time' 'source +.*[|].*[░▒▓█]' "mtbench report --only cpu-over-time new.jsonl"
row 41 'one HTML page' 'no request' \
	"mtbench report --format html -o h new.jsonl && ! grep -Eq '(src|href)=.https?:' h/*.html && echo no request"
row 42 'the same bytes' 'same' "for i in 1 2; do mtbench report --plots svg,png,pdf -o s\$i new.jsonl; done; \
	diff -r s1 s2 && echo same"
row 43 'compare two files' 'new.jsonl|same|change' "mtbench compare new.jsonl new.jsonl"
row 44 'gate' '^status (0|10|11|12)$' "mtbench compare new.jsonl new.jsonl; echo status \$?"
row 45 'exit statuses' '130  interrupted' "mtbench help status"
byhand 46 'progress and time left' 'mtbench run --quick on a terminal'
row 47 'completion' '^zstd$' "mtbench __complete run --codec ''"
row 48 'matrix file' 'cases +3-on$' "mtbench run --print-matrix --threads 3 --wait on > m.yaml; \
	mtbench run --matrix m.yaml --memory 4MiB --dry-run"
row 49 'scan of any axis' '2-on-64MiB-zlib.*2-on-256MiB-zstd' \
	"mtbench run --dry-run --threads 2 --wait on --memory 64MiB,256MiB --codec zlib,zstd --vcpus 1"
row 50 'placements' 'pinned by spread.*main' \
	"mtbench run --dry-run --threads 1 --wait on --memory 4MiB --vcpus 1 --destination discard --pin none,spread"
row 51 'resume' 'runs|done|nothing' "mtbench run --resume new.jsonl"
row 52 'dry run' '^time +at most' "mtbench run --dry-run --memory 4MiB"
row 53 'filter and pivot' 'Runs by threads and model' "mtbench report --where wait=on --by threads,model $base"
row 54 'explains its figures' 'not to be read alone' "mtbench fields && mtbench fields new.jsonl --run 0"

echo "$seen seen, $missing not, $hand by hand"
[ "$missing" = 0 ]
