#!/usr/bin/env bash
# Makes a migration stream with compressed pages by a real QEMU: qemu-stream.sh MEMORY STREAM [QEMU].
# MEMORY is the raw bytes of a guest, which never runs: its machine has no firmware, no device and no
# CPU, so that the stream holds what was given and nothing else. STREAM is what `migrate exec:`
# writes. QEMU is the program (default qemu-system-x86_64; 3.1 to 9.0 still compress, Debian 12 has 7.2).
#
# LEVEL (1), THREADS (2) and WAIT (on: compress-wait-thread) come from the environment.
#
# The stream that the tests read was made so, and cut behind its memory:
#	go test ./internal/qemustream -run TestRealStream -memory /tmp/memory
#	scripts/qemu-stream.sh /tmp/memory /tmp/stream
#	go run ./cmd/mtbench stream /tmp/stream --cut internal/qemustream/testdata/qemu-7.2.stream
set -euo pipefail

[ $# -ge 2 ] || { echo "usage: $0 MEMORY STREAM [QEMU]" >&2; exit 2; }
memory=$(realpath "$1") stream=$(realpath "$2") qemu=${3:-qemu-system-x86_64}
command -v "$qemu" >/dev/null || {
	echo "$0: needs $qemu (Debian: apt-get install qemu-system-x86)" >&2
	exit 2
}
case "$memory$stream" in *[,\"\'\ \$\`]*)
	echo "$0: paths with commas, quotes, spaces or dollars do not pass through QEMU's options" >&2
	exit 2
	;;
esac
[ ! -e "$stream" ] || { echo "$0: $stream exists already" >&2; exit 2; }
bytes=$(stat -c %s "$memory")

"$qemu" -machine none -m "$((bytes / 1024))K" -S -display none -nodefaults -no-user-config \
	-device "loader,file=$memory,addr=0,force-raw=on" -monitor stdio >/dev/null <<COMMANDS
migrate_set_capability compress on
migrate_set_parameter compress-level ${LEVEL:-1}
migrate_set_parameter compress-threads ${THREADS:-2}
migrate_set_parameter compress-wait-thread ${WAIT:-on}
migrate "exec:cat > $stream"
quit
COMMANDS
[ -s "$stream" ] || { echo "$0: QEMU wrote no stream" >&2; exit 1; }
