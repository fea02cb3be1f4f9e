#!/bin/bash
# SPDX-License-Identifier: MIT
# boot.sh HOST BUILD -- COMMAND: boots the emulated arm64 host, whose own KVM works, and runs COMMAND
# in it as root. HOST holds its kernel (Image) and busybox, and qemu where it must be another than the
# system's. Its output comes out here as it is written, what it leaves in /out comes to BUILD/out,
# and its exit status is ours. TL_BOOT_TIMEOUT (120 s) ends a hang; TL_BOOT_MEMORY is in MiB;
# TL_BOOT_ARCHIVE is a cpio archive of more files for its root. Once in a while, on a busy machine, an
# emulated CPU stops for good: the other one notices, and we start again.
set -u -o pipefail
host=$1 build=$2
[ "$3" = -- ] || exit 2
shift 3
limit=${TL_BOOT_TIMEOUT:-120}
console=$build/console.log
qemu="qemu-system-aarch64"
[ ! -e "$host/qemu" ] || qemu=$host/qemu

fail() {
	tail -n 20 "$console" >&2
	echo "arm64 boot: $* (the end of $console is above)" >&2
	exit 2
}

# The command rides in an archive of its own behind the big one, which stays as it is.
pack() {
	"$(dirname "$0")/initramfs.sh" "$host" "$build" "$build/initramfs" || exit 2
	printf '%s\n' "$*" >"$work/command"
	(cd "$work" && echo command | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$work/command.gz"
	cat "$build/initramfs" ${TL_BOOT_ARCHIVE:+"$TL_BOOT_ARCHIVE"} "$work/command.gz" >"$work/initrd"
}

# nmi_watchdog: it ends at once when a CPU has stopped.
# pauth-impdef: the architected pointer authentication is slow to emulate. The pipe to cat: QEMU
# would truncate a file that our output goes to, and leave a terminal without blocking reads.
emulate() {
	timeout -k 5 "$limit" "$qemu" -M virt,virtualization=on,gic-version=3 \
		-cpu max,pauth-impdef=on -accel tcg,thread=multi -smp 2 -m "${TL_BOOT_MEMORY:-1024}" \
		-nodefaults -display none -no-reboot -serial "file:$console" \
		-kernel "$host/Image" -initrd "$work/initrd" \
		-append "console=ttyAMA0 quiet panic=-1 nmi_watchdog=panic" \
		-device virtio-serial-pci \
		-chardev file,id=output,path=/dev/stdout -device virtserialport,chardev=output,name=output \
		-chardev "file,id=files,path=$work/tar" -device virtserialport,chardev=files,name=files \
		-chardev "file,id=status,path=$work/status" -device virtserialport,chardev=status,name=status \
		</dev/null | cat
}

bring_out() {
	rm -rf "$build/out"
	mkdir -p "$build/out"
	tar -C "$build/out" --no-same-owner --warning=no-timestamp -xf "$work/tar" ||
		fail "what it left in /out did not arrive"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack "$@"
for try in 1 2 3; do
	emulate
	case $? in
	124 | 137) fail "the emulated host still ran after $limit s (TL_BOOT_TIMEOUT) and was stopped" ;;
	esac
	if [ -s "$work/status" ] || ! grep -q 'hard LOCKUP' "$console"; then break; fi
	echo "arm64 boot: an emulated CPU stopped (try $try)" >&2
done
[ -s "$work/status" ] || fail "the emulated host ended before the command did"
bring_out
exit "$(cat "$work/status")"
