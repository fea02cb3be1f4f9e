#!/bin/bash
# SPDX-License-Identifier: MIT
# labels: kvm serial x86_64
#
# What recording may cost, measured on the release build, which ./dev test makes before this one. The
# machine may have other work, and neighbours that nobody here sees: an attempt waits for a quiet
# moment, and up to six are made, since such noise only ever adds. The limits themselves, which stand
# in the programs, are the same each time.
set -u
release=$TL_SOURCE_DIR/build/release/tests

busy() { # ticks that the machine has worked since it started, and those it had
	awk '/^cpu /{ for (i = 2; i <= 9; i++) all += $i; print all - $5 - $6, all; exit }' /proc/stat
}

quiet() { # less than a tenth of the last second was worked
	local before after

	read -r -a before <<<"$(busy)"
	sleep 1
	read -r -a after <<<"$(busy)"
	(((after[0] - before[0]) * 10 < after[1] - before[1]))
}

wait_for_quiet() {
	local i

	for ((i = 0; i < 15; i++)); do
		! quiet || return 0
	done
	echo "the machine is busy with something else; measuring all the same"
}

attempts() { # COMMAND...
	local i

	for i in 1 2 3 4 5 6; do
		wait_for_quiet
		echo "${1##*/}, attempt $i:"
		! "$@" || return 0
	done
	return 1
}

if ! { [ -c /dev/kvm ] && (true <>/dev/kvm) 2>/dev/null; }; then
	echo "/dev/kvm cannot be opened"
	exit 77
fi
for program in bench_exits bench_collector bench_memory; do
	[ -x "$release/bench/$program" ] ||
		{ echo "no $release/bench/$program: ./dev build makes it" && exit 1; }
done
status=0
attempts "$release/bench/bench_exits" --limits "$release"/guests/mmio-loop{,-medium}.elf || status=1
attempts "$release/bench/bench_collector" --limits || status=1
attempts "$release/bench/bench_memory" --limits 3 || status=1
exit $status
