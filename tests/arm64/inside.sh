#!/bin/sh
# SPDX-License-Identifier: MIT
# inside.sh [LABEL...]: runs inside the emulated arm64 host: every test program that is right there, or
# those of the LABELs, which may need more than the host always has ("uboot", "idsr"), by the list that the
# build made ("schema/error schema/test_error unit"). A line each, PASS, FAIL or SKIP, also into /out/results, and
# what a test has measured ("note: ..."). In here /dev/kvm must work, so a skipped test of it is a
# failure.
cd "$TL_BUILD_TESTS" || exit 2
only=$*

result() {
	echo "$1 arm64/$2" | tee -a /out/results
	if [ "$1" = FAIL ]; then cat /tmp/log; else grep '^note: ' /tmp/log; fi
}

# On a busy machine, once in a few hundred recordings, a thread of a VMM comes back from KVM_RUN on the
# emulated CPUs with the guest's TPIDR_EL0 for its own, which is its thread pointer, and dies of it. KVM's
# reset value of such a register is in the kernel's report of that then, and the program runs again.
lost_its_thread_pointer() {
	dmesg -c | grep -q 'x[0-9]*: *1de7ec7edbadc0de'
}

try() { # COMMAND
	dmesg -c >/dev/null
	"./$1" >/tmp/log 2>&1 </dev/null
}

try_twice() { # COMMAND
	try "$1"
	tried=$?
	case $tried in 0 | 77) return $tried ;; esac
	lost_its_thread_pointer || return $tried
	echo "note: $1: an emulated CPU lost a thread pointer; once more"
	try "$1"
}

run() { # NAME COMMAND LABELS
	try_twice "$2"
	case $? in
	0) result PASS "$1" ;;
	77) case " $3 " in
		*" kvm "*) result FAIL "$1" ;;
		*) result SKIP "$1" ;;
		esac ;;
	*) result FAIL "$1" ;;
	esac
}

asked_for() { # LABEL...
	for label; do
		case " $only " in *" $label "*) return 0 ;; esac
	done
	return 1
}

# By itself: "here" is a test that says nothing about a machine, and would take its time.
is_right_here() { # LABEL...
	case " $* " in
	*" uboot "* | *" idsr "* | *" here "*) return 1 ;;
	*" unit "* | *" kvm "* | *" arm64 "* | *" contract "* | *" golden "*) return 0 ;;
	*) return 1 ;;
	esac
}

wanted() { # LABEL...
	if [ -n "$only" ]; then asked_for "$@"; else is_right_here "$@"; fi
}

kvm_opens() {
	ls -l /dev/kvm >/tmp/log 2>&1 && true <>/dev/kvm 2>>/tmp/log
}

: >/out/results
echo 1 >/proc/sys/debug/exception-trace # programs that die are reported
echo "note: the emulated host was up after $(cut -d ' ' -f 1 /proc/uptime) s"
if kvm_opens; then result PASS kvm; else result FAIL kvm; fi
while read -r name program labels; do
	case $program in
	*.sh) continue ;; # bash and the compilers are not in here
	esac
	# shellcheck disable=SC2086 # one word each
	! wanted $labels || run "$name" "$program" "$labels"
done <list
! grep -q ^FAIL /out/results && [ "$(wc -l </out/results)" -gt 1 ]
