#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The guest's contract under three managers: the same probe as process 1 of a zone, of systemd-nspawn and of LXC, each as
# its distribution sets it up, with a user namespace, an interface, and a credential where it knows such a thing.
SYSTEM_PLACES=1
KEEP_ZONES=1
load ../cli/lib
load ../cli/probe

prepare_file() {
  need systemd package
  probe_tree "$T/probe"
  tar -C "$T/probe" -cJf "$T/probe.tar.xz" .
}

@test "in a zone" {
  zone -q create "$Z" -t local --credential probe=secret -- -f "$T/probe.tar.xz"
  zone start "$Z"
  probed "$Z" >"$T/zone.tap"
  all_ok "$(cat "$T/zone.tap")"
}

@test "under systemd-nspawn" {
  cp -a "$T/probe" "$T/nspawn"
  timeout 60 systemd-nspawn --quiet --boot --machine=probe --directory="$T/nspawn" --private-users=pick --network-veth \
    --set-credential=probe:secret --console=read-only >"$T/nspawn.log" 2>&1 || true
  last_tap <"$T/nspawn.log" >"$T/nspawn.tap"
  has "$(cat "$T/nspawn.tap")" '^1\.\.[0-9]+$' || fail "$(cat "$T/nspawn.log")"
}

@test "under LXC" {
  systemctl --quiet mask lxc.service lxc-net.service # its bridge is not needed
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install lxc >/dev/null
  mkdir -p "$T/lxc/probe"
  cp -a "$T/probe" "$T/lxc/probe/rootfs"
  chown -R 1000000:1000000 "$T/lxc/probe/rootfs"
  cat >"$T/lxc/probe/config" <<LXC
lxc.include = /usr/share/lxc/config/common.conf
lxc.include = /usr/share/lxc/config/userns.conf
lxc.idmap = u 0 1000000 65536
lxc.idmap = g 0 1000000 65536
lxc.apparmor.profile = generated
lxc.rootfs.path = dir:$T/lxc/probe/rootfs
lxc.uts.name = probe
lxc.net.0.type = veth
lxc.net.0.name = eth0
LXC
  lxc-start -P "$T/lxc" -n probe -L "$T/lxc.log" -o "$T/lxc.err"
  lxc-wait -P "$T/lxc" -n probe -s STOPPED -t 60
  last_tap <"$T/lxc.log" >"$T/lxc.tap"
  has "$(cat "$T/lxc.tap")" '^1\.\.[0-9]+$' || fail "$(cat "$T/lxc.log" "$T/lxc.err")"
}

# ID, what, and how it is: yes, no, or nothing to see.
verdicts() {
  sed -nE 's/^(not )?ok [0-9]+ - ([A-Z]+-[0-9]+) ([^#]*[^# ])( # SKIP.*)?$/\2\t\3\t\1|\4/p' "$1" |
    awk -F'\t' -v OFS='\t' '{ print $1, $2, $3 == "|" ? "yes" : $3 ~ /SKIP/ ? "\\(en" : "no" }'
}

# The rows of zone-guest(7): of items that follow each other and are called the same, none is lost.
measured() {
  paste <(verdicts "$T/zone.tap") <(verdicts "$T/nspawn.tap" | cut -f3) <(verdicts "$T/lxc.tap" | cut -f3) |
    awk -F'\t' '{ sub(/^CI-/, "", $1); printf ".It %s Ta %s Ta %s Ta %s Ta %s\n", $1, $2, $3, $4, $5 }'
}

@test "the manual's comparison is what has just been measured" {
  local page
  page=$(zcat -f /usr/share/man/man7/zone-guest.7*)
  measured >"$T/measured"
  sed -n '/^\.Sh COMPARISON/,/^\.Sh SEE/s/^\(\.It [0-9X].* Ta .*\)$/\1/p' <<<"$page" >"$T/manual"
  diff "$T/manual" "$T/measured" >"$T/difference" || {
    grep -h -A1 '^not ok' "$T/nspawn.tap" "$T/lxc.tap"
    fail "not as measured; the rows are:" "$(cat "$T/measured")"
  }
}
