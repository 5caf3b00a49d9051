#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The guest is rebooted: what was running stops in order, what is enabled comes up in order.
# bats file_tags=boot,alone
SYSTEM_PLACES=1
KEEP_ZONES=1
BOOTS=1
load ../cli/lib

# Monotonic microseconds at which the journal of boot $1 has the line $3 of unit $2.
told() { # BOOT UNIT LINE
  journalctl -b "$1" -u "$2" -o json --output-fields=MESSAGE | jq -r --arg line "$3" \
    'select(.MESSAGE | test($line)) | .__MONOTONIC_TIMESTAMP' | tail -n 1
}

before() { # BOOT LINE ZONE ZONE…: the line is told of each zone in this order
  local boot=$1 line=$2 zone now last=0
  shift 2
  for zone in "$@"; do
    now=$(told "$boot" "zone@$zone" "$line")
    [ -n "$now" ] || fail "zone@$zone: no line '$line' in boot $boot"
    [ "$last" -lt "$now" ] || fail "zone@$zone: '$line' at $now, not after $last"
    last=$now
  done
}

# bats test_tags=first
@test "three zones are enabled, each after another; a fourth is not, a fifth runs outside of units" {
  need systemd
  # the journal is to last
  mkdir -p /etc/systemd/journald.conf.d
  printf '[Journal]\nStorage=persistent\n' >/etc/systemd/journald.conf.d/boot.conf
  systemctl restart systemd-journald
  journalctl --flush
  for z in db web app idle aside; do mk $z; done
  ok zone set web start.requires=db
  ok zone set app start.after=web start.order=5
  ok zone set app restart.policy=always restart.delay=1
  ok zone enable db web app
  ok systemctl start zones.target zones-stop.service
  ok zone start -s hostname=other aside
  for z in db web app aside; do same RUNNING "$(state $z)"; done
  same STOPPED "$(state idle)"
  zone exec db -- sh -c 'echo kept >/root/file && sync'
}

# bats test_tags=second
@test "all were stopped in order, and in time" {
  before -1 "^Stopped zone@" app web db
  for z in db web app; do lacks "$(journalctl -b -1 -u "zone@$z" -o cat)" "[Ff]ailed|timed out|SIGKILL"; done
  has "$(journalctl -b -1 -u zones-stop -o cat)" "^Stopped zones-stop"
  lacks "$(journalctl -b -1 -u zones-stop -o cat)" "[Ff]ailed|timed out"
}

# bats test_tags=second
@test "those that are enabled are up again, in order, and nothing else" {
  until_true 120 systemctl --quiet is-active zones.target
  for z in db web app; do same RUNNING "$(state $z)"; done
  for z in idle aside; do same STOPPED "$(state $z)"; done
  before 0 "^Started zone@" db web app
  same kept "$(zone exec db -- cat /root/file)"
  same "$(systemctl show -P ExecMainPID zone@db)" "$(field db .monitor_pid)"
  for z in db web app; do
    echo "# $z: up $(($(systemctl show -P ActiveEnterTimestampMonotonic zone@$z) / 1000)) ms after the kernel" >&3
  done
}

# bats test_tags=second
@test "one that crashes is started again; one that reboots from inside keeps its monitor" {
  local init monitor
  init=$(field app .pid)
  kill -KILL "$init"
  again() { [ "$(state app)" = RUNNING ] && [ "$(field app .pid)" != "$init" ]; }
  until_true 60 again
  init=$(field db .pid) monitor=$(field db .monitor_pid)
  zone exec db -- reboot || true
  rebooted() { [ "$(state db)" = RUNNING ] && [ "$(field db .pid)" != "$init" ]; }
  until_true 60 rebooted
  same "$monitor" "$(field db .monitor_pid)"
}

# bats test_tags=second
@test "and nothing is left of them" {
  ok systemctl stop zones.target 'zone@*' 'zone-network@*'
  ok zone disable db web app
  ok zone destroy --all
  lacks "$(ls /sys/fs/cgroup/machine.slice /sys/fs/cgroup)" "zone"
  lacks "$(ip -o link)" "zonebr|@if"
  lacks "$(nft list tables)" "zone"
  same "" "$(find /run/zone ! -type d ! -name 'events*' ! -path '*/.lock*')"
  same "" "$(our_processes)"
}
