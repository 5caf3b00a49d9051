#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
KEEP_ZONES=1
load lib

prepare_file() {
  up "$Z-a"
  mk "$Z-b" -s autostart=true -s groups=web,db
  up "$Z-c"
  zone freeze "$Z-c"
}

@test "all states by default, one per line with -1, sorted" {
  same "$Z-a
$Z-b
$Z-c" "$(zone ls -1)"
}

@test "list is ls" {
  same "$(zone ls -1)" "$(zone list -1)"
}

@test "-f has the columns that LXC users know" {
  ok zone ls -f
  has "$(head -n 1 <<<"$output")" "^NAME +STATE +AUTOSTART +GROUPS +IPV4 +IPV6 +UNPRIVILEGED *$"
  has "$output" "^$Z-a +RUNNING .* 10\.[0-9.]+ .*true"
  has "$output" "^$Z-b +STOPPED +1|^$Z-b +STOPPED +(yes|true)"
  has "$output" "web,db"
  has "$output" "^$Z-c +FROZEN"
}

@test "-F chooses columns; an unknown one is a usage error that lists them" {
  ok zone ls -F NAME,STATE
  same "NAME STATE" "$(head -n 1 <<<"$output" | xargs)"
  refuse 2 "COLOUR" zone ls -F NAME,COLOUR
  has "$stderr" "STATE"
}

@test "--running, --stopped, --frozen and patterns filter" {
  same "$Z-a" "$(zone ls -1 --running)"
  same "$Z-b" "$(zone ls -1 --stopped)"
  same "$Z-c" "$(zone ls -1 --frozen)"
  same "$Z-b" "$(zone ls -1 "*-b")"
  same "$Z-a
$Z-b" "$(zone ls -1 "$Z-[ab]")"
}

@test "--json: every promised member, with the right type" {
  ok zone ls --json
  jq -e 'type == "array" and length == 3' <<<"$output"
  jq -e 'all(.[]; has("name", "state", "ready", "health", "pid", "exit_status", "autostart", "groups", "ipv4", "ipv6",
    "unprivileged", "memory_bytes", "cpu_usage_ns", "pids", "backend", "snapshots", "uptime_ns", "path"))' <<<"$output" ||
    jq -e '. as $all | ["name", "state", "ready", "health", "pid", "exit_status", "autostart", "groups", "ipv4", "ipv6",
    "unprivileged", "memory_bytes", "cpu_usage_ns", "pids", "backend", "snapshots", "uptime_ns", "path"]
    | all(.[]; . as $k | $all | all(.[]; has($k)))' <<<"$output"
  local a
  a=$(jq -c '.[0]' <<<"$output")
  jq -e '(.ready | type == "boolean") and (.pid > 1) and (.groups | type == "array") and (.ipv4 | length == 1)
    and (.ipv4[0] | contains("/") | not) and (.pids >= 1) and (.cpu_usage_ns >= 0) and .unprivileged
    and (.uptime_ns > 0) and .snapshots == 0' <<<"$a"
  jq -e '.[1] | .pid == null and .uptime_ns == null and .ipv4 == [] and .autostart and .groups == ["web", "db"]' <<<"$output"
}

@test "ls reads only: no lock, no change, and quickly" {
  local before
  before=$(find "$ZONE_VAR/$Z-a" "$ZONE_RUN" ! -path '*events*' -printf '%p %T@\n' 2>/dev/null | sort)
  ok timeout 5 zone ls -f
  same "$before" "$(find "$ZONE_VAR/$Z-a" "$ZONE_RUN" ! -path '*events*' -printf '%p %T@\n' 2>/dev/null | sort)"
}
