#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm
# device add, rm; device.NAME.*
load lib

# A character device that zones do not get by themselves and every kernel has.
D=/dev/loop-control

rdev() {
  stat -c '%t:%T' "$1"
}

@test "a device is given to a running zone and taken away again" {
  up "$Z"
  run zone exec "$Z" -- sh -c ": <$D"
  [ "$status" -ne 0 ]
  ok zone device add "$Z" $D
  has "$output" "$D: applied"
  same "$(rdev $D)" "$(zone exec "$Z" -- stat -c '%t:%T' $D)"
  same "660 0 0" "$(zone exec "$Z" -- stat -c '%a %u %g' $D)"
  zone exec "$Z" -- sh -c ": <$D"
  same $D "$(zone get "$Z" device.loop-control.path)"
  ok zone device rm "$Z" $D
  run zone exec "$Z" -- test -e $D
  [ "$status" -ne 0 ]
  lacks "$(zone get "$Z")" loop-control
  # a node that was kept open by another name gives nothing any more
  zone exec "$Z" -- mknod /dev/own c 10 237 || true
  run zone exec "$Z" -- sh -c ": </dev/own"
  [ "$status" -ne 0 ]
}

@test "it is there after the next start, with owner, permissions and place as configured" {
  mk "$Z"
  zone set "$Z" device.log.path=$D device.log.target=/dev/sub/dir/log device.log.mode=0440 \
    device.log.uid=7 device.log.gid=8 device.log.access=r
  zone start "$Z"
  same "440 7 8" "$(zone exec "$Z" -- stat -c '%a %u %g' /dev/sub/dir/log)"
  zone exec "$Z" -- sh -c ": </dev/sub/dir/log"
  run zone exec "$Z" -- sh -c ': >/dev/sub/dir/log'
  [ "$status" -ne 0 ]
  ok zone set "$Z" device.log.access=rw
  has "$output" "device.log.access: applied"
  zone exec "$Z" -- sh -c ': >/dev/sub/dir/log'
}

@test "a device that the host lacks is 7, what is no device 2; nothing is left" {
  up "$Z"
  refuse 7 "/dev/nosuch" zone device add "$Z" /dev/nosuch
  refuse 2 "not a device" zone device add "$Z" /dev/fd
  refuse 2 "below /dev" zone set "$Z" device.x.path=/etc/passwd
  refuse 2 "device.x.access" zone set "$Z" device.x.path=$D device.x.access=q
  refuse 2 "device.x.mode" zone set "$Z" device.x.path=$D device.x.mode=9
  refuse 7 "/dev/nosuch" zone set "$Z" device.good.path=$D device.x.path=/dev/nosuch
  lacks "$(zone get "$Z")" "device\."
  run zone exec "$Z" -- test -e $D
  [ "$status" -ne 0 ]
  refuse 3 "no device" zone device rm "$Z" $D
  zone device add "$Z" $D
  refuse 4 "already" zone device add "$Z" $D
}

@test "a missing device fails the start and is named, an optional one does not" {
  mk "$Z"
  zone set "$Z" device.x.path=/dev/nosuch
  refuse 7 "/dev/nosuch" zone start "$Z"
  same STOPPED "$(state "$Z")"
  zone set "$Z" device.x.optional=true
  ok zone start "$Z"
}

@test "a /dev that the zone has tampered with is refused, and the host's nodes stay" {
  local before
  before=$(find /dev -xdev -printf '%p %l %m %U\n' | md5sum)
  up "$Z"
  zone exec "$Z" -- sh -c 'mkdir /dev/sub; mount -t tmpfs x /dev/sub; ln -s /etc /dev/link; mkdir -p /tmp/fake; ln -s /tmp/fake /dev/loop-control'
  refuse 1 "/dev/sub|mounted" zone set "$Z" device.a.path=$D device.a.target=/dev/sub/x
  refuse 1 . zone set "$Z" device.b.path=$D device.b.target=/dev/link/x
  refuse 1 . zone device add "$Z" $D
  lacks "$(zone get "$Z")" "device\."
  zone exec "$Z" -- sh -c 'mount -t tmpfs x /dev' || true
  refuse 1 "not the one it was given" zone device add "$Z" $D
  same "$before" "$(find /dev -xdev -printf '%p %l %m %U\n' | md5sum)"
}
