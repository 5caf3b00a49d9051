#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
KEEP_ZONES=1
load lib

prepare_file() {
  up "$Z"
  zone exec "$Z" -- /bin/sh -c 'echo "alice:x:1000:1000::/tmp:/bin/sh" >>/etc/passwd; echo "alice:x:1000:" >>/etc/group; echo "staff:x:50:alice" >>/etc/group; echo "12:x:77:77::/:/bin/sh" >>/etc/passwd'
}

@test "the command runs inside, its output is ours" {
  ok zone exec "$Z" -- hostname
  same "$Z" "$output"
}

@test "attach is exec" {
  same "$Z" "$(zone attach "$Z" -- hostname)"
}

# bats test_tags=vm
@test "three separate streams, binary clean" {
  ok zone exec "$Z" -- /bin/sh -c 'echo out; echo err >&2'
  same out "$output"
  same err "$stderr"
  head -c 200000 /dev/urandom >"$T/blob"
  zone exec "$Z" -- cat <"$T/blob" | cmp - "$T/blob"
}

# bats test_tags=vm
@test "the exit status is the command's" {
  local s
  for s in 0 1 3 42 125 255; do
    run zone exec "$Z" -- /bin/sh -c "exit $s"
    same "$s" "$status"
  done
}

# bats test_tags=vm
@test "128+N when a signal killed it" {
  run zone exec "$Z" -- /bin/sh -c 'kill -TERM $$'
  same 143 "$status"
  run zone exec "$Z" -- /bin/sh -c 'kill -KILL $$'
  same 137 "$status"
}

@test "127 not found, 126 not executable, 125 for zone's own failures, 4 not running, 3 missing" {
  refuse 127 "no-such-command" zone exec "$Z" -- no-such-command
  refuse 127 "/no/such" zone exec "$Z" -- /no/such
  refuse 126 . zone exec "$Z" -- /etc/passwd
  refuse 126 . zone exec "$Z" -- /etc
  refuse 125 "nobody-here" zone exec -u nobody-here "$Z" -- true
  refuse 125 "/no/dir" zone exec -w /no/dir "$Z" -- true
  refuse 3 . zone exec "$Z-none" -- true
  mk "$Z-stopped"
  refuse 4 "STOPPED" zone exec "$Z-stopped" -- true
  zone destroy "$Z-stopped"
}

# bats test_tags=vm
@test "users and groups by name, looked up inside" {
  same "1000 1000" "$(zone exec -u alice "$Z" -- /bin/sh -c 'echo $(id -u) $(id -g)')"
  same "1000 50" "$(zone exec -u alice:staff "$Z" -- /bin/sh -c 'echo $(id -u) $(id -g)')"
  has "$(zone exec -u alice "$Z" -- id -G)" "50"
  same "1234" "$(zone exec -u 1234 "$Z" -- id -u)"
  same "1234 99" "$(zone exec -u 1234:99 "$Z" -- /bin/sh -c 'echo $(id -u) $(id -g)')"
  same "alice" "$(zone exec -u alice "$Z" -- /bin/sh -c 'echo $USER')"
  same "/tmp" "$(zone exec -u alice "$Z" -- pwd)"
}

@test "users given as odd text are right or refused, never root" {
  local u
  for u in : 1: :1 -1 4294967295 4294967296 00x 0x10 '' ' ' 65536 99999999999999999999 'alice:' 'a:b:c'; do
    run zone exec -u "$u" "$Z" -- id -u
    if [ "$status" -eq 0 ]; then
      [ "$output" != 0 ] || fail "user '$u' became root"
    else
      [ "$status" -eq 125 ] || [ "$status" -eq 2 ] || fail "user '$u' → $status"
    fi
  done
}

# bats test_tags=vm
@test "-w, -e and --clear-env" {
  same /var "$(zone exec -w /var "$Z" -- pwd)"
  same "x y" "$(zone exec -e 'A=x y' "$Z" -- /bin/sh -c 'echo "$A"')"
  same "1 2" "$(zone exec -e A=1 -e B=2 "$Z" -- /bin/sh -c 'echo $A $B')"
  HOSTVAR=leak run zone exec --clear-env "$Z" -- env
  lacks "$output" HOSTVAR
  ok zone exec -e EMPTY= "$Z" -- true
  refuse 125 "=x" zone exec -e =x "$Z" -- true
}

@test "the host's environment stays outside" {
  HOSTVAR=leak run zone exec "$Z" -- env
  lacks "$output" HOSTVAR
  has "$output" "^PATH=.*/bin"
  has "$output" "^container="
}

# bats test_tags=vm
@test "no pty without a terminal; with one, or with -t, there is" {
  same "no" "$(zone exec "$Z" -- /bin/sh -c 'test -t 0 && echo yes || echo no' </dev/null)"
  ok pty expect:yes -- zone exec "$Z" -- /bin/sh -c 'test -t 0 && test -t 1 && echo yes'
  has "$(zone exec -t "$Z" -- /bin/sh -c 'test -t 1 && echo yes' </dev/null)" yes
  local ptys
  ptys=$(zone exec "$Z" -- ls -1 /dev/pts </dev/null)
  ok pty -- zone exec -T "$Z" -- ls -1 /dev/pts
  same "$ptys" "$(tr -d '\r' <<<"$output")"
}

# bats test_tags=vm
@test "the terminal is one of the zone's own, with the right size" {
  ok pty size:30x90 'expect:/dev/pts/[0-9]+' 'expect:30 90' -- zone exec "$Z" -- /bin/sh -c 'sleep 0.3; tty; stty size'
}

@test "Ctrl-c goes to the command" {
  run pty expect:begun 'send:\x03' -- zone exec "$Z" -- /bin/sh -c 'trap "exit 9" INT; echo begun; while :; do sleep 0.1; done'
  same 9 "$status"
}

@test "without CMD the user's shell" {
  ok pty 'expect:[#$] ' 'send:echo in-$((40+2))\n' expect:in-42 'send:exit\n' -- zone exec "$Z"
  same "in-42" "$(echo 'echo in-$((40+2))' | zone exec "$Z")"
}

@test "options end at NAME's command: its own options stay" {
  same "-n" "$(zone exec "$Z" -- /bin/sh -c 'printf %s "$1"' x -n)"
  same "a b" "$(zone exec "$Z" -- /bin/sh -c 'echo "$1"' x 'a b')"
}

# bats test_tags=vm
@test "of our descriptors only 0, 1 and 2 arrive; capabilities are the zone's" {
  exec 7</etc/hostname
  ok zone exec "$Z" -- /bin/sh -c 'ls /proc/self/fd | wc -l'
  exec 7<&-
  same 4 "$output" # 0, 1, 2 and ls' own
  ok zone exec "$Z" -- cat /proc/self/status
  has "$output" "^CapInh:.0000000000000000"
  has "$output" "^CapAmb:.0000000000000000"
  has "$output" "^Seccomp:.2"
  same "$(awk '/^CapBnd/ { print $2 }' "/proc/$(field "$Z" .pid)/status")" "$(awk '/^CapBnd/ { print $2 }' <<<"$output")"
}

# bats test_tags=vm
@test "a descriptor of the host as working directory is refused" {
  local n
  for n in 3 5 7 10; do
    run zone exec -w /proc/self/fd/$n "$Z" -- pwd
    [ "$status" -ne 0 ] || lacks "$output" "$T"
  done
}

# bats test_tags=vm
@test "the command is in the zone's group, namespaces and process tree" {
  ok zone exec "$Z" -- /bin/sh -c 'cat /proc/self/cgroup; ps | grep -c "[p]s"'
  lacks "$output" '\.\.'
}

@test "SIGTERM to exec ends the command" {
  zone exec "$Z" -- /bin/sh -c 'exec sleep 321' 3>&- &
  local pid=$!
  until_true 5 zone exec "$Z" -- /bin/sh -c 'ps | grep -q "[s]leep 321"'
  kill -TERM $pid
  run wait $pid
  until_true 5 zone exec "$Z" -- /bin/sh -c '! ps | grep -q "[s]leep 321"'
}

@test "200 execs leave nothing behind" {
  local i groups
  groups=$(find "$G/$Z" -type d | wc -l)
  for i in $(seq 200); do zone exec "$Z" -- true; done
  [ "$(find "$G/$Z" -type d | wc -l)" -le $((groups + 1)) ]
}

# bats test_tags=vm
@test "ten at a time" {
  local i pids=()
  for i in $(seq 10); do
    zone exec "$Z" -- /bin/sh -c "sleep 0.5; echo $i" >"$T/e$i" 3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i"; done
  for i in $(seq 10); do same "$i" "$(cat "$T/e$i")"; done
}

@test "what is for the next start is not for exec" {
  local caps
  caps=$(zone exec "$Z" -- grep CapPrm /proc/self/status)
  zone set "$Z" security.level=privileged
  zone exec "$Z" -- cat /proc/self/uid_map >"$T/map"
  zone exec "$Z" -- grep CapPrm /proc/self/status >"$T/caps"
  echo x >"$T/x"
  zone push "$Z" "$T/x" /root/x
  zone exec "$Z" -- stat -c %u /root/x >"$T/owner"
  zone unset "$Z" security.level
  same 65536 "$(awk '{ print $3 }' "$T/map")"
  same "$caps" "$(cat "$T/caps")"
  same 0 "$(cat "$T/owner")"
}

# bats test_tags=vm
@test "only the three streams are open, and no link of the zone's finds more" {
  lacks "$(zone exec "$Z" -- ls -l /proc/self/fd 7</etc/shadow)" 'shadow| (7|8|9) ->'
  zone exec "$Z" -- /bin/sh -c 'mv /etc/passwd /etc/p && ln -s /proc/self/fd/7 /etc/passwd'
  run zone exec -u alice "$Z" -- id -u 7<<<'alice:x:0:0::/:/bin/sh'
  local s=$status
  zone exec "$Z" -- /bin/sh -c 'rm /etc/passwd && mv /etc/p /etc/passwd'
  same 125 "$s"
}

# bats test_tags=vm
@test "a command that its zone has frozen can be given up" {
  mk "$Z-f"
  zone start "$Z-f" -- /bin/sh -c 'mkdir /sys/fs/cgroup/zone-exec; echo 1 >/sys/fs/cgroup/zone-exec/cgroup.freeze; sleep 1000'
  sleep 0.5
  run timeout -k 5 -s TERM 1 zone exec "$Z-f" -- true
  same 124 "$status"
  zone stop -k "$Z-f"
  zone destroy "$Z-f"
}
