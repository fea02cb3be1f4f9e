#!/bin/bash
# SPDX-License-Identifier: MIT
# uboot.sh HOST BUILD [golden]: records in the emulated arm64 host how stock U-Boot on stock QEMU dies of
# an access without syndrome, and holds the recordings against what U-Boot prints. They come to
# BUILD/out. With "golden", what matters of one becomes tests/data/arm64-uboot-nisv.trap.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
host=$1 build=$2 golden=${3:-}
trace=$build/out/uboot-exact.trap

record() {
	export TL_BOOT_ARCHIVE=$host/uboot.cpio.gz
	export TL_BOOT_MEMORY=${TL_BOOT_MEMORY:-3000} TL_BOOT_TIMEOUT=${TL_BOOT_TIMEOUT:-600}
	tests/arm64/boot.sh "$host" "$build" -- sh tests/arm64/inside.sh uboot
}

# From U-Boot's first look for PCI devices, in the window of their configuration, to the reset.
cut() {
	local first last

	first=$(sqlite3 "$trace" "SELECT min(seq) FROM exit WHERE addr BETWEEN 0x4010000000 AND 0x401fffffff")
	last=$(sqlite3 "$trace" "SELECT max(seq) FROM exit")
	rm -f "$build/out/cut.trap"
	build/release/bin/trapline cut "$trace" "$first" "$last" -o "$build/out/cut.trap"
	install -m 644 "$build/out/cut.trap" tests/data/arm64-uboot-nisv.trap
	ls -l tests/data/arm64-uboot-nisv.trap
}

# The packages' versions in the data's README, as the programs themselves say them.
note() {
	local uboot

	uboot=$(sed -n 's/^U-Boot \([^ ]*\) .*/\1/p' "$build/out/uboot-exact.console")
	sed -i "s/u-boot-qemu [0-9][^ ,;:)]*/u-boot-qemu $uboot/" tests/data/README.md
}

tests/arm64/uboot-fetch.sh "$host"
record
[ "$golden" = golden ] || exit 0
cut
note
