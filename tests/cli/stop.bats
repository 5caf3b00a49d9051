#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

# bats test_tags=vm
@test "stop asks init by its own signal, and it ends in time" {
  up "$Z" --wait=ready
  local from=$SECONDS
  ok timeout 30 zone stop -t 20 "$Z"
  [ $((SECONDS - from)) -lt 15 ] || fail "busybox init did not obey"
  same STOPPED "$(state "$Z")"
}

@test "init is heard out: its own shutdown actions run" {
  mk "$Z"
  zone pull "$Z" /etc/inittab - >"$T/inittab"
  echo '::shutdown:/bin/busybox touch /root/was-asked' >>"$T/inittab"
  zone push "$Z" "$T/inittab" /etc/inittab
  zone start --wait=ready "$Z"
  ok timeout 30 zone stop -t 20 "$Z"
  zone pull "$Z" /root/was-asked "$T/was-asked"
}

@test "at the deadline the zone is killed" {
  up_with "$Z" 'trap "" TERM USR1 USR2 PWR INT HUP; while :; do sleep 1; done'
  local from=$SECONDS
  ok timeout 30 zone stop -t 2 "$Z"
  [ $((SECONDS - from)) -ge 1 ] && [ $((SECONDS - from)) -le 10 ]
  same STOPPED "$(state "$Z")"
}

# bats test_tags=vm
@test "-k at once" {
  up_with "$Z" 'trap "" TERM; while :; do sleep 1; done'
  local from=$EPOCHREALTIME
  ok zone stop -k "$Z"
  awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a < 3) }'
  same STOPPED "$(state "$Z")"
}

@test "stop.signal and stop.timeout are honoured" {
  mk "$Z" -s stop.signal=HUP -s stop.timeout=20
  zone start "$Z" -- /bin/sh -c 'trap "exit 5" HUP; while :; do sleep 0.1; done'
  ok timeout 15 zone stop "$Z"
  same 5 "$(field "$Z" .exit_status)"
}

# bats test_tags=vm
@test "a frozen zone is thawed first" {
  up "$Z" --wait=ready
  zone freeze "$Z"
  ok timeout 30 zone stop -t 20 "$Z"
  same STOPPED "$(state "$Z")"
}

# bats test_tags=vm
@test "many processes go, forked ones too" {
  up "$Z"
  zone exec "$Z" -- /bin/sh -c 'i=0; while [ $i -lt 50 ]; do (setsid sleep 1000 &) ; i=$((i+1)); done'
  ok zone stop -k "$Z"
  same "" "$(find "$G/$Z" -name cgroup.procs -exec cat {} + 2>/dev/null)"
}

@test "a stopped zone is done, one that never ran too" {
  mk "$Z"
  ok zone stop "$Z"
  ok zone stop -k "$Z"
}

# bats test_tags=vm
@test "poweroff from inside stops the zone" {
  up "$Z" --wait=ready
  zone exec "$Z" -- poweroff || true
  zone wait -t 20 "$Z"
  same STOPPED "$(state "$Z")"
}

# bats test_tags=vm
@test "the monitor killed: stop still clears everything" {
  up "$Z"
  kill -KILL "$(field "$Z" .monitor_pid)"
  ok timeout 30 zone stop -k "$Z"
  same STOPPED "$(state "$Z")"
  ok zone start "$Z"
}

@test "init's links in the host go with the zone" {
  up "$Z"
  local host_name
  host_name=$(field "$Z" '.nics[0].host_name')
  ip link show "$host_name"
  zone stop -k "$Z"
  until_true 10 sh -c "! ip link show $host_name"
}

# bats test_tags=vm
@test "groups that the zone made go, whatever their names and depth" {
  up "$Z"
  zone exec "$Z" -- /bin/sh -c 'd=/sys/fs/cgroup; mkdir -p $d/.hidden/.more; for i in $(seq 100); do d=$d/d; mkdir $d || break; done' || true
  ok zone stop -k "$Z"
  same STOPPED "$(state "$Z")"
  until_true 5 sh -c "! find '$CGROUP2' -maxdepth 2 -name '$Z' | grep ."
}

# bats test_tags=vm
@test "a full run directory keeps no zone running" {
  local full=$T/full
  mk "$Z"
  mkdir "$full"
  mount -t tmpfs -o size=256k none "$full"
  ZONE_RUN=$full zone start "$Z"
  head -c 1M /dev/zero >"$full/fill" 2>/dev/null || true
  ZONE_RUN=$full run zone stop -t 3 "$Z"
  local s=$status after
  after=$(ZONE_RUN=$full zone info --json "$Z" | jq -r .state)
  until_true 10 umount "$full" # busy as long as the sweeper lives
  same 0 "$s"
  same STOPPED "$after"
}

@test "a stop does not stop what was started after it" {
  up_with "$Z" 'trap "sleep 1; exit 0" TERM PWR USR1 USR2; while :; do sleep 0.1; done'
  local i pids=()
  for i in 1 2 3; do
    zone stop -k "$Z" 3>&- &
    pids+=($!)
  done
  until_true 10 zone start "$Z"
  for i in "${pids[@]}"; do wait "$i" || fail "a stop failed"; done
  if [ "$(state "$Z")" = RUNNING ]; then ok zone exec "$Z" -- true; else same STOPPED "$(state "$Z")"; fi
}
