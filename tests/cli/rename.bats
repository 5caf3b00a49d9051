#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

@test "everything follows: directory, snapshots, addresses, ids, log, name inside" {
  up "$Z" --wait=ready
  zone snapshot "$Z"
  zone stop -k "$Z"
  local before log
  before=$(field "$Z" '[.id_base, .created]')
  log=$(zone console --log "$Z")
  [ -n "$log" ]
  ok zone rename "$Z" "$Z-new"
  refuse 3 . zone info "$Z"
  [ ! -e "$ZONE_VAR/$Z" ]
  same STOPPED "$(state "$Z-new")"
  same "$before" "$(field "$Z-new" '[.id_base, .created]')"
  same "$ZONE_VAR/$Z-new" "$(field "$Z-new" .path)"
  same snap0 "$(zone snapshot -L --json "$Z-new" | jq -r '.[].name')"
  same "$log" "$(zone console --log "$Z-new")"
  zone start "$Z-new"
  same "$Z-new" "$(zone exec "$Z-new" -- cat /etc/hostname)"
  has "$(zone exec "$Z-new" -- cat /etc/hosts)" "127.0.1.1.*$Z-new"
  ok zone verify "$Z-new"
  mk "$Z" # the name is free
}

@test "its address and machine id stay" {
  up "$Z"
  local before
  zone exec "$Z" -- sh -c 'echo 0123456789abcdef0123456789abcdef >/etc/machine-id'
  before=$(field "$Z" '[.nics[0].mac, .nics[0].addresses]')
  zone stop -k "$Z"
  zone rename "$Z" "$Z-new"
  zone start "$Z-new"
  same "$before" "$(field "$Z-new" '[.nics[0].mac, .nics[0].addresses]')"
  same 0123456789abcdef0123456789abcdef "$(zone exec "$Z-new" -- cat /etc/machine-id)"
}

@test "running: 4; a name that is taken: 4; a bad one: 2; a missing zone: 3; the same name: nothing" {
  up "$Z"
  refuse 4 "RUNNING" zone rename "$Z" "$Z-new"
  mk "$Z-b"
  refuse 4 "$Z-b" zone rename "$Z" "$Z-b" || refuse 4 . zone rename "$Z" "$Z-b"
  refuse 2 . zone rename "$Z-b" "Bad Name"
  refuse 3 . zone rename "$Z-no" "$Z-new"
  refuse 4 "$Z " zone rename "$Z-b" "$Z"
  ok zone rename "$Z-b" "$Z-b"
  mkdir "$ZONE_VAR/$Z-dir"
  touch "$ZONE_VAR/$Z-dir/mine"
  refuse 4 "$Z-dir" zone rename "$Z-b" "$Z-dir"
  same STOPPED "$(state "$Z-b")"
  rm -r "${ZONE_VAR:?}/$Z-dir"
}

@test "clones that stand on it find it under its new name" {
  mk "$Z" -B overlay
  printf one | zone push "$Z" - /root/f
  zone clone "$Z" "$Z-c"
  zone rename "$Z" "$Z-b"
  zone start "$Z-c"
  same one "$(zone exec "$Z-c" -- cat /root/f)"
  refuse 4 "$Z-c" zone destroy "$Z-b"
  zone stop -k "$Z-c"
  zone rename "$Z-c" "$Z-d"
  refuse 4 "$Z-d" zone destroy "$Z-b"
}

@test "its unit follows" {
  mkdir -p "$T/units/multi-user.target.wants" "$T/units/zone@$Z.service.d"
  ln -s /lib/systemd/system/zone@.service "$T/units/multi-user.target.wants/zone@$Z.service"
  mkdir -p /etc/systemd/system
  mount --bind "$T/units" /etc/systemd/system
  mk "$Z"
  zone rename "$Z" "$Z-new"
  umount /etc/systemd/system
  same "/lib/systemd/system/zone@.service" "$(readlink "$T/units/multi-user.target.wants/zone@$Z-new.service")"
  [ -d "$T/units/zone@$Z-new.service.d" ]
  [ ! -e "$T/units/multi-user.target.wants/zone@$Z.service" ]
}
