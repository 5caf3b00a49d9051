#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

verbs='create destroy start stop restart reboot kill freeze thaw wait console exec run ls info get set unset edit verify
  help image checkconfig push pull monitor snapshot'

@test "help lists every verb, and each has its own" {
  ok zone help
  local v list=$output
  for v in $verbs; do
    has "$list" "^ *$v\b"
    ok zone help "$v"
    has "$output" "[uU]sage: zone .*$v"
    ok zone "$v" --help
  done
}

@test "help of an option names letter, word and argument" {
  ok zone help start
  has "$output" "[-]F"
  has "$output" "[-]-wait"
  has "$output" "[-]t"
}

@test "help KEY: type, default, what it does, when it holds" {
  ok zone help limits.pids
  has "$output" "limits.pids"
  ok zone help net.eth0.mtu
  has "$output" "mtu"
}

@test "an unknown word suggests the nearest" {
  refuse 2 . zone help startt
  has "$stderr" "start"
}

@test "completions are there for bash, zsh and fish and know verbs and zones" {
  mk "$Z"
  ok zone --complete zone ''
  has "$output" "^create\b"
  ok zone --complete zone start "${Z:0:4}"
  has "$output" "^$Z\b"
  ok zone --complete zone start --w
  has "$output" "[-]-wait"
  ok zone --complete zone set "$Z" limits.p
  has "$output" "limits.pids"
}

@test "help --json is what checks the man page" {
  ok zone help --json
  jq -e 'type == "object" or type == "array"' <<<"$output"
}
