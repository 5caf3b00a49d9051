#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What holds for every verb: names, options, exit statuses, several zones at once, the form of errors.
load lib

bad_names=(a/b /etc . .. ../x "a b" "a	b" Web WEB web- -web a_b a.b "" 'a
b' "$(printf 'x%.0s' {1..64})" 'ü' 'a;b' '$(id)' '%s')

@test "names that break the rules are a usage error, whatever the verb" {
  local verb name
  for name in "${bad_names[@]}"; do
    refuse 2 . zone create -t busybox -n "$name"
    for verb in destroy start stop info get freeze wait console; do
      refuse 2 . zone "$verb" -n "$name"
    done
    refuse 125 . zone exec -n "$name" -- true # as every failure of exec's own
  done
}

@test "nothing is touched by a bad name" {
  local name
  for name in ../x a/b; do refuse 2 . zone create -t none -n "$name"; done
  [ ! -e "$ZONE_VAR/x" ] && [ ! -e "$T/x" ] && [ ! -e "$ZONE_VAR/a" ]
  same "[]" "$(zone ls --json)"
}

@test "63 characters, digits and inner dashes are fine" {
  local long
  long=$Z-$(printf 'x%.0s' {1..63})
  long=${long:0:63}
  mk "$long"
  mk "0-$Z--9"
  same 2 "$(zone ls -1 | wc -l)"
}

@test "control characters in a wrong name never reach the terminal raw" {
  run --separate-stderr zone create -t none $'a\e[31mb'
  [ "$status" -eq 2 ]
  lacks "$stderr" $'\e'
}

@test "a missing zone is 3 for every verb" {
  local verb
  for verb in destroy start stop restart reboot kill freeze thaw unfreeze wait console info get verify; do
    refuse 3 "$Z-none" zone $verb "$Z-none"
  done
  refuse 3 "$Z-none" zone exec "$Z-none" -- true
  refuse 3 "$Z-none" zone set "$Z-none" hostname=a
  refuse 3 "$Z-none" zone unset "$Z-none" hostname
  refuse 3 "$Z-none" zone snapshot "$Z-none"
  refuse 3 "$Z-none" zone snapshot -L "$Z-none"
  refuse 3 "$Z-none" zone push "$Z-none" /etc/hostname /tmp
  refuse 3 "$Z-none" zone pull "$Z-none" /etc/hostname "$T"
}

@test "the message begins with the verb and the zone" {
  refuse 3 "^zone: start $Z-none: " zone start "$Z-none"
}

@test "an unknown verb suggests the nearest" {
  refuse 2 . zone startt "$Z"
  has "$stderr" "start"
  refuse 2 . zone snapshoot "$Z"
  has "$stderr" "snapshot"
}

@test "an unknown option suggests the nearest" {
  refuse 2 . zone stop --tiemout 3 "$Z"
  has "$stderr" "[-]-timeout"
  refuse 2 . zone --quite ls
}

@test "missing and superfluous arguments are usage errors" {
  refuse 2 . zone
  refuse 2 . zone start
  refuse 2 . zone create -t busybox
  refuse 2 . zone create -t busybox a b
  refuse 125 . zone exec
  refuse 2 . zone get a b c
  refuse 2 . zone stop -t abc "$Z"
  refuse 2 . zone stop -t -5 "$Z"
  refuse 2 . zone start --wait=maybe "$Z"
}

@test "options may stand after the name, and -n takes the name" {
  mk "$Z"
  zone start "$Z" --wait=running
  zone stop -n "$Z" -k
  zone start -n "$Z"
  zone stop "$Z" -t 0
  same STOPPED "$(state "$Z")"
}

@test "--json stands before or after the verb" {
  same "[]" "$(zone --json ls)"
  same "[]" "$(zone ls --json)"
}

@test "already so counts as done" {
  up "$Z"
  ok zone start "$Z"
  ok zone stop -k "$Z"
  ok zone stop "$Z"
}

@test "several names: all are tried, the status is that of the failures" {
  mk "$Z-a"
  mk "$Z-b"
  run --separate-stderr zone start "$Z-a" "$Z-none" "$Z-b"
  same 3 "$status"
  same RUNNING "$(state "$Z-a")"
  same RUNNING "$(state "$Z-b")"
  run --separate-stderr zone start "$Z-none" "$Z-a" "$Z-none2"
  same 3 "$status"
}

@test "several names whose failures disagree: 1" {
  mk "$Z-a"
  zone snapshot "$Z-a"
  run --separate-stderr zone destroy "$Z-a" "$Z-none" # 4 and 3
  same 1 "$status"
}

@test "globs are matched against zones; without a match it is 3" {
  mk "$Z-a1"
  mk "$Z-a2"
  mk "$Z-b"
  zone start "$Z-a*"
  same RUNNING "$(state "$Z-a1")"
  same RUNNING "$(state "$Z-a2")"
  same STOPPED "$(state "$Z-b")"
  refuse 3 . zone start "$Z-q*"
  zone stop -k "$Z-a[12]"
  same STOPPED "$(state "$Z-a2")"
}

@test "--all takes all, and without zones it is done" {
  ok zone start --all
  ok zone destroy --all
  mk "$Z-a"
  mk "$Z-b"
  zone start --all -j 2
  same "RUNNING RUNNING" "$(zone ls --json | jq -r '[.[].state] | join(" ")')"
  zone stop -k --all -j 2
  same "STOPPED STOPPED" "$(zone ls --json | jq -r '[.[].state] | join(" ")')"
}

@test "not root: 5 and a hint, for all but help, --version and checkconfig" {
  local verb
  for verb in ls monitor "info $Z" "start $Z" "create $Z -t busybox" "image ls" "get $Z"; do
    # shellcheck disable=SC2086 # words
    refuse 5 . as_nobody zone $verb
    has "$stderr" "^hint: .*(root|sudo)"
  done
  ok as_nobody zone --version
  ok as_nobody zone help
  ok as_nobody zone help start
  ok as_nobody zone start --help
  run as_nobody zone checkconfig
  [ "$status" -eq 0 ] || [ "$status" -eq 7 ]
}

@test "ZONE_ variables of an unprivileged caller open nothing" {
  refuse 5 . as_nobody env ZONE_VAR="$T" "$T/zone" ls
}

@test "--version and -h" {
  ok zone --version
  has "$output" '^zone [0-9]+\.[0-9]+'
  ok zone -h
  has "$output" "create"
  ok zone --help
}

@test "another command's lock: 6 after --lock-wait" {
  local lock pid
  mk "$Z"
  # A create that hangs in its template holds the lock of that name.
  printf '#!/bin/sh\nexec sleep 30\n' >"$T/slow"
  chmod 755 "$T/slow"
  zone create "$Z-slow" -t "$T/slow" 3>&- &
  pid=$!
  until_true 5 test -e "$ZONE_VAR/$Z-slow"
  local from=$SECONDS
  refuse 6 . zone --lock-wait 1 destroy -f "$Z-slow"
  [ $((SECONDS - from)) -le 4 ]
  # Readers never wait.
  ok timeout 2 zone ls
  has "$output" "$Z-slow"
  ok timeout 2 zone info "$Z-slow"
  # And zones of other names are not held up.
  ok timeout 5 zone start "$Z"
  kill -TERM "$pid"
  run wait "$pid"
}

@test "SIGTERM undoes what was begun" {
  printf '#!/bin/sh\nexec sleep 30\n' >"$T/slow"
  chmod 755 "$T/slow"
  zone create "$Z-slow" -t "$T/slow" 3>&- 2>"$T/err" &
  local pid=$! status=0
  until_true 5 test -e "$ZONE_VAR/$Z-slow"
  kill -TERM "$pid"
  wait "$pid" || status=$?
  [ "$status" -ne 0 ]
  refuse 3 . zone info "$Z-slow"
  [ ! -e "$ZONE_VAR/$Z-slow" ]
}

@test "-q leaves out what is not a result or an error" {
  run --separate-stderr zone -q create "$Z" -t busybox
  same 0 "$status"
  same "" "$output$stderr"
}

@test "-P and ZONE_PATH move zones and images; a name is unique whatever its path" {
  mkdir -m 700 "$T/other"
  zone -q -P "$T/other" create "$Z" -t busybox
  [ -d "$T/other/$Z" ]
  refuse 4 . zone create "$Z" -t busybox
  # Every other verb finds it by its name.
  zone start "$Z"
  same RUNNING "$(state "$Z")"
  same "$(readlink -f "$T/other/$Z")" "$(readlink -f "$(field "$Z" .path)")"
  zone stop -k "$Z"
  ZONE_PATH=$T/other zone -q create "$Z-b" -t busybox
  [ -d "$T/other/$Z-b" ]
  zone destroy "$Z" "$Z-b"
  [ ! -e "$T/other/$Z" ]
}

@test "colour only on a terminal, and never with NO_COLOR" {
  up "$Z"
  lacks "$(zone ls -f)" $'\e'
  lacks "$(NO_COLOR=1 pty -- zone ls -f)" $'\e\\[[0-9;]*m'
}
