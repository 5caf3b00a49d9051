#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The guest's contract: what zone-guest(7) promises to an init, seen by a probe that is process 1 of a zone.
load lib
load probe

prepare_file() {
  probe_tree "$T/probe"
  tar -C "$T/probe" -cJf "$T/probe.tar.xz" .
}

mk_probe() { # NAME ARGS-OF-CREATE…
  local name=$1
  shift
  zone -q create "$name" -t local "$@" -- -f "$T/probe.tar.xz"
}

# bats test_tags=vm
@test "the probe finds every item as the manual says" {
  local tz
  tz=$(readlink -f /etc/localtime)
  mk_probe "$Z" -s console.ttys=2 -s credential.probe=secret -s init.env.PROBE_HOSTNAME="$Z" \
    -s init.env.PROBE_BOOT_ID="$(cat /proc/sys/kernel/random/boot_id)"
  case $tz in */zoneinfo/*) zone -q set "$Z" init.env.PROBE_TIMEZONE="${tz#*/zoneinfo/}" ;; esac
  zone start "$Z"
  local log
  log=$(probed "$Z")
  all_ok "$log"
  same 0 "$(field "$Z" .exit_status)"
  # Of all that the manual numbers, nothing is left out but what only the host's side can show.
  local n
  for n in $(seq 1 42); do
    case $n in 16 | 18 | 21 | 31) continue ;; esac # 16 is the young init's test
    has "$log" "^ok [0-9]+ - CI-$n "
  done
  lacks "$log" '# SKIP .*(credentials|terminals|interface|zoneinfo)'
}

# bats test_tags=vm
@test "all of it at every level but strict" {
  local level
  for level in nesting privileged; do
    mk_probe "$Z-$level" -s security.level=$level
    zone -q start "$Z-$level"
  done
  all_ok "$(probed "$Z-nesting")"
  # Root of the host may write to its group's files, unless the host mounted them with nsdelegate.
  all_ok "$(probed "$Z-privileged")" '- CI-7 what limits'
  # Level strict is below what systemd asks for, on purpose.
  mk_probe "$Z-strict" -s security.level=strict
  zone -q start "$Z-strict"
  all_ok "$(probed "$Z-strict")" '- CI-(2 /proc/sys/net|35|36)'
}

# bats test_tags=vm
@test "uuid and hardware address stay over restarts, the boot id does not; a clone has its own" {
  mk_probe "$Z"
  local uuid mac
  zone start "$Z"
  probed "$Z" >/dev/null
  uuid=$(sed -n 's/^uuid=//p' "$ZONE_VAR/$Z/manifest")
  mac=$(field "$Z" '.nics[0].mac')
  zone -q set "$Z" init.env.PROBE_UUID="$uuid" init.env.PROBE_MAC="$mac"
  zone start "$Z"
  all_ok "$(probed "$Z")"
  zone snapshot "$Z"
  zone snapshot "$Z" -r snap0 --to "$Z-b"
  zone start "$Z-b"
  has "$(probed "$Z-b")" '^not ok [0-9]+ - CI-10 container_uuid='
  has "$(zone console --log "$Z-b")" '^ok [0-9]+ - CI-10 /etc/machine-id agrees'
  has "$(zone console --log "$Z-b")" '^not ok [0-9]+ - CI-22'
}

@test "a young init: what it announces is told, and its stop waits until it takes signals" {
  mk_probe "$Z" -s init.env.PROBE_STOP=1
  zone monitor --json "$Z" >"$T/events" 3>&- &
  local watcher=$! log
  zone start "$Z"
  until_true 5 sh -c "zone info --json $Z | jq -e '.guest.hostname == \"probe\"'"
  same 0123456789abcdef0123456789abcdef "$(field "$Z" .guest.machine_id)"
  has "$(zone info "$Z")" '^ *Guest.*hostname.*probe'
  same null "$(field "$Z" .guest.signals_level)"
  ok timeout 20 zone stop -t 15 "$Z"
  log=$(probed "$Z")
  all_ok "$log"
  same 0 "$(field "$Z" .exit_status)"
  same poweroff "$(field "$Z" .guest.shutdown)"
  until_true 5 grep -q '"stopped"' "$T/events"
  kill $watcher
  same "probe 2 ssh-access.target poweroff" "$(jq -rs 'map(select(.event == "announced") | .hostname, .signals_level, .unit_active, .shutdown | values) | join(" ")' "$T/events")"
  same poweroff "$(jq -r 'select(.event == "stopped").shutdown' "$T/events")"
}

@test "what init announces is text of a hostile zone: neither events nor terminals suffer, nor the disk" {
  tiny_rootfs "$T/liar"
  rm -f "$T/liar/sbin/init"
  cp "$ZONE_TEST_TOOLS/notify" "$T/liar/bin/notify"
  # shellcheck disable=SC2016
  printf '#!/bin/sh
m=$(/bin/busybox printf "X_SYSTEMD_HOSTNAME=a\\",\\"event\\":\\"stopped\\"\\033[2Jb")
exec /bin/notify "$m" /bin/sh /again\n' >"$T/liar/sbin/init"
  cat >"$T/liar/again" <<'SH'
i=$((${i:-0} + 1))
export i
[ $i -lt 300 ] && exec /bin/notify "X_SYSTEMD_REBOOT_PARAMETER=$i" /bin/sh /again
/bin/busybox sleep 2
exec /bin/notify STATUS=end /bin/busybox sleep 60
SH
  chmod 755 "$T/liar/sbin/init"
  tar -C "$T/liar" -cJf "$T/liar.tar.xz" .
  zone -q create "$Z" -t local -- -f "$T/liar.tar.xz"
  zone start "$Z"
  until_true 20 sh -c "zone info --json $Z | jq -e '.guest.status == \"end\"'"
  same 'a?,?event?:?stopped??[2Jb' "$(field "$Z" .guest.hostname)"
  jq -es 'all(.time and .zone and .event)' "$ZONE_RUN/events"
  [ "$(grep -c '"announced"' "$ZONE_RUN/events")" -lt 80 ] || fail "told 300 times"
  same RUNNING "$(state "$Z")"
}

@test "sockets of a manager are init's, over a reboot too" {
  cat >"$T/listen.py" <<'PY'
import os, socket, sys
s = [socket.socket(socket.AF_UNIX) for _ in range(3)]
for i, x in enumerate(s):
    x.bind("%s.%d" % (sys.argv[1], i)); x.listen()
fds = [os.dup(x.fileno()) for x in s]
for i, f in enumerate(fds): os.dup2(f, 40 + i)
for i in range(3): os.dup2(40 + i, 3 + i); os.set_inheritable(3 + i, True)
os.environ.update(LISTEN_FDS="3", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="a:b:c")
print(*[os.readlink("/proc/self/fd/%d" % (3 + i)) for i in range(3)])
sys.stdout.flush()
os.execvp(sys.argv[2], sys.argv[2:])
PY
  mk_probe "$Z"
  python3 "$T/listen.py" "$T/sock" zone start "$Z" >/dev/null
  local log
  log=$(probed "$Z")
  all_ok "$log"
  has "$log" '^ok [0-9]+ - CI-17 sockets are passed on$'
  mk "$Z-b"
  rm -f "$T"/sock.*
  local want pid
  want=$(python3 "$T/listen.py" "$T/sock" zone start "$Z-b")
  pid=$(field "$Z-b" .pid)
  same "$want" "$(readlink "/proc/$pid/fd/3" "/proc/$pid/fd/4" "/proc/$pid/fd/5" | xargs)"
  has "$(tr '\0' '\n' <"/proc/$pid/environ")" '^LISTEN_FDNAMES=a:b:c$'
  zone reboot "$Z-b"
  until_true 15 sh -c "p=\$(zone info --json $Z-b | jq .pid); [ \$p != null ] && [ \$p != $pid ]"
  pid=$(field "$Z-b" .pid)
  same "$want" "$(readlink "/proc/$pid/fd/3" "/proc/$pid/fd/4" "/proc/$pid/fd/5" | xargs)"
  # Without LISTEN_PID being the command's own nothing is taken.
  zone stop -k "$Z-b"
  LISTEN_FDS=1 LISTEN_PID=1 zone start "$Z-b"
  lacks "$(tr '\0' '\n' <"/proc/$(field "$Z-b" .pid)/environ")" LISTEN
}

@test "the boot id is new at each start" {
  mk "$Z"
  local one two
  zone start "$Z"
  one=$(zone exec "$Z" -- cat /proc/sys/kernel/random/boot_id)
  zone stop -k "$Z"
  zone start "$Z"
  two=$(zone exec "$Z" -- cat /proc/sys/kernel/random/boot_id)
  [ "$one" != "$two" ]
  [ "$one" != "$(cat /proc/sys/kernel/random/boot_id)" ]
}

@test "what is read-only below /run/host cannot be made writable inside" {
  mk "$Z" -s credential.x=y
  zone start "$Z"
  # shellcheck disable=SC2016
  run zone exec "$Z" -- sh -c 'for d in /run/host /run/host/credentials; do
    mount -o remount,rw $d; mount -o remount,bind,rw $d; touch $d/mine && echo "wrote to $d"; done'
  lacks "$output" wrote
  same y "$(zone exec "$Z" -- cat /run/host/credentials/x)"
}

@test "unix-export: the host reaches a socket of the zone, and nothing else" {
  mk "$Z"
  zone start "$Z"
  local dir=$ZONE_RUN/$Z/unix-export
  [ -d "$dir/" ]
  zone exec "$Z" -- sh -c 'ln -s /etc/hostname /run/host/unix-export/link; echo hello >/run/host/unix-export/f'
  same hello "$(cat "$dir/f")"
  run cat "$dir/link"
  lacks "$output" "$(cat /etc/hostname)"
  zone exec "$Z" -- umount /run/host/unix-export
  same hello "$(cat "$dir/f")"
  zone stop -k "$Z"
  [ ! -L "$dir" ]
}

@test "the journal's directory is the host's, owned by the zone; never that of another" {
  local j=/var/log/journal id
  mount -t tmpfs tmpfs /var/log # a host of our own: the file runs in a mount namespace
  mk_probe "$Z" -s journal.link=host
  refuse 7 "/var/log/journal" zone start "$Z"
  zone -q set "$Z" journal.link=auto
  zone start "$Z"
  has "$(probed "$Z")" '^ok [0-9]+ - CI-15 .*SKIP'
  zone -q set "$Z" journal.link=host
  mkdir $j
  zone start "$Z"
  local log
  log=$(probed "$Z")
  all_ok "$log"
  lacks "$log" 'CI-15.*SKIP'
  id=$(sed -n 's/^uuid=//p' "$ZONE_VAR/$Z/manifest" | tr -d -)
  same "$(field "$Z" .id_base)" "$(stat -c %u $j/"$id")"
  chown 0 $j/"$id"
  refuse 1 "$id is not this zone's" zone start "$Z"
  chown "$(field "$Z" .id_base)" $j/"$id"
  # The host's own id, and a hostile one, as the zone's word.
  mk "$Z-b" -s journal.link=host
  zone start "$Z-b"
  zone exec "$Z-b" -- sh -c "echo $(cat /etc/machine-id) >/etc/machine-id"
  zone stop -k "$Z-b"
  refuse 1 "is not this zone's" zone start "$Z-b"
  [ ! -e "$j/$(cat /etc/machine-id)" ] || fail "the host's own journal was made"
  printf '../../../../etc/cron.d/evil-evil-' >"$T/id"
  zone -q unset "$Z-b" journal.link
  zone push "$Z-b" "$T/id" /etc/machine-id
  zone -q set "$Z-b" journal.link=host
  ok zone start "$Z-b"
  zone stop -k "$Z-b"
  zone destroy "$Z" "$Z-b"
  umount /var/log
}
