#!/bin/bash
# SPDX-License-Identifier: MIT
# fetch.sh DIR: puts Unicorn 2.1 into DIR: include/ and lib/, from the packages of Debian 13, which run on
# Debian 12 too (its own, 2.0, cannot do what is asked of it). Nothing is installed.
set -eu -o pipefail
dir=$1
apt=$dir/apt
architecture=$(dpkg --print-architecture)
# shellcheck source=tests/arm64/apt.sh
. "$(dirname "$0")/../arm64/apt.sh"

fail() {
	echo "unicorn: $*" >&2
	exit 2
}

library_package() {
	apt-cache depends libunicorn-dev | sed -n 's/.*Depends: \(libunicorn[^-]*\)$/\1/p' | head -n 1
}

download() {
	cd "$apt"
	apt-get -qq download libunicorn-dev "$(library_package)" || fail "no Unicorn from $(mirror)"
}

# The static library, 30 MB, stays behind.
install_files() {
	rm -rf "$dir/include"
	mv "$apt/root/usr/include" "$dir/include"
	mkdir "$dir/lib.new"
	cp -P "$apt"/root/usr/lib/*/libunicorn.so* "$dir/lib.new"
	# Last: its presence says that all is there.
	mv "$dir/lib.new" "$dir/lib"
}

[ ! -e "$dir/lib" ] || exit 0
echo "dev: fetching Unicorn from Debian 13" >&2
rm -rf "$dir/lib.new"
start_apt
download
unpack "$apt"/*.deb
install_files
rm -rf "$apt"
