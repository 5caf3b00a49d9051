# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The distribution's mirror as this machine's apt sees it, for what the tests build of it with mmdebstrap.

# mirror_of NAME-PATTERN DEFAULT: the address of the first source with component main whose name matches.
mirror_of() {
  local found
  # shellcheck disable=SC2016 # the format is for apt
  found=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
    awk -v p="$1" '$1 ~ p && $3 == "main" { print $2; exit }')
  echo "${found:-$2}"
}

# The archive itself, which has every suite, and its security updates.
mirror_main() { mirror_of '^[a-z]+$' http://deb.debian.org/debian; }
mirror_security() { mirror_of '-security$' http://deb.debian.org/debian-security; }

# mirror_options ARRAY: adds apt's proxy, certificates and clock checks as options of mmdebstrap:
# they hold for a new root too.
mirror_options() {
  local -n array=$1
  local line
  while IFS= read -r line; do
    array+=(--aptopt="${line%;}")
  done < <(apt-config dump --format '%f "%v"%n' Acquire |
    grep -E '^Acquire::(https?::(Proxy|CaInfo|Timeout)|Check-(Valid-Until|Date)|Retries)' | grep -v '""$' || true)
}
