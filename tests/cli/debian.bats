#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian with systemd as a guest: the main job, and what its package manager needs of the storage.
KEEP_ZONES=1
export BATS_TEST_TIMEOUT=300
load lib

prepare_file() {
  local rootfs b
  rootfs=$(debian_rootfs) || fail "no Debian image: tests/debian-image.sh builds it"
  for b in overlay dir; do
    zone -q create "$Z-$b" -t local -B $b -- -f "$rootfs"
  done
  make_deb
}

# A package with what is hard for storage: file capabilities, hard links, a directory that replaces another,
# ids up to 65535.
make_deb() {
  local d=$T/deb v
  for v in 1 2; do
    rm -rf "$d"
    mkdir -p "$d/DEBIAN" "$d/opt/zt/dir$v" "$d/opt/zt/same"
    cat >"$d/DEBIAN/control" <<DEB
Package: zt-hard
Version: $v
Architecture: all
Maintainer: nobody <nobody@localhost>
Description: hard for storage
DEB
    cp /bin/true "$d/opt/zt/tool"
    ln "$d/opt/zt/tool" "$d/opt/zt/tool-again"
    echo "$v" >"$d/opt/zt/same/version"
    echo "$v" >"$d/opt/zt/dir$v/f"
    cat >"$d/DEBIAN/postinst" <<'SH'
#!/bin/sh
set -e
setcap cap_net_raw+ep /opt/zt/tool
chown 65535:65535 /opt/zt/same/version
chmod 4755 /opt/zt/tool-again
SH
    chmod 755 "$d/DEBIAN/postinst"
    dpkg-deb --root-owner-group -b "$d" "$T/zt-hard_$v.deb" >/dev/null
  done
}

boots() {
  local from=$EPOCHREALTIME
  ok timeout 60 zone start --wait=ready "$1"
  local to=$EPOCHREALTIME
  awk -v a="$from" -v b="$to" 'BEGIN { printf "# ready after %.2f s\n", b - a; exit !(b - a < 5) }' >&3 || fail "not ready within 5 s"
  same true "$(field "$1" .ready)"
  run zone exec "$1" -- systemctl is-system-running --wait
  same "" "$(zone exec "$1" -- systemctl --failed --no-legend --plain)"
  same running "$output"
}

@test "overlay: multi-user within 5 s, nothing failed" { boots "$Z-overlay"; }
@test "dir: multi-user within 5 s, nothing failed" { boots "$Z-dir"; }

@test "systemd knows where it is" {
  same lxc "$(zone exec "$Z-overlay" -- systemd-detect-virt -c)" || same zone "$(zone exec "$Z-overlay" -- cat /run/systemd/container)"
  has "$(zone exec "$Z-overlay" -- systemctl list-units --no-legend --plain --state=running)" dbus
}

@test "systemd takes credentials, id and time zone as its own" {
  local id
  zone -q create "$Z-first" -t local --credential probe=seen --credential tmpfiles.extra='f /etc/by-credential - - - - yes' \
    --ssh-key <(echo "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJm8k1b4m3XzrQGDY3cC0q3fGkq9b8o1Rr0d1yqv9wA1 me") \
    --password-hash "$(openssl passwd -6 secret)" -- -f "$(debian_rootfs)"
  id=$(sed -n 's/^uuid=//p' "$ZONE_VAR/$Z-first/manifest" | tr -d -)
  ok timeout 60 zone start --wait=ready "$Z-first"
  has "$(zone exec "$Z-first" -- systemd-creds --system list --no-legend)" '^probe '
  same yes "$(zone exec "$Z-first" -- cat /etc/by-credential)"
  has "$(zone exec "$Z-first" -- cat /root/.ssh/authorized_keys)" '^ssh-ed25519 .* me$'
  has "$(zone exec "$Z-first" -- passwd -S root)" '^root P '
  same "$id" "$(zone exec "$Z-first" -- cat /etc/machine-id)"
  has "$(zone exec "$Z-first" -- hostnamectl)" 'Container|Virtualization'
  case $(readlink -f /etc/localtime) in
    */zoneinfo/*) has "$(zone exec "$Z-first" -- timedatectl show -p Timezone)" "$(readlink -f /etc/localtime | sed 's,.*/zoneinfo/,,')" ;;
  esac
  has "$(zone exec "$Z-first" -- ip link show host0)" eth0
  same "" "$(zone exec "$Z-first" -- systemctl --failed --no-legend --plain)"
  zone destroy -f "$Z-first"
}

packages() {
  zone push "$1" "$T/zt-hard_1.deb" "$T/zt-hard_2.deb" /var/tmp/
  zone exec "$1" -- dpkg -i /var/tmp/zt-hard_1.deb
  has "$(zone exec "$1" -- getcap /opt/zt/tool)" "cap_net_raw[=+]+ep"
  zone exec "$1" -- dpkg -i /var/tmp/zt-hard_2.deb
  same 2 "$(zone exec "$1" -- cat /opt/zt/same/version)"
  same 65535:65535 "$(zone exec "$1" -- stat -c %u:%g /opt/zt/same/version)"
  same 2 "$(zone exec "$1" -- stat -c %h /opt/zt/tool)"
  run zone exec "$1" -- test -e /opt/zt/dir1
  [ "$status" -ne 0 ]
  zone exec "$1" -- apt-get install -y --no-install-recommends --allow-downgrades /var/tmp/zt-hard_1.deb
  zone exec "$1" -- dpkg -P zt-hard
  run zone exec "$1" -- test -e /opt/zt
  [ "$status" -ne 0 ]
}

@test "overlay: the package manager installs, upgrades and removes" { packages "$Z-overlay"; }
@test "dir: the package manager installs, upgrades and removes" { packages "$Z-dir"; }

hard_things() {
  zone exec "$1" -- sh -exc '
    # a file capability of the image survives copy-up
    before=$(getcap /bin/ping || true); chmod 755 /bin/ping; test "$before" = "$(getcap /bin/ping || true)"
    # hard links across copy-up
    ln /etc/os-release /etc/hl 2>/dev/null || ln /usr/lib/os-release /usr/lib/hl
    ln /etc/passwd /etc/passwd.link; echo "# x" >>/etc/passwd.link; tail -n 1 /etc/passwd | grep -q "# x"
    test "$(stat -c %i /etc/passwd)" = "$(stat -c %i /etc/passwd.link)"
    # a directory of the image is renamed, removed, made again
    mv /usr/share/bash-completion /usr/share/bc 2>/dev/null || mv /usr/share/systemd /usr/share/sd
    mkdir /usr/share/zz; rm -rf /usr/share/zz
    rm -r /etc/skel; mkdir /etc/skel; test -z "$(ls -A /etc/skel)"
    # ids up to the last
    touch /tmp/o; chown 65535:65535 /tmp/o; test "$(stat -c %u:%g /tmp/o)" = 65535:65535
    ! chown 65536 /tmp/o 2>/dev/null
    # extended attributes and special files
    mkfifo /root/p; test -p /root/p
    ! mknod /root/d b 8 0 2>/dev/null
  '
}

@test "overlay: copy-up, renames, whiteouts, ids" { hard_things "$Z-overlay"; }
@test "dir: copy-up, renames, whiteouts, ids" { hard_things "$Z-dir"; }

@test "snapshot of the running system, destroyed by hand inside, restored" {
  zone snapshot "$Z-overlay" -N whole
  zone exec "$Z-overlay" -- rm -rf /usr/share /var/lib/dpkg
  ok timeout 120 zone snapshot -r whole --restart "$Z-overlay"
  zone wait -s RUNNING -t 10 "$Z-overlay"
  has "$(zone exec "$Z-overlay" -- dpkg-query -W -f '${Status}' systemd)" "install ok installed"
}

@test "reboot from inside comes back ready" {
  local pid
  pid=$(field "$Z-dir" .pid)
  zone exec "$Z-dir" -- systemctl reboot || true
  until_true 30 sh -c "p=\$(zone info --json $Z-dir | jq .pid); [ \"\$p\" != $pid ] && [ \"\$p\" != null ] && zone info --json $Z-dir | jq -e .ready"
}

@test "stop is a clean shutdown, in time" {
  local z
  for z in "$Z-overlay" "$Z-dir"; do
    local from=$SECONDS
    ok timeout 60 zone stop -t 40 "$z"
    [ $((SECONDS - from)) -le 20 ] || fail "$z took $((SECONDS - from)) s"
    same STOPPED "$(state "$z")"
    has "$(zone console --log "$z")" "Reached target|shutdown|Power|halt"
  done
}

@test "a guest that needs cgroup v1 is refused by its requirements" {
  publish_tiny old one
  jq '(.products[] | select(.release == "one")).requirements = {"cgroup": "v1"}' "$T/www/streams/v1/images.json" >"$T/j"
  cp "$T/j" "$T/www/streams/v1/images.json"
  rm -f "$T/www/streams/v1"/*.gpg "$T/www/streams/v1"/*.asc "$T/www/streams/v1"/*.sjson
  web_start "$T/www" "$T/web"
  run --separate-stderr zone create "$Z-old" -t download -- -d old -r one --server "https://localhost:$WEB_PORT" --cafile "$WEB_CA"
  web_stop
  [ "$status" -eq 7 ] || [ "$status" -eq 1 ] || fail "$status $stderr"
  has "$stderr" "cgroup|v1"
}

@test "Debian testing reaches multi-user too" {
  local rootfs
  rootfs=$(debian_rootfs testing) || skip "no image of Debian testing could be built from this mirror"
  zone -q create "$Z-testing" -t local -- -f "$rootfs"
  ok timeout 60 zone start --wait=ready "$Z-testing"
  run zone exec "$Z-testing" -- systemctl is-system-running --wait
  same "" "$(zone exec "$Z-testing" -- systemctl --failed --no-legend --plain)"
}
