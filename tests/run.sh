#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh [CTEST-ARG...]: runs the tests of the dev build; without arguments also those on the emulated
# arm64 host, with TL_LONG U-Boot's death there too, and those on the kernel that has IDSR exits. The
# last line is "N passed, N failed, N skipped".
# "./dev test" builds, then calls this.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 2
results=$PWD/build/results # "PASS name" and so on, a line a test
most=300                   # seconds for a test
[ -z "${TL_LONG:-}" ] || most=1800

# ctest's own words for how each test ended.
from_ctest() {
	sed -n \
		-e 's/^ *[0-9]*\/[0-9]* Test *#[0-9]*: \([^ ]*\) \.*   Passed .*/PASS \1/p' \
		-e 's/^ *[0-9]*\/[0-9]* Test *#[0-9]*: \([^ ]*\) .*\*\*\*Skipped .*/SKIP \1/p' \
		-e 's/^ *[0-9]*\/[0-9]* Test *#[0-9]*: \([^ ]*\) .*\*\*\*.*/FAIL \1/p'
}

here() {
	ctest --preset dev -j "$(nproc)" --timeout "$most" "$@" 2>&1 | tee build/ctest.log
	ended=${PIPESTATUS[0]}
	from_ctest <build/ctest.log >"$results"
	# Nothing counted as failed, yet ctest is unhappy: bad arguments, no such test.
	[ "$ended" = 0 ] || grep -q '^FAIL' "$results" || echo "FAIL ctest" >>"$results"
}

# With a KVM that opens, a skipped test of it hides something.
no_kvm_skips() {
	local name

	[ -c /dev/kvm ] && (true <>/dev/kvm) 2>/dev/null || return 0
	ctest --preset dev -N -L '^kvm$' | sed -n 's/^ *Test *#[0-9]*: //p' | while read -r name; do
		! grep -qx "SKIP $name" "$results" || echo "$name: skipped, although /dev/kvm opens"
	done | tee build/skips
	sed 's/:.*//' build/skips | while read -r name; do
		sed -i "s|^SKIP $name\$|FAIL $name|" "$results"
	done
}

# The lane prints its own lines; if it never got to them, that is one failure.
arm64() { # VERB
	rm -rf build/arm64/out
	./dev arm64 "$1" && lane=0 || lane=$?
	cat build/arm64/out/results >>"$results" 2>/dev/null || lane=2
	[[ $lane == [01] ]] || echo "FAIL arm64/$1" >>"$results"
}

count() {
	grep -c "^$1 " "$results"
}

here "$@"
no_kvm_skips
if [ $# = 0 ] && [ "$(uname -m)" = x86_64 ]; then
	arm64 test
	[ -z "${TL_LONG:-}" ] || { arm64 uboot && arm64 idsr; }
fi
grep '^FAIL' "$results"
echo "$(count PASS) passed, $(count FAIL) failed, $(count SKIP) skipped"
[ "$(count FAIL)" = 0 ]
