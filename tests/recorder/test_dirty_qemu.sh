#!/bin/bash
# SPDX-License-Identifier: MIT
# labels: kvm x86_64
#
# QEMU needs KVM's dirty log for its screen and to migrate. It works the same when we follow memory by
# it: the screen is painted, and a guest that is migrated finds every page as it left it.
set -u -o pipefail
root=${TL_SOURCE_DIR:-$(dirname "$0")/../..}
bin=${TL_BUILD_BIN:?} tests=${TL_BUILD_TESTS:?}
scratch=$(mktemp -d)
trap 'exec 9>&-; wait; rm -rf "$scratch"' EXIT
faults=0

fault() {
	echo "dirty_qemu: $*"
	faults=$((faults + 1))
}

if ! [ -c /dev/kvm ] || ! (true <>/dev/kvm) 2>/dev/null; then
	echo "/dev/kvm cannot be opened here"
	exit 77
fi

boot_disk() {
	"${CC:-cc}" -m16 -c -o "$scratch/boot.o" "$root/tests/recorder/sweep-boot.S" &&
		objcopy -O binary -j .text "$scratch/boot.o" "$scratch/disk" &&
		truncate -s 510 "$scratch/disk" && printf '\x55\xaa' >>"$scratch/disk" &&
		truncate -s 32K "$scratch/disk"
}

machine=(qemu-system-x86_64 -accel kvm -m 32 -vga std -display none -net none
	-device "isa-debug-exit,iobase=0x501,iosize=1"
	-drive "file=$scratch/disk,format=raw,if=ide,snapshot=on")

recorded() { # TRACE COMMAND...
	"$tests/recorder/no-userfaultfd" "$bin/trapline" record -q --mem exact \
		-o "$scratch/$1.trap" -- "${@:2}"
}

said() { # LETTER FILE
	for ((i = 0; i < 600; i++)); do
		grep -q "$1" "$2" 2>/dev/null && return
		sleep 0.1
	done
	fault "the guest never said $1"
}

moved() { # FILE
	for ((i = 0; i < 300; i++)); do
		grep -q 'Migration status: completed' "$1" && return
		echo "info migrate" >&9
		sleep 0.1
	done
	fault "the guest never moved: $(tail -n 3 "$1")"
}

# The screen is dumped before and after it is painted, then all moves into a file.
source_side() { # NAME [COMMAND...]
	local name=$1

	mkfifo "$scratch/monitor"
	"${@:2}" "${machine[@]}" -monitor stdio -serial "file:$scratch/$name.serial" \
		<"$scratch/monitor" >"$scratch/$name.said" 2>&1 &
	exec 9>"$scratch/monitor"
	said A "$scratch/$name.serial"
	echo "screendump $scratch/$name.before" >&9
	said B "$scratch/$name.serial"
	printf '%s\n' "screendump $scratch/$name.screen" \
		"migrate_set_parameter max-bandwidth 1M" \
		"migrate -d \"exec:cat >$scratch/$name.state\"" >&9
	sleep 1.5 # the guest writes again to pages that have moved
	echo "migrate_set_parameter max-bandwidth 10G" >&9
	moved "$scratch/$name.said"
	echo quit >&9
	exec 9>&-
	wait $! || fault "$name: QEMU ended with status $?: $(tail -n 3 "$scratch/$name.said")"
	rm "$scratch/monitor"
}

knock() {
	while sleep 0.2 && echo go; do :; done 2>/dev/null
}

target_side() { # NAME [COMMAND...]
	local status

	knock | "${@:2}" "${machine[@]}" -monitor none -serial stdio \
		-incoming "exec:cat $scratch/$1.state" >"$scratch/$1.said" 2>&1
	status=${PIPESTATUS[1]}
	[ "$status" = 33 ] || fault "$1: the guest that moved ended with status $status"
	grep -q C "$scratch/$1.said" || fault "$1: the guest that moved did not say C"
}

boot_disk || exit 1
source_side alone
source_side recorded recorded source
cmp "$scratch/alone.screen" "$scratch/recorded.screen" || fault "the screen is another one"
cmp -s "$scratch/recorded.before" "$scratch/recorded.screen" && fault "nothing was painted"
alone=$(stat -c %s "$scratch/alone.state") moved=$(stat -c %s "$scratch/recorded.state")
[ "$moved" -lt $((4 * alone)) ] || fault "$moved bytes moved, alone $alone: pages go again and again"
target_side recorded recorded target
for trace in source target; do
	lost=$("$bin/trapline" sql "$scratch/$trace.trap" \
		'SELECT count(*) FROM region WHERE kind = 4 OR kind = 1' | tr -dc 0-9)
	[ "$lost" = 0 ] || fault "$trace: $lost regions are not followed by the dirty log"
done
[ $faults = 0 ]
