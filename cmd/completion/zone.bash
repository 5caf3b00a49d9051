# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for zone(8). All knowledge is in the command: zone --complete zone WORD...

_zone()
{
	local -a words=()
	local word joined= lead= i

	# bash splits words at "=": put them together again
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((${#words[@]} > 0)) && [[ $word == = || -n $joined ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		joined=
		[[ $word == = ]] && joined=1
	done
	[[ $word == = ]] && word=
	[[ ${words[-1]} != "$word" ]] && lead=${words[-1]%"$word"}

	mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" --complete zone "${words[@]}" 2>/dev/null)
	case ${COMPREPLY[0]-} in
	:files | :dirs)
		local kind=-f
		[[ ${COMPREPLY[0]} == :dirs ]] && kind=-d
		mapfile -t COMPREPLY < <(compgen "$kind" -- "$word")
		compopt -o filenames
		return
		;;
	esac
	for i in "${!COMPREPLY[@]}"; do
		[[ ${COMPREPLY[i]} == *= ]] && compopt -o nospace
		COMPREPLY[i]=${COMPREPLY[i]#"$lead"}
	done
}
complete -F _zone zone
