# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for zone(8). All knowledge is in the command: zone --complete zone WORD...

function __zone_complete
	set -l words (commandline -opc) (commandline -ct)
	set -l lines ($words[1] --complete zone $words[2..-1] 2>/dev/null)
	switch "$lines[1]"
		case :files
			__fish_complete_path (commandline -ct)
		case :dirs
			__fish_complete_directories (commandline -ct)
		case '*'
			printf '%s\n' $lines
	end
end

complete -c zone -f -a '(__zone_complete)'
