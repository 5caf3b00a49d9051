#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A Debian with systemd as a zone of a host with systemd, on an older kernel.
SYSTEM_PLACES=1
KEEP_ZONES=1
load ../cli/lib

prepare_file() {
  need systemd memory pids
  zone -q create "$Z" -t local -- -f "$(debian_rootfs)"
}

@test "it comes up whole" {
  ok timeout 240 zone start --wait=ready -t 200 "$Z"
  run zone exec "$Z" -- systemctl is-system-running --wait
  same "" "$(zone exec "$Z" -- systemctl --failed --no-legend --plain)"
  same running "$output"
}

@test "its services have limits, set by its own systemd" {
  zone exec "$Z" -- systemctl set-property --runtime dbus.service MemoryMax=64M TasksMax=50
  same 67108864 "$(zone exec "$Z" -- cat /sys/fs/cgroup/system.slice/dbus.service/memory.max)"
  same 50 "$(zone exec "$Z" -- cat /sys/fs/cgroup/system.slice/dbus.service/pids.max)"
}

@test "the host's systemd takes nothing away when it loads its units again" {
  local before
  before=$(cat "$CGROUP2$(field "$Z" .cgroup)/cgroup.controllers")
  systemctl daemon-reload
  systemd-run --quiet --wait true
  same "$before" "$(cat "$CGROUP2$(field "$Z" .cgroup)/cgroup.controllers")"
  systemctl is-system-running
}

@test "the host's tools for machines work on it" {
  same running "$(systemctl -M "$Z" is-system-running)"
  same active "$(systemctl -M "$Z" show -P ActiveState dbus)"
  has "$(journalctl -M "$Z" -b --no-pager -o cat)" "Reached target"
  has "$(timeout 60 machinectl --quiet shell "$Z" /bin/echo "in the zone" </dev/null)" "in the zone"
  sleep 60 | timeout 60 script -qfc "machinectl login $Z" "$T/login" >/dev/null 3>&- &
  until_true 40 grep -a "$Z login:" "$T/login"
  same "$Z" "$(ps -o machine= -p "$(field "$Z" .pid)" | tr -d ' ')"
}

@test "stop is a clean shutdown" {
  ok timeout 120 zone stop -t 100 "$Z"
  has "$(zone console --log "$Z")" "Reached target|shutdown|Power|halt"
}
