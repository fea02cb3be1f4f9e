#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs inside the emulated arm64 host: records a guest that does nothing but MMIO, at every level of
# registers, and prints how many ioctls the recorder made for one of its exits.
guest=$TL_BUILD_TESTS/guests/mmio-loop-short.elf

for level in pc core full; do
	trace=/tmp/$level.trap
	trapline run -q -o "$trace" --regs "$level" --unanswered zero "$guest" >/dev/null || exit
	trapline sql --csv "$trace" "select printf('--regs %-4s  %7.2f an exit (%d of %d exits)', '$level',
		1.0 * value / n, value, n) from meta, (select count(*) as n from exit) where key = 'ioctls'" |
		tail -n 1 | tr -d '\r'
done
