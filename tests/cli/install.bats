#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What `make install` puts in place, in a directory of the test's own, and the library as a program sees it.
KEEP_ZONES=1
load lib

prepare_file() {
  export D=$T/dest
  DESTDIR=$D cmake --install "$ZONE_BINDIR/.." >/dev/null
  export P
  P=$D$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$ZONE_BINDIR/../CMakeCache.txt")
}

@test "command, helpers, library, pages, completions and unit are there" {
  local f
  for f in bin/zone libexec/zone/{zone-monitor,zone-init,zone-nft} libexec/zone/zone-image.so include/zone/zone.h \
    share/man/man8/zone.8 share/man/man5/zone.conf.5 share/man/man7/{zones.7,zone-template.7,zone-systemd.7} share/man/man3/libzone.3 \
    share/bash-completion/completions/zone share/zsh/vendor-completions/_zone share/fish/vendor_completions.d/zone.fish \
    lib/systemd/system/{zone@.service,zones.target,zones-stop.service,zone-network@.service} lib/systemd/system-generators/zone-generator; do
    [ -s "$P/$f" ] || fail "no $f in $(find "$P" -type f)"
  done
  [ -n "$(find "$P" -name 'libzone.so.0')" ]
  [ -n "$(find "$P" -name zone.pc)" ]
}

@test "nothing is setuid or writable by others" {
  same "" "$(find "$D" ! -type l -perm /6022)"
}

@test "no file names the place where it was built" {
  local top
  top=$(readlink -f "$BATS_TEST_DIRNAME/../..")
  grep -q '^CMAKE_BUILD_TYPE:STRING=Debug' "$ZONE_BINDIR/../CMakeCache.txt" && skip "debug information of a Debug build"
  same "" "$(grep -rlF "$top" "$P" || true)"
}

@test "the library exports zone_ and nothing else" {
  same "" "$(nm -D --defined-only "$(find "$P" -name 'libzone.so.0')" | awk '{ print $3 }' | grep -v '^zone_' | grep -vx 'ZONE_0.*' || true)"
}

@test "the example of libzone(3) builds by pkg-config, without warnings, and lists the zones" {
  mk "$Z"
  sed -n '/^#include <stdio.h>/,/^\.Ed/p' "$BATS_TEST_DIRNAME/../../man/libzone.3" | sed '/^\.Ed/d; s/\\e/\\/g' >"$T/example.c"
  local flags=() lib
  lib=$(dirname "$(find "$P" -name 'libzone.so.0')")
  if ldd "$lib/libzone.so.0" | grep -q libasan; then flags=(-fsanitize=address,undefined); fi
  # shellcheck disable=SC2046 # words
  cc -Wall -Wextra -Werror "${flags[@]}" -o "$T/example" "$T/example.c" \
    $(PKG_CONFIG_SYSROOT_DIR=$D PKG_CONFIG_PATH=$lib/pkgconfig pkg-config --cflags --libs zone)
  same "$Z STOPPED" "$(LD_LIBRARY_PATH=$lib "$T/example")"
}
