#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The installed command on a plain Debian: systemd, its kernel, all controllers, the standard places.
SYSTEM_PLACES=1
KEEP_ZONES=1
load ../cli/lib

@test "the host has all that zones need" {
  need systemd package memory cpu cpuset io pids
  ok zone checkconfig --json
  same "" "$(jq -r '.[] | select(.needed == "must" and .status != "ok") | "\(.id): \(.detail)"' <<<"$output")"
}

@test "from create to running, with all controllers handed on to the zone" {
  mk "$Z" -s limits.pids=77
  ok zone start --wait=ready "$Z"
  same RUNNING "$(state "$Z")"
  local controllers
  controllers=$(zone exec "$Z" -- cat /sys/fs/cgroup/cgroup.controllers)
  for c in cpu cpuset io memory pids; do has "$controllers" "\\<$c\\>"; done
  same "" "$(field "$Z" '.limits_not_enforced[]')"
}

@test "a limit holds, and changes live" {
  same 77 "$(limit "$Z" pids.max)"
  ok zone set "$Z" limits.pids=78
  same 78 "$(limit "$Z" pids.max)"
  run zone exec "$Z" -- sh -c 'i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i + 1)); done'
  has "$output" "can't fork|Resource temporarily unavailable"
}

@test "exec, its status and its output" {
  same "$Z" "$(zone exec "$Z" -- hostname)"
  run zone exec "$Z" -- sh -c 'exit 42'
  same 42 "$status"
}

@test "a snapshot of the running zone, and back" {
  zone exec "$Z" -- sh -c 'echo one >/root/f'
  same snap0 "$(zone snapshot "$Z")"
  zone exec "$Z" -- sh -c 'echo two >/root/f'
  ok zone snapshot -r snap0 --restart "$Z"
  same one "$(zone exec "$Z" -- cat /root/f)"
}

@test "stop and destroy leave nothing" {
  ok zone stop "$Z"
  same STOPPED "$(state "$Z")"
  ok zone destroy -s "$Z"
  same "[]" "$(zone ls --json)"
}
