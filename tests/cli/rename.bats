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

@test "its unit follows, and no other's" {
  mkdir -p "$T/units/multi-user.target.wants" "$T/units/backup.service.requires" "$T/units/zone@$Z.service.d"
  ln -s /lib/systemd/system/zone@.service "$T/units/multi-user.target.wants/zone@$Z.service"
  ln -s /lib/systemd/system/zone@.service "$T/units/multi-user.target.wants/zone@$Z-b.service"
  ln -s /lib/systemd/system/zone@.service "$T/units/backup.service.requires/zone@$Z.service"
  mk "$Z"
  ok standard zone rename "$Z" "$Z-new"
  same "/lib/systemd/system/zone@.service" "$(readlink "$T/units/multi-user.target.wants/zone@$Z-new.service")"
  same "backup.service.requires/zone@$Z-new.service
multi-user.target.wants/zone@$Z-b.service
multi-user.target.wants/zone@$Z-new.service
zone@$Z-new.service.d" "$(cd "$T/units" && find . -name 'zone@*' -printf '%P\n' | sort)"
  # one that is in another place is none of systemd's
  ok zone rename "$Z-new" "$Z-other"
  [ -d "$T/units/zone@$Z-new.service.d" ]
  rm -r "$T/units"
}

@test "zones that name it name the new name: after, requires, the network that they share" {
  mk "$Z"
  mk "$Z-web" -s start.after="$Z-not-there,$Z,$Z-y" -s start.requires="$Z"
  mk "$Z-in" -s net.eth0.type=zone -s net.eth0.parent="$Z"
  mk "$Z-x" -s "user.note=$Z" -s start.after="$Z-web"
  sed -i '1a # ours' "$ZONE_VAR/$Z-web/zone.conf"
  up "$Z-run"
  zone set "$Z-run" start.after="$Z"
  ok zone -v rename "$Z" "$Z-new"
  has "$stderr" "$Z-web: .*$Z-new"
  same "$Z-not-there,$Z-new,$Z-y" "$(zone get "$Z-web" start.after)"
  same "$Z-new" "$(zone get "$Z-web" start.requires)"
  same "$Z-new" "$(zone get "$Z-in" net.eth0.parent)"
  same "$Z-new" "$(zone get "$Z-run" start.after)"
  same "$Z $Z-web" "$(zone get "$Z-x" user.note) $(zone get "$Z-x" start.after)" # neither a note nor the beginning of a name
  has "$(cat "$ZONE_VAR/$Z-web/zone.conf")" "^# ours"
  same RUNNING "$(state "$Z-run")"
  ok zone start "$Z-web" "$Z-in"
  same "RUNNING RUNNING" "$(state "$Z-new") $(state "$Z-in")"
}

@test "one of them that cannot be changed: nothing is; one that cannot be read is told of" {
  mk "$Z"
  mk "$Z-a" -s start.after="$Z"
  mk "$Z-b" -s start.after="$Z"
  mk "$Z-c" -s start.after="$Z-new" # which it named before there was one
  exec 7>>"$ZONE_RUN/.lock/$Z-b"
  flock 7
  refuse 6 "$Z-b" zone --lock-wait 1 rename "$Z" "$Z-new"
  exec 7>&-
  same "$Z $Z $Z-new" "$(zone get "$Z-a" start.after) $(zone get "$Z-b" start.after) $(zone get "$Z-c" start.after)"
  same STOPPED "$(state "$Z")"
  ok zone verify "$Z"
  echo nonsense >>"$ZONE_VAR/$Z-b/zone.conf"
  ok zone rename "$Z" "$Z-new"
  has "$stderr" "^warning: .*$Z-b: .*may still name $Z"
  same "$Z-new" "$(zone get "$Z-a" start.after)"
  sed -i '$d' "$ZONE_VAR/$Z-b/zone.conf"
}

@test "killed anywhere, and a zone of the old name made before the repair: what is that one's stays" {
  local step
  for step in $(fault_steps rename); do
    mk "$Z"
    run env ZONE_TEST_FAIL_STEP="rename:$step:after:kill" zone rename "$Z" "$Z-new"
    if zone -q create "$Z" -t busybox 2>/dev/null; then
      zone start "$Z"
      mk "$Z-user" -s start.after="$Z"
      ok zone verify --repair "$Z-new"
      same "RUNNING $Z" "$(state "$Z") $(zone get "$Z-user" start.after)"
      ok zone verify "$Z"
    else
      ok zone verify --repair "$Z-new"
    fi
    same STOPPED "$(state "$Z-new")"
    ok zone verify "$Z-new"
    zone destroy -f --all
  done
}

@test "a clone whose rename was killed anywhere keeps its base, and destroy leaves nothing of it" {
  local step
  mk "$Z" -B overlay
  for step in $(fault_steps rename); do
    zone clone "$Z" "$Z-c"
    run env ZONE_TEST_FAIL_STEP="rename:$step:kill" zone rename "$Z-c" "$Z-d"
    same 137 "$status"
    refuse 4 "other zones stand on it: $Z-[cd]" zone destroy "$Z"
    ok zone destroy "$(zone ls -1 | grep "$Z-")"
    [ ! -e "$ZONE_VAR/$Z-c" ] && [ ! -e "$ZONE_VAR/$Z-d" ]
  done
  ok zone destroy "$Z"
}
