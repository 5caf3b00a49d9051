#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Zones as units of the host's systemd: order, restarts, machined, and what happens to them with their package.
SYSTEM_PLACES=1
KEEP_ZONES=1
load ../cli/lib

prepare_file() {
  systemctl start zones-stop.service
}

clean_file() {
  systemctl stop 'zone@*' 'zone-network@*' zones.target zones-stop.service
  systemctl reset-failed
  systemctl daemon-reload
}

property() { # UNIT PROPERTY
  systemctl show -P "$2" "$1"
}

is() { # UNIT STATE
  [ "$(property "$1" ActiveState)" = "$2" ]
}

group_of() { # NAME, of its init
  sed -n 's/^0:://p' "/proc/$(field "$1" .pid)/cgroup"
}

restart_known() { [ "$(field "$1" .restart_at)" != null ]; }

# Microseconds at which a unit was up, or began to go.
moment() { property "$1" "$2TimestampMonotonic"; }

@test "a zone that is started by hand is a unit, in a delegated group of its own" {
  need systemd
  mk db
  ok zone start db
  same "/machine.slice/zone@db.service/payload" "$(group_of db)"
  same "/machine.slice/zone@db.service" "$(field db .cgroup)"
  same "$(field db .monitor_pid)" "$(property zone@db MainPID)"
  until_true 60 is zone@db active
  has "$(cat "/proc/$(field db .monitor_pid)/cgroup")" "zone@db.service/monitor$"
  same 0 "$(cat "/proc/$(field db .pid)/oom_score_adj")"
}

@test "machined knows it, while it runs" {
  has "$(machinectl --no-legend list)" "^db +container +zone"
  same "$(field db .pid)" "$(machinectl show --value -p Leader db)"
  same "zone@db.service" "$(machinectl show --value -p Unit db)"
  has "$(machinectl status db)" "$(field db '.ipv4[0]')"
  sed -i '/^hosts:/s/ mymachines//; /^hosts:/s/files/files mymachines/' /etc/nsswitch.conf
  has "$(getent ahostsv4 db)" "^$(field db '.ipv4[0]') "
  has "$(getent ahostsv6 db)" "^$(field db '.ipv6[0]') "
}

@test "a reboot inside stays in the unit, its monitor and machined's list" {
  local monitor init
  monitor=$(property zone@db MainPID)
  init=$(field db .pid)
  zone reboot db
  other_init() { [ "$(field db .pid)" != "$init" ] && [ "$(field db .pid)" != null ]; }
  until_true 60 other_init
  same "$monitor" "$(property zone@db MainPID)"
  same 0 "$(property zone@db NRestarts)"
  known() { [ "$(machinectl show --value -p Leader db)" = "$(field db .pid)" ]; }
  until_true 30 known
}

@test "a monitor that is killed: the zone goes on with another, through stop, start and restart" {
  local init monitor
  ok zone -q create kept -t busybox -s restart.policy=always -s restart.delay=1
  ok zone start kept
  init=$(field kept .pid)
  monitor=$(field kept .monitor_pid)
  until_true 60 is zone@kept active
  kill -KILL "$monitor"
  another() { [ -d "/proc/$(field kept .monitor_pid)" ] && [ "$(field kept .monitor_pid)" != "$monitor" ]; }
  until_true 60 another
  same "RUNNING $init" "$(state kept) $(field kept .pid)"
  has "$(cat "/proc/$(field kept .monitor_pid)/cgroup")" "/machine.slice/zone@kept.service/monitor$"
  same hello "$(zone exec kept -- echo hello)"
  ok zone console kept --log
  # systemd may know nothing of it any more: neither asking for it nor the end of the zone is in its way
  systemctl start zone@kept
  same "RUNNING $init" "$(state kept) $(field kept .pid)"
  kill -KILL "$init"
  renewed() { [ "$(state kept)" = RUNNING ] && [ "$(field kept .pid)" != "$init" ]; }
  until_true 60 renewed
  until_true 60 is zone@kept active
  ok zone stop -k kept
  gone() { [ ! -e /sys/fs/cgroup/machine.slice/zone@kept.service ]; }
  until_true 30 gone
  ok zone start kept
  until_true 60 is zone@kept active
  ok zone destroy -f -s kept
}

@test "what is stopped by hand is a unit that has ended well, and back" {
  ok zone stop db
  until_true 30 is zone@db inactive
  same success "$(property zone@db Result)"
  ok systemctl start zone@db
  same RUNNING "$(state db)"
  for _ in 1 2 3; do ok systemctl restart zone@db; done
  has "$(machinectl --no-legend list)" "^db +"
  ok systemctl stop zone@db
  same STOPPED "$(state db)"
  lacks "$(machinectl --no-legend list)" "^db +"
}

@test "what is warned of in its start is heard by who starts it, and in the journal" {
  zone -q set db hook.poststart=/bin/false
  ok zone start db
  has "$stderr" "^warning: db: hook.poststart: /bin/false failed with status 1"
  journal() { journalctl -u zone@db -o cat --no-pager | grep "db: hook.poststart: /bin/false failed"; }
  until_true 20 journal
  until_true 60 is zone@db active
  zone stop -k db
  zone unset db hook.poststart
}

@test "hooks may take longer than the unit's own limits" {
  mkdir -p /run/systemd/system/zone@db.service.d
  printf '[Service]\nTimeoutStartSec=6\nTimeoutStopSec=6\n' >/run/systemd/system/zone@db.service.d/short.conf
  systemctl daemon-reload
  printf '#!/bin/sh\nsleep 12\n' >"$T/slow"
  chmod 755 "$T/slow"
  ok zone set db hook.prestart="$T/slow" hook.start="/bin/sleep 12" hook.prestop="$T/slow" hook.poststop="$T/slow"
  ok zone start db
  same RUNNING "$(state db)"
  until_true 60 is zone@db active
  same 0 "$(property zone@db NRestarts)"
  ok systemctl stop zone@db
  same "success STOPPED" "$(property zone@db Result) $(state db)"
  zone unset db hook.prestart hook.start hook.prestop hook.poststop
  rm -r /run/systemd/system/zone@db.service.d
  systemctl daemon-reload
}

@test "a start that is interrupted is undone" {
  printf '#!/bin/sh\nsleep 20\n' >"$T/slow"
  ok zone set db hook.prestart="$T/slow"
  zone start db 3>&- &
  local pid=$! from
  begun() { [ "$(state db)" = STARTING ]; }
  until_true 30 begun
  from=$SECONDS
  kill -INT "$pid"
  status=0
  wait "$pid" || status=$?
  same 1 "$status"
  [ $((SECONDS - from)) -le 15 ]
  same "STOPPED inactive" "$(state db) $(property zone@db ActiveState)"
  sleep 25
  same "STOPPED inactive" "$(state db) $(property zone@db ActiveState)"
  zone unset db hook.prestart
}

@test "stopped before it was ready, it stays stopped" {
  ok zone start db
  ok zone stop -k db
  until_true 30 is zone@db inactive
  sleep 2 # systemd's pause before a restart, and some
  same "inactive STOPPED" "$(property zone@db ActiveState) $(state db)"
}

@test "with settings or a command of its own it is a scope" {
  ok zone start -s hostname=other db
  same "/machine.slice/zone-db.scope/payload" "$(group_of db)"
  same other "$(zone exec db -- hostname)"
  enrolled() { machinectl --no-legend list | grep -qE '^db +'; }
  until_true 30 enrolled
  run systemctl start zone@db # is refused, and changes nothing for the one that runs
  [ "$status" -ne 0 ]
  same RUNNING "$(state db)"
  until_true 30 is zone@db failed
  has "$(machinectl --no-legend list)" "^db +"
  systemctl reset-failed zone@db
  ok zone stop db
  gone() { ! systemctl --quiet is-active zone-db.scope; }
  until_true 30 gone
  same "/" "$(zone run db -- sed -n 's/^0:://p' /proc/self/cgroup)"
}

@test "enable: order, requirements and delays become the units'" {
  mk web
  mk app
  ok zone set web start.requires=db
  ok zone set app start.after=web start.order=5
  ok zone enable db web app
  has "$(property zones.target Wants)" "zone@web.service"
  has "$(property zone@web Requires)" "zone@db.service"
  has "$(property zone@app After)" "zone@web.service"
  has "$(property zone@app After)" "zones-order-1.target"
  has "$(property multi-user.target Wants)" "zones.target"
  has "$(property zone@db RequiresMountsFor)" "/var/lib/zone/db"
}

@test "all come up, each after what it needs is ready; and down again the other way" {
  ok systemctl start zones.target
  for z in db web app; do same RUNNING "$(state $z)"; done
  [ "$(moment zone@db ActiveEnter)" -le "$(moment zone@web InactiveExit)" ]
  [ "$(moment zone@web ActiveEnter)" -le "$(moment zone@app InactiveExit)" ]
  for z in db web app; do
    echo "# $z: $((($(moment zone@$z ActiveEnter) - $(moment zone@$z InactiveExit)) / 1000)) ms" >&3
  done
  ok systemctl stop zones.target 'zone@*'
  for z in db web app; do same STOPPED "$(state $z)"; done
  [ "$(moment zone@app InactiveEnter)" -le "$(moment zone@web ActiveExit)" ]
  [ "$(moment zone@web InactiveEnter)" -le "$(moment zone@db ActiveExit)" ]
  for z in db web app; do same success "$(property zone@$z Result)"; done
}

@test "one that crashes is started again by its policy; a stop in the pause gives that up" {
  ok zone set web restart.policy=on-failure restart.delay=1
  ok zone start web
  kill -KILL "$(field web .pid)"
  again() { [ "$(state web)" = RUNNING ] && [ "$(property zone@web NRestarts)" = 1 ]; }
  until_true 60 again
  until_true 60 is zone@web active
  ok zone set web restart.delay=600
  kill -KILL "$(field web .pid)"
  until_true 30 is zone@web activating
  ok zone stop web
  until_true 30 is zone@web inactive
  same STOPPED "$(state web)"
}

@test "systemctl stop does not wait for a restart's pause" {
  ok zone set web restart.policy=always restart.delay=600 restart.delay_max=600
  ok zone start web
  until_true 60 is zone@web active
  kill -KILL "$(field web .pid)"
  until_true 30 is zone@web activating
  until_true 10 restart_known web
  ok timeout 20 systemctl stop zone@web
  same "inactive null STOPPED" "$(property zone@web ActiveState) $(field web .restart_at) $(state web)"
  [ "$(property zone@web Result)" != timeout ]
}

@test "a restart whose start fails counts, is told, and is tried again" {
  ok zone set web restart.policy=always restart.delay=1
  ok zone start web
  until_true 60 is zone@web active
  zone -q set web init=/later
  kill -KILL "$(field web .pid)"
  told() { jq -se 'any(.zone == "web" and .event == "restart_failed" and (.error | test("/later")))' /run/zone/events; }
  until_true 60 told
  zone unset web init
  again() { [ "$(state web)" = RUNNING ] && [ "$(field web .restarts)" -ge 2 ]; }
  until_true 60 again
  until_true 60 is zone@web active
  ok zone stop -k web
  until_true 30 is zone@web inactive
  zone unset web restart.policy restart.delay restart.delay_max
}

@test "what cannot be started says why, here and there" {
  run systemctl start zone@nosuch
  [ "$status" -ne 0 ]
  has "$(journalctl -b -u zone@nosuch)" "no such zone"
  systemctl mask --runtime --quiet zone@web
  refuse 1 "start web: .*masked" zone start web
  systemctl unmask --runtime --quiet zone@web
  systemd-run --quiet --scope --unit=zone-web sleep 300 3>&- &
  until_true 30 is zone-web.scope active
  refuse 6 "start web: .*zone-web.scope exists already" zone start -s hostname=other web
  systemctl stop zone-web.scope
  same STOPPED "$(state web)"
}

@test "without D-Bus a zone runs outside of units" {
  systemctl stop dbus.socket dbus.service
  run --separate-stderr zone start web
  systemctl start dbus.socket dbus.service
  same 0 "$status"
  has "$stderr" "outside of systemd's units"
  same "/zone/web/payload" "$(group_of web)"
  ok zone stop web
}
