#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Guests without systemd: Debian with System V's init, with its own scripts and with those of OpenRC.
KEEP_ZONES=1
export BATS_TEST_TIMEOUT=300
load lib

HASH='$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.' # "test"

guest() { # INIT: created, with a way in
  local rootfs
  rootfs=$(debian_rootfs bookworm "$1") || fail "no Debian with $1: tests/debian-image.sh builds it"
  echo "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJm8k1b4m3XzrQGDY3cC0q3fGkq9b8o1Rr0d1yqv9wA1 me" >"$T/key.pub"
  zone -q create "$Z-$1" -t local --ssh-key "$T/key.pub" --password-hash - -- -f "$rootfs" <<<"$HASH"
}

comes_up() { # INIT
  guest "$1"
  ok timeout 240 zone start --wait=ready -t 200 "$Z-$1"
  same true "$(field "$Z-$1" .ready)"
  same "$Z-$1" "$(zone exec "$Z-$1" -- hostname)"
  # such an init tells nobody when it is done: a busy machine may be quiet for the second that is taken for it
  until_true 120 sh -c "zone console --log $Z-$1 | grep -q 'INIT: Entering runlevel: 2'"
  zone exec "$Z-$1" -- ping -q -c 1 -w 10 "$(zone exec "$Z-$1" -- ip -4 route show default | awk '{ print $3 }')"
  has "$(zone exec "$Z-$1" -- cat /root/.ssh/authorized_keys)" '^ssh-ed25519 .* me$'
  zone exec "$Z-$1" -- grep -qF "root:$HASH:" /etc/shadow
}

reboots() { # INIT
  local pid
  pid=$(field "$Z-$1" .pid)
  zone reboot "$Z-$1"
  until_true 120 sh -c "p=\$(zone info --json $Z-$1 | jq .pid); [ \$p != null ] && [ \$p != $pid ]"
  until_true 120 sh -c "zone info --json $Z-$1 | jq -e .ready"
}

# By its own scripts, long before the deadline, and with the status of a power off.
goes_down() { # INIT
  ok timeout 60 zone stop -t 50 "$Z-$1"
  same 0 "$(field "$Z-$1" .exit_status)"
  has "$(zone console --log "$Z-$1")" 'Will now halt'
}

# bats test_tags=vm
@test "sysv: comes up, with network and accounts" { comes_up sysv; }
# bats test_tags=vm
@test "sysv: reboots in place" { reboots sysv; }
# bats test_tags=vm
@test "sysv: stops by its own scripts" { goes_down sysv; }

@test "sysv: a stop while it still boots" {
  zone start "$Z-sysv"
  goes_down sysv
}

@test "sysv: a fifo of a stranger's is no init; a signal that is configured comes first" {
  zone -q set "$Z-sysv" stop.signal=INT # the inittab's ctrlaltdel: a reboot, which a stop is not
  zone start --wait=ready "$Z-sysv"
  ok timeout 60 zone stop -t 50 "$Z-sysv"
  lacks "$(zone console --log "$Z-sysv" | tail -n 5)" 'Will now halt'
  zone -q unset "$Z-sysv" stop.signal
  zone start --wait=ready "$Z-sysv"
  zone exec "$Z-sysv" -- sh -c 'rm /run/initctl; ln -s /etc/passwd /run/initctl; sum=$(cksum </etc/passwd); echo "$sum" >/root/sum'
  ok timeout 60 zone stop -t 3 "$Z-sysv"
  same 137 "$(field "$Z-sysv" .exit_status)"
  zone start "$Z-sysv"
  same "$(zone exec "$Z-sysv" -- cat /root/sum)" "$(zone exec "$Z-sysv" -- sh -c 'cksum </etc/passwd')"
  zone stop -k "$Z-sysv"
}

@test "openrc: comes up, with its services" {
  comes_up openrc
  has "$(zone exec "$Z-openrc" -- rc-status -a)" 'Runlevel: default'
}
@test "openrc: reboots in place" { reboots openrc; }
@test "openrc: stops by its own scripts" { goes_down openrc; }
