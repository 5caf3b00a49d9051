#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# health.*: a command inside tells how the zone is.
load lib

# A zone that is well as long as /well is there.
mk_patient() { # NAME KEY=VALUE…
  local name=$1 k args=()
  shift
  for k in "$@"; do args+=(-s "$k"); done
  mk "$name" -s "health.command=/bin/sh /check" -s health.interval=1 -s health.retries=2 "${args[@]}"
  printf 'n=$(cat /n 2>/dev/null); echo $((n + 1)) >/n\n[ -e /well ] && exit 0\necho first; echo "not well: $n"; exit 7\n' | zone push "$name" - /check
  zone push "$name" - /well </dev/null
}

health_is() { # NAME WORD
  [ "$(field "$1" .health)" = "$2" ]
}

setup() {
  SEEN=$(wc -l 2>/dev/null <"$ZONE_RUN/events") || SEEN=0
}

events_of() { # NAME EVENT FIELD, since the test began
  tail -n "+$((SEEN + 1))" "$ZONE_RUN/events" | jq -r "select(.zone == \"$1\" and .event == \"$2\").$3" | xargs
}

@test "null without a command; starting, healthy, unhealthy and back, told and shown" {
  up "$Z-b"
  same null "$(field "$Z-b" .health)"
  mk_patient "$Z"
  zone start "$Z"
  has "$(field "$Z" .health)" '^(starting|healthy)$' # a busy machine may have checked by now
  until_true 10 health_is "$Z" healthy
  same null "$(field "$Z" .health_output)"
  zone exec "$Z" -- rm /well
  until_true 10 health_is "$Z" unhealthy
  has "$(field "$Z" .health_output)" "^not well: [0-9]+$"
  has "$(zone info "$Z")" "^ *Health: +unhealthy"
  has "$(zone ls -F NAME,HEALTH)" "^$Z +unhealthy"
  zone exec "$Z" -- touch /well
  until_true 10 health_is "$Z" healthy
  same "healthy unhealthy healthy" "$(events_of "$Z" health health)"
  same RUNNING "$(state "$Z")"
  zone stop -k "$Z"
  same null "$(field "$Z" .health)"
}

@test "one failure is none: only so many in a row count" {
  mk_patient "$Z" health.retries=4
  zone start "$Z"
  until_true 10 health_is "$Z" healthy
  zone exec "$Z" -- rm /well
  until_true 10 sh -c "grep -q failures=2 $ZONE_RUN/$Z/health"
  same healthy "$(field "$Z" .health)"
  zone exec "$Z" -- touch /well
  until_true 10 grep -q failures=0 "$ZONE_RUN/$Z/health"
  same healthy "$(field "$Z" .health)"
}

@test "failures in the start period do not count, a success ends it" {
  mk_patient "$Z" health.start_period=600
  zone start "$Z"
  zone exec "$Z" -- rm /well
  until_true 15 sh -c "[ \$(zone exec $Z -- cat /n) -ge 4 ]"
  same starting "$(field "$Z" .health)"
  zone exec "$Z" -- touch /well
  until_true 10 health_is "$Z" healthy
  zone exec "$Z" -- rm /well
  until_true 10 health_is "$Z" unhealthy
}

@test "a check that takes too long is killed and has failed; the next does not begin before it has ended" {
  mk "$Z" -s "health.command=/bin/sleep 982" -s health.interval=1 -s health.timeout=3 -s health.retries=1
  zone start "$Z"
  sleep 2.5
  [ "$(zone exec "$Z" -- ps | grep -c '[s]leep 982')" -le 1 ]
  until_true 10 health_is "$Z" unhealthy
  has "$(field "$Z" .health_output)" "no result after 3 s"
}

@test "a command that is not there" {
  mk "$Z" -s health.command=/no/such -s health.interval=1 -s health.retries=1
  zone start "$Z"
  until_true 10 health_is "$Z" unhealthy
  has "$(field "$Z" .health_output)" "/no/such: No such file"
}

@test "a frozen zone is not checked" {
  mk_patient "$Z"
  zone start "$Z"
  until_true 10 health_is "$Z" healthy
  zone freeze "$Z"
  sleep 4
  zone thaw "$Z"
  same healthy "$(field "$Z" .health)"
  same healthy "$(events_of "$Z" health health)"
}

@test "action kill" {
  mk_patient "$Z" health.action=kill
  zone start "$Z"
  zone exec "$Z" -- rm /well
  ok zone wait -t 20 "$Z"
  same 137 "$(field "$Z" .exit_status)"
  same "" "$(events_of "$Z" restart_planned delay)"
}

@test "a check that ends with its zone has not failed" {
  mk "$Z" -s health.command="/bin/sleep 60" -s health.interval=1 -s health.timeout=90 -s health.retries=1 -s health.action=restart
  local i
  for i in 1 2 3 4 5; do
    zone start "$Z"
    until_true 10 sh -c "zone exec $Z -- ps | grep '[s]leep 60'"
    zone kill "$Z"
    ok zone wait -t 20 "$Z"
  done
  same "" "$(events_of "$Z" health health)"
  same null "$(field "$Z" .restart_at)"
}

@test "action stop asks init, and no policy starts it again" {
  mk_patient "$Z" health.action=stop restart.policy=always
  zone start "$Z"
  zone exec "$Z" -- rm /well
  ok zone wait -t 20 "$Z"
  same 0 "$(field "$Z" .exit_status)"
  sleep 2
  same STOPPED "$(state "$Z")"
}

@test "action restart, whatever the policy; the new run begins anew" {
  mk_patient "$Z" health.action=restart
  zone start "$Z"
  local pid
  pid=$(field "$Z" .pid)
  zone exec "$Z" -- rm /well
  until_true 30 sh -c "p=\$(zone info --json $Z | jq .pid); [ \$p != null ] && [ \$p != $pid ]"
  same RUNNING "$(state "$Z")"
  same 1 "$(field "$Z" .restarts)"
  zone exec "$Z" -- touch /well
  until_true 10 health_is "$Z" healthy
}

@test "without it the monitor sleeps; with it, too, between checks" {
  up "$Z"
  local pid
  pid=$(field "$Z" .monitor_pid)
  wakeups() { awk '/^voluntary/ { print $2 }' "/proc/$pid/status"; }
  asleep() { # what the guest still writes to its console wakes it, too
    local before
    before=$(wakeups)
    sleep 3
    [ "$before" = "$(wakeups)" ]
  }
  until_true 30 asleep
  [ "$(awk '/^Pss:/ { n += $2 } END { print n }' "/proc/$pid/smaps")" -le 100 ]
}

@test "bad input" {
  mk "$Z"
  refuse 2 "absolute path" zone set "$Z" health.command=true
  refuse 2 "at least 1" zone set "$Z" health.interval=0
  refuse 2 "not one of none" zone set "$Z" health.action=explode
}
