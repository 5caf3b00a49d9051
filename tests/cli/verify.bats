#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

@test "0 and silence when there is no fault" {
  up "$Z-a"
  mk "$Z-b"
  ok zone verify "$Z-a" "$Z-b"
  ok zone verify --all
}

@test "every fault is listed, not the first" {
  mk "$Z"
  printf 'nosuch = 1\nautostart = perhaps\n' >>"$ZONE_VAR/$Z/zone.conf"
  rm -rf "$ZONE_VAR/$Z/rootfs" "$ZONE_VAR/$Z/upper"
  run --separate-stderr zone verify "$Z"
  same 1 "$status"
  [ "$(grep -c . <<<"$output$stderr")" -ge 2 ]
  has "$output$stderr" "zone.conf"
  sed -i '/nosuch\|perhaps/d' "$ZONE_VAR/$Z/zone.conf"
}

@test "--repair finishes or clears an interrupted create" {
  run env ZONE_TEST_FAIL_STEP=create:volume:kill zone create "$Z" -t busybox
  run zone verify "$Z"
  ok zone verify --repair "$Z" || same 3 "$status"
  if [ -e "$ZONE_VAR/$Z" ]; then
    same STOPPED "$(state "$Z")"
  else
    mk "$Z"
  fi
}

# bats test_tags=vm
@test "--repair after the death of a monitor and its zone" {
  up "$Z"
  local monitor pid
  monitor=$(field "$Z" .monitor_pid)
  pid=$(field "$Z" .pid)
  kill -KILL "$monitor"
  kill -KILL "$pid"
  until_true 5 sh -c "[ ! -d /proc/$pid ]"
  ok zone verify --repair "$Z"
  same STOPPED "$(state "$Z")"
  ok zone start "$Z"
}
