#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The monitor is renewed, or killed: its zone does not notice the one and survives the other.
load lib

monitor() {
  field "$1" .monitor_pid
}

setup() {
  SEEN=$(wc -l 2>/dev/null <"$ZONE_RUN/events") || SEEN=0
}

told() { # EVENT: how often since the test began
  tail -n "+$((SEEN + 1))" "$ZONE_RUN/events" | grep -c "\"$1\"" || true
}

orphan() { # its monitor is killed
  kill -9 "$(monitor "$1")"
  until_true 5 sh -c "[ \"\$(zone info --json $1 | jq .monitor_pid)\" = null ]"
}

@test "SIGHUP: the monitor becomes the program that is installed now; console, history and clients go on" {
  mk "$Z" -s console.ttys=1
  zone start "$Z"
  local pid init
  pid=$(monitor "$Z") init=$(field "$Z" .pid)
  pty expect:'root@' send:'echo be""fore\r' expect:'before' sleep:1.5 send:'echo af""ter\r' expect:'after' send:'\x01q' -- zone console "$Z" >"$T/out" 3>&- &
  local client=$!
  until_true 5 grep -q before "$ZONE_RUN/.log/$Z"
  kill -HUP "$pid"
  wait $client
  same "$pid $init" "$(monitor "$Z") $(field "$Z" .pid)"
  same zone-monitor "$(cat "/proc/$pid/comm")"
  # Many in a row, at any time.
  local i
  for i in $(seq 50); do kill -HUP "$pid"; done
  zone exec "$Z" -- sh -c 'echo console-lives >/dev/console'
  until_true 5 sh -c "zone console --log $Z | grep -q console-lives"
  [ -d "$ZONE_RUN/$Z/unix-export/" ]
  ok zone stop "$Z"
  same 0 "$(field "$Z" .exit_status)"
}

@test "a program that is missing or broken: the old monitor goes on" {
  mkdir -p "$T/bin"
  cp "$ZONE_BINDIR"/zone* "$T/bin/"
  mk "$Z"
  "$T/bin/zone" start "$Z"
  local pid
  pid=$(monitor "$Z")
  same "$T/bin/zone-monitor" "$(readlink "/proc/$pid/exe")"
  rm "$T/bin/zone-monitor"
  kill -HUP "$pid"
  zone exec "$Z" -- sh -c 'echo still >/dev/console'
  until_true 5 sh -c "zone console --log $Z | grep -q still"
  # A new one in its place is taken.
  cp "$ZONE_BINDIR/zone-monitor" "$T/bin/zone-monitor"
  "$T/bin/zone" .renew
  until_true 5 sh -c "[ \$(readlink /proc/$pid/exe) = $T/bin/zone-monitor ]"
  ok zone stop "$Z"
}

@test "renewed while the zone has announced things: nothing is forgotten, nothing told twice" {
  tiny_rootfs "$T/teller"
  rm "$T/teller/sbin/init"
  cp "$ZONE_TEST_TOOLS/notify" "$T/teller/bin/notify"
  printf '#!/bin/sh\nexec /bin/notify "X_SYSTEMD_HOSTNAME=teller\nREADY=1" /bin/sh /wait\n' >"$T/teller/sbin/init"
  printf 'while [ ! -e /go ]; do /bin/busybox sleep 0.2; done; exec /bin/notify STATUS=later /bin/busybox sleep 60\n' >"$T/teller/wait"
  chmod 755 "$T/teller/sbin/init"
  tar -C "$T/teller" -cJf "$T/teller.tar.xz" .
  zone -q create "$Z" -t local -- -f "$T/teller.tar.xz"
  zone start --wait=ready "$Z"
  kill -HUP "$(monitor "$Z")"
  zone push "$Z" - /go </dev/null
  until_true 5 sh -c "zone info --json $Z | jq -e '.guest.status == \"later\"'"
  same teller "$(field "$Z" .guest.hostname)"
  same 1 "$(told announced)"
  same 1 "$(told ready)"
}

@test "killed: the zone runs on, and the next command puts a new monitor in place" {
  up "$Z"
  zone exec "$Z" -- sh -c 'echo history >/dev/console'
  until_true 5 sh -c "zone console --log $Z | grep -q history"
  local init
  init=$(field "$Z" .pid)
  orphan "$Z"
  same RUNNING "$(state "$Z")"
  has "$(zone verify "$Z" || true)" "its monitor has died"
  ok zone exec "$Z" -- true
  [ "$(monitor "$Z")" != null ]
  same "$init" "$(field "$Z" .pid)"
  same 1 "$(told monitor_replaced)"
  same "" "$(zone verify "$Z")"
  # History is the log's, the console is new and works both ways: the shell on it is started again.
  run pty sleep:2 send:'\r' expect:'root@' send:'echo new-""console\r' expect:'new-console' send:'\x01q' -- zone console "$Z"
  same 0 "$status"
  has "$output" history
  has "$(zone console --log "$Z")" new-console
  ok zone stop "$Z"
  same STOPPED "$(state "$Z")"
}

@test "each command that needs one: console, start, freeze, verify --repair" {
  up "$Z"
  orphan "$Z"
  pty sleep:1 send:'\x01q' -- zone console "$Z" >/dev/null
  [ "$(monitor "$Z")" != null ]
  orphan "$Z"
  ok zone start "$Z"
  [ "$(monitor "$Z")" != null ]
  orphan "$Z"
  ok zone freeze "$Z"
  [ "$(monitor "$Z")" != null ]
  orphan "$Z"
  ok zone verify --repair "$Z" # frozen
  [ "$(monitor "$Z")" != null ]
  zone thaw "$Z"
  orphan "$Z"
  ok zone stop "$Z"
  same STOPPED "$(state "$Z")"
}

@test "the exit status of an init whose monitor was replaced: told by the kernel or null, never invented" {
  mk "$Z"
  zone start "$Z" -- /bin/sh -c 'while [ ! -e /tmp/go ]; do sleep 0.1; done; exit 42'
  orphan "$Z"
  zone exec "$Z" -- true
  zone exec "$Z" -- touch /tmp/go
  ok zone wait -t 20 "$Z"
  case $(field "$Z" .exit_status) in
    42 | null) ;;
    *) fail "exit_status $(field "$Z" .exit_status)" ;;
  esac
  # Linux 6.15 tells.
  if [ "$(printf '6.15\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 6.15 ]; then same 42 "$(field "$Z" .exit_status)"; fi
}

@test "killed: set, snapshot and what reads the root put a new monitor in place, too" {
  up "$Z"
  ok zone set "$Z" hook.poststop=/bin/true # at the next start
  same 0 "$(told monitor_replaced)"
  again() { # COMMAND…
    orphan "$Z"
    ok "$@"
    [ "$(monitor "$Z")" != null ]
    same 1 "$(told monitor_replaced)"
    SEEN=$(wc -l <"$ZONE_RUN/events")
  }
  again zone set "$Z" autostart=true
  again zone network attach "$Z" more
  again zone snapshot "$Z"
  again zone pull "$Z" /etc/hostname "$T/"
  same "" "$(zone verify "$Z")"
  ok zone stop "$Z"
  same STOPPED "$(state "$Z")"
}

@test "a reboot of a zone whose monitor was killed; a power off inside has no status then" {
  up "$Z"
  local init
  init=$(field "$Z" .pid)
  orphan "$Z"
  zone reboot "$Z"
  until_true 20 sh -c "p=\$(zone info --json $Z | jq .pid); [ \$p != null ] && [ \$p != $init ]"
  orphan "$Z"
  zone exec "$Z" -- poweroff || true # it may be among those that init ends
  ok zone wait -t 20 "$Z"
  same null "$(field "$Z" .exit_status)"
}

@test "readiness and announcements reach the new monitor" {
  tiny_rootfs "$T/late"
  rm "$T/late/sbin/init"
  cp "$ZONE_TEST_TOOLS/notify" "$T/late/bin/notify"
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nwhile [ ! -e /go ]; do /bin/busybox sleep 0.2; done\nexec /bin/notify READY=1 /bin/busybox sleep 60\n' >"$T/late/sbin/init"
  chmod 755 "$T/late/sbin/init"
  tar -C "$T/late" -cJf "$T/late.tar.xz" .
  zone -q create "$Z" -t local -- -f "$T/late.tar.xz"
  zone start "$Z"
  orphan "$Z"
  ok zone start "$Z"
  rm -f "$ZONE_RUN/$Z/ready"
  zone push "$Z" - /go </dev/null
  until_true 10 test -e "$ZONE_RUN/$Z/ready"
  [ -d "$ZONE_RUN/$Z/unix-export/" ]
}

@test "hostile: what the zone has put in the places of console and sockets" {
  up "$Z"
  zone exec "$Z" -- sh -c 'umount /dev/console; rm /dev/console; ln -s /etc/passwd /dev/console
    umount /run/host/unix-export; mount -t tmpfs x /run/host/incoming; mount -t tmpfs x /dev/pts; mount -t tmpfs x /run/host'
  local before
  before=$(sha256sum /etc/passwd "$ZONE_VAR/$Z/zone.conf")
  orphan "$Z"
  ok zone exec "$Z" -- true
  [ "$(monitor "$Z")" != null ]
  same "$before" "$(sha256sum /etc/passwd "$ZONE_VAR/$Z/zone.conf")"
  has "$(grep "\"$Z\".*monitor_replaced" "$ZONE_RUN/events" | jq -r .lost)" "in the zone|of the zone"
  refuse 2 "there is no console 0" zone console "$Z"
  ok zone stop -k "$Z"
}

@test "many at once make one monitor" {
  up "$Z"
  orphan "$Z"
  local i pids=() pid
  for i in $(seq 8); do
    zone exec "$Z" -- true 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  same 1 "$(told monitor_replaced)"
  same 1 "$(pgrep -cf "^zone-monitor name=$Z ")"
}

@test "privileged zones too" {
  zone -q create "$Z" -t busybox --privileged
  zone -q start "$Z"
  orphan "$Z"
  ok zone exec "$Z" -- true
  run pty sleep:1 send:'\r' expect:'root@' send:'\x01q' -- zone console "$Z"
  same 0 "$status"
  ok zone stop "$Z"
}
