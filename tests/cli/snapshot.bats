#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

write() { # ZONE PATH TEXT
  printf %s "$3" | zone push "$1" - "$2"
}
read_back() { zone pull "$1" "$2" -; }
is() { [ "$(state "$1")" = "$2" ]; } # ZONE STATE

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

@test "snapshots that are being read are waited for, as long as --lock-wait says" {
  mk "$Z"
  zone snapshot "$Z"
  flock -s "$ZONE_VAR/$Z/snapshots" sleep 1.5 3>&- &
  local reader=$!
  until_true 5 eval "! flock -n '$ZONE_VAR/$Z/snapshots' true"
  refuse 6 "snapshots" zone --lock-wait 0 snapshot -d snap0 "$Z"
  ok zone snapshot -d snap0 "$Z"
  wait $reader
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

# bats test_tags=vm
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

@test "--restart: what cannot be restored is found before the zone is stopped; a failure brings it back, or says what does" {
  up "$Z"
  zone exec "$Z" -- sh -c 'echo one >/root/f'
  zone snapshot "$Z" -N s
  zone snapshot "$Z" -N bad
  zone exec "$Z" -- sh -c 'echo two >/root/f'
  local pid
  pid=$(field "$Z" .pid)
  sed -i 's/^conf=/&no.such.key=1\\n/' "$ZONE_VAR/$Z/snapshots/bad/record"
  refuse 2 "no\.such\.key" zone snapshot -r bad --restart "$Z"
  same "$pid" "$(field "$Z" .pid)"
  refuse 1 "restore|root" env ZONE_TEST_FAIL_STEP=restore:root zone snapshot -r s --restart "$Z"
  same RUNNING "$(state "$Z")"
  same two "$(zone exec "$Z" -- cat /root/f)"
  refuse 1 . env ZONE_TEST_FAIL_STEP=restore:configuration zone snapshot -r s --restart "$Z"
  has "$stderr" "^hint: zone verify --repair $Z"
  same INCOMPLETE "$(state "$Z")"
  ok zone verify --repair "$Z"
  zone start "$Z"
  same one "$(zone exec "$Z" -- cat /root/f)"
}

@test "--restart while others start it: a zone that runs always has the root that was restored" {
  up "$Z"
  zone exec "$Z" -- sh -c 'echo one >/root/f'
  zone snapshot "$Z" -N s
  local round i waiting done=0
  for round in $(seq 4); do
    zone start "$Z" 2>/dev/null || true
    zone exec "$Z" -- sh -c "echo two$round >/root/f; sync"
    waiting=()
    echo 0 >"$T/status"
    { timeout 200 zone --lock-wait 60 snapshot -r s --restart "$Z" >"$T/told" 2>&1 3>&- || echo $? >"$T/status"; } &
    waiting+=($!)
    until_true 20 eval '! is "$Z" RUNNING' # its stop has begun
    for i in 1 2 3 4; do
      { zone --lock-wait 60 restart -t 1 "$Z" >/dev/null 2>&1 3>&- || true; } &
      waiting+=($!)
    done
    wait "${waiting[@]}"
    has "$(cat "$T/status")" '^[046]$'
    echo "round $round: $(cat "$T/status") $(cat "$T/told")" >&2
    done=$((done + ($(cat "$T/status") == 0)))
    zone start "$Z" 2>/dev/null || true
    has "$(zone exec "$Z" -- cat /root/f)" "^(one|two$round)$"
    # what runs is what is on disk
    zone exec "$Z" -- sh -c "echo seen$round >/root/seen; sync"
    zone stop -k "$Z"
    same "seen$round" "$(read_back "$Z" /root/seen)"
  done
  [ "$done" -gt 0 ]
}

@test "--diff: a missing snapshot is 3, bad words are usage errors" {
  mk "$Z"
  zone snapshot "$Z"
  refuse 3 "nosuch" zone snapshot "$Z" --diff nosuch
  refuse 3 "nosuch" zone snapshot "$Z" --diff snap0 nosuch
  refuse 2 . zone snapshot "$Z" --diff ../x
  refuse 2 . zone snapshot "$Z" snap0
  refuse 2 . zone snapshot "$Z" --diff snap0 -L
}

@test "fifty at once on one zone, and its end among them: each does its work or says in one line why not" {
  mk "$Z"
  write "$Z" /root/f one
  zone snapshot "$Z" -N base
  local n ends=0 waiting=() verbs=("snapshot $Z" "snapshot -r base $Z" "clone $Z $Z-c" "snapshot $Z --diff base" "export $Z -o $T/out")
  for n in $(seq 50); do
    # shellcheck disable=SC2086 # words
    { zone -q --lock-wait 100 ${verbs[n % 5]/%-c/-c$n} >"$T/out.$n" 2>"$T/err.$n" 3>&- || echo $? >"$T/status.$n"; } &
    waiting+=($!)
    if [ "$n" = 45 ]; then { zone -q --lock-wait 100 destroy -f -s "$Z" 2>"$T/err.0" 3>&- || echo $? >"$T/status.0"; } & waiting+=($!); fi
  done
  wait "${waiting[@]}"
  for n in $(seq 0 50); do
    [ -e "$T/status.$n" ] || continue
    has "$(cat "$T/status.$n")" '^[34]$' # it is gone; or others stand on it, the name is taken
    same 1 "$(grep -c '^zone: ' "$T/err.$n")"
    ends=$((ends + 1))
  done
  [ "$ends" -lt 45 ]
  ok zone verify --all
  for n in $(zone ls -1 | grep -- "-c" | head -n 3); do same one "$(read_back "$n" /root/f)"; done
}
