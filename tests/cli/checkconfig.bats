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

@test "it changes nothing" {
  host_state >"$T/one"
  zone checkconfig >/dev/null
  host_state >"$T/two"
  cmp "$T/one" "$T/two"
}

@test "7 when something needed is missing" {
  # Without user namespaces nothing unprivileged can run.
  unshare -Ur -- sh -c 'echo 0 >/proc/sys/user/max_user_namespaces 2>/dev/null; exit 0' || skip "no user namespaces here"
  run --separate-stderr unshare --mount -- sh -c 'mount -t tmpfs x /sys/fs/cgroup && zone checkconfig'
  same 7 "$status"
  has "$output$stderr" "cgroup"
}
