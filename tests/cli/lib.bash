# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # status, output, stderr, lines are bats'
# What every file here loads: directories of our own for everything that zone keeps, small zones, the one form
# that errors have, and the check that a file leaves the host as it found it. Run by tests/cli/run, in a network
# namespace of its own; ZONE_BINDIR names the build. A file's own preparations go into prepare_file().

bats_require_minimum_version 1.5.0
here=${BASH_SOURCE[0]%/*} # of this file: also files of tests/vm load it
# shellcheck source=tests/web.bash
. "$here/../web.bash"
# shellcheck source=tests/cli/features.bash
. "$here/features.bash"

CGROUP2=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)

# The group of all our zones: an installation that was moved has one of its own, named after its run directory.
our_group() {
  local hash=2166136261 i
  if [ "$ZONE_RUN" = /run/zone ]; then
    echo "$CGROUP2/zone"
    return
  fi
  for ((i = 0; i < ${#ZONE_RUN}; i++)); do
    hash=$((((hash ^ $(printf '%d' "'${ZONE_RUN:i:1}")) * 16777619) & 0xffffffff))
  done
  printf '%s/zone-%08x' "$CGROUP2" "$hash"
}

# ---- what a host looks like ----------------------------------------------------------------------

# Processes that zone made: run from our build for our directories (other files may run beside this one), or living in
# a group of ours.
our_processes() {
  local pid run
  find /proc -maxdepth 2 -name exe \( -lname "$ZONE_BINDIR/zone" -o -lname "$ZONE_HELPERS/zone-*" \) 2>/dev/null |
    while IFS=/ read -r _ _ pid _; do
      run=$(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^ZONE_RUN=//p') || continue
      [ "${run:-/run/zone}" != "$ZONE_RUN" ] || echo "process $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
    done 2>/dev/null
  find "$G" -name cgroup.procs -exec cat {} + 2>/dev/null | sed 's/^/in group: /'
  return 0
}

host_state() {
  ip -o link | awk -F': ' '{ sub(/@.*/, "", $2); print "link", $2 }' | sort
  cut -d' ' -f4- /proc/self/mountinfo | sed 's/^/mount /' | sort
  find "$G" "$CGROUP2/zone" -mindepth 1 -type d 2>/dev/null | sed 's/^/group /' | sort
  losetup -n -l -O NAME,BACK-FILE 2>/dev/null | grep -F "$T/" | sed 's/^/loop /' | sort
  nft list tables 2>/dev/null | sed 's/^/nft /'
  # The events' file stays, and an empty lock per name: to remove those would race with their next user.
  find "$ZONE_RUN" ! -type d ! -name 'events*' ! -path '*/.lock*' 2>/dev/null | sed 's/^/run /' | sort
  our_processes
}

# Links of ended zones may take some seconds to go.
host_as_before() {
  local try
  for try in $(seq 50); do
    host_state >"$T/after"
    # a process of an earlier file that has ended since is no change that this one made
    diff "$T/before" "$T/after" | grep '^[<>]' | grep -vE '^< (process|in group)' >"$T/changes" || return 0
    sleep 0.2
  done
  echo "the host is not as it was after $try looks:"
  cat "$T/changes"
  return 1
}

# ---- the frame of a file ---------------------------------------------------------------------------

setup_file() {
  export T Z G ZONE_ETC ZONE_VAR ZONE_RUN ZONE_CACHE
  T=$(mktemp -d /var/tmp/zt.XXXXXX) # short: sockets live below it
  chmod 711 "$T"                    # unprivileged users of some tests pass through
  ZONE_ETC=$T/etc ZONE_VAR=$T/var ZONE_RUN=$T/run ZONE_CACHE=$T/cache
  if [ -n "${SYSTEM_PLACES:-}" ]; then
    [ "$ZONE_TEST_LANE" = vm ] || fail "only for a guest of the tests' own"
    ZONE_ETC=/etc/zone ZONE_VAR=/var/lib/zone ZONE_RUN=/run/zone ZONE_CACHE=/var/cache/zone
  fi
  [ -d "$ZONE_ETC" ] || mkdir -m 755 "$ZONE_ETC"
  G=$(our_group)
  # Names that no zone of an installed system has, should a test ever reach it.
  Z=zt-$(printf '%04x' $((RANDOM * 2)))
  host_state >"$T/before"
  # shellcheck disable=SC2086 # words
  lacking ${NEEDS:-} || return 0
  if declare -F prepare_file >/dev/null; then prepare_file; fi
}

# A file whose NEEDS are not met is not prepared, and every test of it says so (bats skips no file as a whole).
setup() {
  # shellcheck disable=SC2086 # words
  need ${NEEDS:-}
}

teardown_file() {
  local failed=0
  [ -n "${T:-}" ] || return 1 # not set up: never touch what an installed system has
  if [ -n "${BOOTS:-}" ]; then # the host is not the one of before; the file looks for itself
    rm -rf --one-file-system "$T"
    return 0
  fi
  zone destroy -f -s --all || failed=1
  zone image prune --all >/dev/null || failed=1
  if declare -F clean_file >/dev/null; then clean_file; fi
  host_as_before || failed=1
  find "$ZONE_VAR" -mindepth 1 -maxdepth 1 ! -name '.*' 2>/dev/null | grep . && failed=1
  rm -rf --one-file-system "$T"
  return $failed
}

# Every test starts without zones unless its file keeps them.
teardown() {
  if [ -z "${KEEP_ZONES:-}" ] && [ -n "${T:-}" ]; then zone destroy -f -s --all; fi
}

# ---- words for tests -------------------------------------------------------------------------------

fail() {
  printf '%s\n' "$@" >&2
  return 1
}

# refuse STATUS PATTERN COMMAND…: it fails with that status, prints nothing on standard output, and its
# message is one line "zone: …" that matches the extended regular expression, with at most one hint.
refuse() {
  local want=$1 pattern=$2
  shift 2
  run --separate-stderr "$@" </dev/null
  local told="$* → $status
stdout: $output
stderr: $stderr"
  [ "$status" -eq "$want" ] || fail "expected exit status $want: $told"
  [ -z "$output" ] || fail "expected nothing on standard output: $told"
  [ "$(grep -c '^zone: ' <<<"$stderr")" -eq 1 ] || fail "expected one line 'zone: …': $told"
  [ "$(grep -c '^hint: ' <<<"$stderr")" -le 1 ] || fail "expected at most one hint: $told"
  ! grep -qvE '^(zone|hint|warning|note): ' <<<"$stderr" ||
    fail "expected nothing but the message and a hint: $told"
  grep '^zone: ' <<<"$stderr" | grep -qE -- "$pattern" || fail "expected a message like '$pattern': $told"
}

# ok COMMAND…: it succeeds; $output is its standard output, $stderr the rest.
ok() {
  run --separate-stderr "$@" </dev/null
  [ "$status" -eq 0 ] || fail "$* → $status" "stdout: $output" "stderr: $stderr"
}

# same EXPECTED GOT
same() {
  [ "$1" = "$2" ] || fail "expected: $1" "got: $2"
}

has() { # TEXT PATTERN (extended regular expression, any line)
  grep -qE -- "$2" <<<"$1" || fail "no line like '$2' in:" "$1"
}

lacks() {
  ! grep -qE -- "$2" <<<"$1" || fail "a line like '$2' in:" "$1"
}

# A small zone with busybox, and one that runs. More arguments are create's and start's.
mk() {
  local name=$1
  shift
  zone -q create "$name" -t busybox "$@"
}

up() {
  local name=$1
  shift
  mk "$name"
  zone start "$@" "$name"
}

# A zone whose process 1 is a shell script: prints, waits, ends as it says.
up_with() { # NAME SCRIPT
  mk "$1"
  zone start "$1" -- /bin/sh -c "$2"
}

state() {
  zone info --json "$1" | jq -r .state
}

field() { # NAME JQ-PATH of info
  zone info --json "$1" | jq -r "$2"
}

# The value that the kernel has: limit NAME FILE
limit() {
  cat "$CGROUP2/$(field "$1" .cgroup)/payload/$2"
}

# until_true SECONDS COMMAND…
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "still not true: $*"
    sleep 0.1
  done
}

# A terminal for COMMAND: pty STEP… -- COMMAND…, see terminal.py.
pty() {
  "$here/terminal.py" "$@"
}

# standard COMMAND…: as on an installed system: what zone keeps in the standard places, which systemd's units know, and
# $T/units as /etc/systemd/system.
standard() {
  local dir made=() status=0
  mkdir -p "$T/units"
  for dir in /etc/zone /var/lib/zone /run/zone /etc/systemd/system; do
    [ -d "$dir" ] || { mkdir -p "$dir" && made+=("$dir"); }
  done
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount -- sh -c 'mount --bind "$ZONE_ETC" /etc/zone && mount --bind "$ZONE_VAR" /var/lib/zone &&
    mount --bind "$ZONE_RUN" /run/zone && mount --bind "$T/units" /etc/systemd/system || exit 125
    unset ZONE_ETC ZONE_VAR ZONE_RUN
    exec "$@"' - "$@" || status=$?
  [ ${#made[@]} -eq 0 ] || rmdir "${made[@]}"
  return $status
}

# As a user without privileges; the binary is copied to where that user can reach it.
as_nobody() {
  [ -e "$T/zone" ] || install -m 755 "$ZONE_BINDIR/zone" "$T/zone"
  local command=$1
  shift
  [ "$command" = zone ] && command=$T/zone
  setpriv --reuid=65534 --regid=65534 --clear-groups -- "$command" "$@"
}

# The root tarball of Debian that the ctest fixture built, or the vm lane's guest has.
debian_rootfs() { # [SUITE [INIT]]
  local f init=${2:-systemd} suffix=-${2:-systemd}
  for f in "${ZONE_TEST_CACHE:-/var/cache/zone-tests}/debian-${1:-bookworm}${suffix#-systemd}"-????????????.tar.xz; do
    if [ -e "$f" ]; then
      echo "$f"
      return 0
    fi
  done
  f=/var/lib/zone-tests/debian-$init.tar.zst
  [ "$ZONE_TEST_LANE" = vm ] && [ -e "$f" ] && echo "$f"
}

# What an unpack left behind that nobody can use.
half_unpacked() {
  find "$ZONE_VAR/.images" -path '*/.tmp*/*' 2>/dev/null
}

# The names of the steps of operation OP, from the tables in the sources.
fault_steps() {
  local top=$BATS_TEST_DIRNAME/../.. table
  table=$(grep -rhoE --include='*.c' "struct op [a-z_]+ = \{ \"$1\", [a-z_]+" "$top/lib" "$top/net" "$top/storage" "$top/templates" | sed 's/.* //')
  [ -n "$table" ] || fail "no operation '$1' in the sources"
  grep -rl --include='*.c' "^[a-z ]*const struct step ${table}\[\]" "$top/lib" "$top/net" "$top/storage" "$top/templates" |
    xargs grep -l "\"$1\", $table\|^const struct step" | head -n 1 |
    xargs awk -v t=" $table\\\\[\\\\]" '$0 ~ t { on = 1 } on { print } on && /^\};/ { exit }' |
    grep -o '{ "[a-z_]*"' | cut -d'"' -f2
}

# ---- faults ------------------------------------------------------------------------------------------

# try OP STEP MODE COMMAND…: run with the fault; it must not succeed.
try() {
  local op=$1 step=$2 mode=$3
  shift 3
  run --separate-stderr env ZONE_TEST_FAIL_STEP="$op:$step$mode" timeout 60 "$@"
  [ "$status" -ne 0 ] || fail "$op:$step$mode did not stop '$*'"
  [ "$status" -ne 124 ] || fail "$op:$step$mode: '$*' hangs"
  if [ -z "$mode" ]; then
    has "$stderr" "^zone: .*$step"
    same 1 "$(grep -c '^zone: ' <<<"$stderr")"
  fi
}

each_fault() { # OP FUNCTION, called with STEP MODE; with ONLY_KILLED not for failures that the command sees itself
  local step mode n=0 modes=("" :kill :after:kill)
  if [ -n "${ONLY_KILLED:-}" ]; then modes=(:kill :after:kill); fi
  for step in $(fault_steps "$1"); do
    for mode in "${modes[@]}"; do
      echo "fault $1:$step$mode" >&2
      "$2" "$step" "$mode"
      n=$((n + 1))
    done
  done
  [ "$n" -gt 0 ] || fail "no steps"
}

# publish_tiny DIST RELEASE [ARGS…]: add the tree $T/tree (made when missing) to the signed tree $T/www.
publish_tiny() {
  local d=$1 r=$2
  shift 2
  [ -d "$T/tree" ] || tiny_rootfs "$T/tree"
  echo "$d/$r" >"$T/tree/etc/which" # contents of its own: equal ones would be one image in the store
  tar -C "$T/tree" -cJf "$T/tiny.tar.xz" .
  [ -d "$T/gpg" ] || gpg_key "$T/gpg"
  zone -q image publish "$T/tiny.tar.xz" --dir "$T/www" -d "$d" -r "$r" --sign "$(cat "$T/gpg/id")" --gnupghome "$T/gpg" "$@"
  gpgconf --homedir "$T/gpg" --kill all
}

# What download's options are for the tree that web_start serves.
server_options() {
  echo --server "https://localhost:$WEB_PORT" --keyring "$T/gpg/key.gpg" --cafile "$WEB_CA"
}

# The tree of a tiny root: busybox, a static init, os-release.
tiny_rootfs() {
  mkdir -p "$1"/{bin,sbin,etc,dev,proc,sys,run,tmp,root,var}
  cp "$(command -v busybox)" "$1/bin/busybox"
  ln -sf busybox "$1/bin/sh"
  ln -sf ../bin/busybox "$1/sbin/init"
  printf 'ID=testos\nVERSION_CODENAME=one\nPRETTY_NAME="Test OS 1"\n' >"$1/etc/os-release"
  printf 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/tmp:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\nalice:x:1000:\nstaff:x:50:alice\n' >"$1/etc/group"
}
