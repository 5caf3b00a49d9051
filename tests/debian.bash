# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Systems that the tests build with mmdebstrap, from the distribution's mirror as this machine's apt sees it.

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

# mirror_options ARRAY: adds apt's proxy, certificates and clock checks as options of mmdebstrap: they hold for a new
# root too.
mirror_options() {
  local -n array=$1
  local line
  while IFS= read -r line; do
    array+=(--aptopt="${line%;}")
  done < <(apt-config dump --format '%f "%v"%n' Acquire |
    grep -E '^Acquire::(https?::(Proxy|CaInfo|Timeout)|Check-(Valid-Until|Date)|Retries)' | grep -v '""$' || true)
}

# debian_tree DIR ARGS…: Debian 12 with its updates, without documentation; ARGS are mmdebstrap's. Mirrors fail now and
# then: three tries.
debian_tree() {
  local dir=$1 main try options=()
  shift
  mirror_options options
  main=$(mirror_main)
  for try in 1 2 3; do
    if mmdebstrap --variant=minbase --aptopt='Apt::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      "${options[@]}" "$@" bookworm "$dir" "deb $main bookworm main" "deb $main bookworm-updates main" \
      "deb $(mirror_security) bookworm-security main" >&2; then
      return 0
    fi
    rm -rf --one-file-system "$dir"
    sleep $((try * 5))
  done
  return 1
}

# in_memory PROGRAM ARGS…: with TMPDIR a file system in memory, in a mount namespace of its own: for many small files.
in_memory() {
  local dir status=0
  dir=$(mktemp -d /var/tmp/zone-build.XXXXXX)
  # shellcheck disable=SC2016 # for the inner shell
  TMPDIR=$dir unshare --mount -- sh -c 'mount -t tmpfs -o mode=755 memory "$TMPDIR" && exec "$@"' - "$@" || status=$?
  rmdir "$dir"
  return $status
}
