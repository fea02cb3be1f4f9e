#!/bin/bash
# SPDX-License-Identifier: MIT
# labels: unit
#
# What --help says, the man page and the completion say too, and no more: verbs, options, choices.
set -u -o pipefail
root=${TL_SOURCE_DIR:-$(dirname "$0")/../..}
trapline=${TL_BUILD_BIN:-$root/build/release/bin}/trapline
page=$root/docs/man/trapline.1
# shellcheck source=shell/completion/trapline.bash
. "$root/shell/completion/trapline.bash"
faults=0

fault() {
	echo "$*"
	faults=$((faults + 1))
}

same() { # WHAT EXPECTED FOUND: lists of words
	local missing more

	missing=$(comm -23 <(tr ' ' '\n' <<<"$2" | sort -u) <(tr ' ' '\n' <<<"$3" | sort -u) | xargs)
	more=$(comm -13 <(tr ' ' '\n' <<<"$2" | sort -u) <(tr ' ' '\n' <<<"$3" | sort -u) | xargs)
	[ -z "$missing" ] || fault "$1: without $missing"
	[ -z "$more" ] || fault "$1: $more more than --help says"
}

verbs() {
	"$trapline" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | xargs
}

# "--output" anywhere, "-o" where a line begins with it; of words after "--" nothing is ours.
options() {
	sed 's/ -- .*//' | grep -oE '(^|[^a-z-])--[a-z][a-z-]+|^ *-[a-z],|, -[a-z]$|, -[a-z],' |
		grep -oE -- '--?[a-z][a-z-]*' | sort -u | xargs
}

# A part of the man page as plain words.
section() {
	awk -v name=".SS $1" '$0 == name { on = 1; next } /^\.S[SH]/ { on = 0 } on' "$page" |
		sed -e 's/\\-/-/g' -e 's/\\f[A-Z]//g' -e 's/^\.[A-Z]* *//' -e 's/["\\]//g' -e 's/ *, */, /g'
}

# The verbs of the man page are its sections under VERBS.
page_verbs() {
	sed -n '/^\.SH VERBS/,/^\.SH EXIT/s/^\.SS //p' "$page" | xargs
}

complete_words() { # WORD...: what is offered for the last of them
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_trapline 2>/dev/null
	echo "${COMPREPLY[*]}"
}

# What the program itself says when it gets another word.
choices() { # VERB OPTION
	"$trapline" "$1" "$2" nonsense x 2>&1 | sed -n 's/.*expected one of //p' | tr -d ','
}

check_verb() {
	local help
	help=$("$trapline" "$1" --help | options)

	same "man page, $1" "$help" "$(section "$1" | options)"
	same "completion, $1" "$help --help -h" "$(_trapline_options "$1" | xargs)"
}

check_choices() { # VERB OPTION
	same "completion, $1 $2" "$(choices "$1" "$2")" "$(_trapline_values "$1" "$2")"
	[ -n "$(choices "$1" "$2")" ] || fault "$1 $2: the program names no choices"
}

check_completion() {
	same "completion" "$(verbs) --help -h --version" "$(complete_words trapline '')"
	same "completion, --regs" "pc core full" "$(complete_words trapline record --regs '')"
	same "completion, --regs=" "core" "$(complete_words trapline record --regs = c)"
	same "completion, an option" "--no-coalesce" "$(complete_words trapline record --no)"
	same "completion, show --regs" "--regs" "$(complete_words trapline show --regs --reg)"
}

check_files() {
	local folder
	folder=$(mktemp -d)

	touch "$folder/boot.trap" "$folder/notes.txt" "$folder/hello.elf"
	cd "$folder" || exit 2
	same "completion, a trace" "boot.trap" "$(complete_words trapline stat '')"
	same "completion, -t" "boot.trap" "$(complete_words trapline sql -t b)"
	same "completion, exits" "boot.trap last" "$(complete_words trapline show '')"
	same "completion, a guest" "hello.elf" "$(complete_words trapline run '')"
	same "completion, a VMM" "bash" "$(complete_words trapline record -o x.trap -- bash | grep -ow bash | head -n 1)"
	same "completion, a VMM's words" "notes.txt" "$(complete_words trapline record -- cat no)"
	cd / && rm -r "$folder"
}

# Warnings of the formatter are faults of the page.
check_page() {
	local said

	command -v groff >/dev/null || return 0
	said=$(groff -ww -man -Tutf8 "$page" 2>&1 >/dev/null)
	[ -z "$said" ] || fault "groff: $said"
}

[ -n "$(verbs)" ] || fault "trapline --help names no verbs"
same "man page" "$(verbs)" "$(page_verbs)"
for verb in $(verbs); do
	check_verb "$verb"
done
for option in --regs --mem; do
	check_choices record $option
	check_choices run $option
done
check_choices run --unanswered
check_choices run --nisv
check_choices import --arch
check_completion
check_files
check_page
exit $((faults > 0))
