#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Limits where every controller is on cgroup v2: set live, read back from the kernel, exceeded on purpose. Times are
# those of an emulated processor: what is asserted are shares and orders, not speeds.
SYSTEM_PLACES=1
KEEP_ZONES=1
# bats file_tags=alone
load ../cli/lib

prepare_file() {
  need systemd cpu cpuset io memory pids
  mk "$Z"
  zone start --wait=ready "$Z"
  room
}

# Takes memory until it is killed.
HOG='awk "BEGIN { s = \"x\"; while (1) s = s s }"'

# Memory that only swap could take: larger than any limit here.
room() {
  inside sh -c 'mkdir -p /hog && mount -t tmpfs -o size=400m hog /hog'
}

inside() {
  zone exec "$Z" -- "$@"
}

# Run in the background inside until the zone's processes are ended by calm().
busy() {
  zone exec "$Z" -- sh -c "$1 </dev/null >/dev/null 2>&1 &"
}

# End what the tests have started inside.
calm() {
  echo 1 >"$CGROUP2$(field "$Z" .cgroup)/payload/zone-exec/cgroup.kill" 2>/dev/null || true
  inside rm -rf /hog/f /root/hog
}

teardown() {
  if [ -e "$T/monitor" ]; then
    kill "$(cat "$T/monitor")"
    rm "$T/monitor"
  fi
  calm
}

cpu_us() { # of the zone so far
  awk '$1 == "usage_usec" { print $2 }' "$CGROUP2$(field "$Z" .cgroup)/payload/cpu.stat"
}

# Processor time of the zone over about SECONDS, in percent of one processor.
cpu_share() {
  local used began
  used=$(cpu_us) began=${EPOCHREALTIME/./}
  sleep "$1"
  echo $((($(cpu_us) - used) * 100 / (${EPOCHREALTIME/./} - began)))
}

@test "every key, set live, is what the kernel has; unset, it is the default again" {
  local key value file want default disk
  disk=$(lsblk -ndo MAJ:MIN "$(findmnt -no SOURCE /)" | tr -d ' ')
  while read -r key value file want default; do
    ok zone set "$Z" "limits.$key=${value//_/ }"
    same "limits.$key: applied" "$output"
    same "${want//_/ }" "$(limit "$Z" "$file")"
    ok zone unset "$Z" "limits.$key"
    same "limits.$key: applied" "$output"
    same "${default//_/ }" "$(limit "$Z" "$file" | sed 's/^$/-/')"
  done <<EOF
cpu 1.5 cpu.max 150000_100000 max_100000
cpu 25% cpu.max $(($(nproc) * 25000))_100000 max_100000
cpu_weight 50 cpu.weight 50 100
cpuset 0 cpuset.cpus 0 0-$(($(nproc) - 1))
memory 512M memory.max 536870912 max
memory 536870913 memory.max 536870912 max
memory_high 256M memory.high 268435456 max
memory_low 8M memory.low 8388608 0
swap 0 memory.swap.max 0 max
swap 64M memory.swap.max 67108864 max
oom zone memory.oom.group 1 0
pids 99 pids.max 99 4096
EOF
  zone set "$Z" "limits.io.$disk=rbps=10M wiops=100"
  has "$(limit "$Z" io.max)" "^$disk rbps=10485760 wbps=max riops=max wiops=100"
  zone set "$Z" "limits.io.$(findmnt -no SOURCE /)=wbps=1M"
  has "$(limit "$Z" io.max)" "^$disk rbps=max wbps=1048576 riops=max wiops=max"
  zone unset "$Z" "limits.io.$(findmnt -no SOURCE /)" "limits.io.$disk"
  same "" "$(limit "$Z" io.max)"
}

@test "a percentage of the host's memory" {
  zone set "$Z" limits.memory=50%
  local whole half
  whole=$(awk '/MemTotal/ { print $2 * 1024 }' /proc/meminfo)
  half=$(limit "$Z" memory.max)
  # of physical memory, of which the kernel has taken its own before MemTotal
  [ "$half" -gt $((whole * 45 / 100)) ]
  [ "$half" -lt $((whole * 60 / 100)) ]
  zone unset "$Z" limits.memory
}

@test "the zone cannot write its own limits, nor leave them by groups of its own" {
  zone set "$Z" limits.pids=60 limits.memory=256M limits.oom=process
  local f
  for f in memory.max memory.high memory.oom.group memory.swap.max pids.max cpu.max cpu.weight io.max cgroup.freeze; do
    run inside sh -c "echo max >/sys/fs/cgroup/$f"
    [ "$status" -ne 0 ] || fail "the zone wrote $f"
  done
  inside sh -c 'mkdir /sys/fs/cgroup/deep && echo "+pids +memory" >/sys/fs/cgroup/cgroup.subtree_control; true'
  run inside sh -c 'echo $$ >/sys/fs/cgroup/deep/cgroup.procs; echo max >/sys/fs/cgroup/deep/pids.max
    i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i + 1)); done; echo all'
  lacks "$output" "^all"
  [ "$(limit "$Z" pids.current)" -le 60 ]
  zone unset "$Z" limits.pids limits.memory limits.oom
}

@test "cpu: half a processor is no more, and the throttling shows" {
  busy 'while :; do :; done'
  busy 'while :; do :; done'
  zone set "$Z" limits.cpu=0.5
  sleep 1
  local share
  share=$(cpu_share 4)
  echo "# limits.cpu=0.5: $share %" >&3
  [ "$share" -le 60 ]
  [ "$share" -ge 20 ]
  has "$(zone metrics)" "^zone_cpu_throttled_periods_total\{name=\"$Z\".*\} [1-9]"
  # live: more at once
  zone set "$Z" limits.cpu=max
  share=$(cpu_share 3)
  echo "# limits.cpu=max: $share %" >&3
  [ "$share" -ge 80 ]
}

@test "cpuset: nothing of the zone runs elsewhere" {
  [ "$(nproc)" -ge 2 ]
  busy 'while :; do :; done'
  busy 'while :; do :; done'
  zone set "$Z" limits.cpuset=1
  same 1 "$(inside sh -c 'grep Cpus_allowed_list /proc/self/status' | awk '{ print $2 }')"
  same 1 "$(inside nproc)"
  sleep 1
  local share
  share=$(cpu_share 3)
  echo "# two loops on one processor: $share %" >&3
  [ "$share" -le 120 ]
  refuse 2 "this host has processors" zone set "$Z" limits.cpuset=7
  zone unset "$Z" limits.cpuset
}

@test "pids: a fork bomb is contained, the neighbour and the host can still fork" {
  mk "$Z-near"
  zone start --wait=ready "$Z-near"
  zone set "$Z" limits.pids=100
  busy 'bomb() { bomb | bomb & }; bomb; sleep 100'
  sleep 3
  [ "$(limit "$Z" pids.current)" -le 100 ]
  local began=$SECONDS
  for _ in 1 2 3 4 5; do same hello "$(zone exec "$Z-near" -- sh -c 'echo hello | cat')"; done
  echo "# five commands of the neighbour beside a fork bomb: $((SECONDS - began)) s" >&3
  zone stop -k "$Z"
  same STOPPED "$(state "$Z")"
  zone destroy -f "$Z-near"
  zone unset "$Z" limits.pids
  zone start --wait=ready "$Z"
  room
}

@test "memory: a hog is killed alone, and an event names it" {
  zone monitor --json >"$T/events" 3>&- &
  echo $! >"$T/monitor"
  zone set "$Z" limits.memory=64M limits.swap=0
  sleep 1
  run inside sh -c "$HOG; echo status \$?"
  has "$output" "status 137"
  same RUNNING "$(state "$Z")"
  until_true 10 grep -q '"oom"' "$T/events"
  same awk "$(jq -r 'select(.event == "oom") | .process' "$T/events" | head -n 1)"
  jq -es --arg z "$Z" 'map(select(.event == "oom"))[0] | .zone == $z and (.kills | tonumber) >= 1 and (.pid | tonumber) > 1' "$T/events"
  has "$(zone metrics)" "^zone_memory_OOM_kills_total\{name=\"$Z\".*\} [1-9]"
  same 67108864 "$(zone info --json "$Z" | jq .memory.max)"
  zone unset "$Z" limits.memory limits.swap
}

@test "memory below what is in use: reclaimed where that is possible, refused where not" {
  # page cache can go
  inside sh -c 'dd if=/dev/zero of=/root/hog bs=1M count=100 2>/dev/null; sync'
  [ "$(limit "$Z" memory.current)" -gt $((60 << 20)) ]
  ok zone set "$Z" limits.memory=48M
  [ "$(limit "$Z" memory.current)" -le $((48 << 20)) ]
  zone unset "$Z" limits.memory
  # what has nowhere to go cannot
  zone set "$Z" limits.swap=0
  inside dd if=/dev/zero of=/hog/f bs=1M count=100 2>/dev/null
  refuse 1 "limits.memory=32M.*uses .*reclaimed" zone set "$Z" limits.memory=32M
  same max "$(limit "$Z" memory.max)"
  lacks "$(zone get "$Z")" "limits.memory"
  same RUNNING "$(state "$Z")"
  [ "$(inside stat -c %s /hog/f)" -eq $((100 << 20)) ] # and nothing was killed
  zone unset "$Z" limits.swap
}

@test "memory_high slows down and does not kill" {
  zone set "$Z" limits.memory_high=32M
  inside sh -c 'dd if=/dev/zero of=/root/hog bs=1M count=100 2>/dev/null'
  [ "$(limit "$Z" memory.current)" -lt $((64 << 20)) ]
  [ "$(awk '$1 == "high" { print $2 }' "$CGROUP2$(field "$Z" .cgroup)/payload/memory.events")" -gt 0 ]
  zone unset "$Z" limits.memory_high
}

@test "oom=zone: all of it goes, and the zone is stopped" {
  zone set "$Z" limits.memory=64M limits.swap=0 limits.oom=zone
  zone exec "$Z" -- sh -c "$HOG" || true
  ok zone wait -t 30 "$Z"
  same STOPPED "$(state "$Z")"
  zone unset "$Z" limits.memory limits.swap limits.oom
  zone start --wait=ready "$Z"
  room
}

@test "io: a disk that is limited is not faster" {
  local disk began took
  disk=$(lsblk -ndo MAJ:MIN "$(findmnt -no SOURCE /)" | tr -d ' ')
  zone set "$Z" "limits.io.$disk=wbps=2M"
  began=$EPOCHREALTIME
  inside dd if=/dev/zero of=/root/hog bs=256k count=32 oflag=direct 2>/dev/null # 8 MiB
  took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  echo "# 8 MiB at 2 MiB/s: $took s" >&3
  awk -v t="$took" 'BEGIN { exit t > 2.5 ? 0 : 1 }'
  zone unset "$Z" "limits.io.$disk"
  [ "$(zone info --json "$Z" | jq .io.write_bytes)" -ge $((8 << 20)) ]
}

@test "stress of all kinds in one zone: the neighbour goes on" {
  local began quiet loaded
  mk "$Z-near" -s limits.cpu_weight=1000
  zone start --wait=ready "$Z-near"
  begin() { began=${EPOCHREALTIME/./}; }
  took() { echo $(((${EPOCHREALTIME/./} - began) / 1000)); }
  begin
  for _ in 1 2 3 4 5; do zone exec "$Z-near" -- true; done
  quiet=$(took)
  zone set "$Z" limits.cpu=1.5 limits.memory=96M limits.swap=0 limits.pids=80
  for _ in 1 2 3; do busy 'while :; do :; done'; done
  busy 'while :; do dd if=/dev/zero of=/hog/f bs=1M count=80; done'
  busy 'while :; do sh -c "sh -c true"; done'
  busy 'while :; do dd if=/dev/zero of=/root/hog bs=1M count=20; sync; done'
  sleep 2
  begin
  for _ in 1 2 3 4 5; do zone exec "$Z-near" -- true; done
  loaded=$(took)
  echo "# five commands of the neighbour: $quiet ms alone, $loaded ms beside the stress" >&3
  [ "$loaded" -lt $((quiet * 6 + 1000)) ]
  same RUNNING "$(state "$Z")"
  [ "$(limit "$Z" memory.current)" -le $((97 << 20)) ]
  [ "$(limit "$Z" pids.current)" -le 80 ]
  calm
  zone destroy -f "$Z-near"
  zone unset "$Z" limits.cpu limits.memory limits.swap limits.pids
}

@test "limits of the configuration hold from the first process of the next start" {
  zone stop "$Z"
  zone set "$Z" limits.memory=128M limits.pids=70 limits.cpu=0.75 limits.oom=zone
  ok zone start --wait=ready "$Z"
  same 134217728 "$(limit "$Z" memory.max)"
  same 70 "$(limit "$Z" pids.max)"
  same "75000 100000" "$(limit "$Z" cpu.max)"
  same 1 "$(limit "$Z" memory.oom.group)"
  zone unset "$Z" limits.memory limits.pids limits.cpu limits.oom
}

@test "swap that is more than the new limit, processes that are more: said, and nothing is ended" {
  for _ in 1 2 3 4 5; do busy 'sleep 300'; done
  run --separate-stderr zone set "$Z" limits.pids=3
  same 0 "$status"
  has "$stderr" "^warning: .*limits.pids=3: [0-9]+ are in use"
  same 3 "$(limit "$Z" pids.max)"
  zone unset "$Z" limits.pids
}

@test "a hard limit above the caller's own, which the host's root may raise" {
  need resource
  local now
  now=$(ulimit -Hn)
  ok zone set "$Z" "rlimit.nofile=2000:$((now > 600000 ? now : 600000))"
  same 2000 "$(inside sh -c 'ulimit -n')"
  zone unset "$Z" rlimit.nofile
}

@test "lxcfs: memory and processors inside are those of the zone" {
  need lxcfs
  zone stop "$Z"
  zone set "$Z" limits.memory=128M limits.cpuset=0
  zone start --wait=ready "$Z"
  same $((128 * 1024)) "$(inside awk '/MemTotal/ { print $2 }' /proc/meminfo)"
  same 1 "$(inside grep -c ^processor /proc/cpuinfo)"
  [ "$(inside cut -d. -f1 /proc/uptime)" -lt "$(cut -d. -f1 /proc/uptime)" ]
  ok zone checkconfig --json
  same ok "$(jq -r '.[] | select(.id == "lxcfs").status' <<<"$output")"
  zone unset "$Z" limits.memory limits.cpuset
}
