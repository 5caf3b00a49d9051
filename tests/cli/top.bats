#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# top, metrics
load lib

@test "top -b: a heading and a line for each running zone, as often as asked" {
  up "$Z-a"
  up "$Z-b"
  mk "$Z-c"
  ok zone top -b -N 2
  same 2 "$(grep -c '^NAME ' <<<"$output")"
  same 2 "$(grep -c "^$Z-a " <<<"$output")"
  same 2 "$(grep -c "^$Z-b " <<<"$output")"
  lacks "$output" "$Z-c"
  has "$output" "^2 zones "
}

@test "top shows who uses the processor, and puts it first" {
  up "$Z-a"
  up "$Z-b"
  zone exec "$Z-b" -- sh -c 'while :; do :; done </dev/null >/dev/null 2>&1 &'
  zone top --json -N 1 >"$T/top"
  same "$Z-b" "$(jq -r '.[0].name' "$T/top")"
  jq -e '.[0].cpu_percent > 20 and .[1].cpu_percent < 20 and .[0].pids >= 2' "$T/top"
  zone top --json -N 1 -s n >"$T/top"
  same "$Z-a $Z-b" "$(jq -r '[.[].name] | join(" ")' "$T/top")"
  zone top --json -N 1 -s n -r >"$T/top"
  same "$Z-b $Z-a" "$(jq -r '[.[].name] | join(" ")' "$T/top")"
}

@test "top -t shows the groups inside" {
  up "$Z"
  zone exec "$Z" -- sh -c 'mkdir -p /sys/fs/cgroup/one/two; sleep 100 </dev/null >/dev/null 2>&1 &'
  zone top --json -t -N 1 >"$T/top"
  jq -e '[.[].group] | contains(["one", "one/two", "zone-exec"])' "$T/top"
  ok zone top -b -t -N 1
  has "$output" "^  one "
  has "$output" "^    two "
}

@test "top notices zones that come and go" {
  up "$Z-a"
  zone top --json -N 6 >"$T/top" &
  local pid=$!
  sleep 1.5
  up "$Z-b"
  zone stop -k "$Z-a"
  wait $pid
  same "[\"$Z-a\"]" "$(head -n 1 "$T/top" | jq -c '[.[].name]')"
  same "[\"$Z-b\"]" "$(tail -n 1 "$T/top" | jq -c '[.[].name]')"
}

@test "top on a terminal: a screen, keys, and the terminal is given back" {
  up "$Z"
  ok pty size:30x120 expect:NAME "expect:$Z" size:24x80 send:t send:n send:m sleep:0.5 send:q -- env TERM=xterm zone top
  has "$output" "q quit"
  has "$output" $'\e\\[\\?1049l' # back to the screen that was there before
}

@test "top on a terminal ends cleanly with the interrupt key" {
  up "$Z"
  ok pty "expect:$Z" 'send:\x03' -- env TERM=xterm zone top
  has "$output" $'\e\\[\\?1049l'
}

@test "top: an unknown terminal is 7, with a way out" {
  run pty -- env TERM=nosuch zone top # (newterm() keeps its memory: lsan.supp)
  same 7 "$status"
  has "$output" "zone top -b"
}

@test "top: wrong options are usage errors" {
  refuse 2 "-s" zone top -s x
  refuse 2 "-d" zone top -d 0
  refuse 2 . zone top -N many
  refuse 2 . zone top name
}

@test "metrics is OpenMetrics, with what the kernel tells and nothing else" {
  up "$Z-a" --wait=ready
  mk "$Z-b"
  ok zone metrics
  printf '%s\n' "$output" >"$T/metrics"
  same "# EOF" "$(tail -n 1 "$T/metrics")"
  /usr/bin/python3 - "$T/metrics" <<'P'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
seen = {f.name: f for f in parse(open(sys.argv[1]).read())}
for name in ("zone_cpu_seconds", "zone_procs", "zone_network_receive_bytes", "zone_pressure_cpu_waiting_seconds",
             "zone_up", "zone_restarts", "zone_ready_latency_seconds", "zone_instances"):
    assert seen[name].samples, name
assert all(f.samples for f in seen.values())
assert {s.value for s in seen["zone_up"].samples} == {0, 1}
P
  has "$output" "^zone_up\{name=\"$Z-a\",project=\"default\",type=\"container\"\} 1"
  has "$output" "^zone_up\{name=\"$Z-b\".* 0"
  has "$output" "^zone_network_receive_bytes_total\{name=\"$Z-a\".*device=\"eth0\"\} [0-9]"
  if ! grep -qw memory "$CGROUP2/cgroup.controllers"; then lacks "$output" memory_MemUsed; fi
}

@test "metrics counts restarts" {
  up "$Z"
  has "$(zone metrics)" "^zone_restarts_total\{.*\} 0"
  zone restart "$Z"
  has "$(zone metrics)" "^zone_restarts_total\{.*\} 1"
}

@test "the dashboard asks for what metrics prints" {
  local name top=$BATS_TEST_DIRNAME/../..
  for name in $(jq -r '.panels[].targets[].expr' "$top/cmd/grafana/zones.json" | grep -oE 'zone_[A-Za-z_]+' | sort -u); do
    name=${name#zone_}
    grep -q "[\"_]${name%_total}[\"{ ]" "$top/cmd/metrics.c" || fail "no metric $name"
  done
}
