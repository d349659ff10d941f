#!/bin/sh
# Makes a release in DIR: a static binary a platform with its man pages and completions, one archive
# each, and SHA256SUMS. Usage: scripts/release.sh DIR. It needs Go, tar and sha256sum, and a clean
# checkout, so that each binary knows its revision.
set -eu
cd "$(dirname "$0")/.."
out=${1:?usage: scripts/release.sh DIR}
if [ -n "$(git status --porcelain)" ] && [ "${DIRTY:-}" != yes ]; then
	echo "release: the tree has changes; commit them, or try with DIRTY=yes" >&2
	exit 2
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
here=$out/.here
export CGO_ENABLED=0 GOFLAGS='-trimpath -buildvcs=true' # else a setting of the user's counts
go build -o "$here" ./cmd/mtbench
if "$here" version | grep -q '^revision *unknown'; then
	echo "release: the program does not know its revision: is this a git checkout?" >&2
	exit 1
fi
version=$("$here" version | sed -n 's/^mtbench *//p')
for arch in amd64 arm64; do
	name=mtbench-$version-linux-$arch
	rm -rf "${out:?}/$name"
	mkdir -p "$out/$name/completions"
	GOOS=linux GOARCH=$arch go build -ldflags=-s -o "$out/$name/mtbench" ./cmd/mtbench
	"$here" man "$out/$name/man"
	for shell in bash zsh fish; do
		"$here" completion $shell > "$out/$name/completions/mtbench.$shell"
	done
	cp README.md LICENSE CHANGELOG.md "$out/$name/"
	tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner \
		--mtime="@$(git log -1 --format=%ct)" -czf "$out/$name.tar.gz" "$name"
	rm -rf "${out:?}/$name"
done
rm -f "$here"
(cd "$out" && sha256sum mtbench-*.tar.gz > SHA256SUMS && cat SHA256SUMS)
