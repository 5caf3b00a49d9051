#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The package on a clean system, with nothing but what it declares.

# All packages that PACKAGE's declared dependencies bring, itself included.
closure() {
  apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$1" |
    grep -E '^[a-z0-9]' | cut -d: -f1 | sort -u
}

@test "every library of every program comes from a declared dependency" {
  local files libraries
  files=$(dpkg -L zone | grep -E '^/usr/(bin|libexec)/' | xargs -I{} find {} -maxdepth 0 -type f)
  # shellcheck disable=SC2086 # words
  libraries=$(ldd $files 2>/dev/null | awk '/=> not found/ { print $1 } $3 ~ "^/" { print $3 }' | sort -u)
  grep -q libarchive <<<"$libraries" # the modules are among them
  # dpkg knows some by their name without /usr, as they were named before the directories were merged
  {
    closure zone | sed 's/^/package /'
    # shellcheck disable=SC2086
    for l in $libraries; do
      [ ! -e "$l" ] || l=$(readlink -f "$l")
      echo "library $l ${l#/usr}"
    done
    dpkg -S '*.so*' | sed -n 's/^\([^:, ]*\).*: \(.*\)/owner \2 \1/p'
  } | awk '
    $1 == "package" { declared[$2] = 1 }
    $1 == "owner" { owner[$2] = $3 }
    $1 == "library" { libraries[$2] = $3 }
    END {
      for (l in libraries) {
        o = (l in owner) ? owner[l] : owner[libraries[l]]
        if (!(o in declared)) { print l, "of", o == "" ? "no package" : o, "is not declared"; bad = 1 }
        n++
      }
      exit bad || n < 10
    }'
}
