#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

@test "restart gives a new init and reads the configuration again" {
  up "$Z"
  local pid
  pid=$(field "$Z" .pid)
  zone set "$Z" hostname=new
  ok timeout 60 zone restart -t 20 "$Z"
  [ "$(field "$Z" .pid)" != "$pid" ]
  same new "$(zone exec "$Z" -- hostname)"
}

@test "restart of a stopped zone starts it" {
  mk "$Z"
  ok zone restart "$Z"
  same RUNNING "$(state "$Z")"
}

@test "several at once" {
  up "$Z-a"
  up "$Z-b"
  ok timeout 90 zone restart -t 20 -j 2 "$Z-a" "$Z-b"
  same "RUNNING RUNNING" "$(state "$Z-a") $(state "$Z-b")"
}
