#!/bin/bash
# SPDX-License-Identifier: MIT
# labels: kvm x86_64
#
# Every command of the README's sessions still works, every verb that it names exists, and so does
# every file that it links to.
set -u -o pipefail
root=${TL_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
PATH=${TL_BUILD_BIN:-$root/build/release/bin}:$PATH
readme=$root/README.md
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
faults=0

fault() {
	echo "README.md: $*"
	faults=$((faults + 1))
}

opens() {
	[ -c "$1" ] && (true <>"$1") 2>/dev/null
}

# What stands behind a "$ " in the sessions.
commands() {
	awk '/^```console$/ { on = 1; next } /^```$/ { on = 0 } on && sub(/^\$ /, "")' "$readme"
}

verbs() {
	trapline --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | sort
}

# The first column of the table of verbs.
table_verbs() {
	sed -n '/^| verb /,/^$/s/^| [^a-z]\([a-z]*\)[^a-z] .*/\1/p' "$readme" | sort
}

# A machine that has to be switched off ends by timeout, with 124.
run() {
	local status=0 expected=0

	[[ $1 != timeout\ * ]] || expected=124
	bash -c "$1" >output 2>&1 </dev/null || status=$?
	[ $status = $expected ] || { fault "status $status of: $1" && cat output; }
	[ -s output ] || fault "says nothing: $1"
}

run_all() {
	local command n=0

	cd "$scratch" || exit 2
	ln -s "$root/tests" tests
	while IFS= read -r command; do
		n=$((n + 1))
		if opens /dev/kvm || [[ $command != *boot.trap* ]]; then
			run "$command"
		fi
	done < <(commands)
	[ $n -gt 3 ] || fault "$n commands found"
}

check_links() {
	local link

	while read -r link; do
		[ -e "$root/$link" ] || fault "links to $link, which is not there"
	done < <(grep -oP '\]\(\K[^)#]*' "$readme" | grep -v '^http')
}

[ "$(verbs)" = "$(table_verbs)" ] || fault "its verbs are $(table_verbs | xargs); --help: $(verbs | xargs)"
[ "$(wc -l <"$readme")" -lt 150 ] || fault "150 lines or more"
check_links
run_all
[ $faults = 0 ] || exit 1
opens /dev/kvm || { echo "/dev/kvm cannot be opened: what records was left out" && exit 77; }
