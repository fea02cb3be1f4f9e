#!/bin/bash
# SPDX-License-Identifier: MIT
# bench.sh: measures what recording and reading cost, with the programs of the release build, and prints the
# figures, then those that have a limit beside it. "./dev bench" builds, then calls this. Exit status
# 1: a limit is broken. Figures are medians of five rounds or more; leave the machine alone meanwhile.
set -u -o pipefail
cd "$(dirname "$0")/../.." || exit 2
tests=build/release/tests
tracing=/sys/kernel/tracing
status=0

title() {
	printf '\n== %s\n' "$*"
}

machine() {
	title "this machine"
	echo "kernel  $(uname -sr)"
	echo "cpu     $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) of them"
	echo "load    $(cut -d' ' -f1-3 /proc/loadavg)"
}

# ftrace is measured beside us; without it the rest still is.
mount_tracefs() {
	[ ! -d $tracing/instances ] || return 0
	mount -t tracefs tracefs $tracing 2>/dev/null ||
		echo "tracefs is not mounted and cannot be (root may): ftrace is left out"
}

limited() {
	"$@" || status=1
}

exits() {
	title "an exit-heavy guest, recorded and not"
	mount_tracefs
	"$tests/bench/bench_exits" "$tests/guests/mmio-loop.elf"
}

memory() {
	title "exact memory"
	"$tests/bench/bench_memory"
}

collector() {
	title "the collector"
	"$tests/bench/bench_collector"
}

reader() {
	title "reading a large trace"
	limited "$tests/bench/bench_reader"
}

decode() {
	title "decoding instructions"
	limited "$tests/bench/bench_decode"
}

limits() {
	title "limits"
	! $kvm || limited "$tests/bench/bench_exits" --limits "$tests"/guests/mmio-loop{,-medium}.elf
	! $kvm || limited "$tests/bench/bench_memory" --limits
	limited "$tests/bench/bench_collector" --limits
}

# arm64 gives no register for free. These are counts: emulation does not change them.
arm64() {
	title "arm64: ioctls that recording adds to an MMIO exit"
	./dev arm64 boot -- sh tests/bench/ioctls.sh || status=1
}

machine
kvm=false
[ ! -c /dev/kvm ] || ! (true <>/dev/kvm) 2>/dev/null || kvm=true
if $kvm; then exits && memory; else title "no /dev/kvm that opens: what an exit costs is left out"; fi
collector
reader
decode
limits
arm64
exit $status
