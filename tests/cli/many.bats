#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A hundred zones at once, and what is left of them.
KEEP_ZONES=1
export BATS_TEST_TIMEOUT=300
load lib

N=100

prepare_file() {
  publish_tiny testos one
  local i
  for i in $(seq $N); do zone -q create "$Z-$i" -t local -- -f "$T/tiny.tar.xz"; done
}

@test "all start with -j, each with an address of its own" {
  ok timeout 200 zone start -j 8 --all
  local all
  all=$(zone ls --json)
  same $N "$(jq '[.[] | select(.state == "RUNNING")] | length' <<<"$all")"
  same $N "$(jq '[.[].ipv4[0]] | unique | length' <<<"$all")"
  same $N "$(jq -r '.[].pid' <<<"$all" | sort -u | wc -l)"
}

@test "they are listed quickly" {
  local from=$EPOCHREALTIME
  zone ls -f >/dev/null
  awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "# ls -f of 100: %.0f ms\n", (b - a) * 1000; exit !(b - a < 2) }' >&3
}

@test "a monitor holds few descriptors, and none of them grows" {
  local m
  m=$(field "$Z-1" .monitor_pid)
  [ "$(find "/proc/$m/fd" -mindepth 1 | wc -l)" -le 20 ]
}

@test "the ids of no two zones overlap" {
  same $N "$(zone info --json --all | jq -r '.[].id_base' | sort -un | wc -l)"
}

no_processes() {
  [ -z "$(our_processes)" ]
}

@test "all stop with -j" {
  ok timeout 200 zone stop -k -j 8 --all
  same $N "$(zone ls --json | jq '[.[] | select(.state == "STOPPED")] | length')"
  until_true 10 sh -c '! ip -o link | grep -q " z[0-9]*\."'
  # who sweeps up behind the last process ends a moment later
  until_true 10 no_processes
}

@test "and are destroyed with -j" {
  ok timeout 200 zone destroy -j 8 --all
  same "[]" "$(zone ls --json)"
}
