#!/bin/bash
# SPDX-License-Identifier: MIT
# demo.sh [FOLDER]: records a guest live where /dev/kvm works, looks at the trace, then opens a real
# arm64 trace from tests/data. Traces are left in FOLDER (build/demo). "./dev demo" builds, then calls
# this. The test of this file sets TL_BUILD_BIN and TL_BUILD_TESTS, and TL_DEMO_KVM to do without KVM.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
PATH=${TL_BUILD_BIN:-$PWD/build/release/bin}:$PATH
guests=${TL_BUILD_TESTS:-build/release/tests}/guests
folder=${1:-build/demo}
kvm=${TL_DEMO_KVM:-/dev/kvm}
trace=$folder/boot.trap
asked=tests/data/arm64-nisv-abort.trap
unasked=tests/data/arm64-nisv-off.trap
dies=tests/data/arm64-uboot-nisv.trap
bold='' plain='' seq=''
[ ! -t 1 ] || bold=$'\033[1m' plain=$'\033[0m'

say() {
	printf '\n'
	fmt -w 90 <<<"$*"
}

# The first N lines of the output, or the last -N.
cut_to() {
	local n=$1 all

	all=$(wc -l <"$output")
	((n > 0 || all <= -n)) || echo "..."
	if ((n > 0)); then head -n "$n" "$output"; else tail -n "${n#-}" "$output"; fi
	((n < 0 || all <= n)) || echo "..."
}

# try N COMMAND [STATUS]: as typed, then what it says, cut to N lines.
try() {
	local status

	printf '\n%s$ %s%s\n' "$bold" "$2" "$plain"
	bash -c "$2" >"$output" 2>&1 </dev/null
	status=$?
	cut_to "$1"
	[ $status = "${3:-0}" ] || { echo "demo: that ended with status $status" >&2 && exit 1; }
}

start() {
	say "Trapline records the exits of a virtual machine. An exit is the moment when the processor" \
		"stops running the guest because somebody has to do something for it: answer a read of a" \
		"device, say. The program that answers is the VMM. Each line with a \$ is what you would" \
		"type; trapline is build/release/bin/trapline. \"...\" is output that is left out here."
}

record_qemu() {
	say "QEMU boots its firmware, for three seconds. It is Debian's QEMU, unchanged; trapline runs it" \
		"and writes what passes between it and KVM into one file, a trace."
	try -1 "timeout 3 trapline record -o $trace -- qemu-system-x86_64 -accel kvm -m 128 -display none -net none" 124
}

record_reference() {
	say "There is no QEMU here, so trapline's own small VMM runs a small guest, and records itself."
	try 2 "trapline run -o $trace $guests/hello.elf"
}

look_at_it() {
	say "What is in the trace, and where is it from?"
	try 16 "trapline stat $trace"
	say "A line for each exit: when, which vCPU, why, where in the guest, what it wanted, and what the" \
		"VMM replied. \"in 1 0x92\" reads one byte from port 0x92; \"-> 0x0\" is the reply."
	try 6 "trapline show $trace 2..6"
	say "One of them with all that is recorded of it: the code around the program counter (>), and the" \
		"registers, those that changed marked with a star."
	try 20 "trapline show $trace 3"
	say "The trace is an SQLite file, and SQL is how it is searched. Which ports does the guest use?"
	try 6 "trapline sql $trace 'select port, rw, count(*) from pio group by 1, 2 order by 3 desc'"
}

firmware_log() {
	say "The firmware writes its log to port 0x402, a byte at a time. QEMU throws it away; the trace has it:"
	try 4 "trapline sql $trace \"select group_concat(char(value), '') as said from exits where addr = 0x402\" | sed 's/\\\\n/\\n/g'"
}

# Opening what is not there would make it.
opens() {
	[ -c "$1" ] && (true <>"$1") 2>/dev/null
}

live() {
	case $(uname -m) in
	x86_64) ;;
	*) say "This is no x86_64 machine, so nothing is recorded live." && return ;;
	esac
	if ! opens "$kvm"; then
		say "$kvm cannot be opened here, so nothing is recorded live. \"trapline check\" says why."
		return
	fi
	rm -f "$trace"*
	if command -v qemu-system-x86_64 >/dev/null; then record_qemu; else record_reference; fi
	look_at_it
	! command -v qemu-system-x86_64 >/dev/null || firmware_log
}

# Shipped, so that this works on every machine.
arm64() {
	say "Now arm64, from a trace that comes with trapline: it was recorded on a real arm64 kernel." \
		"Some loads and stores there reach KVM without a description of what they access: those with" \
		"writeback, of pairs, of vectors. KVM calls this NISV. The view of that name has, for each," \
		"the instruction, the address it wanted, and how the VMM replied."
	try 7 "trapline sql $asked 'select * from nisv'"
	say "This VMM never asked for such exits. Without a recording all it knows is that KVM_RUN failed" \
		"with ENOSYS. In the trace is what the guest did:"
	try 3 "trapline sql $unasked 'select * from nisv'"
	say "The same exit with its registers: x0 is the address, and the instruction at > would have loaded from it."
	seq=$(trapline sql "$unasked" 'select seq from nisv' | tail -n 1)
	try 20 "trapline show $unasked $((seq))"
}

uboot() {
	say "A guest that dies of it: Debian's U-Boot under Debian's QEMU. This QEMU asks for such exits, and" \
		"answers with an external abort. The trace has all memory, at each of its exits."
	try 4 "trapline sql $dies 'select * from nisv'"
	seq=$(trapline sql "$dies" 'select seq from nisv' | tail -n 1)
	say "Which instruction was that, what stands at the address, and why did it come to this?"
	try 40 "trapline explain $dies"
	say "And what would have come of another answer? emulate is what the guest wanted."
	try 16 "trapline answer $dies emulate abort"
	say "x0 is the address. How do U-Boot's page tables lead there, and what is on its stack?"
	try 20 "trapline show $dies --walk $((seq)) x0"
	try 4 "trapline show $dies --mem $((seq)) sp,32"
	say "And its last words, which went to the serial port:"
	try 6 "trapline sql $dies \"select group_concat(char(value), '') as said from exits where addr = 0x9000000 and seq > $((seq))\" | sed 's/\\\\r\\\\n/\\n/g'"
}

next() {
	say "What one would do next:"
	cat <<-EOF

		  trapline check -- VMM                       can your VMM be recorded on this machine?
		  trapline record -o mine.trap -- VMM ...     record it
		  trapline show mine.trap --where 'ran > 1e6' exits before which the guest ran over 1 ms
		  trapline show mine.trap last                the last thing that happened
		  trapline show --help                        what else there is to choose by
		  man docs/man/trapline.1                     all verbs and options
	EOF
	[ ! -e "$trace" ] || printf '\nThe trace is in %s.\n' "$trace"
}

mkdir -p "$folder" || exit 2
output=$(mktemp) || exit 2
trap 'rm -f "$output"' EXIT
start
live
arm64
uboot
next
