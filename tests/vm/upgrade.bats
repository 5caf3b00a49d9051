#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Another version of the package, none, and none at all: zones that run go on, and nothing of theirs is lost.
SYSTEM_PLACES=1
KEEP_ZONES=1
load ../cli/lib

DEBS=/srv/zone/debs

# The same packages as those of a later version.
make_later() {
  local deb dir=$T/later
  mkdir "$dir"
  for deb in "$DEBS"/*.deb; do
    dpkg-deb -R "$deb" "$dir/tree"
    sed -i 's/\b0\.1\.0-1\b/0.2.0-1/g' "$dir/tree/DEBIAN/control"
    dpkg-deb -Znone -b "$dir/tree" "$dir/$(basename "${deb/0.1.0/0.2.0}")" >/dev/null
    rm -r "$dir/tree"
  done
}

prepare_file() {
  systemctl start zones-stop.service
  make_later
  mk svc
  mk scope
  mk ice -s autostart=true
  zone start svc ice
  zone start -s hostname=other scope
  zone freeze ice
  zone exec svc -- sh -c 'echo precious >/root/data'
  zone snapshot svc >/dev/null
  pids >"$T/pids"
}

clean_file() {
  systemctl stop 'zone@*' 'zone-network@*' zones.target zones-stop.service
  systemctl reset-failed
  systemctl daemon-reload
}

version() {
  dpkg-query -W -f '${Version}' zone
}

pids() { zone ls --json | jq -c '[.[] | [.name, .pid]]'; }

alive() { # each zone's init
  jq -r '.[][1]' "$T/pids" | xargs -I{} test -d /proc/{}
}

# Every zone as it was, with its data, and it can be used.
all_as_before() {
  same "$(cat "$T/pids")" "$(pids)"
  same "FROZEN RUNNING RUNNING" "$(state ice) $(state scope) $(state svc)"
  same precious "$(zone exec svc -- cat /root/data)"
  same snap0 "$(zone snapshot -L --json svc | jq -r '.[].name')"
  same other "$(zone exec scope -- hostname)"
}

packages() { # COMMAND OF APT, WORDS…: nothing can be answered
  ok env -u DEBIAN_FRONTEND apt-get -q -y --no-install-recommends "$@"
}

# What a monitor's program is, "(deleted)" when it is that of the package before.
programs() {
  zone ls -1 | while read -r name; do readlink "/proc/$(zone info --json "$name" | jq .monitor_pid)/exe"; done | sort -u
}

@test "upgrade: zones run on, also who is inside, and their monitors are the new program" {
  same 0.1.0-1 "$(version)"
  zone exec svc -- sh -c 'while [ ! -e /root/go ]; do sleep 1; done; echo stayed' >"$T/inside" 3>&- &
  local inside=$!
  packages install "$T"/later/*.deb
  same 0.2.0-1 "$(version)"
  alive
  all_as_before
  renewed() { same /usr/libexec/zone/zone-monitor "$(programs)"; }
  until_true 30 renewed
  zone exec svc -- touch /root/go
  wait $inside
  same stayed "$(cat "$T/inside")"
  same 0 "$(systemctl show -P NRestarts zone@svc)"
  has "$(systemctl --no-legend --failed list-units)" "^$"
}

@test "removal: they run on; back, of an earlier version, it knows them" {
  packages remove zone libzone0 libzone-dev zone-doc
  run command -v zone
  [ "$status" -ne 0 ]
  alive
  packages install "$DEBS"/*.deb
  same 0.1.0-1 "$(version)"
  alive
  all_as_before
}

@test "purge asks nothing, and takes what can be downloaded again, but no zone" {
  mkdir -p /var/cache/zone /etc/zone
  touch /var/cache/zone/image /etc/zone/mine
  packages purge zone libzone0 libzone-dev zone-doc
  same "" "$(dpkg-query -W -f '${db:Status-Status}' zone 2>/dev/null)"
  alive
  [ ! -e /var/cache/zone ]
  [ -e /etc/zone/mine ] && rm /etc/zone/mine
  [ -d /var/lib/zone/svc ]
  [ ! -e /usr/lib/systemd/system/zone@.service ]
  packages install "$DEBS"/*.deb
  all_as_before
}

@test "and in the end all of them stop, start and go as ever" {
  zone thaw ice
  ok zone stop -t 20 svc ice scope
  for z in svc ice scope; do same STOPPED "$(state $z)"; done
  ok zone start svc
  same precious "$(zone exec svc -- cat /root/data)"
  ok zone destroy -f -s svc ice scope
}
