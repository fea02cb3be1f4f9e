# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced: an apt of our own in the folder $apt, for Debian 13's arm64 packages unless $suite and
# $architecture say otherwise. It asks the machine's own Debian mirror, and leaves the system's sources,
# lists and packages as they are.
apt=${apt:?}
suite=${suite:-trixie}
architecture=${architecture:-arm64}
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
	echo "deb [signed-by=$keyring] $(mirror) $suite main" >"$apt/sources.list"
	: >"$apt/status"
	cat >"$apt/apt.conf" <<-EOF
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State "$apt";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		APT::Architecture "$architecture";
		APT::Architectures { "$architecture"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
	EOF
}

# Now apt-get and apt-cache mean ours.
start_apt() {
	rm -rf "$apt"
	write_apt_config
	export APT_CONFIG=$apt/apt.conf
	apt-get -qq update || fail "no package lists from $(mirror)"
}

unpack() { # DEB...: into $apt/root
	local deb

	for deb; do
		dpkg -x "$deb" "$apt/root"
	done
}
