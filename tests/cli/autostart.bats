#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# enable, disable, autostart: which zones, in which order, several at a time. (Without systemd; with it: tests/vm.)
load lib
NAP=9$((RANDOM + 10000)) # seconds: what sleeps so long is ours

mk_auto() { # NAME KEY=VALUE…
  local name=$1 k args=()
  shift
  for k in "$@"; do args+=(-s "$k"); done
  mk "$name" -s autostart=true "${args[@]}"
}

setup() {
  SEEN=$(wc -l 2>/dev/null <"$ZONE_RUN/events") || SEEN=0
}

# Names of our zones without their common part, in the order of these events.
told() { # EVENT
  tail -n "+$((SEEN + 1))" "$ZONE_RUN/events" | jq -r "select(.event == \"$1\").zone" | sed "s/^$Z-//" | xargs
}

running() {
  zone ls -1 --running | sed "s/^$Z-//" | xargs
}

@test "enable and disable set the key" {
  mk "$Z"
  zone enable "$Z"
  same true "$(field "$Z" .autostart)"
  has "$(zone autostart -L)" "^$Z 0$"
  zone disable "$Z"
  same false "$(field "$Z" .autostart)"
  same "" "$(zone autostart -L)"
  refuse 3 "no such zone" zone enable "$Z-none"
}

@test "after and requires: the order, ready before the next begins; back in reverse" {
  mk_auto "$Z-web" start.requires="$Z-db" start.after="$Z-cache,$Z-not-there"
  mk_auto "$Z-db"
  mk_auto "$Z-cache" start.after="$Z-db"
  mk "$Z-other"
  same "$Z-db 0
$Z-cache 0
$Z-web 0" "$(zone autostart -L)"
  ok zone autostart
  same "cache db web" "$(running)"
  same "db cache web" "$(told starting)"
  # Each was ready before the next was begun.
  same "starting:db ready:db starting:cache ready:cache starting:web" \
    "$(tail -n "+$((SEEN + 1))" "$ZONE_RUN/events" | jq -r 'select(.event == "starting" or .event == "ready") | .event + ":" + .zone' | sed "s/$Z-//" | xargs)"
  ok zone autostart # all of them run
  ok zone autostart -s
  same "" "$(running)"
  same "web cache db" "$(told stopped)"
}

@test "what is required is started too, and what fails takes along who requires it" {
  mk "$Z-db"
  mk_auto "$Z-web" start.requires="$Z-db"
  ok zone autostart
  same "db web" "$(running)"
  zone autostart -s
  zone -q set "$Z-db" init=/no/such
  mk_auto "$Z-after" start.after="$Z-db"
  run --separate-stderr zone autostart
  same 1 "$status"
  has "$stderr" "^zone: autostart $Z-db: .*/no/such"
  has "$stderr" "^zone: autostart $Z-web: it requires $Z-db, which did not start"
  same "after" "$(running)"
}

@test "a circle is refused by create, clone and import too, and named by start" {
  mk "$Z-a" -s start.after="$Z-b"
  refuse 2 "circle: $Z-b -> $Z-a -> $Z-b" mk "$Z-b" -s start.after="$Z-a"
  refuse 2 "circle: $Z-b -> $Z-b" zone clone "$Z-a" "$Z-b"
  refuse 2 "circle: $Z-c -> $Z-c" mk "$Z-c" -s start.requires="$Z-c"
  zone export -o "$T/a.zone" "$Z-a"
  refuse 2 "circle: $Z-b -> $Z-b" zone import "$T/a.zone" "$Z-b"
  ok zone import -s start.after= "$T/a.zone" "$Z-b"
  refuse 4 "exists" mk "$Z-b" -s start.after="$Z-a"
  same "$Z-a $Z-b" "$(zone ls -1 | xargs)"
  mk "$Z-d" -s start.requires="$Z-a"
  zone unset "$Z-a" start.after
  zone -q set "$Z-a" start.requires="$Z-b"
  sed -i "1a start.requires = { \"$Z-a\" }" "$ZONE_VAR/$Z-b/zone.conf" # by hand
  refuse 1 "^zone: start $Z-d: start.after and start.requires make a circle: ($Z-a -> $Z-b -> $Z-a|$Z-b -> $Z-a -> $Z-b)$" zone start "$Z-d"
}

@test "circles are named and refused, where they are made and where they are met; others start" {
  mk_auto "$Z-a" start.after="$Z-b"
  mk_auto "$Z-b"
  mk_auto "$Z-c"
  refuse 2 "start.after.*circle: $Z-b -> $Z-a -> $Z-b" zone set "$Z-b" start.after="$Z-a"
  refuse 2 "circle" zone set "$Z-b" start.requires="$Z-b"
  sed -i "1a start.after = { \"$Z-a\" }" "$ZONE_VAR/$Z-b/zone.conf" # by hand
  run --separate-stderr zone autostart
  same 1 "$status"
  has "$stderr" "^zone: autostart $Z-a: .*circle: $Z-a -> $Z-b -> $Z-a"
  has "$stderr" "^zone: autostart $Z-b: .*circle"
  same c "$(running)"
  # Running all the same, they are stopped.
  zone start "$Z-a" "$Z-b"
  ok timeout 60 zone autostart -s
  same "" "$(running)"
}

@test "start by hand starts what is required, too" {
  mk "$Z-base"
  mk "$Z-db" -s start.requires="$Z-base"
  mk "$Z-web" -s start.requires="$Z-db" -s start.after="$Z-other"
  ok zone start "$Z-web"
  same "base db web" "$(running)"
  same "base db web" "$(told starting)"
  zone stop -k --all
  zone -q set "$Z-base" init=/no/such
  refuse 1 "^zone: start $Z-web: it requires $Z-db: it requires $Z-base: .*/no/such" zone start "$Z-web"
  same "" "$(running)"
  zone destroy -f "$Z-base" "$Z-db"
  refuse 3 "it requires $Z-db: no such zone" zone start "$Z-web"
}

@test "a requirement that does not exist" {
  mk_auto "$Z-a" start.requires="$Z-none"
  mk_auto "$Z-b"
  run --separate-stderr zone autostart
  same 1 "$status"
  has "$stderr" "^zone: autostart $Z-a: start.requires: there is no zone $Z-none"
  same b "$(running)"
}

@test "start.order: lower before higher, and below those who wait; start.delay" {
  mk_auto "$Z-late" start.order=20
  mk_auto "$Z-early" start.order=10 start.delay=2
  mk_auto "$Z-base" start.order=30
  mk_auto "$Z-user" start.order=5 start.after="$Z-base"
  local from=$EPOCHSECONDS
  ok zone autostart
  [ $((EPOCHSECONDS - from)) -ge 2 ]
  same "base user early late" "$(told starting)"
  same "$Z-base 0 $Z-user 0 $Z-early 2 $Z-late 0" "$(zone autostart -L | xargs)"
  zone autostart -k
  same "" "$(running)"
}

@test "groups, as LXC has them" {
  mk_auto "$Z-none"
  mk_auto "$Z-web" groups=web
  mk_auto "$Z-both" groups=db,web
  mk "$Z-manual" -s groups=web
  names() { zone autostart -L "$@" | sed "s/^$Z-//; s/ .*//" | sort | xargs; }
  same none "$(names)"
  same "both web" "$(names -g web)"
  same "both" "$(names -g db)"
  same "both none web" "$(names -g web,)"
  same "both none web" "$(names -a)"
  same "both manual web" "$(names -g web -A)"
  same "" "$(names -g nosuch)"
  ok zone autostart -g db
  same both "$(running)"
  ok zone autostart -s -a
  same "" "$(running)"
}

@test "not more at a time than asked for" {
  local i
  printf '#!/bin/sh\necho + >>%s/trace\nsleep 0.3\necho - >>%s/trace\n' "$T" "$T" >"$T/slow"
  chmod 755 "$T/slow"
  for i in $(seq 6); do mk_auto "$Z-$i" hook.prestart="$T/slow"; done
  rm -f "$T/trace"
  ok zone autostart -j 2
  same 2 "$(awk '/[+]/ { n++; if (n > m) m = n } /-/ { n-- } END { print m }' "$T/trace")"
  same "1 2 3 4 5 6" "$(running)"
  rm "$T/trace"
  ok zone autostart -s -j 6
}

@test "a deadline for all: what is left is killed" {
  mk_auto "$Z-deaf"
  zone start "$Z-deaf" -- /bin/sh -c 'trap "" TERM USR2 PWR; while :; do sleep 1; done'
  local from=$EPOCHSECONDS
  ok zone autostart -s -t 3
  [ $((EPOCHSECONDS - from)) -le 10 ]
  same "" "$(running)"
}

@test "what starts just now, or is to start again, is stopped too" {
  printf '#!/bin/sh\nsleep 3\n' >"$T/slow"
  chmod 755 "$T/slow"
  mk_auto "$Z-pause" restart.policy=always restart.delay=100
  mk_auto "$Z-slow" hook.prestart="$T/slow"
  local how starter
  for how in -s -k; do
    zone start "$Z-pause"
    zone kill "$Z-pause"
    zone wait -t 20 "$Z-pause"
    until_true 10 sh -c "[ \$(zone info --json $Z-pause | jq .restart_at) != null ]"
    zone start "$Z-slow" 3>&- &
    starter=$!
    until_true 10 sh -c "[ \$(zone info --json $Z-slow | jq -r .state) = STARTING ]"
    ok timeout 60 zone autostart $how
    same null "$(field "$Z-pause" .restart_at)"
    same "STOPPED STOPPED" "$(state "$Z-pause") $(state "$Z-slow")"
    wait "$starter" || true
    same STOPPED "$(state "$Z-slow")"
  done
}

@test "reboot" {
  mk_auto "$Z-a"
  zone autostart
  local pid
  pid=$(field "$Z-a" .pid)
  ok zone autostart -r
  until_true 20 sh -c "p=\$(zone info --json $Z-a | jq .pid); [ \$p != null ] && [ \$p != $pid ]"
}

@test "a configuration that is broken is named, the others start" {
  mk_auto "$Z-a"
  mk_auto "$Z-b"
  echo nonsense >>"$ZONE_VAR/$Z-a/zone.conf"
  run --separate-stderr zone autostart
  same 1 "$status"
  has "$stderr" "^zone: autostart $Z-a: .*zone.conf:"
  same b "$(running)"
  sed -i '$d' "$ZONE_VAR/$Z-a/zone.conf"
}

@test "interrupted: nothing half-started, nothing hangs" {
  local i
  printf "#!/bin/sh\nsleep ${NAP}1\n" >"$T/slow"
  chmod 755 "$T/slow"
  for i in 1 2 3; do mk_auto "$Z-$i" hook.prestart="$T/slow" hook.timeout=600; done
  zone autostart 3>&- &
  local pid=$!
  until_true 5 pgrep -f "sleep ${NAP}1"
  kill -TERM $pid
  wait $pid || true
  same "STOPPED STOPPED STOPPED" "$(state "$Z-1") $(state "$Z-2") $(state "$Z-3")"
  until_true 5 sh -c "! pgrep -f '[s]leep ${NAP}1'"
}

@test "JSON, and bad input" {
  mk_auto "$Z-a" start.delay=3
  same "$Z-a 3 false" "$(zone autostart -L --json | jq -r '.[] | "\(.name) \(.delay) \(.pulled)"')"
  refuse 2 "only one of" zone autostart -L -s
  refuse 2 "goes with -s" zone autostart -t 3
  refuse 2 "zone name" zone set "$Z-a" start.after=Bad_Name
}
