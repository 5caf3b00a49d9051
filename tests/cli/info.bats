#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
KEEP_ZONES=1
load lib

prepare_file() {
  up "$Z"
  mk "$Z-b" -s limits.pids=77
}

@test "for people: name, state, addresses" {
  ok zone info "$Z"
  has "$output" "$Z"
  has "$output" "RUNNING"
  has "$output" "10\."
}

@test "--json of one literal name is an object, otherwise an array" {
  same object "$(zone info --json "$Z" | jq -r type)"
  same array "$(zone info --json "$Z" "$Z-b" | jq -r type)"
  same array "$(zone info --json "$Z*" | jq -r type)"
  same array "$(zone info --json --all | jq -r type)"
}

@test "every promised member is there" {
  local key json
  json=$(zone info --json "$Z")
  for key in name state ready health pid exit_status autostart groups ipv4 ipv6 unprivileged memory_bytes cpu_usage_ns pids \
    backend snapshots uptime_ns path init_pid monitor_pid cgroup id_base ids created image memory io nics limits \
    limits_not_enforced security; do
    jq -e --arg k $key 'has($k)' <<<"$json" >/dev/null || fail "no $key in $json"
  done
  for key in current peak max swap; do jq -e --arg k $key '.memory | has($k)' <<<"$json" >/dev/null || fail "no memory.$key"; done
  for key in read_bytes write_bytes; do jq -e --arg k $key '.io | has($k)' <<<"$json" >/dev/null || fail "no io.$key"; done
  for key in name host_name network mac addresses rx_bytes tx_bytes rx_packets tx_packets drops; do
    jq -e --arg k $key '.nics[0] | has($k)' <<<"$json" >/dev/null || fail "no nics[].$key"
  done
}

# bats test_tags=vm
@test "the values are true" {
  local json pid
  json=$(zone info --json "$Z")
  pid=$(jq .pid <<<"$json")
  same "$pid" "$(jq .init_pid <<<"$json")"
  same 1 "$(awk '/^NSpid/ { print $NF }' "/proc/$pid/status")"
  [ -d "/proc/$(jq .monitor_pid <<<"$json")" ]
  [ -d "$CGROUP2/$(jq -r .cgroup <<<"$json")" ]
  same eth0 "$(jq -r '.nics[0].name' <<<"$json")"
  same zonebr0 "$(jq -r '.nics[0].network' <<<"$json")"
  jq -e '.nics[0].addresses[0] | test("^10[.].*/[0-9]+$")' <<<"$json"
  same "$(jq -r '.nics[0].mac' <<<"$json")" "$(zone exec "$Z" -- cat /sys/class/net/eth0/address)"
  ip link show "$(jq -r '.nics[0].host_name' <<<"$json")"
  jq -e '.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T")' <<<"$json"
  same default "$(jq -r .security.level <<<"$json")"
  jq -e '.pids >= 1 and .cpu_usage_ns > 0 and .unprivileged and .state == "RUNNING"' <<<"$json"
}

# bats test_tags=vm
@test "limits are listed, and those that the host cannot hold to" {
  same 77 "$(zone info --json "$Z-b" | jq -r '.limits.pids // .limits["limits.pids"]')"
  jq -e '.limits_not_enforced | type == "array"' <<<"$(zone info --json "$Z")"
}

@test "counters count from the zone's side" {
  local a b
  a=$(field "$Z" '.nics[0].tx_packets')
  zone exec "$Z" -- ping -c 3 -W 2 "$(zone exec "$Z" -- ip route | awk '/^default/ { print $3 }')"
  b=$(field "$Z" '.nics[0].tx_packets')
  [ $((b - a)) -ge 3 ]
}

@test "a stopped zone has nulls where nothing is known" {
  zone info --json "$Z-b" | jq -e '.pid == null and .monitor_pid == null and .uptime_ns == null and .state == "STOPPED"'
}
