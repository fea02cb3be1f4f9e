#!/bin/bash
# SPDX-License-Identifier: MIT
# labels: kvm x86_64
#
# The demo runs, with KVM and without it, and shows what it promises.
set -u -o pipefail
root=${TL_SOURCE_DIR:-$(dirname "$0")/../..}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
faults=0

fault() {
	echo "demo: $*"
	faults=$((faults + 1))
}

opens() {
	[ -c "$1" ] && (true <>"$1") 2>/dev/null
}

demo() { # KVM
	TL_DEMO_KVM=$1 "$root/tests/demo.sh" "$scratch/${1##*/}" >"$scratch/said" 2>&1 ||
		{ fault "status $? with $1" && tail -n 20 "$scratch/said"; }
}

shows() { # PATTERN
	grep -qE -- "$1" "$scratch/said" || fault "shows no line like: $1"
}

shows_arm64() {
	shows '^\$ trapline sql tests/data/arm64-nisv.*select \* from nisv'
	shows '0xa000000 .*translation fault, level [0-3]  +external abort$'
	shows 'ENOSYS, the VMM did not ask for NISV$'
	shows '^What one would do next:$'
}

without_kvm() {
	demo "$scratch/no-kvm"
	shows 'no-kvm cannot be opened here'
	shows_arm64
	! grep -q 'trapline record -o .*/boot.trap' "$scratch/said" || fault "records without KVM"
}

with_kvm() {
	demo /dev/kvm
	shows '^\$ timeout 3 trapline record '
	shows '^trapline: .*/boot.trap: [0-9]+ exits of 1 vCPU'
	shows '^vmm +qemu-system-x86_64 '
	shows '^ +3 .* io .* -> 0x'
	shows '^exit 3: io on vCPU 0$'
	shows '^SeaBIOS '
	shows_arm64
	[ -s "$scratch/kvm/boot.trap" ] || fault "leaves no trace"
}

without_kvm
opens /dev/kvm || { echo "/dev/kvm cannot be opened" && exit $((faults ? 1 : 77)); }
with_kvm
exit $((faults > 0))
