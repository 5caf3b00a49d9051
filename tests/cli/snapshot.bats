#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm
load lib

write() { # ZONE PATH TEXT
  printf %s "$3" | zone push "$1" - "$2"
}
read_back() { zone pull "$1" "$2" -; }

each_backend() { # FUNCTION
  local b
  for b in overlay dir; do
    echo "backend $b" >&2
    mk "$Z-$b" -B $b
    "$1" "$Z-$b"
    zone destroy -f -s "$Z-$b"
  done
}

round_trip() {
  write "$1" /root/f one
  same snap0 "$(zone snapshot "$1")"
  write "$1" /root/f two
  write "$1" /root/new x
  ok zone snapshot -r snap0 "$1"
  same one "$(read_back "$1" /root/f)"
  run zone pull "$1" /root/new -
  [ "$status" -ne 0 ]
  same snap0 "$(zone snapshot -L --json "$1" | jq -r '.[].name')"
  zone start "$1"
  same one "$(zone exec "$1" -- cat /root/f)"
}

@test "create, change, restore: the root is what it was" { each_backend round_trip; }

of_running() {
  zone start "$1"
  zone exec "$1" -- /bin/sh -c 'echo one >/root/f; i=0; while [ $i -lt 200 ]; do echo $i >/root/n$i; i=$((i+1)); done'
  ok zone snapshot "$1" -N live
  same RUNNING "$(state "$1")"
  zone exec "$1" -- /bin/sh -c 'echo two >/root/f; rm /root/n7'
  refuse 4 "RUNNING|running" zone snapshot -r live "$1"
  has "$stderr" "restart|stop"
  ok timeout 90 zone snapshot -r live --restart "$1"
  same RUNNING "$(state "$1")"
  same one "$(zone exec "$1" -- cat /root/f)"
  same 7 "$(zone exec "$1" -- cat /root/n7)"
}

@test "of a running zone; restoring one is 4 without --restart" { each_backend of_running; }

to_new() {
  write "$1" /root/f one
  zone snapshot "$1" -N base
  write "$1" /root/f two
  ok zone snapshot -r base --to "$1-new" "$1"
  same one "$(read_back "$1-new" /root/f)"
  same two "$(read_back "$1" /root/f)"
  [ "$(field "$1" .id_base)" != "$(field "$1-new" .id_base)" ]
  refuse 4 . zone snapshot -r base --to "$1-new" "$1"
  zone start "$1-new"
  zone destroy -f "$1-new"
}

@test "--to makes a zone of its own" { each_backend to_new; }

special() {
  zone start "$1"
  zone exec "$1" -- /bin/sh -c 'cd /root; echo a >h1; ln h1 h2; mkfifo p; ln -s nowhere l; echo c >c; chown 65535:1000 c; chmod 4755 c; mkdir -p old/sub; rm -rf /etc/motd; touch -d "2001-02-03 04:05:06" t; dd if=/dev/zero of=sparse bs=1 count=1 seek=10000000 2>/dev/null'
  zone snapshot "$1" -N s
  zone exec "$1" -- /bin/sh -c 'cd /root; rm -rf h1 h2 p l c old t sparse'
  zone stop -k "$1"
  zone snapshot -r s "$1"
  zone start "$1"
  zone exec "$1" -- /bin/sh -ec 'cd /root; [ $(stat -c %h h1) = 2 ]; [ -p p ]; [ "$(readlink l)" = nowhere ]; [ "$(stat -c "%u:%g %a" c)" = "65535:1000 4755" ]; [ -d old/sub ]; [ "$(stat -c %Y t)" = "$(date -d "2001-02-03 04:05:06" +%s)" ]; [ "$(stat -c %s sparse)" = 10000001 ]; [ $(stat -c %b sparse) -lt 1000 ]'
}

@test "hard links, fifos, links, ids, modes, times, holes come back" { each_backend special; }

@test "the default name is the lowest free snapN, and it is printed" {
  mk "$Z"
  same snap0 "$(zone snapshot "$Z")"
  same snap1 "$(zone snapshot "$Z")"
  zone snapshot -d snap0 "$Z"
  same snap0 "$(zone snapshot "$Z")"
  same mine "$(zone snapshot "$Z" -N mine)"
  refuse 4 "mine" zone snapshot "$Z" -N mine
}

@test "the spellings with words are the same" {
  mk "$Z"
  same snap0 "$(zone snapshot create "$Z")"
  has "$(zone snapshot ls "$Z")" snap0
  ok zone snapshot restore "$Z" snap0 || ok zone snapshot restore "$Z" -r snap0
  ok zone snapshot rm "$Z" snap0 || ok zone snapshot rm "$Z" -d snap0
  same "[]" "$(zone snapshot -L --json "$Z")"
  refuse 3 . zone snapshot -n ls # -n: a zone of that name is meant
}

@test "-c keeps a comment, -C shows it" {
  mk "$Z"
  zone snapshot "$Z" -c 'before the "upgrade"'
  has "$(zone snapshot -L -C "$Z")" 'before the "upgrade"'
  same 'before the "upgrade"' "$(zone snapshot -L --json "$Z" | jq -r '.[0].comment')"
  zone snapshot "$Z" -c $'evil \e]0;title\a'
  lacks "$(zone snapshot -L -C "$Z")" $'\e'
}

@test "-L --json: zone, name, created, comment, backend, size_bytes" {
  mk "$Z"
  zone snapshot "$Z"
  zone snapshot -L --json "$Z" | jq -e --arg z "$Z" '.[0] | .zone == $z and .name == "snap0" and (.created | test("^2")) and .comment == null and (.backend | type == "string") and (.size_bytes >= 0)'
  same 1 "$(field "$Z" .snapshots)"
}

@test "-d one, ALL; a missing one is 3" {
  mk "$Z"
  zone snapshot "$Z"
  zone snapshot "$Z"
  zone snapshot "$Z"
  ok zone snapshot -d snap1 "$Z"
  refuse 3 "snap1" zone snapshot -d snap1 "$Z"
  refuse 3 "nosuch" zone snapshot -r nosuch "$Z"
  ok zone snapshot -d ALL "$Z"
  same "[]" "$(zone snapshot -L --json "$Z")"
}

@test "bad snapshot names are usage errors" {
  mk "$Z"
  local n
  for n in ALL . .. a/b -x "" "a b" "$(printf 'x%.0s' {1..64})" $'a\nb'; do
    refuse 2 . zone snapshot "$Z" -N "$n"
  done
  ok zone snapshot "$Z" -N "A.b_c-9"
}

@test "the configuration of the time is restored with it, privileged keys judged again" {
  mk "$Z"
  zone set "$Z" user.note=old
  zone snapshot "$Z"
  zone set "$Z" user.note=new
  zone snapshot -r snap0 "$Z"
  same old "$(zone get "$Z" user.note)"
}

@test "a killed restore is finished or undone by verify --repair, never lost" {
  mk "$Z"
  write "$Z" /root/f one
  zone snapshot "$Z"
  write "$Z" /root/f two
  local step
  for step in $(fault_steps restore 2>/dev/null || true) ; do
    run env ZONE_TEST_FAIL_STEP="restore:$step:kill" zone snapshot -r snap0 "$Z"
    ok zone verify --repair "$Z"
    has "$(read_back "$Z" /root/f)" "one|two"
  done
  ok zone snapshot -r snap0 "$Z"
  same one "$(read_back "$Z" /root/f)"
}
