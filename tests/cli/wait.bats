#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

@test "the default is STOPPED, and it returns when the zone ends" {
  up_with "$Z" 'sleep 1; exit 0'
  ok timeout 20 zone wait "$Z"
  same STOPPED "$(state "$Z")"
}

@test "-t: 1 on timeout; -t 0 looks once" {
  up "$Z"
  local from=$SECONDS
  refuse 1 . zone wait -t 1 "$Z"
  [ $((SECONDS - from)) -le 4 ]
  refuse 1 . zone wait -t 0 "$Z"
  zone stop -k "$Z"
  ok zone wait -t 0 "$Z"
}

@test "-s takes states, in any case, several with |" {
  up "$Z"
  ok zone wait -t 0 -s RUNNING "$Z"
  ok zone wait -t 0 -s 'stopped|running' "$Z"
  refuse 1 . zone wait -t 0 -s FROZEN "$Z"
  refuse 2 . zone wait -s NOSUCH "$Z"
}

@test "it sees a start that comes later" {
  mk "$Z"
  (sleep 1; zone start "$Z") 3>&- &
  local pid=$!
  ok timeout 20 zone wait -s RUNNING -t 15 "$Z"
  wait $pid
}

@test "several zones" {
  up_with "$Z-a" 'sleep 1'
  up_with "$Z-b" 'sleep 2'
  ok timeout 20 zone wait "$Z-a" "$Z-b"
  same "STOPPED STOPPED" "$(state "$Z-a") $(state "$Z-b")"
}

@test "it costs nothing while it waits" {
  up "$Z"
  zone wait -t 5 "$Z" 3>&- &
  local pid=$!
  sleep 2
  local ticks
  ticks=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
  [ "$ticks" -le 20 ] || fail "$ticks ticks of the processor"
  run wait $pid
}

@test "what --all and globs stood for may be destroyed meanwhile; what was named may not" {
  local jobs pid status=0
  for jobs in 1 4; do
    mk "$Z-a"
    mk "$Z-b"
    zone wait -j $jobs -s RUNNING -t 30 --all 3>&- &
    pid=$!
    sleep 1
    zone destroy "$Z-b"
    zone start "$Z-a"
    wait $pid
    zone destroy -f "$Z-a"
  done
  mk "$Z-a"
  zone wait -s RUNNING -t 30 "$Z-a" "$Z-b" 2>"$T/err" 3>&- &
  pid=$!
  zone start "$Z-a"
  wait $pid || status=$?
  same 3 "$status"
  has "$(cat "$T/err")" "$Z-b"
}
