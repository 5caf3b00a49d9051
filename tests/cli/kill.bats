#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

catcher='for s in HUP USR1 TERM; do trap "echo got-$s" $s; done; echo ready-to-go; while :; do sleep 0.1; done'

@test "-s sends the signal to init, by every spelling" {
  up_with "$Z" "$catcher"
  until_true 5 sh -c "zone console --log $Z | grep -q ready-to-go"
  local s
  for s in HUP SIGUSR1 15; do ok zone kill -s $s "$Z"; sleep 0.3; done
  until_true 5 sh -c "zone console --log $Z | grep -q got-TERM"
  has "$(zone console --log "$Z")" got-HUP
  has "$(zone console --log "$Z")" got-USR1
}

@test "without -s it is KILL, and the status says so" {
  up_with "$Z" "$catcher"
  ok zone kill "$Z"
  zone wait -t 10 "$Z"
  same 137 "$(field "$Z" .exit_status)"
}

@test "real-time signals" {
  up_with "$Z" 'while :; do sleep 1; done'
  ok zone kill -s SIGRTMIN+3 "$Z"
}

@test "an unknown signal is a usage error, a stopped zone 4" {
  up_with "$Z" "$catcher"
  refuse 2 . zone kill -s NOSUCH "$Z"
  refuse 2 . zone kill -s 0 "$Z"
  refuse 2 . zone kill -s 99 "$Z"
  zone stop -k "$Z"
  refuse 4 "STOPPED" zone kill "$Z"
}
