#!/bin/bash
# SPDX-License-Identifier: MIT
# uboot-fetch.sh DIR: puts into DIR uboot.cpio.gz, more files for the root of the emulated arm64 host:
# Debian 13's arm64 QEMU with the libraries it needs, and U-Boot for QEMU's arm64 board. The loader
# comes with them, for the C library that the host has otherwise may be an older one.
set -eu -o pipefail
dir=$1
apt=$dir/uboot-apt
libraries=usr/lib/aarch64-linux-gnu
# shellcheck source=tests/arm64/apt.sh
. "$(dirname "$0")/apt.sh"

download() {
	apt-get -qq -y --no-install-recommends --download-only install qemu-system-arm u-boot-qemu ||
		fail "no arm64 QEMU and U-Boot from $(mirror)"
}

# Paths of what QEMU opens on that board, below $apt/root.
wanted() {
	find usr/bin/qemu-system-aarch64 $libraries usr/share/qemu usr/lib/u-boot/qemu_arm64 \
		-path $libraries/gconv -prune -o -print
}

# The kernel makes no folder that is not in the archive itself.
pack() {
	mkdir -p "$apt/files/lib"
	(cd "$apt/root" && wanted | cpio --quiet -pdm "$apt/files")
	cp "$apt/files/$libraries/ld-linux-aarch64.so.1" "$apt/files/lib"
	(cd "$apt/files" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$apt/new"
	mv "$apt/new" "$dir/uboot.cpio.gz"
}

[ ! -e "$dir/uboot.cpio.gz" ] || exit 0
echo "arm64 setup: fetching Debian 13's arm64 QEMU and U-Boot" >&2
start_apt
download
unpack "$apt"/cache/archives/*.deb
pack
rm -rf "$apt"
