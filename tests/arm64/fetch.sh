#!/bin/bash
# SPDX-License-Identifier: MIT
# fetch.sh DIR: puts into DIR what the emulated arm64 host is made of: Image, its kernel (Debian 13's
# stock linux-image-cloud-arm64) and busybox, a static arm64 one.
set -eu
dir=$1
apt=$dir/apt
# shellcheck source=tests/arm64/apt.sh
. "$(dirname "$0")/apt.sh"

kernel_package() {
	apt-cache depends linux-image-cloud-arm64 | sed -n 's/.*Depends: \(linux-image-.*-cloud-arm64\)/\1/p'
}

download() {
	cd "$apt"
	apt-get -qq download "$(kernel_package)" busybox-static || fail "no arm64 kernel from $(mirror)"
}

[ ! -e "$dir/Image" ] || exit 0
echo "arm64 setup: fetching Debian 13's arm64 kernel" >&2
start_apt
download
unpack "$apt"/*.deb
mv "$apt/root/usr/bin/busybox" "$dir/busybox"
# Last: its presence says that all is there.
mv "$apt/root/boot"/vmlinuz-* "$dir/Image"
rm -rf "$apt"
