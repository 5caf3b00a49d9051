#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

watch() { # OUTPUT [ARGS]: start a monitor in the background
  local out=$1
  shift
  zone monitor "$@" >"$out" 3>&- &
  MONITOR=$!
  sleep 0.5
}

@test "--json: one object per line with time, zone and event" {
  watch "$T/ev" --json
  up "$Z"
  zone stop -k "$Z"
  zone destroy "$Z"
  until_true 5 grep -q destroy "$T/ev"
  kill "$MONITOR"
  run wait "$MONITOR"
  jq -es 'length >= 3 and all(.[]; (.time | test("^[0-9]{4}-")) and .zone != null and (.event | type == "string"))' <"$T/ev"
  has "$(jq -r --arg z "$Z" 'select(.zone == $z) | .event' <"$T/ev")" "creat"
  has "$(jq -r --arg z "$Z" 'select(.zone == $z) | .event' <"$T/ev")" "start|running"
  has "$(jq -r --arg z "$Z" 'select(.zone == $z) | .event' <"$T/ev")" "stop"
}

@test "PATTERN filters; events is monitor" {
  zone events --json "$Z-a*" >"$T/ev" 3>&- &
  local pid=$!
  sleep 0.5
  mk "$Z-a1"
  mk "$Z-b1"
  until_true 5 grep -q "$Z-a1" "$T/ev"
  sleep 0.3
  kill $pid
  run wait $pid
  lacks "$(cat "$T/ev")" "$Z-b1"
}

@test "what init does by itself is told too" {
  mk "$Z"
  watch "$T/ev" --json "$Z"
  zone start "$Z" -- /bin/sh -c 'sleep 0.5; exit 3'
  until_true 10 grep -q stopped "$T/ev"
  kill "$MONITOR"
  run wait "$MONITOR"
}

@test "lines for people, at once, without control characters" {
  watch "$T/ev"
  mk "$Z"
  until_true 3 grep -q "$Z" "$T/ev"
  kill "$MONITOR"
  run wait "$MONITOR"
  lacks "$(cat "$T/ev")" $'\e'
}

@test "it does not poll" {
  watch "$T/ev"
  sleep 2
  local ticks
  ticks=$(awk '{ print $14 + $15 }' "/proc/$MONITOR/stat")
  kill "$MONITOR"
  run wait "$MONITOR"
  [ "$ticks" -le 20 ]
}
