#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2120,SC2154 # signed_pull's options; status, output, stderr are bats'; PORT and the like come from the server
# The client of image servers against every fault in server.py. Each test has a store and a cache of its own.

bats_require_minimum_version 1.5.0

setup_file() {
  export W
  W=$(mktemp -d /var/tmp/zp.XXXXXX)
  "$BATS_TEST_DIRNAME/server.py" "$W" </dev/null >"$W/server.out" 2>&1 3>&- &
  echo $! >"$W/pid"
  for _ in $(seq 300); do
    [ -e "$W/env" ] && return 0
    kill -0 "$(cat "$W/pid")" || break
    sleep 0.1
  done
  cat "$W/server.out" >&2
  return 1
}

teardown_file() {
  kill "$(cat "$W/pid")" && wait "$(cat "$W/pid")" 2>/dev/null
  rm -rf --one-file-system "$W"
}

setup() {
  # shellcheck disable=SC1091
  . "$W/env"
  S=$(mktemp -d "$W/s.XXXXXX")
  SERVER=localhost:$PORT
  : >"$W/log"
  faults
}

teardown() {
  faults
  if mountpoint -q "$S/small"; then umount "$S/small"; fi
  rm -rf "$S"
}

faults() { echo "$@" >"$W/faults"; }

# The driver on this test's store; a signed server unless a test says otherwise.
driver() {
  local verb=$1
  shift
  "$ZONE_BINDIR/pull_driver" "$S/store" "$S/cache" "$verb" "$@" --server "$SERVER" --cafile "$W/ca.pem"
}
signed() { driver "$@" --keyring "$W/server.gpg"; }
signed_pull() { signed pull testos/1.0 "$@"; }

fail() {
  printf '%s\n' "$@" >&2
  return 1
}

ok() {
  run --separate-stderr "$@"
  [ "$status" -eq 0 ] || fail "$* → $status" "$output" "$stderr"
}

# refuse STATUS PATTERN COMMAND…: one line of that form, and nothing usable kept
refuse() {
  local want=$1 pattern=$2
  shift 2
  run --separate-stderr "$@"
  [ "$status" -eq "$want" ] || fail "expected $want: $* → $status" "$output" "$stderr"
  grep '^zone: ' <<<"$stderr" | grep -qE -- "$pattern" || fail "expected '$pattern':" "$stderr"
  [ "$(grep -c '^zone: ' <<<"$stderr")" -eq 1 ] || fail "more than one error:" "$stderr"
  ! grep -q 'runtime error\|AddressSanitizer' <<<"$stderr" || fail "$stderr"
}

nothing_stored() {
  ok driver stored
  [ -z "$output" ] || fail "stored: $output"
  [ -z "$(ls -A "$S/store/.images/.tmp" 2>/dev/null)" ] || fail "left in .tmp"
  [ -z "$(find "$S/cache" -name rootfs.tar.xz 2>/dev/null)" ] || fail "left in the cache"
}

stored_is_good() {
  ok driver stored
  [ "$output" = "$SHA" ] || fail "stored: $output"
  ok driver verify "$SHA"
  [ -z "$output" ] || fail "faults: $output"
}

has() { grep -qE -- "$2" <<<"$1" || fail "no line like '$2' in:" "$1"; }
hasnt() { ! grep -qE -- "$2" <<<"$1" || fail "a line like '$2' in:" "$1"; }
requests() { grep -c "$1" "$W/log" || true; }

# ---- what works ------------------------------------------------------------------------------------

@test "a signed image by simplestreams: newest build, tree, record" {
  ok signed_pull --progress
  has "$output" "^testos/1.0/$ARCH/default build=$BUILD fingerprint=$SHA verified=signature server=https://localhost:$PORT templates=2$"
  has "$stderr" "^progress: rootfs.tar.xz [0-9]+/$SIZE$"
  stored_is_good
  root=$S/store/.images/$SHA/rootfs
  [ "$(cat "$root/etc/mark")" = "1.0 $BUILD" ]
  [ "$(stat -c '%a %u:%g' "$root")" = "755 0:0" ]
  [ "$(stat -c %a "$S/store/.images/$SHA")" = 700 ]
  [ "$(stat -c %a "$root/bin/su")" = 4755 ]
  [ "$(stat -c %u "$root/var/nobody")" = 65534 ]
  [ "$(stat -c %h "$root/bin/busybox")" = 2 ]
  [ "$("$root/bin/sh" -c 'echo works')" = works ]
  [ -p "$root/run/fifo" ]
  [ "$(stat -c %s "$root/var/sparse")" = 1048576 ]
  [ ! -e "$S/store/.images/$SHA/meta" ]
  has "$(ls "$S/store/.images/.index")" "^testos:1.0:$ARCH:default$"
  [ "$(requests index-system)" -eq 0 ]
}

@test "the second pull asks nobody, and works without the server" {
  ok signed_pull
  : >"$W/log"
  faults hang
  ok signed_pull
  has "$output" "fingerprint=$SHA"
  [ ! -s "$W/log" ]
}

@test "the classic index, when there is no simplestreams" {
  faults no-streams
  ok signed_pull
  has "$output" "verified=signature"
  [ "$(requests 'GET 404 /meta/1.0/index-system.7 ')" -eq 1 ]
  [ "$(requests 'GET 200 /meta/1.0/index-system ')" -eq 1 ]
  stored_is_good
}

@test "index-system.7 is preferred where it is" {
  faults no-streams index7
  ok signed_pull
  [ "$(requests 'GET 200 /meta/1.0/index-system ')" -eq 0 ]
}

@test "an index with CRLF" {
  faults no-streams crlf
  ok signed_pull --no-verify
}

@test "an alias names the same image, under both names" {
  ok signed pull testos/number-1.0
  has "$output" "^testos/1.0/$ARCH"
  : >"$W/log"
  ok signed pull testos/number-1.0
  ok signed_pull
  [ ! -s "$W/log" ]
}

@test "list: newest builds, in order, with what is stored" {
  ok signed_pull
  ok signed list
  has "$output" "^testos/1.0/$ARCH/default build=$BUILD cached=1 verified=signature size=$SIZE$"
  has "$output" "^testos/v1only/$ARCH/default build=$BUILD cached=0 verified=- "
  has "$output" "^testos/1.0/vax/default "
  hasnt "$output" "$OLDER|testos/vm"
  [ "$(cut -d' ' -f1 <<<"$output")" = "$(cut -d' ' -f1 <<<"$output" | sort)" ]
  ok signed list expired
  [ "$(wc -l <<<"$output")" -eq 1 ]
  faults no-streams
  ok signed list
  has "$output" "^testos/1.0/$ARCH/default build=$BUILD cached=1 "
}

@test "redirects to another origin" {
  faults redirect
  ok signed_pull
  stored_is_good
}

@test "a server below a prefix, spelled in several ways" {
  SERVER=https://LOCALHOST:$PORT/ ok signed_pull
  has "$output" "server=https://localhost:$PORT "
  : >"$W/log"
  ok signed_pull
  [ ! -s "$W/log" ]
}

@test "through a proxy, https and http" {
  export https_proxy=http://localhost:$PLAIN http_proxy=http://localhost:$PLAIN
  ok signed_pull
  [ "$(requests '^CONNECT')" -gt 0 ]
  rm -rf "$S/store" "$S/cache"
  SERVER=http://localhost:$PLAIN ok signed_pull
  [ "$(requests '^GET 200 http://localhost')" -gt 0 ]
}

@test "a certificate authority from SSL_CERT_FILE" {
  export SSL_CERT_FILE=$W/ca.pem
  ok "$ZONE_BINDIR/pull_driver" "$S/store" "$S/cache" pull testos/1.0 --server "$SERVER" --no-verify
}

@test "two failures of the server are survived" {
  faults flaky
  ok signed_pull
  stored_is_good
}

# ---- signatures ------------------------------------------------------------------------------------

@test "an armoured keyring" {
  ok driver pull testos/1.0 --keyring "$W/server.asc"
  has "$output" verified=signature
}

@test "no signature, though the key is known" {
  faults unsigned
  refuse 1 'SHA256SUMS: not signed' signed_pull
  nothing_stored
}

@test "a signature by another key" {
  faults forged
  refuse 1 'unknown key' signed_pull
  nothing_stored
  faults forged no-streams
  refuse 1 'unknown key' signed_pull
  nothing_stored
}

@test "a signature of something else" {
  faults tampered
  refuse 1 'SHA256SUMS: bad signature' signed_pull
  nothing_stored
}

@test "lists without a signature: SHA256SUMS has one" {
  faults unsigned-lists
  ok signed_pull
  has "$output" verified=signature
}

@test "a keyring that is none, or not there" {
  refuse 1 'no OpenPGP public key' driver pull testos/1.0 --keyring "$W/ca.pem"
  refuse 1 'No such file' driver pull testos/1.0 --keyring "$W/nothing"
  nothing_stored
}

@test "unknown key: by hash alone, with one warning" {
  ok driver pull testos/1.0
  has "$output" verified=hash
  [ "$(grep -c '^warning: ' <<<"$stderr")" -eq 1 ]
  stored_is_good
}

@test "--require-signature forbids a server without a key" {
  refuse 1 'a signature is required' driver pull testos/1.0 --require-signature
  has "$stderr" '^hint: .*--keyring'
  ok signed_pull --require-signature
}

@test "--no-verify drops the signature, not the hash" {
  faults unsigned
  ok signed_pull --no-verify
  has "$output" verified=hash
  rm -rf "$S/store" "$S/cache"
  faults corrupt
  refuse 1 'SHA-256' signed_pull --no-verify
  nothing_stored
  refuse 2 'exclude each other' signed_pull --no-verify --require-signature
}

@test "what was pulled with less is checked again when more is asked" {
  ok signed_pull --no-verify
  : >"$W/log"
  ok signed_pull
  has "$output" verified=signature
  [ "$(requests SHA256SUMS.asc)" -eq 1 ]
  [ "$(requests rootfs.tar.xz)" -eq 0 ]
  has "$(cat "$S/store/.images/$SHA/image")" '^verified=signature$'
  ok signed_pull --no-verify --flush-cache
  has "$(cat "$S/store/.images/$SHA/image")" '^verified=signature$' # it still is
  # another keyring is another question
  refuse 1 'unknown key' driver pull testos/1.0 --keyring "$W/other.gpg"
}

@test "plain http only with a key" {
  SERVER=http://localhost:$PLAIN
  refuse 2 'without TLS' driver pull testos/1.0
  refuse 2 'without TLS' signed_pull --no-verify
  ok signed_pull
  has "$output" verified=signature
}

@test "the configured server: key from a directory, from the keyserver, or not at all" {
  mkdir "$S/keys"
  printf 'server = https://localhost:%s\nfingerprint = %s\nkeyserver = https://localhost:%s\n' \
    "$PORT" "$KEY" "$PORT" >"$S/conf"
  conf() {
    SSL_CERT_FILE=$W/ca.pem "$ZONE_BINDIR/pull_driver" "$S/store" "$S/cache" pull testos/1.0 \
      --config "$S/conf" --keys "$S/keys"
  }
  faults wrong-key
  refuse 1 "sent another key than $KEY" conf
  nothing_stored
  faults
  ok conf
  has "$output" verified=signature
  [ "$(requests pks/lookup)" -eq 2 ]
  rm -rf "$S/store"
  ok conf # the key was kept
  [ "$(requests pks/lookup)" -eq 2 ]
  rm -rf "$S/store" "$S/cache"
  cp "$W/server.asc" "$W/other.gpg" "$S/keys"
  ok conf
  [ "$(requests pks/lookup)" -eq 2 ]
  rm -rf "$S/store" "$S/cache"
  faults forged # by a key that is in the directory, and not the server's
  refuse 1 'signed by another key' conf
  nothing_stored
}

# ---- lists -----------------------------------------------------------------------------------------

@test "no such image: exit 3 and what there is" {
  refuse 3 'has no image testos/9.9' signed pull testos/9.9
  has "$stderr" '^hint: it has testos/'
  refuse 3 'has no image testso/1.0' signed pull testso/1.0
  has "$stderr" '^hint: it has testos/'
  refuse 3 'has no image' signed pull testos/vm
}

@test "an index with five fields, or empty" {
  faults no-streams five
  refuse 3 'has no image' signed_pull --no-verify
  faults no-streams empty
  refuse 3 'has no image' signed_pull --no-verify
  nothing_stored
}

@test "lists with paths that lead out" {
  faults hostile
  refuse 3 'has no image' signed_pull --no-verify
  [ "$(requests '\.\./')" -eq 0 ]
}

@test "a list that is no list, or has no end" {
  faults html
  refuse 1 'not JSON' signed_pull
  faults endless
  refuse 1 'larger than 64 MiB' signed_pull --no-verify
  faults no-streams no-classic
  refuse 1 'no image server' signed_pull
  nothing_stored
}

@test "a guest that needs cgroup v1: exit 7; a foreign architecture: usage" {
  refuse 7 'cgroup v1' signed pull testos/v1only
  refuse 2 'architecture vax' signed pull testos/1.0/vax
  [ "$(requests rootfs)" -eq 0 ]
  nothing_stored
}

@test "a build that is listed and gone" {
  faults gone
  refuse 1 "lists build $BUILD of testos/1.0" signed_pull
  has "$stderr" '^hint: its list is out of date'
  faults gone no-streams
  refuse 1 "lists build $BUILD of testos/1.0" signed_pull
  nothing_stored
}

@test "without SHA256SUMS the signed list will do, an unsigned one not" {
  faults no-sums
  ok signed_pull
  has "$output" 'verified=signature .*templates=0'
  rm -rf "$S/store" "$S/cache"
  faults no-sums unsigned-lists
  refuse 1 'no signed SHA256SUMS' signed_pull
  faults no-sums no-streams
  refuse 1 'no SHA256SUMS to check it by' driver pull testos/1.0
  nothing_stored
  faults no-sums
  ok driver pull testos/1.0
  has "$output" verified=hash
}

@test "SHA256SUMS and the list disagree" {
  faults disagrees
  refuse 1 'disagrees' signed_pull --no-verify
  nothing_stored
}

# ---- metadata --------------------------------------------------------------------------------------

@test "metadata without config, of another architecture" {
  refuse 1 'no config in it' signed pull testos/noconfig
  ok driver stored
  [ -z "$output" ]
  refuse 1 'lxc.arch is linux32' signed pull testos/arch
  ok driver stored
  [ -z "$output" ]
}

@test "an expired image is asked for again; --force-cache is content with it" {
  ok signed pull testos/expired
  : >"$W/log"
  ok signed pull testos/expired
  [ "$(requests images.json)" -gt 0 ]
  [ "$(requests rootfs)" -eq 0 ] # the same build
  : >"$W/log"
  ok signed pull testos/expired --force-cache
  [ ! -s "$W/log" ]
  faults error
  refuse 1 'HTTP status 500' signed pull testos/expired
  has "$stderr" '^hint: --force-cache uses the stored build'
}

# ---- bodies ----------------------------------------------------------------------------------------

@test "a wrong hash" {
  faults corrupt
  refuse 1 'rootfs.tar.xz: its SHA-256 is' signed_pull
  nothing_stored
  [ -z "$(find "$S/cache" -name '*.part')" ]
  faults
  ok signed_pull
}

@test "a body shorter than announced in the list" {
  faults shorter
  refuse 1 'bytes instead of' signed_pull
  nothing_stored
}

@test "a body that breaks off goes on where it ended" {
  faults cut-once
  ok signed_pull
  has "$(cat "$W/log")" 'GET 206 .*rootfs.tar.xz bytes=[0-9]+- "'
  stored_is_good
}

@test "a body that always breaks off: a part stays, and the next pull takes it up" {
  faults cut no-range
  refuse 1 'rootfs.tar.xz' signed_pull
  nothing_stored
  part=$(find "$S/cache" -name 'rootfs.tar.xz.part')
  [ "$(stat -c %s "$part")" -gt 0 ]
  : >"$W/log"
  faults
  ok signed_pull
  has "$(cat "$W/log")" 'GET 206 .*rootfs.tar.xz'
  stored_is_good
  [ -z "$(find "$S/cache" -name '*.part' -o -name '*.tag')" ]
}

@test "a part is dropped when the file changed, or the part is damaged" {
  faults cut no-range
  refuse 1 rootfs signed_pull
  : >"$W/log"
  faults changed
  ok signed_pull
  has "$(cat "$W/log")" 'GET 200 .*rootfs.tar.xz bytes='
  rm -rf "$S/store" "$S/cache"
  faults cut no-range
  refuse 1 rootfs signed_pull
  part=$(find "$S/cache" -name 'rootfs.tar.xz.part')
  printf damage | dd of="$part" conv=notrunc status=none
  faults
  ok signed_pull
  has "$stderr" 'once more from the start'
  stored_is_good
}

@test "a part that is longer than the file, or whole already" {
  faults cut no-range
  refuse 1 rootfs driver pull testos/1.0
  part=$(find "$S/cache" -name 'rootfs.tar.xz.part')
  truncate -s 100M "$part"
  faults
  ok driver pull testos/1.0
  rm -rf "$S/store"
  mv "${part%.part}" "$part"
  : >"$W/log"
  ok driver pull testos/1.0
  [ "$(requests rootfs.tar.xz)" -eq 0 ]
  stored_is_good
}

@test "a server that redirects in a loop, or out of TLS" {
  faults redirect-loop
  refuse 1 'redirected more than 5 times' signed_pull
  faults redirect-http
  refuse 1 'redirected to what is not https' signed_pull
  nothing_stored
}

@test "a server that hangs, one that drips, one that is not there" {
  faults hang
  SECONDS=0
  refuse 1 'no progress for 1 s' signed_pull --timeout 1
  has "$stderr" '^hint: --timeout'
  [ "$SECONDS" -le 5 ]
  faults loris
  SECONDS=0
  refuse 1 'no progress for 1 s' signed_pull --timeout 1
  [ "$SECONDS" -le 5 ]
  faults error
  refuse 1 'HTTP status 500' signed_pull
  SERVER=localhost:1 refuse 1 'onnect' signed_pull
  nothing_stored
}

@test "a certificate that nobody vouches for" {
  refuse 1 'certificate' "$ZONE_BINDIR/pull_driver" "$S/store" "$S/cache" pull testos/1.0 --server "$SERVER" \
    --no-verify
  has "$stderr" '^hint: .*--cafile'
}

@test "archives that must not be unpacked leave nothing" {
  refuse 1 'bigid' signed pull testos/bigid
  refuse 1 'outside' signed pull testos/evil
  ok driver stored
  [ -z "$output" ]
  [ -z "$(ls -A "$S/store/.images/.tmp")" ]
  [ ! -e "$S/store/.images/outside" ]
}

# ---- concurrency, signals, disks -------------------------------------------------------------------

@test "concurrent pulls share one download" {
  faults slow
  for n in 1 2 3 4; do
    signed_pull >"$S/out.$n" 2>"$S/err.$n" 3>&- &
    pids[n]=$!
  done
  for n in 1 2 3 4; do wait "${pids[n]}" || fail "$(cat "$S/err.$n")"; done
  cat "$S"/out.* | sort -u >"$S/out"
  [ "$(wc -l <"$S/out")" -eq 1 ]
  [ "$(requests 'rootfs.tar.xz')" -eq 1 ]
  stored_is_good
}

@test "SIGINT and SIGTERM leave a part that is resumed, and nothing else" {
  faults slow
  for signal in INT TERM; do
    : >"$W/log"
    env --default-signal=INT "$ZONE_BINDIR/pull_driver" "$S/store" "$S/cache" pull testos/1.0 --server "$SERVER" \
      --cafile "$W/ca.pem" --keyring "$W/server.gpg" >/dev/null 2>"$S/err" 3>&- &
    pid=$!
    for _ in $(seq 100); do
      [ "$(requests rootfs)" -gt 0 ] && break
      sleep 0.05
    done
    sleep 0.3 # some of the body
    kill -s $signal $pid
    code=0
    wait $pid || code=$?
    [ $code -eq 1 ] || fail "exit $code" "$(cat "$S/err")"
    has "$(cat "$S/err")" "interrupted by SIG$signal"
    nothing_stored
  done
  faults
  : >"$W/log"
  ok signed_pull
  [ "$(requests 'GET 206 ')" -eq 1 ]
  stored_is_good
}

@test "a killed pull is cleared away by the next" {
  for step in download unpack publish; do
    run env ZONE_TEST_FAIL_STEP=pull:$step:after:kill "$ZONE_BINDIR/pull_driver" "$S/store" "$S/cache" pull testos/1.0 \
      --server "$SERVER" --cafile "$W/ca.pem" --keyring "$W/server.gpg"
    [ "$status" -eq 137 ]
    if [ "$step" = unpack ]; then
      ok driver stored
      [ -z "$output" ]
      [ -n "$(ls -A "$S/store/.images/.tmp")" ]
    fi
  done
  ok signed_pull
  stored_is_good
  [ -z "$(ls -A "$S/store/.images/.tmp")" ]
}

@test "each step may fail: nothing half-made is left" {
  for step in index hashes download unpack publish; do
    export ZONE_TEST_FAIL_STEP=pull:$step
    refuse 1 "$step: failure injected" signed_pull
    unset ZONE_TEST_FAIL_STEP
    ok driver stored
    [ -z "$output" ]
    [ -z "$(ls -A "$S/store/.images/.tmp" 2>/dev/null)" ]
  done
  ok signed_pull
  stored_is_good
}

@test "a full disk, below the store or below the cache" {
  mkdir "$S/small"
  mount -t tmpfs -o size=1500k tmpfs "$S/small"
  refuse 1 'No space left' "$ZONE_BINDIR/pull_driver" "$S/small" "$S/cache" pull testos/1.0 --server "$SERVER" \
    --cafile "$W/ca.pem" --keyring "$W/server.gpg"
  [ -z "$(ls -A "$S/small/.images/.tmp")" ]
  [ "$(find "$S/small/.images" -maxdepth 1 -type d -name '????????*' | wc -l)" -eq 0 ]
  rm -rf "$S/small"/.images "$S/cache"
  refuse 1 'No space left' "$ZONE_BINDIR/pull_driver" "$S/store" "$S/small/cache" pull testos/1.0 --server "$SERVER" \
    --cafile "$W/ca.pem" --keyring "$W/server.gpg"
  [ -z "$(find "$S/small" -name '*.part')" ]
  umount "$S/small"
  ok signed_pull
  stored_is_good
}

# ---- the store -------------------------------------------------------------------------------------

@test "removal: not while in use, and then completely" {
  ok signed_pull
  refuse 4 'in use by web' driver rm "$SHA" --user web
  stored_is_good
  ok driver rm "$SHA"
  nothing_left=$(find "$S/store/.images" -mindepth 1 ! -name .lock ! -name .tmp ! -name .index)
  [ -z "$nothing_left" ] || fail "$nothing_left"
  refuse 3 'not in the store' driver rm "$SHA"
  # the download is still there, and good
  : >"$W/log"
  ok signed_pull
  [ "$(requests 'GET .*rootfs')" -eq 0 ]
}

@test "a cached download that rotted is noticed" {
  ok signed_pull
  ok driver rm "$SHA"
  printf rot | dd of="$(find "$S/cache" -name rootfs.tar.xz)" conv=notrunc status=none
  ok signed_pull
  has "$stderr" '^warning: cached rootfs.tar.xz'
  stored_is_good
}

@test "verify sees a changed tree, a missing one, a damaged record, a rotten download" {
  ok signed_pull
  rm "$S/store/.images/$SHA/rootfs/etc/mark"
  ok driver verify "$SHA"
  has "$output" 'files in its tree'
  printf rot | dd of="$(find "$S/cache" -name rootfs.tar.xz)" conv=notrunc status=none
  chmod 700 "$S/store/.images/$SHA/rootfs"
  ok driver verify "$SHA"
  has "$output" 'download in the cache'
  has "$output" '0700 instead of'
  rm -rf "$S/store/.images/$SHA/rootfs"
  ok driver verify "$SHA"
  has "$output" 'tree is missing'
  echo junk >"$S/store/.images/$SHA/image"
  ok driver verify "$SHA"
  has "$output" 'damaged'
  refuse 3 'not in the store' driver verify "$(printf '%064d' 0)"
  refuse 2 'not an image' driver verify ../../etc
}

@test "flushing the cache: all of it, or what expired" {
  ok signed_pull
  ok signed pull testos/expired
  ok driver flush --expired
  [ "$(find "$S/cache" -name rootfs.tar.xz | wc -l)" -eq 1 ]
  [ -n "$(find "$S/cache" -path '*testos:1.0:*' -name rootfs.tar.xz)" ]
  ok driver flush
  [ -z "$(find "$S/cache" -name rootfs.tar.xz)" ]
  ok driver verify "$SHA"
  [ -z "$output" ]
  : >"$W/log"
  ok signed_pull --flush-cache
  [ "$(requests images.json)" -gt 0 ]
}
