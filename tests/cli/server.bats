#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# create -t download against tests/image/server.py, which serves a small image well or with the named faults.
# After every refusal: no zone, no image that could be used, and without the fault the same command works.
export BATS_TEST_TIMEOUT=180
load lib

prepare_file() {
  export S=$T/srv
  mkdir "$S"
  "$BATS_TEST_DIRNAME/../image/server.py" "$S" </dev/null >"$T/server.out" 2>&1 3>&- &
  export SERVER_PID=$!
  until_true 20 test -e "$S/env" || fail "no server:" "$(cat "$T/server.out")"
}
clean_file() {
  kill "$SERVER_PID"
  wait "$SERVER_PID" 2>/dev/null || true
}
setup() {
  # shellcheck source=/dev/null
  . "$S/env"
  : >"$S/log"
  faults
}
teardown() {
  [ -n "${T:-}" ] || return 1
  faults
  zone destroy -f -s --all
  zone image prune --all >/dev/null
  rm -rf "$ZONE_CACHE"
}

faults() { echo "$*" >"$S/faults"; }
requests() { grep -c "^GET [0-9a-z]* [^ ]*$1" "$S/log" || true; }

# get NAME RELEASE OPTIONS…: from the server with its key; plain_get without a key.
get() {
  local name=$1 release=$2
  shift 2
  plain_get "$name" "$release" --keyring "$S/server.gpg" "$@"
}
plain_get() {
  local name=$1 release=$2
  shift 2
  zone create "$name" -t download -- -d testos -r "$release" --server "https://localhost:$PORT" --cafile "$S/ca.pem" --timeout 2 "$@"
}

nothing_kept() {
  [ ! -e "$ZONE_VAR/$Z" ] || fail "the zone is there"
  same "[]" "$(zone image ls --json)"
  same "" "$(find "$ZONE_VAR/.images" -mindepth 1 -maxdepth 1 ! -name '.*' 2>/dev/null)"
}

refused() { # STATUS PATTERN FAULTS… -- COMMAND…
  local status_wanted=$1 pattern=$2 list=()
  shift 2
  while [ "$1" != -- ]; do
    list+=("$1")
    shift
  done
  shift
  faults "${list[@]}"
  refuse "$status_wanted" "$pattern" "$@"
  nothing_kept
  faults
}

@test "a signed image: verified by signature, right build, runs" {
  ok get "$Z" 1.0
  same "signature" "$(field "$Z" .image.verified)"
  same "$BUILD" "$(field "$Z" .image.build)"
  same "testos 1.0 $ARCH default" "$(field "$Z" '.image | [.dist, .release, .arch, .variant] | join(" ")')"
  has "$(field "$Z" .image.server)" "localhost:$PORT"
  same "1.0 $BUILD" "$(zone pull "$Z" /etc/mark -)"
  zone start "$Z" -- /bin/busybox sleep 60
  has "$(zone exec "$Z" -- /bin/busybox cat /etc/hostname)" "^$Z$"
  same 65534 "$(zone exec "$Z" -- /bin/busybox stat -c %u /var/nobody)"
  zone exec "$Z" -- /bin/busybox test -p /run/fifo || true # /run is a tmpfs
}

@test "-a and --variant; a foreign architecture is told" {
  ok get "$Z" 1.0 -a "$ARCH" --variant default
  refuse 2 "arch" zone create "$Z-b" -t download -- -d testos -r 1.0 -a nosuch --server "https://localhost:$PORT" --cafile "$S/ca.pem" --keyring "$S/server.gpg"
}

@test "what the server does not have is 3 and names it" {
  refused 3 "nosuch" -- get "$Z" nosuch
  refuse 2 . zone create "$Z" -t download -- -d testos
  refuse 2 . zone create "$Z" -t download -- -d 'a/b' -r 1.0
  refuse 2 . zone create "$Z" -t download -- -d testos -r 1.0 --nosuch
}

@test "--list in LXC's columns, without a zone's name; NULL is no name" {
  ok zone create -t download -- --list --server "https://localhost:$PORT" --cafile "$S/ca.pem" --keyring "$S/server.gpg"
  has "$output" "^DIST +RELEASE +ARCH +VARIANT +BUILD"
  has "$output" "^testos +1\.0 +$ARCH +default +$BUILD"
  lacks "$output" "$OLDER"
  ok zone create NULL -t download -- --list -r 1.0 --server "https://localhost:$PORT" --cafile "$S/ca.pem" --keyring "$S/server.gpg"
  lacks "$output" "expired"
  same "[]" "$(zone ls --json)"
}

@test "on a terminal without -d it lists and asks" {
  ok pty 'expect:[Dd]istribution' 'send:testos\n' 'expect:[Rr]elease' 'send:1.0\n' 'expect:[Aa]rch' "send:$ARCH\n" -- \
    zone create "$Z" -t download -- --server "https://localhost:$PORT" --cafile "$S/ca.pem" --keyring "$S/server.gpg"
  same STOPPED "$(state "$Z")"
}

@test "the second create is from the cache, without a download" {
  get "$Z" 1.0
  local before
  before=$(requests rootfs)
  same 1 "$before"
  get "$Z-b" 1.0
  same 1 "$(requests rootfs)"
  same "$(field "$Z" .image.fingerprint)" "$(field "$Z-b" .image.fingerprint)"
}

@test "ten creates at once download once" {
  local i pids=()
  faults slow
  for i in $(seq 10); do
    get "$Z-$i" 1.0 3>&- 2>"$T/err$i" &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail "one failed:" "$(cat "$T"/err*)"; done
  same 1 "$(requests rootfs)"
  same 10 "$(zone ls -1 | wc -l)"
}

@test "signatures: missing, forged, over other content: exit 1, nothing kept" {
  refused 1 "sign" unsigned -- get "$Z" 1.0
  refused 1 "sign" forged -- get "$Z" 1.0
  refused 1 "sign" tampered -- get "$Z" 1.0
  ok get "$Z" 1.0
}

@test "a server without a key: hashes only, one warning; --require-signature forbids it" {
  run --separate-stderr plain_get "$Z" 1.0
  same 0 "$status"
  same 1 "$(grep -c '^warning: .*hash' <<<"$stderr")"
  same hash "$(field "$Z" .image.verified)"
  zone destroy "$Z"
  zone image prune --all
  refused 1 "sign" -- plain_get "$Z" 1.0 --require-signature
}

@test "--no-verify drops the signature, never the hash" {
  faults unsigned
  ok get "$Z" 1.0 --no-verify
  zone destroy "$Z"
  zone image prune --all
  rm -rf "$ZONE_CACHE"
  refused 1 "SHA|hash|size" unsigned corrupt -- get "$Z" 1.0 --no-verify
}

@test "corrupted, truncated, disagreeing: exit 1" {
  refused 1 "SHA|hash|size" corrupt -- get "$Z" 1.0
  refused 1 "bytes instead of" shorter -- get "$Z" 1.0
  refused 1 "SHA|hash|sums|sign" disagrees -- plain_get "$Z" 1.0
  ok get "$Z" 1.0
}

@test "a connection that is cut is resumed" {
  faults cut-once
  ok get "$Z" 1.0
  has "$(cat "$S/log")" "rootfs.* bytes=[0-9]+-"
}

@test "a server that always cuts fails in the end" {
  refused 1 . cut -- get "$Z" 1.0
}

@test "500 twice, then the file" {
  faults flaky
  ok get "$Z" 1.0
}

@test "always 500" { refused 1 "500" error -- get "$Z" 1.0; }

@test "a server that hangs, one that drips" {
  local from=$SECONDS
  refused 1 "no progress" hang -- get "$Z" 1.0
  refused 1 "no progress|slow" loris -- get "$Z" 1.0
  [ $((SECONDS - from)) -le 90 ]
}

@test "redirects: followed to another origin, not in a loop, not down to http" {
  faults redirect
  ok get "$Z" 1.0
  zone destroy "$Z"
  zone image prune --all
  rm -rf "$ZONE_CACHE"
  refused 1 "redirect" redirect-loop -- get "$Z" 1.0
  refused 1 . redirect-http -- get "$Z" 1.0
}

@test "a list that names a build which is gone" { refused 1 "does not have it" gone -- get "$Z" 1.0; }

@test "simplestreams missing: the classic index; and the other way round" {
  faults no-streams
  ok get "$Z" 1.0
  faults no-classic
  ok get "$Z-b" expired
}

@test "the classic index: .7 preferred, CRLF read, five fields skipped, empty is nothing" {
  faults no-streams index7
  ok get "$Z" 1.0
  zone destroy "$Z"
  zone image prune --all
  rm -rf "$ZONE_CACHE"
  faults no-streams crlf
  ok plain_get "$Z" 1.0
  zone destroy "$Z"
  zone image prune --all
  rm -rf "$ZONE_CACHE"
  refused 3 . no-streams empty -- plain_get "$Z" 1.0
  refused 3 . no-streams five -- plain_get "$Z" 1.0
}

@test "what is no list, and one without an end, are refused" {
  refused 1 . html no-classic -- get "$Z" 1.0
  refused 1 . endless -- get "$Z" 1.0
}

@test "paths that lead out of the server's tree are refused" {
  refused 3 "has no image" hostile -- plain_get "$Z" 1.0
  refused 3 "has no image" hostile no-streams -- plain_get "$Z" 1.0
}

@test "archives that lead out, and ids beyond the range: exit 1, the member is named" {
  refused 1 "outside" -- get "$Z" evil
  refused 1 "bigid" -- get "$Z" bigid
}

@test "metadata without its config is refused; of another architecture, too" {
  refused 1 "config" -- get "$Z" noconfig
  refused 1 "arch" -- get "$Z" arch || refused 7 "arch" -- get "$Z" arch
}

@test "a guest that needs cgroup v1: refused by its requirements" {
  refused 7 "cgroup" -- get "$Z" v1only
  refused 7 "cgroup" -- get "$Z" v1only --no-verify
}

@test "expiry: an expired image is asked for again, --force-cache does not, offline says so" {
  get "$Z" expired
  : >"$S/log"
  get "$Z-b" expired
  [ "$(wc -l <"$S/log")" -gt 0 ]
  : >"$S/log"
  get "$Z-c" expired --force-cache
  same 0 "$(requests rootfs)"
  faults error
  run --separate-stderr get "$Z-d" expired
  [ "$status" -ne 0 ]
  has "$stderr" "force-cache"
}

@test "--flush-cache drops the downloads" {
  get "$Z" 1.0
  [ -n "$(find "$ZONE_CACHE" -type f)" ]
  ok zone create -t download -- --flush-cache
  same "" "$(find "$ZONE_CACHE" -name 'rootfs*' -type f)"
  zone start "$Z" -- /bin/busybox sleep 60
}

@test "https only with a trusted authority; plain http only with a keyring" {
  refuse 1 "certificate|SSL|TLS" zone create "$Z" -t download -- -d testos -r 1.0 --server "https://localhost:$PORT" --keyring "$S/server.gpg"
  nothing_kept
  run --separate-stderr zone create "$Z" -t download -- -d testos -r 1.0 --server "http://localhost:$PLAIN"
  [ "$status" -ne 0 ]
  has "$stderr" "keyring"
  nothing_kept
  ok zone create "$Z" -t download -- -d testos -r 1.0 --server "http://localhost:$PLAIN" --keyring "$S/server.gpg"
}

@test "curl's proxy variables are honoured" {
  https_proxy=http://localhost:$PLAIN ok get "$Z" 1.0
  has "$(cat "$S/log")" "^CONNECT "
}

@test "SIGTERM in the middle of a download: nothing half-made, the next one works" {
  faults slow
  get "$Z" 1.0 3>&- 2>/dev/null &
  local pid=$!
  until_true 20 grep -q rootfs "$S/log"
  kill -TERM "$(pgrep -P $pid -x zone || echo $pid)"
  run wait $pid
  nothing_kept
  faults
  ok get "$Z" 1.0
}

@test "SIGKILL in the middle of a download: the next one goes on from there" {
  faults slow
  zone create "$Z" -t download -- -d testos -r 1.0 --server "https://localhost:$PORT" --cafile "$S/ca.pem" --keyring "$S/server.gpg" 3>&- 2>/dev/null &
  local pid=$!
  until_true 20 grep -q rootfs "$S/log"
  sleep 1
  kill -KILL $pid
  run wait $pid
  faults
  zone destroy -f "$Z" 2>/dev/null || true
  ok get "$Z" 1.0
}

@test "a full disk in the middle of an unpack: nothing half-made is usable, and the next create works" {
  mkdir -p "$T/small"
  mount -t tmpfs -o size=1M,mode=700 zt-small "$T/small"
  ZONE_PATH=$T/small run --separate-stderr get "$Z" 1.0
  local status1=$status err1=$stderr left
  left=$(find "$T/small" -path '*rootfs*' -type f | wc -l)
  mount -o remount,size=64M "$T/small"
  ZONE_PATH=$T/small run --separate-stderr get "$Z" 1.0
  local status2=$status err2=$stderr
  zone start "$Z" -- /bin/busybox sleep 60 || status2=start
  zone destroy -f "$Z" || true
  ZONE_PATH=$T/small zone image prune --all || true
  until_true 10 umount "$T/small" # what was cut short is freed in the background
  same 1 "$status1"
  has "$err1" "No space left|would stay free"
  same 0 "$left"
  [ "$status2" = 0 ] || fail "$status2 $err2"
}

@test "progress: nothing without a terminal, a bar with rate and time left on one" {
  faults slow
  ok get "$Z" 1.0
  lacks "$stderr" "[0-9] [KM]i?B"
  zone destroy "$Z"
  zone image prune --all
  rm -rf "$ZONE_CACHE"
  ok pty -- zone create "$Z" -t download -- -d testos -r 1.0 --server "https://localhost:$PORT" --cafile "$S/ca.pem" --keyring "$S/server.gpg"
  has "$output" "%"
  has "$output" "/s"
}
