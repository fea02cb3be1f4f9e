#!/bin/bash
# SPDX-License-Identifier: MIT
# build.sh DIR BUSYBOX: puts into DIR an emulated arm64 host (tests/arm64/boot.sh) whose kernel has IDSR
# exits: Image, which is Debian 12's linux-source-6.1 with idsr.patch and config, BUSYBOX as its
# busybox, and qemu where the system's is too old. The first time takes 5 to 10 minutes; after that,
# only a change of patch or config builds again.
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$1 busybox=$2
apt=$dir/apt
suite=bookworm
# shellcheck source=tests/arm64/apt.sh
. "$here/../arm64/apt.sh"
source=linux-source-6.1
log=$dir/build.log

key() {
	cat "$here/idsr.patch" "$here/config" | sha256sum | cut -d ' ' -f 1
}

# The archive of the source stays, for the next change of the patch.
fetch() {
	[ ! -e "$dir/$source.tar.xz" ] || return 0
	start_apt
	(cd "$apt" && apt-get -qq download $source) || fail "no $source from $(mirror)"
	unpack "$apt"/*.deb
	mv "$apt/root/usr/src/$source.tar.xz" "$dir"
	rm -rf "$apt"
}

make_kernel() {
	make -C "$dir/$source" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- KBUILD_BUILD_USER=trapline \
		KBUILD_BUILD_HOST=trapline "$@" >>"$log" 2>&1
}

# An option that Kconfig has dropped is an error: what it was for would not be there.
configure() {
	local line lost=0

	make_kernel tinyconfig
	(cd "$dir/$source" && ARCH=arm64 scripts/kconfig/merge_config.sh -m .config "$here/config") >>"$log"
	make_kernel olddefconfig
	while read -r line; do
		grep -qx "$line" "$dir/$source/.config" || { echo "not kept: $line" >&2 && lost=1; }
	done < <(grep ^CONFIG_ "$here/config")
	return $lost
}

build() {
	rm -rf "${dir:?}/$source"
	tar -C "$dir" -xJf "$dir/$source.tar.xz"
	patch -s -d "$dir/$source" -p1 <"$here/idsr.patch"
	configure
	make_kernel -j2 Image
	mv "$dir/$source/arch/arm64/boot/Image" "$dir/Image.new"
	rm -rf "${dir:?}/$source"
}

explain() {
	tail -n 20 "$log" >&2
	echo "arm64 kernel: not built (the end of $log is above)" >&2
	exit 2
}

mkdir -p "$dir"
"$here/qemu.sh" "$dir"
install -m 755 "$busybox" "$dir/busybox"
[ ! -e "$dir/Image" ] || [ "$(cat "$dir/key")" != "$(key)" ] || exit 0
echo "arm64 kernel: building $source with IDSR exits; 5 to 10 minutes on two cores" >&2
fetch
: >"$log"
renice -n 5 -p $$ >/dev/null
trap explain EXIT
build
trap - EXIT
key >"$dir/key"
# Last: with the key, its presence says that all is there.
mv "$dir/Image.new" "$dir/Image"
