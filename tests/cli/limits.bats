#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# limits.*, rlimit.*, sysctl.*, raw.cgroup.*: live, read back, refused. What needs controllers that are bound to v1
# here is in tests/vm.
load lib

has_controller() {
  grep -qw "$1" "$CGROUP2/cgroup.controllers"
}

# bats test_tags=vm
@test "huge pages: set live, read back, changed, and held from the next start" {
  need hugetlb
  up "$Z"
  ok zone set "$Z" "limits.hugetlb=2M=8M"
  same "limits.hugetlb: applied" "$output"
  same 8388608 "$(limit "$Z" hugetlb.2MB.max)"
  zone set "$Z" "limits.hugetlb=2M=4M"
  same 4194304 "$(limit "$Z" hugetlb.2MB.max)"
  # the zone cannot write it
  run zone exec "$Z" -- sh -c 'echo max >/sys/fs/cgroup/hugetlb.2MB.max'
  [ "$status" -ne 0 ]
  ok zone unset "$Z" limits.hugetlb
  same "limits.hugetlb: applied" "$output"
  [ "$(limit "$Z" hugetlb.2MB.max)" != 4194304 ]
}

@test "a limit without its controller: set of a running zone and start are 7, and name it" {
  local pair key controller
  mk "$Z"
  for pair in limits.cpu=1.5:cpu limits.cpu_weight=50:cpu limits.cpuset=0:cpuset limits.memory=64M:memory \
    limits.memory_high=50%:memory limits.memory_low=8M:memory limits.swap=1M:memory limits.oom=zone:memory \
    limits.pids=99:pids limits.io_weight=200:io limits.io.8:0=rbps=1M:io; do
    key=${pair%:*} controller=${pair##*:}
    has_controller "$controller" && continue
    zone start "$Z"
    refuse 7 "$controller" zone set "$Z" "$key"
    has "$stderr" "hint: .*$controller"
    lacks "$(zone get "$Z")" limits
    zone stop -k "$Z"
    zone set "$Z" "$key"
    refuse 7 "$controller" zone start "$Z"
    same STOPPED "$(state "$Z")"
    zone unset "$Z" "${key%%=*}"
  done
}

@test "values that no host has are usage errors" {
  up "$Z"
  local v
  for v in cpu=0 cpu=-1 cpu=101% cpu=x cpu_weight=0 cpu_weight=10001 cpuset=5-2 cpuset=a memory=0 memory=-1 \
    memory=1.5G memory=12Q memory=99999999999999999999 memory=0% swap=-1 pids=0 pids=lots io.sda=rbps=1 \
    io./dev/sda=fast=1 io./dev/sda=rbps=0 io_weight=0 hugetlb=3M=1M hugetlb=2M oom=none; do
    refuse 2 "limits\.${v%%=*}" zone set "$Z" "limits.$v"
  done
  refuse 2 "this host has processors" zone set "$Z" limits.cpuset=0-4095
  refuse 2 "not a block device" zone set "$Z" limits.io./dev/null=rbps=1M
  refuse 7 "/dev/nosuch" zone set "$Z" limits.io./dev/nosuch=rbps=1M
  refuse 2 "raw.cgroup" zone set "$Z" raw.cgroup.../x.max=1
  refuse 2 "raw.cgroup" zone set "$Z" raw.cgroup.a/b.max=1
  refuse 2 "raw.cgroup" zone set "$Z" raw.cgroup.cgroup.procs=1
  refuse 2 . zone set "$Z" sysctl.kernel.panic=1
  refuse 2 . zone set "$Z" rlimit.files=1
  lacks "$(zone get "$Z")" "limits|raw|sysctl|rlimit"
}

@test "raw.cgroup: written to the running zone, a missing file is 7" {
  up "$Z"
  ok zone set "$Z" raw.cgroup.cgroup.max.descendants=50
  has "$output" applied
  same 50 "$(limit "$Z" cgroup.max.descendants)"
  refuse 7 "nosuch.max" zone set "$Z" raw.cgroup.nosuch.max=1
  lacks "$(zone get "$Z")" nosuch
  zone restart "$Z"
  same 50 "$(limit "$Z" cgroup.max.descendants)"
  zone set "$Z" raw.cgroup.cgroup.max.depth=9
  ok zone unset "$Z" raw.cgroup.cgroup.max.depth
  has "$output" applied
  same 64 "$(limit "$Z" cgroup.max.depth)"
}

hard() { # the hard limit of files of process 1
  zone exec "$1" -- awk '/Max open files/ { print $5 }' /proc/1/limits
}

@test "rlimit: every process has it at once, what is started later too, exec as well" {
  up "$Z"
  zone exec "$Z" -- sh -c 'sleep 1000 </dev/null >/dev/null 2>&1 &'
  ok zone set "$Z" rlimit.nofile=300:400
  has "$output" applied
  zone exec "$Z" -- sh -c 'for p in /proc/[0-9]*; do grep -H "Max open files" $p/limits; done' >"$T/limits"
  [ "$(wc -l <"$T/limits")" -ge 2 ]
  same 0 "$(grep -cvE '300 +400' "$T/limits")"
  same 300 "$(zone exec "$Z" -- sh -c 'ulimit -n')"
  zone restart "$Z"
  same 300 "$(zone exec "$Z" -- sh -c 'ulimit -n')"
  has "$(zone exec "$Z" -- grep "Max open files" /proc/1/limits)" "300 +400"
  # unset, the processes have what they had before
  zone unset "$Z" rlimit.nofile
  zone restart "$Z"
  # (the hard limit stays: a host's root without CAP_SYS_RESOURCE could not raise it again)
  zone set "$Z" rlimit.nofile="200:$(hard "$Z")"
  same 200 "$(zone exec "$Z" -- sh -c 'ulimit -n')"
  ok zone unset "$Z" rlimit.nofile
  has "$output" applied
  same 1024 "$(zone exec "$Z" -- sh -c 'ulimit -n')"
  has "$(zone exec "$Z" -- grep "Max open files" /proc/1/limits)" "1024"
  # a ceiling of the whole zone waits
  ok zone set "$Z" rlimit.sigpending=100
  has "$output" "at next start"
}

@test "nothing of the zone inherits that the caller is spared when memory is short" {
  mk "$Z" # (what the vm lane runs in is spared altogether)
  sh -c 'echo 300 >/proc/self/oom_score_adj; zone start "$1"; zone exec "$1" -- cat /proc/1/oom_score_adj /proc/self/oom_score_adj' - "$Z" >"$T/scores"
  same "0 0" "$(xargs <"$T/scores")"
}

@test "sysctl: of the running zone's namespaces and of none other; all or nothing" {
  local host
  host=$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmax)
  up "$Z"
  ok zone set "$Z" sysctl.net.ipv4.ip_forward=1 sysctl.kernel.shmmax=4096000
  has "$output" "sysctl.net.ipv4.ip_forward: applied"
  same 1 "$(zone exec "$Z" -- cat /proc/sys/net/ipv4/ip_forward)"
  same 4096000 "$(zone exec "$Z" -- cat /proc/sys/kernel/shmmax)"
  refuse 1 "tcp_syncookies|Invalid" zone set "$Z" sysctl.net.ipv4.ip_default_ttl=77 sysctl.net.ipv4.tcp_syncookies=lots
  same 64 "$(zone exec "$Z" -- cat /proc/sys/net/ipv4/ip_default_ttl)"
  refuse 7 "no such parameter" zone set "$Z" sysctl.net.ipv4.nosuch=1
  same "$host" "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmax)"
  ok zone unset "$Z" sysctl.net.ipv4.ip_forward
  has "$output" "at next start"
}

@test "a change over several families is all or nothing" {
  up "$Z"
  local max
  max=$(hard "$Z")
  refuse 7 "/dev/nosuch" zone set "$Z" raw.cgroup.cgroup.max.depth=9 rlimit.nofile="200:$max" device.x.path=/dev/nosuch
  same 1024 "$(zone exec "$Z" -- sh -c 'ulimit -n')"
  same 64 "$(limit "$Z" cgroup.max.depth)"
  lacks "$(zone get "$Z")" "raw|rlimit|device"
  refuse 7 "no such parameter" zone set "$Z" rlimit.nofile="200:$max" sysctl.net.nosuch=1
  has "$(zone exec "$Z" -- grep "Max open files" /proc/1/limits)" "1024"
  zone set "$Z" rlimit.nofile="500:$max"
  refuse 7 "no such parameter" zone set "$Z" rlimit.nofile="200:$max" sysctl.net.nosuch=1
  has "$(zone exec "$Z" -- grep "Max open files" /proc/1/limits)" "500"
}

# bats test_tags=vm
@test "a limit that is changed live is an event" {
  need hugetlb
  up "$Z"
  zone monitor --json >"$T/events" &
  local pid=$!
  sleep 0.5
  zone set "$Z" "limits.hugetlb=2M=8M"
  until_true 5 grep -q limit-changed "$T/events"
  kill $pid
  wait $pid || true
  same "limits.hugetlb 2M=8M" "$(jq -r 'select(.event == "limit-changed") | .key + " " + .value' "$T/events")"
}

@test "defaults that the host cannot apply are replaced or listed, never forgotten" {
  up "$Z"
  if has_controller pids; then
    same 4096 "$(limit "$Z" pids.max)"
    same '[]' "$(zone info --json "$Z" | jq -c .limits_not_enforced)"
  else
    has "$(zone exec "$Z" -- cat /proc/1/limits)" "Max processes +4096"
  fi
}
