#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# push and pull
load lib

@test "a file goes in and comes out, running or not, with mode and content" {
  mk "$Z"
  head -c 100000 /dev/urandom >"$T/f"
  chmod 750 "$T/f"
  ok zone push "$Z" "$T/f" /root/f
  zone start "$Z"
  same "750 0:0" "$(zone exec "$Z" -- stat -c '%a %u:%g' /root/f)"
  ok zone pull "$Z" /root/f "$T/back"
  cmp "$T/f" "$T/back"
  ok zone push "$Z" "$T/f" /root/g
  zone exec "$Z" -- cmp /root/f /root/g
}

# bats test_tags=vm
@test "ids are mapped both ways" {
  up "$Z"
  zone exec "$Z" -- /bin/sh -c 'echo x >/tmp/owned && chown 1000:50 /tmp/owned'
  ok zone pull "$Z" /tmp/owned "$T/owned"
  [ "$(stat -c %u "$T/owned")" -lt 65536 ]
}

@test "a directory as destination, several sources, trees" {
  mk "$Z"
  mkdir -p "$T/d/sub"
  echo 1 >"$T/d/one"
  echo 2 >"$T/d/sub/two"
  ln -s one "$T/d/link"
  ok zone push "$Z" "$T/d" /root
  ok zone push "$Z" "$T/d/one" "$T/d/sub/two" /root/
  zone start "$Z"
  same 2 "$(zone exec "$Z" -- cat /root/d/sub/two)"
  same one "$(zone exec "$Z" -- readlink /root/d/link)"
  same 2 "$(zone exec "$Z" -- cat /root/two)"
}

@test "- is a pipe" {
  mk "$Z"
  echo piped | zone push "$Z" - /root/p
  same piped "$(zone pull "$Z" /root/p -)"
}

@test "never follows a link out of the zone" {
  up "$Z"
  mkdir -p "$T/outside"
  echo TOP-VALUE >"$T/outside/secret"
  zone exec "$Z" -- /bin/sh -c "ln -s $T/outside /root/away; ln -s ../../../../../../..$T/outside /root/up; ln -s $T/outside/secret /root/s; ln -s /proc/1/root/etc /root/magic"
  echo evil >"$T/evil"
  run zone push "$Z" "$T/evil" /root/away/evil
  run zone push "$Z" "$T/evil" /root/up/evil
  [ ! -e "$T/outside/evil" ]
  run zone pull "$Z" /root/s -
  lacks "$output" TOP-VALUE
  run zone pull "$Z" /root/away/secret -
  lacks "$output" TOP-VALUE
  # A link that stays inside is followed inside.
  zone exec "$Z" -- /bin/sh -c 'mkdir /real && ln -s /real /root/in'
  ok zone push "$Z" "$T/evil" /root/in/e
  zone exec "$Z" -- cat /real/e
}

@test "missing sources and destinations: 1, with the path" {
  mk "$Z"
  refuse 1 "/no/such" zone push "$Z" /no/such /root/
  refuse 1 "/no/such" zone pull "$Z" /no/such "$T/x"
  refuse 1 "/no/dir" zone push "$Z" /etc/hostname /no/dir/x
}

@test "devices and fifos of the zone are not read" {
  up "$Z"
  zone exec "$Z" -- mkfifo /root/fifo
  run timeout 5 zone pull "$Z" /root/fifo "$T/fifo"
  [ "$status" -ne 124 ]
  [ ! -s "$T/fifo" ]
}

@test "an interrupted copy leaves no half of it" {
  up "$Z"
  mkfifo "$T/never"
  sleep 5 >"$T/never" 3>&- &
  run timeout -k 5 -s TERM 1 zone push "$Z" - /root/half <"$T/never"
  same 124 "$status"
  same "" "$(zone exec "$Z" -- ls -A /root | grep half)"
}
