#!/bin/bash
# SPDX-License-Identifier: MIT
# initramfs.sh HOST BUILD IMAGE: packs the emulated arm64 host's root file system: busybox from HOST,
# and as /trapline the programs, libraries, tests and guests of BUILD with the shared libraries they
# need, and the scripts and data of tests/. Does nothing when IMAGE is newer than all of these.
set -eu -o pipefail
host=$1 build=$2 image=$3
source=$(cd "$(dirname "$0")/../.." && pwd)
lib_dirs="/lib/aarch64-linux-gnu /usr/lib/aarch64-linux-gnu /usr/aarch64-linux-gnu/lib"

# Files of the build that people made or run, relative to it.
built() {
	cd "$build"
	find bin lib tests -type d -name CMakeFiles -prune -o \
		! -type d ! -name '*.cmake' ! -name '*.a' -print 2>/dev/null || true
}

# Files of the source that run or are read over there.
assets() {
	cd "$source"
	find tests -name '*.sh' -print -o -path 'tests/data/*' ! -type d -print
}

up_to_date() {
	[ -e "$image" ] || return
	[ -z "$({ built | sed "s|^|$build/|" && assets | sed "s|^|$source/|"; } |
		xargs -r -d '\n' -I{} find {} -maxdepth 0 -newer "$image" -print)" ] || return
	[ -z "$(find "$host/Image" "$source/tests/arm64" -newer "$image" -print -quit)" ]
}

is_program() {
	[ "$(head -c 4 "$1" | tail -c 3)" = ELF ]
}

copy() { # FROM-FOLDER FILE-LIST: into /trapline
	mkdir -p "$root/trapline"
	(cd "$1" && cpio --quiet -pdm "$root/trapline") <"$2"
}

strip_programs() {
	local file

	find "$root/trapline" -path '*/guests/*' -prune -o -type f -print | while read -r file; do
		! is_program "$file" || aarch64-linux-gnu-strip --strip-debug "$file"
	done
}

needed() {
	readelf -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

# A library and all that it needs.
add_library() {
	local dir name=$1

	[ ! -e "$root/lib/$name" ] || return 0
	for dir in $lib_dirs; do
		[ -e "$dir/$name" ] || continue
		cp -L "$dir/$name" "$root/lib/$name"
		add_libraries_of "$root/lib/$name"
		return
	done
	echo "arm64 boot: no $name in $lib_dirs" >&2
	exit 2
}

add_libraries_of() {
	local name

	for name in $(needed "$1"); do
		[ -e "$root/trapline/lib/$name" ] || add_library "$name"
	done
}

add_all_libraries() {
	local file

	add_library ld-linux-aarch64.so.1
	while read -r file; do
		! is_program "$file" || add_libraries_of "$file"
	done < <(find "$root/trapline" -path '*/guests/*' -prune -o -type f -print)
}

! up_to_date || exit 0
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/lib" "$root/out"
install -m 755 "$host/busybox" "$root/bin/busybox"
install -m 755 "$source/tests/arm64/init" "$root/init"
built >"$root.built"
copy "$build" "$root.built"
assets >"$root.assets"
copy "$source" "$root.assets"
rm "$root.built" "$root.assets"
strip_programs
add_all_libraries
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$image.new"
mv "$image.new" "$image"
