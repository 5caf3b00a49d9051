#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# restart.*: a zone that has ended by itself is started again.
load lib

mk_policy() { # NAME POLICY [KEY=VALUE…]
  local name=$1 policy=$2 k args=()
  shift 2
  for k in "$@"; do args+=(-s "$k"); done
  mk "$name" -s restart.policy="$policy" "${args[@]}"
}

back_from() { # NAME PID: it runs again, with another init
  until_true 20 sh -c "p=\$(zone info --json $1 | jq .pid); [ \$p != null ] && [ \$p != $2 ]"
}

planned() {
  [ "$(field "$1" .restart_at)" != null ]
}

setup() {
  SEEN=$(wc -l 2>/dev/null <"$ZONE_RUN/events") || SEEN=0
}

events_of() { # NAME EVENT FIELD, since the test began
  tail -n "+$((SEEN + 1))" "$ZONE_RUN/events" | jq -r "select(.zone == \"$1\" and .event == \"$2\").$3" | xargs
}

@test "on-failure: after a crash, not after a power off, not after a stop" {
  mk_policy "$Z" on-failure
  zone start "$Z"
  local pid
  pid=$(field "$Z" .pid)
  zone kill "$Z"
  back_from "$Z" "$pid"
  same 1 "$(field "$Z" .restarts)"
  has "$(zone info "$Z")" "^Restarts: +1"
  same 1 "$(events_of "$Z" restart_planned delay)"
  same '{"delay":1,"restarts":1}' "$(tail -n "+$((SEEN + 1))" "$ZONE_RUN/events" |
    jq -c 'select(.event == "restart_planned") | {delay, restarts}')"
  same 137 "$(tail -n "+$((SEEN + 1))" "$ZONE_RUN/events" | jq 'select(.event == "stopped").exit_status')"
  zone exec "$Z" -- poweroff || true # it may be among those that init ends
  zone wait -t 20 "$Z"
  sleep 2
  same STOPPED "$(state "$Z")"
  same null "$(field "$Z" .restart_at)"
  zone start "$Z"
  same 0 "$(field "$Z" .restarts)"
  zone stop "$Z"
  sleep 2
  same STOPPED "$(state "$Z")"
}

@test "always: after a power off too, not after a stop" {
  mk_policy "$Z" always
  zone start "$Z"
  local pid
  pid=$(field "$Z" .pid)
  zone exec "$Z" -- poweroff || true # it may be among those that init ends
  back_from "$Z" "$pid"
  zone stop "$Z"
  sleep 2
  same STOPPED "$(state "$Z")"
}

@test "no, the default; a command in place of init; a zone that was destroyed" {
  up "$Z"
  zone kill "$Z"
  zone wait -t 20 "$Z"
  mk_policy "$Z-b" always
  zone start "$Z-b" -- /bin/false
  zone wait -t 20 "$Z-b"
  mk_policy "$Z-c" always restart.delay=2
  zone start "$Z-c"
  zone kill "$Z-c"
  until_true 10 planned "$Z-c"
  zone destroy "$Z-c"
  sleep 3
  same "STOPPED STOPPED" "$(state "$Z") $(state "$Z-b")"
  refuse 3 . zone info "$Z-c"
}

@test "the pause doubles up to its limit, and a stop or a start ends the waiting" {
  mk_policy "$Z" always restart.delay=1 restart.delay_max=3
  zone start "$Z"
  local i pid
  for i in 1 2 3; do
    pid=$(field "$Z" .pid)
    zone kill "$Z"
    back_from "$Z" "$pid"
    same "$i" "$(field "$Z" .restarts)"
  done
  same "1 2 3" "$(events_of "$Z" restart_planned delay)"
  zone -q set "$Z" restart.delay=100 restart.delay_max=100
  zone kill "$Z"
  until_true 10 planned "$Z"
  same STOPPED "$(state "$Z")"
  has "$(zone info "$Z")" "^Restart at:"
  ok zone stop "$Z"
  same null "$(field "$Z" .restart_at)"
  until_true 5 sh -c "! pgrep -f '^zone .restart $Z\$'"
  zone start "$Z"
  zone kill "$Z"
  until_true 10 planned "$Z"
  ok zone start "$Z"
  same RUNNING "$(state "$Z")"
  same 0 "$(field "$Z" .restarts)"
  until_true 5 sh -c "! pgrep -f '^zone .restart $Z\$'"
}

@test "a limit: given up after so many in a row" {
  mk_policy "$Z" always restart.limit=1
  zone start "$Z"
  local pid
  pid=$(field "$Z" .pid)
  zone kill "$Z"
  back_from "$Z" "$pid"
  zone kill "$Z"
  zone wait -t 20 "$Z"
  sleep 2
  same STOPPED "$(state "$Z")"
  same 2 "$(events_of "$Z" restart_given_up restarts)"
}

@test "a start that fails counts, is told, and is tried again" {
  mk_policy "$Z" always
  zone start "$Z"
  zone -q set "$Z" init=/later
  zone kill "$Z"
  until_true 10 sh -c "grep -q restart_failed $ZONE_RUN/events"
  has "$(events_of "$Z" restart_failed error)" /later
  zone -q set "$Z" init=/sbin/init
  until_true 20 sh -c "[ \$(zone info --json $Z | jq -r .state) = RUNNING ]"
  [ "$(field "$Z" .restarts)" -ge 2 ]
}

@test "the process that waits is killed: nothing is stuck" {
  mk_policy "$Z" always restart.delay=100
  zone start "$Z"
  zone kill "$Z"
  until_true 10 planned "$Z"
  local pid
  until_true 5 pgrep -f "^zone .restart $Z\$"
  pid=$(pgrep -f "^zone .restart $Z\$")
  kill -9 "$pid"
  ok zone start "$Z"
  same RUNNING "$(state "$Z")"
}

@test "the unit that waits is stopped: it ends at once, and the restart is given up" {
  mk_policy "$Z" always restart.delay=100
  zone start "$Z"
  zone kill "$Z"
  until_true 10 planned "$Z"
  timeout -k 1 60 zone .unit due "$Z" 3>&- &
  local pid=$!
  until_true 5 pgrep -f "^zone .unit due $Z\$"
  sleep 0.5
  local from=$SECONDS
  kill -TERM "$pid"
  wait "$pid" || true
  [ $((SECONDS - from)) -le 10 ]
  same null "$(field "$Z" .restart_at)"
  until_true 5 sh -c "! pgrep -f '^zone .(restart|unit due) $Z\$'"
  same STOPPED "$(state "$Z")"
}

@test "in the pause it is not renamed, and the policy no ends it" {
  mk_policy "$Z" always restart.delay=100
  zone start "$Z"
  zone kill "$Z"
  until_true 10 planned "$Z"
  refuse 4 "about to be started again" zone rename "$Z" "$Z-b"
  planned "$Z"
  ok zone set "$Z" restart.policy=on-failure
  planned "$Z"
  ok zone set "$Z" restart.policy=no
  same null "$(field "$Z" .restart_at)"
  until_true 5 sh -c "! pgrep -f '^zone .restart $Z\$'"
  ok zone rename "$Z" "$Z-b"
  ok zone start "$Z-b"
  zone -q set "$Z-b" restart.policy=always
  zone kill "$Z-b"
  until_true 10 planned "$Z-b"
  ok zone unset "$Z-b" restart.policy
  same null "$(field "$Z-b" .restart_at)"
}

@test "bad input" {
  mk "$Z"
  refuse 2 "not one of no|on-failure|always" zone set "$Z" restart.policy=sometimes
  refuse 2 "at least 1" zone set "$Z" restart.delay=0
}
