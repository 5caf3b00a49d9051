#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

# bats test_tags=vm
@test "start returns when init has been executed" {
  mk "$Z"
  ok zone start "$Z"
  same RUNNING "$(state "$Z")"
  local pid
  pid=$(field "$Z" .pid)
  [ -d "/proc/$pid" ]
  same 1 "$(awk '/^NSpid/ { print $NF }' "/proc/$pid/status")"
}

# bats test_tags=vm
@test "all seven namespaces are the zone's own" {
  up "$Z"
  local pid ns
  pid=$(field "$Z" .pid)
  for ns in user mnt pid uts ipc net cgroup; do
    [ "$(readlink "/proc/$pid/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ] || fail "shares $ns"
  done
}

# bats test_tags=vm
@test "init runs as an unprivileged user of the host" {
  up "$Z"
  same "$(field "$Z" .id_base)" "$(awk '/^Uid/ { print $2 }' "/proc/$(field "$Z" .pid)/status")"
}

# bats test_tags=vm
@test "of the host's descriptors, environment and capabilities nothing is left in init" {
  mk "$Z"
  exec 7</etc/hostname
  SECRET_OF_HOST=1 zone start "$Z"
  exec 7<&-
  local pid
  pid=$(field "$Z" .pid)
  lacks "$(tr '\0' '\n' <"/proc/$pid/environ")" SECRET_OF_HOST
  has "$(tr '\0' '\n' <"/proc/$pid/environ")" "^container=zone"
  same 0000000000000000 "$(awk '/^CapInh/ { print $2 }' "/proc/$pid/status")"
  same 0000000000000000 "$(awk '/^CapAmb/ { print $2 }' "/proc/$pid/status")"
  same 2 "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")"
  # Nothing outside of the zone's own mounts.
  local fd
  for fd in "/proc/$pid/fd"/*; do
    [ "${fd##*/}" -ge 0 ]
    lacks "$(readlink "$fd")" "(hostname|$ZONE_VAR|$ZONE_RUN)"
  done
}

# bats test_tags=vm
@test "the host name is the zone's, or the key's" {
  up "$Z"
  same "$Z" "$(zone exec "$Z" -- hostname)"
  mk "$Z-b" -s hostname=other
  zone start "$Z-b"
  same other "$(zone exec "$Z-b" -- hostname)"
}

# bats test_tags=vm
@test "-- CMD makes CMD process 1, and its exit status is kept" {
  mk "$Z"
  zone start "$Z" -- /bin/sh -c 'exit 7'
  zone wait -t 10 "$Z"
  same 7 "$(field "$Z" .exit_status)"
}

@test "-- CMD goes with one name only; with -s or CMD a running zone is 4" {
  mk "$Z"
  mk "$Z-b"
  refuse 2 . zone start "$Z" "$Z-b" -- /bin/true
  zone start "$Z"
  refuse 4 . zone start "$Z" -- /bin/true
  refuse 4 . zone start -s hostname=x "$Z"
}

@test "-s holds for this run only" {
  mk "$Z"
  zone start -s hostname=once "$Z"
  same once "$(zone exec "$Z" -- hostname)"
  zone stop -k "$Z"
  zone start "$Z"
  same "$Z" "$(zone exec "$Z" -- hostname)"
  zone stop -k "$Z"
  refuse 2 . zone start -s nosuch.key=1 "$Z"
  same STOPPED "$(state "$Z")"
}

@test "-F stays in the foreground until the zone ends" {
  mk "$Z"
  run --separate-stderr timeout 20 zone start -F "$Z" -- /bin/sh -c 'echo from-inside; exit 0' </dev/null
  same 0 "$status"
  has "$output" "from-inside"
  same STOPPED "$(state "$Z")"
}

# bats test_tags=vm
@test "a command that cannot be executed: one line with step, path and cause, and the zone is stopped" {
  mk "$Z"
  refuse 1 "^zone: start $Z: .*: .*/no/such: .*No such file" zone start "$Z" -- /no/such
  same STOPPED "$(state "$Z")"
  refuse 1 "Permission denied|not executable" zone start "$Z" -- /etc/passwd
  same STOPPED "$(state "$Z")"
}

# bats test_tags=vm
@test "--wait=ready of an init that never says so: the console tells" {
  mk "$Z"
  ok timeout 20 zone start --wait=ready "$Z"
  same true "$(field "$Z" .ready)"
}

# A zone whose init looks like systemd's, and is a script: such an init says itself when it is ready.
mk_announcer() { # NAME SCRIPT
  printf '#!/bin/sh\n%s\n' "$2" >"$T/init"
  chmod 755 "$T/init"
  tiny_rootfs "$T/announcer"
  rm -f "$T/announcer/sbin/init"
  mkdir -p "$T/announcer/lib/systemd"
  cp "$T/init" "$T/announcer/lib/systemd/systemd"
  cp "$ZONE_TEST_TOOLS/notify" "$T/announcer/bin/notify"
  ln -s ../lib/systemd/systemd "$T/announcer/sbin/init"
  local n
  for n in sleep touch cat; do ln -sf busybox "$T/announcer/bin/$n"; done
  tar -C "$T/announcer" -cJf "$T/announcer.tar.xz" .
  zone -q create "$1" -t local -- -f "$T/announcer.tar.xz"
}

# bats test_tags=vm
@test "--wait=ready waits for READY=1, which counts from process 1 only" {
  mk_announcer "$Z" '(/bin/notify READY=1); while [ ! -e /tmp/go ]; do sleep 0.1; done; exec /bin/notify READY=1 sleep 60'
  zone start "$Z"
  sleep 1
  same false "$(field "$Z" .ready)"
  timeout 20 zone start --wait=ready -t 15 "$Z" 3>&- &
  local pid=$!
  sleep 0.5
  kill -0 $pid || fail "it did not wait"
  zone exec "$Z" -- touch /tmp/go
  wait $pid
  same true "$(field "$Z" .ready)"
}

@test "a timeout of the wait leaves the zone running: 1, and the last console lines" {
  mk_announcer "$Z" 'echo last-words; exec sleep 60'
  run --separate-stderr timeout 20 zone start --wait=ready -t 1 "$Z"
  same 1 "$status"
  has "$stderr" "last-words"
  same RUNNING "$(state "$Z")"
}

# bats test_tags=vm
@test "--wait=network: an address and a default route are there" {
  mk "$Z"
  ok timeout 20 zone start --wait=network "$Z"
  has "$(zone exec "$Z" -- ip -4 addr show eth0)" "inet 10\."
  has "$(zone exec "$Z" -- ip -4 route)" "^default via"
}

# bats test_tags=vm
@test "the network is there before init runs" {
  mk "$Z"
  zone start "$Z" -- /bin/sh -c 'ip -4 addr show eth0; ip route; sleep 60'
  until_true 5 sh -c "zone console --log $Z | grep -q 'default via'"
  has "$(zone console --log "$Z")" "inet 10\."
}

# bats test_tags=vm
@test "the default network comes with its first user and goes with its last" {
  run ! ip link show zonebr0
  up "$Z-a"
  ip link show zonebr0
  nft list tables | grep -q .
  up "$Z-b"
  zone stop -k "$Z-a"
  ip link show zonebr0
  zone stop -k "$Z-b"
  run ! ip link show zonebr0
  same "" "$(nft list tables)"
}

# bats test_tags=vm
@test "zones reach the gateway and each other" {
  up "$Z-a"
  up "$Z-b"
  local gw b
  gw=$(zone exec "$Z-a" -- ip route | awk '/^default/ { print $3 }')
  b=$(field "$Z-b" '.ipv4[0]')
  zone exec "$Z-a" -- ping -c 1 -W 3 "$gw"
  zone exec "$Z-a" -- ping -c 1 -W 3 "$b"
}

# bats test_tags=vm
@test "resolv.conf is there" {
  up "$Z"
  has "$(zone exec "$Z" -- cat /etc/resolv.conf)" "^nameserver"
}

# bats test_tags=vm
@test "devices: the usual ones work, others are refused" {
  up "$Z"
  zone exec "$Z" -- /bin/sh -c 'echo x >/dev/null && head -c 4 /dev/zero >/dev/null && head -c 4 /dev/urandom >/dev/null'
  run zone exec "$Z" -- /bin/sh -c 'mknod /tmp/sda b 8 0 && cat /tmp/sda'
  [ "$status" -ne 0 ]
}

# bats test_tags=vm
@test "kernel files of the host are masked or read-only" {
  up "$Z"
  run zone exec "$Z" -- /bin/sh -c 'echo b >/proc/sysrq-trigger'
  [ "$status" -ne 0 ]
  run zone exec "$Z" -- /bin/sh -c 'echo x >/proc/sys/kernel/core_pattern'
  [ "$status" -ne 0 ]
  run zone exec "$Z" -- /bin/sh -c 'mkdir /sys/x'
  [ "$status" -ne 0 ]
  same 0 "$(zone exec "$Z" -- /bin/sh -c 'head -c 10 /proc/kcore 2>/dev/null | wc -c')"
}

# bats test_tags=vm
@test "no mount of the zone shows on the host" {
  local before
  before=$(wc -l </proc/self/mountinfo)
  up "$Z"
  zone exec "$Z" -- /bin/sh -c 'mkdir -p /mnt && mount -t tmpfs x /mnt'
  same "$before" "$(wc -l </proc/self/mountinfo)"
}

# bats test_tags=vm
@test "security.no_new_privs is seen inside" {
  mk "$Z" -s security.no_new_privs=true
  zone start "$Z"
  same 1 "$(awk '/^NoNewPrivs/ { print $2 }' "/proc/$(field "$Z" .pid)/status")"
}

@test "wrong types in zone.conf: the message has file and line" {
  mk "$Z"
  echo 'limits { pids = "many" }' >>"$ZONE_VAR/$Z/zone.conf"
  local line
  line=$(wc -l <"$ZONE_VAR/$Z/zone.conf")
  refuse 2 "zone.conf:$line: " zone start "$Z"
  sed -i '$d' "$ZONE_VAR/$Z/zone.conf"
  echo 'colour = "green"' >>"$ZONE_VAR/$Z/zone.conf"
  refuse 2 "zone.conf:$line: .*colour" zone start "$Z"
  sed -i '$d' "$ZONE_VAR/$Z/zone.conf"
  zone start "$Z"
}

# bats test_tags=vm
@test "a limit that the host cannot apply is 7 and names it; without one it starts" {
  mk "$Z" -s limits.memory=64M
  run --separate-stderr zone start "$Z"
  if [ "$status" -eq 0 ]; then
    same 67108864 "$(limit "$Z" memory.max)"
  else
    same 7 "$status"
    has "$stderr" "memory"
    same STOPPED "$(state "$Z")"
    zone unset "$Z" limits.memory
    ok zone start "$Z"
  fi
}

@test "50 starts and stops of one zone leave nothing" {
  mk "$Z"
  local i
  for i in $(seq 50); do
    zone start "$Z"
    zone stop -k "$Z"
  done
  same STOPPED "$(state "$Z")"
}

# bats test_tags=vm
@test "starts at the same time are one start" {
  mk "$Z"
  local round i pids pid
  for round in 1 2 3; do
    pids=()
    for i in $(seq 6); do
      zone start "$Z" 3>&- &
      pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i" || fail "one of them failed"; done
    pid=$(field "$Z" .pid)
    ok zone exec "$Z" -- true
    same "$pid" "$(field "$Z" .pid)"
    zone stop -k "$Z"
  done
}

@test "readers beside a start do not disturb it" {
  mk "$Z"
  local i reader
  while :; do zone ls >/dev/null; done 3>&- &
  reader=$!
  for i in $(seq 10); do
    zone start "$Z" || { kill "$reader"; fail "start $i"; }
    zone stop -k "$Z"
  done
  kill "$reader"
}

# bats test_tags=vm
@test "what runs on keeps no descriptor of the command" {
  mk "$Z"
  zone start "$Z" 7</etc/passwd
  ! find "/proc/$(field "$Z" .monitor_pid)/fd" -lname /etc/passwd | grep . || fail "the monitor has it"
  ! find "/proc/$(field "$Z" .pid)/fd" -lname /etc/passwd | grep . || fail "init has it"
}

# bats test_tags=vm
@test "masks do not depend on what is mounted on /run" {
  mk "$Z" -s mount.r.source=tmpfs -s mount.r.target=/run
  zone start "$Z"
  local f
  for f in /proc/keys /proc/timer_list /proc/kallsyms /proc/interrupts; do
    [ ! -e "$f" ] || same 0 "$(zone exec "$Z" -- /bin/sh -c "cat $f 2>/dev/null | wc -c")"
  done
}
