#!/bin/bash
# SPDX-License-Identifier: MIT
# fetch.sh DIR: puts into DIR what the emulated arm64 host is made of: Image, its kernel (Debian 13's
# stock linux-image-cloud-arm64) and busybox, a static arm64 one. It asks the machine's own Debian
# mirror through an apt of its own, so that the system's sources, lists and packages stay as they are.
set -eu
dir=$1
apt=$dir/apt
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

fail() {
	echo "arm64 setup: $*" >&2
	exit 2
}

mirror() {
	local uri

	uri=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
	[ -n "$uri" ] || uri=$(sed -n 's/^deb *\(\[.*\]\)\? *\([^ ]*\).*/\2/p' /etc/apt/sources.list 2>/dev/null | head -n 1)
	echo "${uri:-http://deb.debian.org/debian}"
}

write_apt_config() {
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	echo "deb [signed-by=$keyring] $(mirror) trixie main" >"$apt/sources.list"
	: >"$apt/status"
	cat >"$apt/apt.conf" <<-EOF
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State "$apt";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		APT::Architecture "arm64";
		APT::Architectures { "arm64"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
	EOF
}

kernel_package() {
	apt-cache depends linux-image-cloud-arm64 | sed -n 's/.*Depends: \(linux-image-.*-cloud-arm64\)/\1/p'
}

download() {
	export APT_CONFIG=$apt/apt.conf
	apt-get -qq update || fail "no package lists from $(mirror)"
	cd "$apt"
	apt-get -qq download "$(kernel_package)" busybox-static || fail "no arm64 kernel from $(mirror)"
}

unpack() {
	local deb

	for deb in "$apt"/*.deb; do
		dpkg -x "$deb" "$apt/root"
	done
	mv "$apt/root/usr/bin/busybox" "$dir/busybox"
	# Last: its presence says that all is there.
	mv "$apt/root/boot"/vmlinuz-* "$dir/Image"
}

[ ! -e "$dir/Image" ] || exit 0
echo "arm64 setup: fetching Debian 13's arm64 kernel" >&2
rm -rf "$apt"
write_apt_config
download
unpack
rm -rf "$apt"
