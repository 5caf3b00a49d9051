#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

shell='echo first-line; stty -echo 2>/dev/null; while read -r l; do echo "heard <$l>"; done'

# bats test_tags=vm
@test "history is shown on attach, input reaches the zone, Ctrl-a q leaves" {
  up_with "$Z" "$shell"
  ok pty expect:first-line 'send:hello\n' 'expect:heard <hello>' 'send:\x01q' -- zone console "$Z"
  same RUNNING "$(state "$Z")"
}

@test "Ctrl-a Ctrl-a sends one Ctrl-a" {
  up_with "$Z" 'stty raw -echo; echo go; dd bs=1 count=1 2>/dev/null | od -An -tx1; sleep 60'
  ok pty expect:go 'send:\x01\x01' 'expect: 01' 'send:\x01q' -- zone console "$Z"
}

@test "-e chooses another escape" {
  up_with "$Z" "$shell"
  ok pty expect:first-line 'send:\x14q' -- zone console -e '^t' "$Z"
}

@test "a second writer becomes a reader and is told; --force takes over" {
  up_with "$Z" "$shell"
  pty expect:first-line sleep:6 'send:\x01q' -- zone console "$Z" >"$T/one" 2>&1 3>&- &
  local one=$!
  sleep 1
  ok pty expect:first-line 'send:from-two\n' sleep:1 'send:\x01q' -- zone console "$Z"
  has "$output" "read.?only|reader|writer"
  lacks "$(zone console --log "$Z")" "heard <from-two>"
  ok pty expect:first-line 'send:from-three\n' 'expect:heard <from-three>' 'send:\x01q' -- zone console --force "$Z"
  wait $one || true
}

@test "--read-only sends nothing" {
  up_with "$Z" "$shell"
  ok pty expect:first-line 'send:quiet\n' sleep:0.5 'send:\x01q' -- zone console --read-only "$Z"
  lacks "$(zone console --log "$Z")" "heard <quiet>"
}

@test "several readers see the same" {
  up_with "$Z" 'i=0; while :; do i=$((i+1)); echo tick-$i; sleep 0.2; done'
  pty expect:tick-9 'send:\x01q' -- zone console --read-only "$Z" >"$T/r1" 3>&- &
  local one=$!
  ok pty expect:tick-9 'send:\x01q' -- zone console --read-only "$Z"
  wait $one
}

@test "the size of the terminal reaches the zone" {
  up_with "$Z" 'while read -r l; do stty size; done'
  ok pty size:33x101 sleep:0.3 'send:\n' 'expect:33 101' size:44x120 sleep:0.3 'send:\n' 'expect:44 120' 'send:\x01q' -- zone console "$Z"
}

@test "--log prints the log and ends, of stopped zones too" {
  up_with "$Z" 'echo words-of-log'
  zone wait -t 10 "$Z"
  ok timeout 5 zone console --log "$Z"
  has "$output" "words-of-log"
}

@test "the log is bounded by console.log_size" {
  mk "$Z" -s console.log_size=64K
  zone start "$Z" -- /bin/sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "line $i of many"; done; echo the-end'
  zone wait -t 60 "$Z"
  has "$(zone console --log "$Z" | tail -n 1)" the-end
  [ "$(zone console --log "$Z" | wc -c)" -le 140000 ]
}

@test "output is logged while nobody is attached, and a slow reader does not stop the zone" {
  up_with "$Z" 'i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo "flood $i"; done; echo flood-is-over; sleep 60'
  pty expect:flood sleep:3 'send:\x01q' -- zone console --read-only "$Z" >/dev/null 3>&- &
  local reader=$!
  until_true 10 sh -c "zone console --log $Z | grep -q flood-is-over"
  wait $reader || true
}

@test "-t chooses among console.ttys; one that is not there is refused" {
  mk "$Z" -s console.ttys=2
  zone start "$Z" -- /bin/sh -c 'for t in $container_ttys; do echo on-$t >/dev/$t; done; echo done; exec sleep 60'
  until_true 5 sh -c "zone console --log $Z | grep -q done"
  ok pty 'expect:on-pts/1' 'send:\x01q' -- zone console -t 1 "$Z"
  ok pty 'expect:on-pts/2' 'send:\x01q' -- zone console -t 2 "$Z"
  refuse 2 . zone console -t 9 "$Z"
  refuse 2 . zone console -t x "$Z"
}

@test "a stopped zone is 4" {
  mk "$Z"
  refuse 4 "STOPPED" zone console "$Z"
}

@test "the end of the zone ends the console" {
  up_with "$Z" 'echo bye; sleep 3'
  ok timeout 15 "$BATS_TEST_DIRNAME/terminal.py" expect:bye -- zone console "$Z"
}

@test "the console gives the zone's lock back" {
  up_with "$Z" "$shell"
  pty expect:first-line sleep:4 'send:\x01q' -- zone console "$Z" >/dev/null 3>&- &
  local one=$!
  sleep 1
  ok timeout 3 zone --lock-wait 1 freeze "$Z"
  zone thaw "$Z"
  wait $one
}

@test "the terminal is as before afterwards" {
  up_with "$Z" "$shell"
  ok pty -- bash -c "a=\$(stty -g); zone console $Z <<<'' >/dev/null 2>&1 & sleep 1; kill \$!; wait; [ \"\$a\" = \"\$(stty -g)\" ]"
}
