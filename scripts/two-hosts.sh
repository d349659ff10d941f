#!/usr/bin/env bash
# Two hosts on one machine: two network namespaces joined by veth, a rate held by tc, an sshd in one of them,
# and a series from the other through it. Then, in pairs, pages/s over TCP beside the Unix socket's.
#
#   two-hosts.sh [FLAGS OF mtbench run...]      default: a small matrix
#
# RATE=1gbit       what tc holds each direction to; "" = nothing
# DELAY=           for netem (as 1ms), where the kernel has it; "" = tbf alone
# TCP_PAIRS=6      pairs of TCP and Unix socket; 0 = none
# KILLS=0          so many ends at random: either side's processes, ssh, the link; each series is gone on with
# MTBENCH=         a built mtbench; "" = it is built
#
# Where there is no root, no sshd or no namespace, it says that it was skipped, and ends well.
set -euo pipefail
cd "$(dirname "$0")/.."
skip() { echo "two-hosts.sh: skipped: $*"; exit 0; }
RATE=${RATE-1gbit} DELAY=${DELAY-} TCP_PAIRS=${TCP_PAIRS-6} KILLS=${KILLS-0} MTBENCH=${MTBENCH-}

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
END
echo "10.77.0.2 $(cat "$scratch/host.pub")" >"$scratch/known"
printf 'Host *\nIdentityFile %s\nIdentitiesOnly yes\nUserKnownHostsFile %s\nGlobalKnownHostsFile none\n' \
	"$scratch/me" "$scratch/known" >"$scratch/client"
mkdir "$scratch/tmp"
TMPDIR=$scratch/tmp ip netns exec "$far" "$sshd" -D -e -f "$scratch/sshd_config" 2>"$scratch/sshd.log" &
daemon=$!
for _ in $(seq 50); do there ss -ltnH 2>/dev/null | grep -q 10.77.0.2:22 && break; sleep 0.1; done

if [ -z "$MTBENCH" ]; then
	go build -o "$scratch/mtbench" ./cmd/mtbench
	MTBENCH=$scratch/mtbench
fi
host=(--destination "ssh://$(id -un)@10.77.0.2")
by=(--ssh "ssh -F $scratch/client")
flags=("$@")
[ $# -gt 0 ] || flags=(--threads 1,4 --memory 8MiB --pairs 2 --aa 0% --reruns 0 --vcpus 2)

# counted FILE: its runs, those verified, those that failed
counted() {
	local runs verified failed
	runs=$(grep -c '"type":"run"' "$1" || true)
	verified=$(grep '"type":"run"' "$1" | grep -c '"verified":true' || true)
	failed=$(grep -c '"type":"failed"' "$1" || true)
	echo "$runs runs, $verified verified, $failed failed"
}

here "$MTBENCH" run "${host[@]}" "${by[@]}" "${flags[@]}" -o "$scratch/matrix.jsonl" \
	>"$scratch/out" 2>"$scratch/err" </dev/null || { tail -5 "$scratch/err"; exit 1; }
echo "matrix   $(counted "$scratch/matrix.jsonl")"

rate() { # pages/s of the only run of a file
	grep '"type":"run"' "$1" | grep -o '"drain_rate_pages_per_second":[0-9.e+]*' | cut -d: -f2
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
	echo "$(rate "$scratch/tcp$pair.jsonl") $(rate "$scratch/unix$pair.jsonl")"
done >"$scratch/pairs"
[ "$TCP_PAIRS" = 0 ] || sort -g -k1,1 "$scratch/pairs" | awk '{
	tcp[NR] = $1; ratio[NR] = $1 / $2
	printf "pair     TCP %.0f pages/s, Unix socket %.0f: %.3f\n", $1, $2, $1 / $2
} END {
	n = asort_by(ratio, NR)
	printf "TCP      %.3f times the pages/s of the Unix socket (median of %d pairs, %.3f to %.3f)\n",
		(ratio[int((NR + 1) / 2)] + ratio[int(NR / 2) + 1]) / 2, NR, ratio[1], ratio[NR]
}
function asort_by(a, n,   i, j, t) {
	for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] < a[j-1]; j--) { t = a[j]; a[j] = a[j-1]; a[j-1] = t }
	return n
}'

# Ends at random, each in a series that is gone on with until it is whole.
[ "$KILLS" = 0 ] && exit 0
inside() { # inside NAMESPACE WORD: its processes whose command has the word
	for p in $(ip netns pids "$1"); do
		if tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline" | grep -q -- "$2"; then echo "$p"; fi
	done 2>/dev/null || true
}
hit() { # hit NAMESPACE WORD
	local p
	p=$(inside "$1" "$2" | shuf -n 1)
	[ -z "$p" ] || kill -9 "$p" 2>/dev/null || true
}
declare -A counts
lost=0 series=0 done_kills=0 left=0 wrong=0
while [ "$done_kills" -lt "$KILLS" ]; do
	series=$((series + 1))
	file=$scratch/kills$series.jsonl
	args=(run "${host[@]}" "${by[@]}" --models locked,lockless --threads 2 --wait on --pairs 8 --aa 0% --reruns 0
		--vcpus 1 --dirty-rate 100 --memory 4MiB --link-bandwidth 0 --downtime-limit 100ms --limit 20s -o "$file")
	for round in $(seq 40); do
		: >"$file.before"
		[ ! -e "$file" ] || cp "$file" "$file.before"
		here "$MTBENCH" "${args[@]}" >/dev/null 2>"$scratch/err" </dev/null &
		run=$!
		what=none
		if [ "$round" -le 5 ] && [ "$done_kills" -lt "$KILLS" ]; then
			for _ in $(seq 100); do [ -s "$file" ] && break; sleep 0.1; done
			sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
			case $((RANDOM % 7)) in
			0) what=source-program; hit "$near" "mtbench run" ;;
			1) what=source-process; hit "$near" internal-child ;;
			2) what=destination-program; hit "$far" internal-destination ;;
			3) what=destination-process; hit "$far" internal-child ;;
			4) what=ssh; hit "$near" "^ssh " ;;
			5) what=sshd; hit "$far" "sshd: [a-z]" ;; # a session, not the listener
			6) what=link; here ip link set mtb-near down; sleep 25; here ip link set mtb-near up ;;
			esac
			done_kills=$((done_kills + 1))
			counts[$what]=$((${counts[$what]:-0} + 1))
		fi
		status=0
		wait "$run" || status=$?
		cmp -s -n "$(stat -c %s "$file.before")" "$file.before" "$file" || [ ! -s "$file.before" ] || lost=$((lost + 1))
		made=$({ tail -n +2 "$file" | grep -c '"index":'; } 2>/dev/null || true)
		if [ "$status" = 0 ] || [ "${made:-0}" -ge 16 ]; then break; fi
		if [ -e "$file" ]; then args=(run --resume "$file" "${by[@]}"); fi
	done
	indexes=$(tail -n +2 "$file" | grep -o '"index":[0-9]*' | sort | uniq -c | awk '$1 == 1' | wc -l)
	[ "$indexes" = 16 ] || { wrong=$((wrong + 1)); cat "$scratch/err"; }
	echo "series $series: $(counted "$file"); $done_kills ends so far"
	for _ in $(seq 30); do # what is left is given the time in which silence is noticed
		left_now=$(ls "$scratch/tmp" | wc -l)
		left_now=$((left_now + $(inside "$far" internal- | wc -l) + $(inside "$near" internal- | wc -l)))
		[ "$left_now" = 0 ] && break
		sleep 1
	done
	left=$((left + left_now))
done
for what in "${!counts[@]}"; do echo "ends     ${counts[$what]} of $what"; done
echo "kills    $done_kills in $series series: $lost with a finished run lost, $wrong not made exactly once," \
	"$left directories and processes left behind"
[ "$lost$wrong$left" = 000 ]
