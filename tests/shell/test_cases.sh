#!/bin/bash
# SPDX-License-Identifier: MIT
# labels: unit
#
# Real faults of public reports (tests/data/cases), imported from what was pasted there: what explain and
# answer say of each.
set -u -o pipefail
root=${TL_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
PATH=${TL_BUILD_BIN:-$root/build/release/bin}:$PATH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
faults=0 case='' said=''

# One line, so that text may be looked for wherever its lines break.
flat() {
	tr -s ' \n' ' '
}

begin() { # CASE: imports it and explains its last exit
	case=$1
	trapline import -q "$root/tests/data/cases/$1.txt" -o "$scratch/$1.trap" 2>"$scratch/err" ||
		fault "import: $(cat "$scratch/err")"
	said=$(trapline explain "$scratch/$1.trap" 2>&1 | flat)
}

explain() { # POS
	said=$(trapline explain "$scratch/$case.trap" "$1" 2>&1 | flat)
}

answer() { # ANSWER...
	said=$(trapline answer "$scratch/$case.trap" "$@" 2>&1 | flat)
}

fault() {
	echo "$case: $*"
	faults=$((faults + 1))
}

says() { # TEXT...
	local text

	for text; do
		[[ $said == *"$text"* ]] || fault "does not say \"$text\", but: $said"
	done
}

never() { # TEXT...
	local text

	for text; do
		[[ $said != *"$text"* ]] || fault "says \"$text\": $said"
	done
}

begin 01-uboot-xhci
says 'NISV, a post-index store of 4 bytes' 'b8004401 str w1, [x0], #4' '1. likely: the guest accesses a device'
answer emulate
says 'write 4 0x10100040 = 0x1' 'x0 0x10100040 -> 0x10100044' 'pc 0x476fc1c8 -> 0x476fc1cc' \
	'data is taken to be little endian: SCTLR_EL1 was not recorded'
answer abort
says '-> 0x96000010' 'far_el1' '-> 0x10100040' 'elr_el1' '-> 0x476fc1c8'

begin 02-uboot-hvf
says 'NISV' 'the instruction at pc' 'the guest physical address (IPA) of the access'

begin 03-uboot-cfi
says 'of a 32-bit guest (A32)' 'flash is a read-only slot in array mode, and none in command mode' \
	'the instruction at pc'

begin 04-edk2-lto-thumb
says 'of a 32-bit guest (T32)' 'x3 = 0x8000820 may be the base' 'an assumption' \
	'the guest physical address (IPA) of the access'

begin 05-edk2-gic-typer
says 'in-kernel device: userspace has no path that gives the guest the access it made' 'an assumption'

begin 06-edk2-null
says '1. likely: a wild or NULL pointer' 'x5 = 0x96000044 reads as ESR_EL1 of a data abort'
never '1. likely: the guest accesses a device' '1. certain: the guest accesses a device'

begin 07-barebox-primecell
says 'a post-index load of 4 bytes' 'ldr w1, [x0], #4' '0x9000fe0'
answer emulate=0x11
says 'read 4 0x9000fe0 -> 0x11' 'x0 0x9000fe0 -> 0x9000fe4' '-> 0x11 what was read'

begin 08-barebox-memcpy
says 'a post-index load of 8 bytes' 'the guest accesses flash' 'in array mode flash is a read-only slot' \
	'in command mode it is no slot'

begin 09-barebox-stack
says '1. certain: the stack pointer is misaligned: the access faults if SCTLR_EL1.SA is set' \
	'sp = 0x4007fff8 is not a multiple of 16'
answer abort
says 'refused' 'no exit: userspace was not asked'

begin 10-lpae-hpfar
says 'reported IPA disagrees with the walk: 0x3deb0000 against 0x43deb0000, low 32 bits equal'

begin 11-tcg-isv
says 'syndrome contradicts the instruction' 'trusting it would lose the writeback' '1. certain'

begin 12-osv-pi4
says 'x9 = 0x48000000 may be the base' 'the instruction at pc' 'the guest physical address (IPA) of the access' \
	'the virtual address of the access (FAR)' 'the memory slots of the VM'

begin 13-ios-idsr
explain 1
says 's3_0_c15_c13_0' 'each CPU implementation defines for itself' 'mrs'
answer 1 cell raz undef
says 'cell: a register that holds what was written last' 'raz: reads as zero, writes are ignored' \
	'undef: the instruction is undefined'
explain 2
says 'the guest writes s3_3_c15_c15_0'

[ $faults = 0 ]
