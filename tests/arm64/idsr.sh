#!/bin/bash
# SPDX-License-Identifier: MIT
# idsr.sh HOST BUILD [golden]: in the emulated arm64 host whose kernel has IDSR exits (tests/kernel), runs
# the tests that need it, and those to which its age matters; with "golden", records the golden traces of
# IDSR anew.
set -eu
cd "$(dirname "$0")/../.."
export TL_BOOT_TIMEOUT=${TL_BOOT_TIMEOUT:-300}
[ "${3:-}" != golden ] || exec tests/arm64/golden.sh "$1" "$2" idsr
exec tests/arm64/boot.sh "$1" "$2" -- sh tests/arm64/inside.sh idsr old_kernel
