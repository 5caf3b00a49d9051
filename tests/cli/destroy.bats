#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

@test "destroy removes a stopped zone and everything of it" {
  mk "$Z"
  ok zone destroy "$Z"
  [ ! -e "$ZONE_VAR/$Z" ]
  refuse 3 . zone info "$Z"
  same "[]" "$(zone ls --json)"
}

@test "a running zone is refused (4) without -f, and goes with it" {
  up "$Z"
  refuse 4 "$Z" zone destroy "$Z"
  has "$stderr" "(-f|stop)"
  same RUNNING "$(state "$Z")"
  ok zone destroy -f "$Z"
  [ ! -e "$ZONE_VAR/$Z" ]
}

@test "a zone with snapshots is refused (4) without -s" {
  mk "$Z"
  zone snapshot "$Z"
  refuse 4 "snap" zone destroy "$Z"
  has "$stderr" "-s"
  same STOPPED "$(state "$Z")"
  ok zone destroy -s "$Z"
  [ ! -e "$ZONE_VAR/$Z" ]
}

@test "-f does not take snapshots along, nor stop a zone that it will not destroy" {
  up "$Z"
  zone snapshot "$Z"
  refuse 4 snapshot zone destroy -f "$Z"
  same RUNNING "$(state "$Z")"
  # while somebody reads them
  exec 7<"$ZONE_VAR/$Z/snapshots"
  flock -s 7
  refuse 6 snapshots zone --lock-wait 0 destroy -f -s "$Z"
  same RUNNING "$(state "$Z")"
  exec 7<&-
  ok zone destroy -f -s "$Z"
  mk "$Z" -B overlay
  zone clone "$Z" "$Z-c"
  zone start "$Z"
  refuse 4 "stand on it: $Z-c" zone destroy -f "$Z"
  same RUNNING "$(state "$Z")"
}

@test "a restore that was killed is no reason to lose snapshots" {
  mk "$Z"
  zone snapshot "$Z"
  run env ZONE_TEST_FAIL_STEP=restore:configuration:kill zone snapshot -r snap0 "$Z"
  same INCOMPLETE "$(state "$Z")"
  refuse 4 snapshot zone destroy -f "$Z"
  refuse 4 snapshot zone destroy "$Z"
  ok zone destroy -s "$Z"
}

@test "what a killed snapshot left is none, and goes with the zone" {
  mk "$Z"
  run env ZONE_TEST_FAIL_STEP=snapshot:record:kill zone snapshot "$Z"
  same 137 "$status"
  [ -e "$ZONE_VAR/$Z/snapshots/snap0" ]
  same 0 "$(field "$Z" .snapshots)"
  ok zone destroy "$Z"
  [ ! -e "$ZONE_VAR/$Z" ]
}

@test "a frozen zone is destroyed with -f" {
  up "$Z"
  zone freeze "$Z"
  ok zone destroy -f "$Z"
}

@test "ids are used again only when the data is gone" {
  mk "$Z-a"
  mk "$Z-b"
  local a
  a=$(field "$Z-a" .id_base)
  zone destroy "$Z-a"
  mk "$Z-c"
  [ "$(field "$Z-c" .id_base)" -ne "$(field "$Z-b" .id_base)" ]
  [ "$(field "$Z-c" .id_base)" -ge 524288 ]
  [ "$a" -ge 524288 ]
}

@test "the name is free at once" {
  local i
  for i in 1 2 3; do
    up "$Z"
    zone destroy -f "$Z"
  done
}

@test "a file that the zone made immutable or owned by odd ids does not stop it" {
  mk "$Z" -B dir
  zone start "$Z"
  zone exec "$Z" -- /bin/sh -c 'mkdir -p /var/deep && touch /var/deep/f && chown 65535:65535 /var/deep/f && chmod 0 /var/deep'
  zone stop -k "$Z"
  ok zone destroy "$Z"
  [ ! -e "$ZONE_VAR/$Z" ]
}

@test "what systemd has of it goes, so that the next zone of that name does not get it" {
  mkdir -p "$T/units/multi-user.target.wants" "$T/units/zone@$Z.service.d" "$T/units/zone@$Z-b.service.d"
  ln -s /lib/systemd/system/zone@.service "$T/units/multi-user.target.wants/zone@$Z.service"
  echo '[Unit]' >"$T/units/zone@$Z.service.d/override.conf"
  mk "$Z" -s autostart=true
  run standard env ZONE_TEST_FAIL_STEP=destroy:units:kill zone destroy "$Z"
  same 137 "$status"
  same INCOMPLETE "$(state "$Z")"
  ok standard zone destroy "$Z"
  same "zone@$Z-b.service.d" "$(cd "$T/units" && find . -name 'zone@*' -printf '%P\n')"
  # one that is in another place is none of systemd's
  mk "$Z-b"
  ok zone destroy "$Z-b"
  [ -d "$T/units/zone@$Z-b.service.d" ]
  rm -r "$T/units"
}
