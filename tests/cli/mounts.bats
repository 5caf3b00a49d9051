#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm
# mount.NAME: at start, and of a running zone.
load lib

prepare_file() {
  mkdir -p "$T/share"
  echo from-host >"$T/share/f"
  echo a-file >"$T/single"
}

inside() { zone exec "$Z" -- sh -c "$1"; }
# The zone's mounts below /m and what of the host they show.
mounted() { inside "grep -E ' /m[^ ]* ' /proc/mounts" || true; }

@test "added to a running zone, ids mapped; changed; removed" {
  up "$Z"
  ok zone set "$Z" mount.m.source="$T/share" mount.m.target=/m/deep
  has "$output" 'mount.m.source: applied'
  same from-host "$(inside 'cat /m/deep/f')"
  same 0 "$(inside 'stat -c %u /m/deep/f')"
  inside 'echo x >/m/deep/new'
  same 0 "$(stat -c %u "$T/share/new")" # root's here, too
  refuse 2 "mount.m.size: only a tmpfs has a size" zone set "$Z" mount.m.size=1M
  ok zone set "$Z" mount.m.target=/m/other
  same from-host "$(inside 'cat /m/other/f')"
  same "" "$(inside 'ls /m/deep')"
  ok zone unset "$Z" mount.m
  same "" "$(inside 'ls /m/other')"
  same "" "$(mounted)"
  same "" "$(findmnt -n -o TARGET | grep "$T/share" || true)" # never on the host
  rm "$T/share/new"
}

@test "files; tmpfs; what of a tmpfs waits keeps its contents" {
  up "$Z"
  zone set "$Z" mount.f.source="$T/single" mount.f.target=/m/file
  same a-file "$(inside 'cat /m/file')"
  zone set "$Z" mount.t.source=tmpfs mount.t.target=/m/tmp mount.t.size=1M
  inside 'echo kept >/m/tmp/f; ! dd if=/dev/zero of=/m/tmp/big bs=1M count=2 2>/dev/null; rm /m/tmp/big'
  ok zone set "$Z" mount.t.size=4M
  has "$output" 'mount.t.size: at next start'
  same kept "$(inside 'cat /m/tmp/f')"
  zone unset "$Z" mount.f
  same "" "$(inside 'cat /m/file')"
  zone restart -k "$Z"
  inside 'dd if=/dev/zero of=/m/tmp/big bs=1M count=2 2>/dev/null'
}

# Whatever the zone's root tries.
cannot_write() {
  inside "! touch $1/x 2>/dev/null; mount -o remount,bind,rw $1 2>/dev/null; mount -o remount,rw $1 2>/dev/null; ! touch $1/x 2>/dev/null"
  inside "mkdir -p /copy && mount --bind $1 /copy && ! mount -o remount,bind,rw /copy 2>/dev/null; ! touch /copy/x 2>/dev/null; umount /copy"
  [ ! -e "$T/share/x" ]
}

@test "read-only and options: no root of a zone changes them, started with or added" {
  mk "$Z" -s mount.a.source="$T/share" -s mount.a.target=/m/a -s mount.a.readonly=true \
    -s mount.b.source="$T/share" -s mount.b.target=/m/b -s mount.b.options=noexec,nosuid,ro
  zone start "$Z"
  zone set "$Z" mount.c.source="$T/share" mount.c.target=/m/c mount.c.readonly=true
  for m in a b c; do cannot_write "/m/$m"; done
  has "$(mounted)" ' /m/b .*ro,nosuid,noexec'
  inside '! mount -o remount,bind,exec,suid /m/b 2>/dev/null'
  has "$(mounted)" ' /m/b .*ro,nosuid,noexec'
  zone set "$Z" mount.c.readonly=false
  inside 'touch /m/c/x'
  rm "$T/share/x"
  zone set "$Z" mount.c.readonly=true
  cannot_write /m/c
}

@test "all or nothing: what is wrong is named, and everything is as before" {
  up "$Z"
  zone set "$Z" mount.m.source="$T/share" mount.m.target=/m
  refuse 1 "mount.m: .*nosuch" zone set "$Z" mount.m.source="$T/nosuch"
  same from-host "$(inside 'cat /m/f')"
  same "$T/share" "$(zone get "$Z" mount.m.source)"
  refuse 1 "mount.n: .*nosuch" zone set "$Z" mount.m.target=/m2 mount.n.source="$T/nosuch" mount.n.target=/m3
  same from-host "$(inside 'cat /m/f')"
  same "" "$(inside 'ls /m2 2>/dev/null')"
  refuse 2 "not known" zone set "$Z" mount.m.options=bogus
  refuse 2 . zone set "$Z" mount.m.target=relative
  zone set "$Z" mount.o.source="$T/nosuch" mount.o.target=/m4 mount.o.optional=true # may be missing
  inside '! ls /m4 2>/dev/null'
  mkdir "$T/nosuch"
  touch "$T/nosuch/there"
  zone set "$Z" mount.o.readonly=true
  same there "$(inside 'ls /m4')"
  rm -r "$T/nosuch"
}

@test "hostile targets: links out and in, covered, moved, let go by the zone" {
  up "$Z"
  inside 'ln -s /proc/1/root/etc /evil; ln -s /var /inner; mkdir -p /m'
  refuse 1 "symbolic link" zone set "$Z" mount.m.source="$T/share" mount.m.target=/evil/x
  refuse 1 "symbolic link" zone set "$Z" mount.m.source="$T/share" mount.m.target=/inner
  refuse 1 . zone set "$Z" mount.m.source="$T/share" mount.m.target=/bin/busybox/x
  zone set "$Z" mount.m.source="$T/share" mount.m.target=/m
  refuse 1 "symbolic link" zone set "$Z" mount.m.target=/evil/x
  same from-host "$(inside 'cat /m/f')"
  inside 'mount -t tmpfs x /m'
  refuse 4 "covered" zone unset "$Z" mount.m
  inside 'umount /m'
  same from-host "$(inside 'cat /m/f')"
  inside 'umount /m'
  ok zone unset "$Z" mount.m # the zone has been quicker
  zone set "$Z" mount.m.source="$T/share" mount.m.target=/m
  same from-host "$(inside 'cat /m/f')"
  ok zone unset "$Z" mount.m
  same "" "$(mounted)"
}

@test "killed while it changes: the next change knows what is there" {
  up "$Z"
  zone set "$Z" mount.m.source="$T/share" mount.m.target=/m
  for delay in 1 3 5 8 12 20; do
    timeout -s KILL "0.0$(printf %02d $delay)" zone set "$Z" mount.m.readonly=true || true
    timeout -s KILL "0.0$(printf %02d $delay)" zone unset "$Z" mount.m || true
    zone set "$Z" mount.m.source="$T/share" mount.m.target=/m mount.m.readonly=false mount.m.options=nosuid
    zone set "$Z" mount.m.options=noexec
    inside 'touch /m/x'
    same 1 "$(mounted | wc -l)"
  done
  rm "$T/share/x"
  zone unset "$Z" mount.m
  same "" "$(mounted)"
}

@test "a frozen zone, one without a user namespace, one with nested ones" {
  mk "$Z-p" -s security.level=privileged
  mk "$Z-n" -s security.level=nesting
  zone start "$Z-p" "$Z-n"
  for z in "$Z-p" "$Z-n"; do
    zone set "$z" mount.m.source="$T/share" mount.m.target=/m
    same from-host "$(zone exec "$z" -- cat /m/f)"
    zone unset "$z" mount.m
    same "" "$(zone exec "$z" -- ls /m)"
  done
  up "$Z"
  zone freeze "$Z"
  zone set "$Z" mount.m.source="$T/share" mount.m.target=/m
  zone thaw "$Z"
  same from-host "$(inside 'cat /m/f')"
}
