#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Programs at fixed points of a zone's life.
load lib
NAP=9$((RANDOM + 10000)) # seconds: what sleeps so long is ours

# A hook that writes down what it was told: $T/hook LOG [STATUS].
prepare_file() {
  cat >"$T/hook" <<'SH'
#!/bin/sh
log=$1
{
  printf '%s' "$ZONE_HOOK"
  [ -n "$ZONE_INIT_PID" ] && [ -d "/proc/$ZONE_INIT_PID" ] && printf ' pid:%s' "$(readlink /proc/$ZONE_INIT_PID/exe | sed 's,.*/,,')"
  [ -n "$ZONE_EXIT_STATUS" ] && printf ' status:%s' "$ZONE_EXIT_STATUS"
  [ "$(readlink /proc/self/ns/mnt)" = "$(cat $log.ns)" ] || printf ' inside'
  [ -d "$ZONE_DIRECTORY" ] || printf ' no directory'
  printf '\n'
} >>"$log"
exit "${2:-0}"
SH
  chmod 755 "$T/hook"
  readlink /proc/self/ns/mnt >"$T/log.ns"
}

mk_hooked() { # NAME HOOK[=STATUS]…
  local name=$1 h
  shift
  mk "$name"
  for h in "$@"; do zone -q set "$name" "hook.${h%=*}=$T/hook $T/log${h#"${h%%=*}"}"; done
  sed -i 's,log=,log ,' "$ZONE_VAR/$name/zone.conf"
  rm -f "$T/log"
}

log() {
  cat "$T/log" 2>/dev/null || true
}

@test "their order, what they know, and where they run" {
  mk_hooked "$Z" prestart created poststart prestop stop poststop
  zone push "$Z" - /start <<'SH'
#!/bin/sh
echo "inside: $ZONE_HOOK of $container, $(ls /proc | grep -c '^1$'), $(id -u), $(hostname)"
SH
  zone exec "$Z" true 2>/dev/null || true
  zone -q set "$Z" "hook.start=/bin/sh /start"
  zone start "$Z"
  until_true 5 sh -c "zone console --log $Z | grep 'inside: start of zone, 1, 0, $Z'"
  ok zone stop "$Z"
  same "prestart
created pid:
poststart pid:busybox
prestop pid:busybox
stop status:0
poststop status:0" "$(log | sed 's/pid:zone$/pid:/')"
  # Down by itself: nobody asks first.
  rm "$T/log"
  zone start "$Z"
  zone kill "$Z"
  zone wait -t 20 "$Z"
  same "prestart created poststart stop poststop" "$(log | awk '{ print $1 }' | xargs)"
  has "$(log)" "stop status:137"
}

@test "at the hook created the network is there and init is not" {
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nnsenter -t $ZONE_INIT_PID -n ip -4 addr show eth0 >%s/addr\ncat /proc/$ZONE_INIT_PID/comm >>%s/addr\n' "$T" "$T" >"$T/look"
  chmod 755 "$T/look"
  mk "$Z" -s hook.created="$T/look"
  zone start "$Z"
  has "$(cat "$T/addr")" "inet 10\."
  lacks "$(cat "$T/addr")" "^(init|busybox)$"
}

@test "prestart, created and start fail the start, undone as any other; poststop runs then" {
  local h
  for h in prestart created; do
    mk_hooked "$Z" $h=3 poststop
    refuse 1 "^zone: start $Z: $h: hook.$h: $T/hook failed with status 3" zone start "$Z"
    same STOPPED "$(state "$Z")"
    has "$(log)" "^poststop"
    lacks "$(log)" "^stop"
    zone destroy "$Z"
  done
  mk_hooked "$Z" poststop
  zone -q set "$Z" "hook.start=/bin/sh -c exit"
  zone start "$Z" # no shell of ours: -c gets "exit" alone, which is a success
  zone stop -k "$Z"
  zone -q set "$Z" "hook.start=/no/such"
  refuse 1 "^zone: start $Z: release: hook.start: /no/such \(in the zone\) failed with status 127" zone start "$Z"
  same STOPPED "$(state "$Z")"
  zone -q set "$Z" "hook.start=/bin/false"
  refuse 1 "status 1" zone start "$Z"
}

@test "the others are told and change nothing" {
  mk_hooked "$Z" poststart=3 prestop=4 stop=5 poststop=6
  ok zone start "$Z"
  has "$stderr" "^warning: $Z: hook.poststart: $T/hook failed with status 3"
  run --separate-stderr zone stop "$Z"
  same 0 "$status"
  has "$stderr" "hook.prestop: $T/hook failed with status 4"
  same STOPPED "$(state "$Z")"
  same "poststart prestop stop poststop" "$(jq -r 'select(.event == "hook_failed").hook' "$ZONE_RUN/events" | xargs)"
}

@test "a deadline: killed with what it started, and failed" {
  printf "#!/bin/sh\nsetsid sleep ${NAP}7 &\nsleep ${NAP}6\n" >"$T/slow"
  chmod 755 "$T/slow"
  mk "$Z"
  zone start --wait=ready "$Z" # it has a console log from now on, which tells nothing of what follows
  zone stop -k "$Z"
  zone -q set "$Z" hook.prestart="$T/slow" hook.timeout=1
  refuse 1 "hook.prestart: $T/slow did not end within 1000 ms" zone start "$Z"
  same "" "$(pgrep -f "sleep ${NAP}[67]" || true)"
  zone -q unset "$Z" hook.prestart
  zone -q set "$Z" "hook.start=/bin/sleep ${NAP}5"
  refuse 1 "hook.start: /bin/sleep did not end within 1 s" zone start "$Z"
  # What ends in time may not leave anything either: it would keep the zone's groups.
  printf "#!/bin/sh\nsetsid sleep ${NAP}4 >/dev/null 2>&1 &\nexit 0\n" >"$T/slow"
  zone -q unset "$Z" hook.start
  zone -q set "$Z" hook.poststart="$T/slow" hook.poststop="$T/slow"
  zone start "$Z"
  same "" "$(pgrep -f "sleep ${NAP}4" || true)"
  ok zone stop -k "$Z"
}

@test "a reboot is a stop and a start" {
  mk_hooked "$Z" prestart created poststart prestop stop poststop
  zone start "$Z"
  zone reboot "$Z"
  until_true 20 sh -c "[ \$(grep -c ^poststart $T/log) = 2 ]"
  same "prestart created poststart stop poststop prestart created poststart" "$(log | awk '{ print $1 }' | xargs)"
}

@test "the way down has the hooks that the run began with, whatever the configuration says by then" {
  mk_hooked "$Z" stop poststop
  zone start "$Z"
  zone -q unset "$Z" hook.stop
  echo 'nonsense {' >>"$ZONE_VAR/$Z/zone.conf"
  ok zone stop "$Z"
  same "stop poststop" "$(log | awk '{ print $1 }' | xargs)"
  sed -i '$d' "$ZONE_VAR/$Z/zone.conf"
}

@test "killed in the middle of a hook: the next command undoes the start" {
  printf "#!/bin/sh\nsleep ${NAP}3\n" >"$T/slow"
  chmod 755 "$T/slow"
  mk_hooked "$Z" poststop
  zone -q set "$Z" hook.created="$T/slow"
  zone start "$Z" 3>&- &
  local command=$!
  until_true 5 pgrep -f "sleep ${NAP}3"
  kill -9 "$(field "$Z" .monitor_pid)"
  wait $command || true
  same STOPPED "$(state "$Z")"
  has "$(log)" ^poststop
  same "" "$(pgrep -f "sleep ${NAP}3" || true)"
  # And by a signal to the command.
  zone start "$Z" 3>&- &
  command=$!
  until_true 5 pgrep -f "sleep ${NAP}3"
  kill -INT $command
  wait $command || true
  same STOPPED "$(state "$Z")"
  same "" "$(pgrep -f "sleep ${NAP}3" || true)"
}

@test "a hook may call zone, but what changes the zone would wait for itself" {
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nzone exec $ZONE_NAME -- hostname >%s/said 2>&1\nzone --lock-wait 0 set $ZONE_NAME user.a=b >>%s/said 2>&1; echo $? >>%s/said\n' "$T" "$T" "$T" >"$T/caller"
  sed -i "2i PATH=$ZONE_BINDIR:\$PATH" "$T/caller"
  chmod 755 "$T/caller"
  mk "$Z" -s hook.prestop="$T/caller"
  zone start "$Z"
  ok zone stop "$Z"
  has "$(cat "$T/said")" "^$Z$"
  same 6 "$(tail -n 1 "$T/said")"
}

@test "bad input" {
  mk "$Z"
  refuse 2 "not the name of a hook" zone set "$Z" hook.later=/bin/true
  refuse 2 "not the absolute path of a program" zone set "$Z" hook.stop=true
  refuse 2 "not the absolute path of a program" zone set "$Z" hook.stop=
  refuse 2 "may not have" zone set "$Z" hook.stop=/bin/../true
  refuse 2 "at least 1" zone set "$Z" hook.timeout=0
  zone -q set "$Z" hook.prestart=/no/such/program
  refuse 7 "hook.prestart: no program /no/such/program" zone start "$Z"
  zone -q set "$Z" hook.prestart=/etc/passwd
  refuse 1 "hook.prestart: .*Permission denied" zone start "$Z"
  printf '#!/no/such/shell\n' >"$T/script"
  chmod 755 "$T/script"
  zone -q set "$Z" hook.prestart="$T/script"
  refuse 7 "hook.prestart: $T/script: what its first line names is not on this host" zone start "$Z"
  same STOPPED "$(state "$Z")"
}
