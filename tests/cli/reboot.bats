#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

another_init() { # NAME OLD-PID
  local now
  now=$(field "$1" .pid)
  [ -n "$now" ] && [ "$now" != null ] && [ "$now" != 0 ] && [ "$now" != "$2" ] && [ "$(state "$1")" = RUNNING ]
}

# bats test_tags=vm
@test "reboot asks init, and the zone comes again: new init, same monitor, same addresses" {
  up "$Z" --wait=ready
  local pid monitor ip
  pid=$(field "$Z" .pid)
  monitor=$(field "$Z" .monitor_pid)
  ip=$(field "$Z" '.ipv4[0]')
  ok timeout 30 zone reboot "$Z"
  until_true 20 another_init "$Z" "$pid"
  same "$monitor" "$(field "$Z" .monitor_pid)"
  same "$ip" "$(field "$Z" '.ipv4[0]')"
}

@test "reboot from inside" {
  up "$Z" --wait=ready
  local pid
  pid=$(field "$Z" .pid)
  zone exec "$Z" -- reboot || true
  until_true 20 another_init "$Z" "$pid"
  zone exec "$Z" -- true
}

@test "the configuration is read again" {
  up "$Z" --wait=ready
  local pid
  pid=$(field "$Z" .pid)
  zone set "$Z" hostname=renewed
  zone reboot "$Z"
  until_true 20 another_init "$Z" "$pid"
  same renewed "$(zone exec "$Z" -- hostname)"
}

@test "the console log goes on over a reboot, and so does an attached reader" {
  up "$Z" --wait=ready
  local pid before
  pid=$(field "$Z" .pid)
  before=$(zone console --log "$Z" | wc -c)
  pty sleep:6 'send:\x01q' -- zone console --read-only "$Z" >"$T/seen" 3>&- &
  local reader=$!
  zone reboot "$Z"
  until_true 20 another_init "$Z" "$pid"
  [ "$(zone console --log "$Z" | wc -c)" -ge "$before" ]
  wait "$reader"
}

@test "reboot of a stopped zone is 4 and names the verb that helps" {
  mk "$Z"
  refuse 4 "STOPPED" zone reboot "$Z"
  has "$stderr" "start"
}

@test "ten reboots leave no more than one" {
  up "$Z" --wait=ready
  local i pid links
  links=$(ip -o link | wc -l)
  for i in $(seq 10); do
    pid=$(field "$Z" .pid)
    zone exec "$Z" -- reboot -f || true
    until_true 20 another_init "$Z" "$pid"
  done
  until_true 10 sh -c "[ \$(ip -o link | wc -l) -le $links ]"
}

@test "an init that reboots at once does so once a second, and can be stopped" {
  local Z=$Z-s
  mk "$Z" -s init=/bin/again
  printf '#!/bin/sh\nexec reboot -f\n' >"$T/again"
  chmod 755 "$T/again"
  zone push "$Z" "$T/again" /bin/again
  zone start "$Z"
  sleep 3
  local n
  n=$(grep "\"zone\":\"$Z\"" "$ZONE_RUN/events" | grep -c rebooting)
  [ "$n" -ge 1 ] && [ "$n" -le 4 ] || fail "$n reboots"
  ok zone stop -k "$Z"
  same STOPPED "$(state "$Z")"
}
