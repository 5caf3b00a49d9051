# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What looks at the guest's contract from inside: a root whose init is the probe (tests/probe), and what it said.

# The root as a tree. The probe is called as systemd's init is, so that it is stopped by its signal.
probe_tree() { # DIR
  local tree=$1 tz
  tiny_rootfs "$tree"
  rm "$tree/sbin/init"
  mkdir -p "$tree/lib/systemd" "$tree/usr/share" "$tree/usr/lib"
  cp "$ZONE_TEST_TOOLS/guest-probe" "$tree/lib/systemd/systemd"
  ln -s ../lib/systemd/systemd "$tree/sbin/init"
  tz=$(readlink -f /etc/localtime)
  if [[ $tz == */zoneinfo/* ]]; then
    mkdir -p "$(dirname "$tree/$tz")"
    cp "$tz" "$tree/$tz"
    ln -s "$tz" "$tree/etc/localtime"
  fi
  echo 0123456789abcdef0123456789abcdef >"$tree/etc/machine-id" # an image's own, which no zone may keep
}

# What a console's log has of the probe's last run, from standard input.
last_tap() {
  tr -d '\r' | awk '/^TAP version/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }'
}

# The same of a zone, once the probe has ended.
probed() {
  zone wait -t 60 "$1"
  zone console --log "$1" | last_tap
}

# As many lines as were planned, and not ok are those alone that match PATTERN (default: none).
all_ok() { # LOG [PATTERN]
  local bad
  same "$(grep -cE '^(not )?ok ' <<<"$1")" "$(sed -n 's/^1\.\.//p' <<<"$1")"
  bad=$(grep -A1 '^not ok' <<<"$1" | grep -v '^--' || true)
  lacks "$(grep '^not ok' <<<"$bad" | grep -vE -- "${2:-^$}" || true)" . || fail "$bad"
}
