#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm
load lib

@test "freeze stops the clock inside, thaw lets it go on" {
  up_with "$Z" 'i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.1; done'
  ok zone freeze "$Z"
  same FROZEN "$(state "$Z")"
  local a b
  a=$(zone console --log "$Z" | tail -n 1)
  sleep 0.7
  b=$(zone console --log "$Z" | tail -n 1)
  same "$a" "$b"
  ok zone thaw "$Z"
  same RUNNING "$(state "$Z")"
  until_true 5 sh -c "[ \"\$(zone console --log $Z | tail -n 1)\" != '$a' ]"
}

@test "unfreeze is thaw; already so counts as done" {
  up "$Z"
  zone freeze "$Z"
  ok zone freeze "$Z"
  ok zone unfreeze "$Z"
  ok zone thaw "$Z"
}

@test "a stopped zone is 4" {
  mk "$Z"
  refuse 4 "STOPPED" zone freeze "$Z"
  refuse 4 "STOPPED" zone thaw "$Z"
}

@test "ls tells frozen from running" {
  up "$Z"
  zone freeze "$Z"
  has "$(zone ls --frozen -1)" "^$Z$"
  same "" "$(zone ls --running -1)"
  zone thaw "$Z"
}
