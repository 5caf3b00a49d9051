#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# get, set, unset, edit
load lib

@test "set, get, unset" {
  mk "$Z"
  ok zone set "$Z" hostname=alpha
  has "$output" "at next start|applied"
  same alpha "$(zone get "$Z" hostname)"
  ok zone unset "$Z" hostname
  same "$Z" "$(zone get "$Z" hostname || echo "$Z")"
}

@test "get without a key lists all that is set, as KEY=VALUE" {
  mk "$Z" -s limits.pids=55 -s user.owner=me
  ok zone get "$Z"
  has "$output" "^limits.pids *= *\"?55"
  has "$output" "^user.owner *= *\"?me"
  zone get --json "$Z" | jq -e 'type == "object"'
}

# bats test_tags=vm
@test "set says for each key applied or at next start; of a running zone too" {
  up "$Z"
  ok zone set "$Z" hostname=later user.note=x
  same 2 "$(grep -cE 'applied|at next start' <<<"$output")"
  has "$output" "hostname.*at next start"
  same "$Z" "$(zone exec "$Z" -- hostname)"
}

# bats test_tags=vm
@test "a live key is applied to the running zone, or refused (7) where the host cannot" {
  up "$Z"
  if grep -qw pids "$CGROUP2/cgroup.controllers"; then
    ok zone set "$Z" limits.pids=60
    has "$output" "limits.pids.*applied"
    same 60 "$(limit "$Z" pids.max)"
  else
    refuse 7 "pids" zone set "$Z" limits.pids=60
    lacks "$(zone get "$Z")" "limits.pids"
  fi
}

@test "all or nothing" {
  mk "$Z"
  refuse 2 "nosuch" zone set "$Z" hostname=changed nosuch.key=1
  lacks "$(zone get "$Z")" changed
  refuse 2 "limits.pids" zone set "$Z" user.a=1 limits.pids=lots
  lacks "$(zone get "$Z")" "user.a"
}

@test "unknown keys suggest the nearest, wrong types say what is wanted" {
  mk "$Z"
  refuse 2 "limit.pids" zone set "$Z" limit.pids=3
  has "$stderr" "limits.pids"
  refuse 2 "autostart" zone set "$Z" autostart=7up
  refuse 2 "limits.memory" zone set "$Z" limits.memory=-1
  refuse 2 . zone get "$Z" no.such
  refuse 2 . zone unset "$Z" no.such
  refuse 2 . zone set "$Z" =x
  refuse 2 . zone set "$Z" hostname
}

@test "values with quotes, dollars, spaces and newlines come back as they were" {
  mk "$Z"
  local v
  for v in 'a "b" c' '$HOME ${PATH}' "it's" 'back\slash' 'tab	in' 'ümlaut' '# no comment' '} {' ' lead and trail '; do
    zone set "$Z" "user.v=$v"
    same "$v" "$(zone get "$Z" user.v)"
  done
  refuse 2 . zone set "$Z" $'user.v=a\nhostname = "evil"'
  lacks "$(zone get "$Z")" evil
}

@test "comments and order of the file stay" {
  mk "$Z"
  printf '# mine\nhostname = "one" # why\n\nlimits {\n\t# few\n\tpids = 10\n}\n' >>"$ZONE_VAR/$Z/zone.conf"
  zone set "$Z" limits.pids=20
  has "$(cat "$ZONE_VAR/$Z/zone.conf")" "^# mine"
  has "$(cat "$ZONE_VAR/$Z/zone.conf")" "# few"
  has "$(cat "$ZONE_VAR/$Z/zone.conf")" "# why"
  same 20 "$(zone get "$Z" limits.pids)"
}

@test "after a fixed prefix the rest is one name" {
  mk "$Z"
  zone set "$Z" sysctl.net.ipv4.ip_forward=1 net.eth0.mtu=1400
  same 1 "$(zone get "$Z" sysctl.net.ipv4.ip_forward)"
  zone start "$Z"
  same 1 "$(zone exec "$Z" -- cat /proc/sys/net/ipv4/ip_forward)"
  has "$(zone exec "$Z" -- ip link show eth0)" "mtu 1400"
}

@test "faults in the file: file, line and key, exit 2" {
  mk "$Z"
  local conf=$ZONE_VAR/$Z/zone.conf
  cp "$conf" "$T/good"
  local bad
  for bad in 'nosuch = 1' 'autostart = perhaps' 'hostname = ' 'limits { pids = "x" }' 'net eth0 { colour = "red" }'; do
    cp "$T/good" "$conf"
    echo "$bad" >>"$conf"
    refuse 2 "zone\.conf:$(wc -l <"$conf"):" zone get "$Z"
    refuse 2 "zone\.conf:$(wc -l <"$conf"):" zone set "$Z" user.a=1
  done
  cp "$T/good" "$conf"
}

@test "a second block of the same name is refused" {
  mk "$Z"
  local conf=$ZONE_VAR/$Z/zone.conf
  cp "$conf" "$T/good"
  printf 'net eth7 { mtu = 1400 }\nnet eth7 { mtu = 1300 }\n' >>"$conf"
  refuse 2 "eth7" zone get "$Z"
  cp "$T/good" "$conf"
}

@test "edit runs the editor and takes the result" {
  mk "$Z"
  printf '#!/bin/sh\necho "hostname = \\"edited\\"" >>"$1"\n' >"$T/editor"
  chmod 755 "$T/editor"
  EDITOR=$T/editor VISUAL='' zone edit "$Z"
  same edited "$(zone get "$Z" hostname)"
}

@test "edit refuses what does not parse, and the file stays" {
  mk "$Z"
  local before
  before=$(cat "$ZONE_VAR/$Z/zone.conf")
  printf '#!/bin/sh\necho "nosuch = 1" >>"$1"\n' >"$T/editor"
  chmod 755 "$T/editor"
  export TMPDIR=$T # the refused text stays there
  EDITOR=$T/editor VISUAL='' refuse 2 "nosuch" zone edit "$Z"
  same "$before" "$(cat "$ZONE_VAR/$Z/zone.conf")"
  printf '#!/bin/sh\nexit 1\n' >"$T/editor"
  EDITOR=$T/editor VISUAL='' run zone edit "$Z"
  [ "$status" -ne 0 ]
  same "$before" "$(cat "$ZONE_VAR/$Z/zone.conf")"
}

# bats test_tags=vm
@test "mount entries of the configuration are there, ids mapped" {
  mkdir -p "$T/share"
  echo from-host >"$T/share/f"
  mk "$Z"
  zone set "$Z" mount.data.source="$T/share" mount.data.target=/data mount.data.readonly=true
  zone start "$Z"
  same from-host "$(zone exec "$Z" -- cat /data/f)"
  same 0 "$(zone exec "$Z" -- stat -c %u /data/f)"
  run zone exec "$Z" -- touch /data/g
  [ "$status" -ne 0 ]
}
