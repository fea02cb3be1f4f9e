#!/bin/bash
# SPDX-License-Identifier: MIT
# labels: layers
#
# Holds every arrow of the picture: who may include whom, who may print, what the preloaded shim
# needs. Ends by breaking each rule in a made-up tree, to see that the break is found.
set -u -o pipefail

# folder: what it may include, by first words of the path. The longest folder that fits counts.
declare -A may_include=(
	[arch]="arch/"
	[schema]="schema/ arch/"
	[schema/wire]="schema/wire/ arch/"
	[recorder]="recorder/ schema/ arch/"
	[recorder/shim]="recorder/shim/ schema/wire/ arch/"
	[replayer]="replayer/ schema/ arch/"
	[replayer/engine]="replayer/engine/ schema/wire/ arch/"
	[gdbstub]="gdbstub/ schema/ arch/"
	[shell]="shell/ recorder/ replayer/ gdbstub/ schema/ arch/"
	[tests]="tests/ shell/ recorder/ replayer/ gdbstub/ schema/ arch/"
)
libc_alone="arch schema/wire recorder/shim"
# The C library's and the kernel's headers.
libc_header='^((linux|asm|asm-generic|sys|bits|net|netinet|arpa)/.*|(assert|ctype|dirent|dlfcn|elf|endian|errno|fcntl|float|inttypes|limits|link|locale|mntent|poll|pthread|sched|semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|syscall|time|ucontext|unistd|wchar)\.h)$'
# Printing or ending belongs to shell/; a message goes up as struct tl_error instead.
prints='(?<![\w.>])(printf|vprintf|puts|putchar|perror|psignal|psiginfo|syslog|errx?|verrx?|warnx?|vwarnx?|error|exit|quick_exit|abort)\s*\(|\b(stdout|stderr)\b|\b(write|dprintf|writev)\s*\(\s*([12]|STD(OUT|ERR)_FILENO)\b'
ends='(?<![\w.>])(_exit|_Exit)\s*\('
allocates='\b(malloc|calloc|realloc|reallocarray|aligned_alloc|strdup|strndup|asprintf|open_memstream|fopen|mmap)\s*\('

# The program's files, relative to the tree.
sources() {
	find . -path ./build -prune -o -path './.*' -prune -o -name '*.[ch]' -print | sed 's|^\./||' | sort
}

# "12:#include ..." and the like: the lines of a file without its comments, numbered.
code() {
	perl -0777 -pe 's{/\*.*?\*/|//[^\n]*|("(?:\\.|[^"\\\n])*")}{ $1 // $& =~ s/[^\n]//gr }gse' "$1" |
		awk '{ print NR ":" $0 }'
}

# The same with nothing left inside the quotes.
code_without_strings() {
	code "$1" | perl -pe 's/"(?:\\.|[^"\\])*"/""/g'
}

# The rule for a file: the longest folder of the table that it is in; nothing for a file outside all.
folder_of() {
	local dir=${1%/*}

	while [ -z "${may_include[$dir]:-}" ]; do
		[ "$dir" = "${dir%/*}" ] && return
		dir=${dir%/*}
	done
	echo "$dir"
}

check_own_include() { # FILE LINE FOLDER INCLUDED
	local allowed

	for allowed in ${may_include[$3]}; do
		[[ $4 == "$allowed"* ]] && return
	done
	echo "$1:$2: $3/ must not include \"$4\""
}

check_includes() { # FILE FOLDER
	local line what

	while IFS=: read -r line what; do
		case $what in
		'"'*) check_own_include "$1" "$line" "$2" "${what//\"/}" ;;
		*) [[ " $libc_alone " != *" $2 "* || $what =~ $libc_header ]] ||
			echo "$1:$line: $2/ needs libc alone, not <$what>" ;;
		esac
	done < <(code "$1" | perl -ne 'print "$1:$2\n" if /^(\d+):\s*#\s*include\s*(?|("[^"]*")|<([^>]*)>)/')
}

check_words() { # FILE PATTERN WHY
	code_without_strings "$1" | grep -P "$2" | sed "s|^\([0-9]*\):[[:space:]]*\(.*\)|$1:\1: $3: \2|"
}

check_file() {
	local folder
	folder=$(folder_of "$1")

	case $folder in
	'') echo "$1: in no folder of the house" && return ;;
	shell | tests) ;;
	recorder/shim) check_words "$1" "$prints|$ends" "the shim neither prints nor ends the VMM" ;;
	*) check_words "$1" "$prints" "only shell/ prints or exits" ;;
	esac
	[ "$folder" != arch ] || check_words "$1" "$allocates" "arch/ neither allocates nor opens"
	check_includes "$1" "$folder"
}

check_names() {
	find . -path ./build -prune -o -path './.*' -prune -o \
		-type d \( -name common -o -name util -o -name utils -o -name src -o -name include \) \
		-printf '%P: a folder is named for what is in it\n'
}

# Prints every break of a rule; nothing is good.
check_tree() {
	local file

	cd "$1" || return
	check_names
	while read -r file; do
		check_file "$file"
	done < <(sources)
}

# The shim is loaded into other people's programs: it may need their libc and nothing else.
check_needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v -e '^libc\.so' -e '^ld-linux' |
		sed "s|^|${1##*/}: needs more than libc: |"
}

check_exports() {
	local names
	names=$(readelf --dyn-syms -W "$1" | awk '$7 != "UND" && $5 == "GLOBAL" { print $8 }')

	grep -q '^trapline_ioctl@@TRAPLINE_0$' <<<"$names" || echo "${1##*/}: exports no trapline_ioctl"
	grep -v -e '^trapline_.*@@TRAPLINE_0$' -e '^TRAPLINE_0$' <<<"$names" |
		sed "s|^|${1##*/}: exports more than trapline.h says: |"
}

check_libraries() {
	local shim=$1/libtrapline-shim.so library=$1/libtrapline.so

	check_needed "$shim"
	check_needed "$library"
	check_exports "$library"
}

# A made-up tree with one line of code must be found wrong, and for the reason given.
breaks() { # FILE LINE EXPECTED
	local tree found
	tree=$(mktemp -d)

	mkdir -p "$tree/${1%/*}"
	printf '%s\n' "$2" >"$tree/$1"
	found=$(check_tree "$tree")
	rm -r "$tree"
	[[ $found == *"$3"* ]] || echo "not found: $1: $2: '$found'"
}

check_ourselves() {
	breaks arch/a.h '#include "schema/error.h"' 'arch/ must not include'
	breaks arch/arm64/a.h '#include "schema/error.h"' 'arch/ must not include'
	breaks arch/a.c '#include <sqlite3.h>' 'needs libc alone'
	breaks arch/a.c '	p = malloc(1);' 'neither allocates'
	breaks arch/arm64/a.c '	p = strdup(q);' 'neither allocates'
	breaks schema/a.c '#include "recorder/shim/a.h"' 'schema/ must not include'
	breaks schema/wire/a.c '#include "schema/error.h"' 'schema/wire/ must not include'
	breaks schema/wire/a.c '#include <zstd.h>' 'needs libc alone'
	breaks recorder/vmm/a.c '#include "replayer/a.h"' 'recorder/ must not include'
	breaks recorder/shim/a.c '#include "recorder/vmm/a.h"' 'recorder/shim/ must not include'
	breaks recorder/shim/a.c '	_exit(1);' 'neither prints nor ends'
	breaks replayer/a.c '#include "gdbstub/a.h"' 'replayer/ must not include'
	breaks replayer/a.c '#include "shell/a.h"' 'replayer/ must not include'
	breaks replayer/a.c '#include "recorder/vmm/a.h"' 'replayer/ must not include'
	breaks replayer/a.c '	exit(1);' 'only shell/ prints'
	breaks arch/arm64/a.c '#include <capstone/capstone.h>' 'needs libc alone'
	breaks gdbstub/a.c '#include "recorder/a.h"' 'gdbstub/ must not include'
	breaks gdbstub/a.c '#include "shell/a.h"' 'gdbstub/ must not include'
	breaks recorder/vmm/a.c '#include "a.h"' 'recorder/ must not include'
	breaks schema/a.c '	printf("%d", 1);' 'only shell/ prints'
	breaks schema/a.c '	fputs("x", stderr);' 'only shell/ prints'
	breaks recorder/vmm/a.c '	write(1, p, n);' 'only shell/ prints'
	breaks recorder/collector/a.c '	exit(1);' 'only shell/ prints'
	breaks util/a.c '' 'in no folder of the house'
	breaks schema/common/a.c '' 'a folder is named'
}

# What must not be taken for a break.
check_innocents() {
	local tree found
	tree=$(mktemp -d)

	mkdir -p "$tree/schema" "$tree/replayer" "$tree/shell"
	cat >"$tree/schema/a.c" <<-'EOF'
		#include "arch/arch.h" /* not "shell/a.h" */
		#include <sqlite3.h>
		// #include "shell/a.h" and exit(1)
		static const char *text = "call exit(1) or printf(\"x\")";
		int f(FILE *f) { return cpu->exit(1) + snprintf(0, 0, "") + fprintf(f, ""); }
	EOF
	printf '#include "schema/a.h"\n#include <capstone/capstone.h>\n' >"$tree/replayer/a.c"
	printf '#include "recorder/a.h"\nint main(void) { exit(1); }\n' >"$tree/shell/main.c"
	found=$(check_tree "$tree")
	rm -r "$tree"
	[ -z "$found" ] || echo "found in an innocent tree: $found"
}

root=${TL_SOURCE_DIR:-$(dirname "$0")/../..}
faults=$(
	(check_tree "$root")
	# No interpose.c, no libraries yet.
	[ ! -e "$root/recorder/shim/interpose.c" ] || check_libraries "${TL_BUILD_LIB:-$root/build/release/lib}"
	check_ourselves
	check_innocents
)
[ -z "$faults" ] || { printf '%s\n' "$faults" && exit 1; }
