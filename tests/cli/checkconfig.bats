#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
load lib

@test "it tries, tells and exits 0 where zones can run" {
  ok zone checkconfig
  has "$output" "ok"
  has "$output" "overlay"
}

@test "--json: id, what, status, needed, detail" {
  ok zone checkconfig --json
  jq -e 'type == "array" and length > 5' <<<"$output"
  jq -e 'all(.[]; (.id | type == "string") and (.what | type == "string") and (.status | IN("ok", "missing", "limited"))
    and (.needed | IN("must", "should")))' <<<"$output"
  jq -e 'all(.[]; has("detail"))' <<<"$output"
}

@test "limits of a large host: present value, how many zones it is good for, the line that raises it" {
  ok zone checkconfig --json --zones 1
  jq -e '.[] | select(.id == "pty") | .status == "ok" and (.detail | test("^[0-9]+: .*enough for [0-9]+ zones"))' <<<"$output"
  ok zone checkconfig --json --zones 10000000
  local key
  for key in pty pid threads userns netns; do
    jq -e --arg id "$key" '.[] | select(.id == $id) | .status == "limited" and (.detail | test("sysctl -w [a-z0-9_.-]+=[0-9]+$"))' <<<"$output"
  done
  jq -e '.[] | select(.id == "bridge") | .detail | test("fixed in the kernel")' <<<"$output"
  # and the line is enough
  local line
  line=$(jq -r '.[] | select(.id == "pty") | .detail' <<<"$(zone checkconfig --json --zones 5000)" | grep -oE '[0-9]+$')
  [ "$line" -ge $((5000 * 2)) ]
  refuse 2 . zone checkconfig --zones many
}

@test "without root it tells what it can, and is no failure" {
  ok as_nobody zone checkconfig
  has "$stderr" "root sees more"
}

# Groups at the top, without those of other installations.
groups() { find "$CGROUP2" -maxdepth 1 -type d ! -name 'zone-????????' | sort; }

@test "it changes nothing" {
  host_state >"$T/one"
  groups >"$T/groups-one"
  zone checkconfig >/dev/null
  host_state >"$T/two"
  groups >"$T/groups-two"
  cmp "$T/one" "$T/two"
  cmp "$T/groups-one" "$T/groups-two"
}

@test "7 when something needed is missing" {
  # Without user namespaces nothing unprivileged can run.
  unshare -Ur -- sh -c 'echo 0 >/proc/sys/user/max_user_namespaces 2>/dev/null; exit 0' || skip "no user namespaces here"
  run --separate-stderr unshare --mount -- sh -c 'mount -t tmpfs x /sys/fs/cgroup && zone checkconfig'
  same 7 "$status"
  has "$output$stderr" "cgroup"
}
