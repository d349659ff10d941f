#!/usr/bin/env bash
# Two hosts on one machine: two network namespaces joined by veth, a rate held by tc, an sshd in one of them,
# and a series from the other through it. Then, in pairs, pages/s over TCP beside the Unix socket's.
#
#   two-hosts.sh [FLAGS OF mtbench run...]      default: a small matrix
#
# RATE=1gbit       what tc holds each direction to; "" = nothing
# DELAY=           for netem (as 1ms), where the kernel has it; "" = tbf alone
# CONGESTION=      TCP's congestion control, as reno; "" = the kernel's default
# TCP_PAIRS=6      pairs of TCP and Unix socket; 0 = none
# KILLS=0          so many ends at random: either side's processes, ssh, the link; each series is resumed
# KEEP=            a directory for the files of the pairs, and of the series of KILLS that went wrong
# MTBENCH=         a built mtbench; "" = it is built
#
# Where there is no root, no sshd or no namespace, it says that it was skipped, and ends well.
set -euo pipefail
cd "$(dirname "$0")/.."
skip() { echo "two-hosts.sh: skipped: $*"; exit 0; }
RATE=${RATE-1gbit} DELAY=${DELAY-} CONGESTION=${CONGESTION-} TCP_PAIRS=${TCP_PAIRS-6} KILLS=${KILLS-0} KEEP=${KEEP-} MTBENCH=${MTBENCH-}

[ "$(id -u)" = 0 ] || skip "network namespaces need root"
sshd=$(command -v sshd || echo /usr/sbin/sshd)
for program in ip tc ssh ssh-keygen "$sshd"; do
	command -v "$program" >/dev/null || skip "there is no $program (Debian: iproute2, openssh-server)"
done
near=mtbench-near-$$ far=mtbench-far-$$
scratch=$(mktemp -d)
daemon=
cleanup() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
	ip netns del "$near" 2>/dev/null || true
	ip netns del "$far" 2>/dev/null || true
	rm -rf "$scratch"
}
trap cleanup EXIT
ip netns add "$near" 2>/dev/null || skip "this machine makes no network namespaces"
ip netns add "$far"
ip link add mtb-near netns "$near" type veth peer name mtb-far netns "$far" 2>/dev/null ||
	skip "this machine makes no veth"
here() { ip netns exec "$near" "$@"; }
there() { ip netns exec "$far" "$@"; }
here ip addr add 10.77.0.1/24 dev mtb-near
there ip addr add 10.77.0.2/24 dev mtb-far
for n in "$near" "$far"; do ip -n "$n" link set lo up; done
here ip link set mtb-near up
there ip link set mtb-far up

[ -z "$CONGESTION" ] || for n in here there; do
	"$n" sh -c "echo $CONGESTION >/proc/sys/net/ipv4/tcp_congestion_control" 2>/dev/null ||
		skip "this kernel gives network namespaces no congestion control $CONGESTION"
done

# Rate and delay of each direction.
shape() { # shape WHERE DEVICE
	local parent=root
	if [ -n "$DELAY" ]; then
		"$1" tc qdisc add dev "$2" root handle 1: netem delay "$DELAY" 2>/dev/null ||
			{ echo "no netem in this kernel: no delay"; DELAY=; }
		[ -z "$DELAY" ] || parent="parent 1:1"
	fi
	# shellcheck disable=SC2086 # two words
	[ -z "$RATE" ] || "$1" tc qdisc add dev "$2" $parent tbf rate "$RATE" burst 256kb latency 20ms 2>/dev/null ||
		{ echo "no tbf in this kernel: the rate is not held"; RATE=; }
}
shape here mtb-near
shape there mtb-far
echo "link     ${RATE:-as fast as it goes}${DELAY:+, $DELAY each way}"

# An sshd and a client with keys of their own.
for key in host me; do ssh-keygen -q -t ed25519 -N "" -f "$scratch/$key"; done
mkdir -p /run/sshd
cat >"$scratch/sshd_config" <<END
ListenAddress 10.77.0.2
Port 22
HostKey $scratch/host
AuthorizedKeysFile $scratch/me.pub
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
SetEnv TMPDIR=$scratch/tmp
END
echo "10.77.0.2 $(cat "$scratch/host.pub")" >"$scratch/known"
printf 'Host *\nIdentityFile %s\nIdentitiesOnly yes\nUserKnownHostsFile %s\nGlobalKnownHostsFile none\n' \
	"$scratch/me" "$scratch/known" >"$scratch/client"
mkdir "$scratch/tmp"
ip netns exec "$far" "$sshd" -D -e -f "$scratch/sshd_config" 2>"$scratch/sshd.log" &
daemon=$!
for _ in $(seq 50); do there ss -ltnH 2>/dev/null | grep -q 10.77.0.2:22 && break; sleep 0.1; done
there ss -ltnH 2>/dev/null | grep -q 10.77.0.2:22 || skip "no sshd can be started: $(tail -1 "$scratch/sshd.log")"

if [ -z "$MTBENCH" ]; then
	go build -o "$scratch/mtbench" ./cmd/mtbench
	MTBENCH=$scratch/mtbench
fi
host=(--destination "ssh://$(id -un)@10.77.0.2")
by=(--ssh "ssh -F $scratch/client")
flags=("$@")
[ $# -gt 0 ] || flags=(--threads 1,4 --memory 8MiB --pairs 2 --aa 0% --reruns 0 --vcpus 2)

# counted FILE: its runs, those verified, those with nothing to compare, those that failed
counted() {
	local runs verified bound failed
	runs=$(grep -c '"type":"run"' "$1" || true)
	verified=$(grep '"type":"run"' "$1" | grep -c '"verified":true' || true)
	bound=$(grep '"type":"run"' "$1" | grep -c '"unverified_reason":"the migration did not complete"' || true)
	failed=$(grep -c '"type":"failed"' "$1" || true)
	echo "$runs runs, $verified verified, $bound not completed in time, $failed failed"
	[ "$failed" = 0 ] && [ "$runs" -gt 0 ] && [ $((verified + bound)) = "$runs" ]
}

here "$MTBENCH" run "${host[@]}" "${by[@]}" "${flags[@]}" -o "$scratch/matrix.jsonl" \
	>"$scratch/out" 2>"$scratch/err" </dev/null || { tail -5 "$scratch/err"; exit 1; }
count=$(counted "$scratch/matrix.jsonl") || { echo "matrix   $count: not all is as it should be"; exit 1; }
echo "matrix   $count"

rate() { # pages/s of the only run of a file
	grep '"type":"run"' "$1" | grep -o '"drain_rate_pages_per_second":[0-9.e+]*' | cut -d: -f2
}
cpu() { # cpu FILE PROCESS: CPU time of its threads, µs a page
	local pages
	pages=$(grep '"type":"run"' "$1" | grep -o '"pages":[0-9]*' | cut -d: -f2)
	grep '"type":"run"' "$1" | grep -o "\"process\":\"$2\"[^{]*" | grep -o '"cpu_ms":[0-9.e+-]*' |
		cut -d: -f2 | awk -v pages="$pages" '{ sum += $1 } END { print sum * 1000 / pages }'
}
one() { # one FILE FLAGS...: a run of lockless, of as many pages each time
	here "$MTBENCH" run --models lockless --threads 4 --wait on --pairs 1 --aa 0% --reruns 0 --vcpus 1 \
		--dirty-rate 0 --memory 32MiB --link-bandwidth 0 --downtime-limit 100ms --limit 30s "${@:2}" -o "$1" \
		>/dev/null 2>"$scratch/err" </dev/null || { tail -3 "$scratch/err"; exit 1; }
}
for pair in $(seq "$TCP_PAIRS"); do
	unix="one $scratch/unix$pair.jsonl --seed $pair"
	order=("tcp" "unix")
	[ $((pair % 2)) = 0 ] || order=("unix" "tcp")
	for side in "${order[@]}"; do
		if [ "$side" = tcp ]; then one "$scratch/tcp$pair.jsonl" --seed "$pair" "${host[@]}" "${by[@]}"; else $unix; fi
	done
	line=
	for side in tcp unix; do
		for figure in rate "cpu source" "cpu destination"; do
			read -r f who <<<"$figure"
			line+="$("$f" "$scratch/$side$pair.jsonl" "$who") "
		done
	done
	echo "$line"
done >"$scratch/pairs"
[ -z "$KEEP" ] || [ "$TCP_PAIRS" = 0 ] || { mkdir -p "$KEEP" && cp "$scratch"/tcp*.jsonl "$scratch"/unix*.jsonl "$KEEP"; }
[ "$TCP_PAIRS" = 0 ] || awk '{
	printf "pair     TCP %.0f pages/s, Unix socket %.0f: %.3f\n", $1, $4, $1 / $4
	of[1, NR] = $1 / $4
	for (i = 2; i <= 6; i++) of[i, NR] = $i
} END {
	for (i = 1; i <= 6; i++) middle[i] = median(i)
	printf "CPU      TCP %.1f µs a page at the source and %.1f at the destination, Unix socket %.1f and %.1f\n",
		middle[2], middle[3], middle[5], middle[6]
	printf "TCP      %.3f times the pages/s of the Unix socket (median of %d pairs, %.3f to %.3f)\n",
		middle[1], NR, of[1, 1], of[1, NR]
}
function median(k,   i, j, t) { # sorts it
	for (i = 2; i <= NR; i++) for (j = i; j > 1 && of[k, j] < of[k, j-1]; j--) {
		t = of[k, j]; of[k, j] = of[k, j-1]; of[k, j-1] = t
	}
	return (of[k, int((NR + 1) / 2)] + of[k, int(NR / 2) + 1]) / 2
}' "$scratch/pairs"

# Ends at random, each in a series that is resumed until it is whole. Only those that hit something count.
[ "$KILLS" = 0 ] && exit 0
inside() { # inside NAMESPACE WORD: its processes whose command has the word
	for p in $(ip netns pids "$1"); do
		if tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline" | grep -q -- "$2"; then echo "$p"; fi
	done 2>/dev/null || true
}
hit() { # hit NAMESPACE WORD
	local p
	p=$(inside "$1" "$2" | shuf -n 1)
	[ -n "$p" ] && kill -9 "$p" 2>/dev/null
}
cut() { # cut SECONDS: the link is down for so long
	here ip link set mtb-near down
	sleep "$1"
	here ip link set mtb-near up
}
blow() { # blow: one end of a kind at random; its name is left in what
	case $((RANDOM % 8)) in
	0) what="the source's program" && hit "$near" "^$MTBENCH run " ;;
	1) what="the source's process" && hit "$near" internal-child ;;
	2) what="the destination's program" && hit "$far" "mtbench internal-destination" ;;
	3) what="the destination's process" && hit "$far" internal-child ;;
	4) what="ssh" && hit "$near" "^ssh " ;;
	5) what="sshd's session" && hit "$far" "sshd: [a-z]" ;; # not the listener
	6) what="the link, for 25 s" && cut 25 ;;
	7) what="the link, for 3 s" && cut 3 ;;
	esac
}
lines() { if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi; }
moment() { # moment FILE PROCESS: waits for a moment at random: some records on, or while it comes to the other host
	local until=$(($(lines "$1") + RANDOM % 5))
	for _ in $(seq 200); do
		if [ "$(lines "$1")" -ge "$until" ] || ! kill -0 "$2" 2>/dev/null; then break; fi
		sleep 0.1
	done
	sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
}
left_behind() { # what is left on either host, a line each
	ls "$scratch/tmp"
	inside "$far" internal-
	inside "$near" internal-
}
declare -A counts
series=0 ends=0 resumed=0 lost=0 wrong=0 left=0
odd() { # odd WORDS: says what went wrong, and keeps its file
	echo "series $series, after the end of $what: $1"
	tail -3 "$scratch/err"
	[ -z "$KEEP" ] || { mkdir -p "$KEEP" && cp "$file"* "$KEEP"; }
}
while [ "$ends" -lt "$KILLS" ]; do
	series=$((series + 1))
	file=$scratch/kills$series.jsonl
	args=(run "${host[@]}" "${by[@]}" --models locked,lockless --threads 2 --wait on --pairs 8 --aa 0% --reruns 0
		--vcpus 1 --dirty-rate 100 --memory 4MiB --link-bandwidth 0 --downtime-limit 100ms --limit 20s -o "$file")
	for round in $(seq 40); do
		: >"$file.before"
		[ ! -e "$file" ] || cp "$file" "$file.before"
		here "$MTBENCH" "${args[@]}" >/dev/null 2>"$scratch/err" </dev/null &
		run=$!
		what=nothing
		if [ "$round" -le 8 ] && [ "$ends" -lt "$KILLS" ]; then
			moment "$file" "$run"
			while kill -0 "$run" 2>/dev/null; do # what is not there cannot be hit: another then
				if blow; then
					ends=$((ends + 1))
					counts[$what]=$((${counts[$what]:-0} + 1))
					break
				fi
			done
		fi
		status=0
		wait "$run" 2>/dev/null || status=$?
		if [ -s "$file.before" ] && ! cmp -s -n "$(stat -c %s "$file.before")" "$file.before" "$file"; then
			lost=$((lost + 1))
			odd "a finished run is lost"
		fi
		[ "$status" != 0 ] || break
		made=$({ tail -n +2 "$file" | grep -c '"index":'; } 2>/dev/null || true)
		[ "${made:-0}" -lt 16 ] || break
		[ ! -e "$file" ] || args=(run --resume "$file" "${by[@]}")
		resumed=$((resumed + 1))
	done
	once=$(tail -n +2 "$file" | grep -o '"index":[0-9]*' | sort | uniq -c | awk '$1 == 1' | wc -l)
	[ "$once" = 16 ] || { wrong=$((wrong + 1)); odd "$once of 16 runs were made exactly once"; }
	"$MTBENCH" report "$file" >/dev/null 2>"$scratch/err" || { wrong=$((wrong + 1)); odd "no report takes its file"; }
	echo "series $series: $(counted "$file"); $ends ends so far"
	for _ in $(seq 30); do # what is left is given the time in which silence is noticed
		[ -n "$(left_behind)" ] || break
		sleep 1
	done
	if [ -n "$(left_behind)" ]; then
		left=$((left + $(left_behind | wc -l)))
		odd "$(left_behind | tr '\n' ' ')left behind"
	fi
done
for what in "${!counts[@]}"; do echo "ends     ${counts[$what]} of $what"; done | sort
echo "kills    $ends in $series series, resumed $resumed times: $lost with a finished run lost, $wrong not made" \
	"exactly once, $left directories and processes left behind"
[ "$lost$wrong$left" = 000 ]
