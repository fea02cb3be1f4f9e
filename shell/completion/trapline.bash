# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# bash completion for trapline: verbs, options with their choices, traces, and what comes after "--".

# The options of a verb.
_trapline_options() {
	case $1 in
	record) echo --output -o --regs --mem --every --last --until --no-coalesce --stop-all --max-wait --quiet -q ;;
	run)
		echo --output -o --record --quiet -q --regs --mem --every --last --until --no-coalesce --max-wait \
			--stop-all --ram --vcpus --unanswered --nisv --idsr --answer --rom \
			--coalesced --sync-regs --interrupt-every
		;;
	check | ls) echo --json ;;
	stat) echo --trace -t --space --json ;;
	show) echo --trace -t --where --reason --addr --vcpu --limit --regs --json --mem --raw --walk --vm --space ;;
	explain) echo --elf --trace -t --json ;;
	answer) echo --trace -t --json ;;
	sql) echo --trace -t --json --csv ;;
	cut) echo --output -o --trace -t --quiet -q ;;
	import) echo --output -o --arch --json --quiet -q ;;
	esac
	echo --help -h
}

# What an option's value can be; nothing for words that only the person knows.
_trapline_values() { # VERB OPTION
	case "$1 $2" in
	*' --regs') echo pc core full ;;
	*' --mem') echo fault exact none ;;
	*' --unanswered') echo stop zero ones abort ;;
	*' --nisv') echo off abort stop skip ;;
	*' --idsr') echo off raz cell undef ;;
	*' --max-wait') echo 100ms 1s 10s ;;
	*' --ram') echo 64M 256M 1G ;;
	*' --arch') echo any arm64 x86_64 ;;
	*' --reason') echo mmio io nisv idsr rdmsr wrmsr hypercall system_event shutdown internal_error ;;
	esac
}

# Does the option take a value? "show --regs" does not, "record --regs" does.
_trapline_takes_value() { # VERB OPTION
	case "$1 $2" in
	'show --regs' | 'show --mem') return 1 ;;
	*' --output' | *' -o' | *' --regs' | *' --mem' | *' --every' | *' --last' | *' --until' | \
		*' --max-wait' | *' --ram' | *' --vcpus' | \
		*' --unanswered' | *' --nisv' | *' --idsr' | *' --answer' | *' --elf' | *' --rom' | *' --coalesced' | *' --interrupt-every' | \
		*' --trace' | *' -t' | *' --where' | *' --reason' | *' --addr' | *' --vcpu' | *' --limit' | \
		*' --vm' | *' --space' | *' --arch') ;;
	*) return 1 ;;
	esac
}

# Files whose name fits a pattern, and folders on the way to them.
_trapline_files() { # PATTERN
	local file

	compopt -o filenames
	while IFS= read -r file; do
		# shellcheck disable=SC2053 # a pattern
		if [[ -d $file || $file == $1 ]]; then
			COMPREPLY+=("$file")
		fi
	done < <(compgen -f -- "$word")
}

_trapline_words() { # WORD...
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$word")
}

_trapline_value() { # VERB OPTION
	local values

	case $2 in
	--elf) _trapline_files '*' ;;
	--output | -o | --trace | -t) _trapline_files '*.trap*' ;;
	*)
		values=$(_trapline_values "$1" "$2")
		[ -z "$values" ] || _trapline_words "$values"
		;;
	esac
}

# Behind "--", or behind the first word that is no option, stands a VMM with words of its own.
_trapline_vmm() { # INDEX of the VMM
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((COMP_CWORD == $1)); then
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
	else
		_trapline_files '*'
	fi
}

# The index of the VMM's name in the words, or nothing.
_trapline_vmm_at() { # VERB
	local i

	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) echo $((i + 1)) && return ;;
		-*) ! _trapline_takes_value "$1" "${COMP_WORDS[i]}" || ((i++)) ;;
		=) ((i++)) ;;
		*) echo "$i" && return ;;
		esac
	done
}

_trapline_argument() { # VERB
	case $1 in
	record | check) _trapline_vmm "$COMP_CWORD" ;;
	run) _trapline_files '*.elf' ;;
	ls) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
	show | explain) _trapline_files '*.trap*' && [[ -n $word ]] || COMPREPLY+=(last) ;;
	answer)
		_trapline_files '*.trap*'
		[[ $word == */* ]] || _trapline_words "${COMPREPLY[*]}" recorded value= zero ones ignore \
			emulate abort undef size-fault serror skip raz cell retry map gp restart suspend dump stop
		;;
	stat | sql | cut) _trapline_files '*.trap*' ;;
	import) _trapline_files '*' ;;
	esac
}

_trapline() {
	local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} before=${COMP_WORDS[COMP_CWORD - 1]} vmm=

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_trapline_words record run check ls stat show explain answer sql cut import --help -h --version
		return
	fi
	# bash gives "--regs=core" as three words.
	if [ "$word" = = ]; then
		word='' && _trapline_value "$verb" "$before" && return
	elif [ "$before" = = ]; then
		_trapline_value "$verb" "${COMP_WORDS[COMP_CWORD - 2]}" && return
	fi
	case $verb in
	record | check) vmm=$(_trapline_vmm_at "$verb") ;;
	esac
	if [ -n "$vmm" ]; then
		_trapline_vmm "$vmm"
	elif _trapline_takes_value "$verb" "$before"; then
		_trapline_value "$verb" "$before"
	elif [[ $word == -* ]]; then
		_trapline_words "$(_trapline_options "$verb")"
	else
		_trapline_argument "$verb"
	fi
}

complete -F _trapline trapline
