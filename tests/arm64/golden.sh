#!/bin/bash
# SPDX-License-Identifier: MIT
# golden.sh HOST BUILD [idsr]: records the golden traces of tests/data anew in the emulated arm64 host,
# of the guests in BUILD; with "idsr" those of IDSR, on the kernel that has it. Run it by "./dev arm64
# golden" or "./dev arm64 idsr golden", look at what changed, and run the tests.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
host=$1 build=$2 kind=${3:-stock}
guests=/trapline/tests/guests
rom="--rom 0x0c000000,0x10000"

# NAME STATUS COMMAND; "TO" becomes -o and the trace's path
traces() {
	"${kind}_traces"
}

idsr_traces() {
	cat <<-EOF
		arm64-idsr-cell 0 trapline run TO --idsr cell --unanswered zero $guests/idsr.elf
		arm64-idsr-undef 0 trapline run TO --idsr undef --unanswered zero $guests/idsr.elf
		arm64-idsr-unasked 0 trapline record TO -- trapline run --unanswered zero $guests/idsr.elf
		arm64-idsr32-cell 0 trapline run TO --idsr cell --unanswered zero $guests/idsr32.elf
		arm64-idsr32-undef 0 trapline run TO --idsr undef --unanswered zero $guests/idsr32.elf
	EOF
}

stock_traces() {
	cat <<-EOF
		arm64-nisv-abort 0 trapline run TO --regs full --nisv abort $rom $guests/nisv.elf
		arm64-nisv-off 2 trapline record TO -- trapline run --nisv off $guests/nisv-die.elf
		arm64-mmio 5 trapline run TO --unanswered ones $guests/mmio-sizes.elf
		arm64-interrupted 0 trapline run TO --interrupt-every 3 --unanswered zero $guests/mmio-loop-short.elf
		arm64-psci 0 trapline record TO -- trapline run $guests/psci-off.elf
		arm64-smp 0 trapline run TO --vcpus 2 --unanswered zero $guests/smp.elf
	EOF
}

# What the emulated host runs: it ends with 1 if a guest's status is another.
commands() {
	traces | while read -r name status command; do
		echo "${command/TO/-q -o /out/$name.trap}; [ \$? = $status ] || exit 1"
	done
}

# What a view shows, beside the trace.
texts() {
	local name

	case $kind in
	stock) sqlite3 tests/data/arm64-nisv-abort.trap 'SELECT * FROM nisv' >tests/data/arm64-nisv-abort.nisv ;;
	idsr)
		traces | while read -r name _; do
			sqlite3 "tests/data/$name.trap" 'SELECT * FROM idsr' >"tests/data/$name.idsr"
		done
		;;
	esac
}

# "Made with" in the note is the only line that the machine knows better.
note() {
	local kernel qemu

	[ "$kind" = stock ] || return 0
	kernel=$(sqlite3 "$build/out/arm64-psci.trap" "SELECT value FROM meta WHERE key = 'kernel'")
	qemu=$(qemu-system-aarch64 --version | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
	sed -i "s/^Made with .*/Made with Linux $kernel on QEMU $qemu (TCG, \`-cpu max\`)./" tests/data/README.md
}

tests/arm64/boot.sh "$host" "$build" -- "$(commands)"
traces | while read -r name _; do
	install -m 644 "$build/out/$name.trap" "tests/data/$name.trap"
done
texts
note
ls -l tests/data
