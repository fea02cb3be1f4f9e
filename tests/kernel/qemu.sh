#!/bin/bash
# SPDX-License-Identifier: MIT
# qemu.sh DIR: makes DIR/qemu, an emulator that traps IMPLEMENTATION DEFINED registers to EL2, which QEMU
# does from 8.2 on. There is none where the system's own is as new. Else Debian 13's is fetched with all
# its libraries, the loader among them, and stands in DIR/emulator; nothing is installed.
set -eu -o pipefail
dir=$1
apt=$dir/apt
architecture=$(dpkg --print-architecture)
# shellcheck source=tests/arm64/apt.sh
. "$(dirname "$0")/../arm64/apt.sh"
triplet=$(gcc -print-multiarch)

system_is_new_enough() {
	local version

	version=$(qemu-system-aarch64 --version | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
	printf '8.2\n%s\n' "$version" | sort -CV
}

# Paths of the program and of what it opens, below $apt/root.
wanted() {
	find usr/bin/qemu-system-aarch64 "usr/lib/$triplet" -path "*/gconv" -prune -o \
		! -path "*/qemu/*.so" ! -name '*.a' -print
}

install_files() {
	rm -rf "$dir/emulator"
	mkdir -p "$dir/emulator.new"
	(cd "$apt/root" && wanted | cpio --quiet -pdm "$dir/emulator.new")
	cp -L "$apt/root/usr"/lib*/ld-linux*.so.* "$dir/emulator.new/loader"
	mv "$dir/emulator.new" "$dir/emulator"
}

write_wrapper() {
	cat >"$dir/qemu.new" <<-EOF
		#!/bin/sh
		root=\$(dirname "\$0")/emulator
		exec "\$root/loader" --library-path "\$root/usr/lib/$triplet" "\$root/usr/bin/qemu-system-aarch64" "\$@"
	EOF
	chmod +x "$dir/qemu.new"
	mv "$dir/qemu.new" "$dir/qemu"
}

if system_is_new_enough; then
	rm -rf "$dir/qemu" "$dir/emulator"
	exit 0
fi
[ ! -e "$dir/qemu" ] || exit 0
echo "arm64 kernel: fetching Debian 13's QEMU, for the system's is older than 8.2" >&2
start_apt
apt-get -qq -y --no-install-recommends --download-only install qemu-system-arm ||
	fail "no QEMU from $(mirror)"
unpack "$apt"/cache/archives/*.deb
install_files
write_wrapper
rm -rf "$apt"
