#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Those tests of tests/kernel that another kernel could break, each in namespaces of its own.

@test "the kernel tests pass here, and none is skipped as a whole" {
  local name status failed=
  # where the helpers were when the tests were built
  mkdir -p /src/build/clean
  ln -sfn /usr/libexec/zone /src/build/clean/bin
  for name in confine filter net net_guard net_repair net_traffic nlm restore seccomp storage templates unpack_child; do
    status=0
    timeout 120 "$ZONE_TEST_TOOLS/test_kernel_$name" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null || status=$?
    [ $status -eq 0 ] && continue
    failed+=" $name($status)"
    grep -vE '^\[ +(OK|RUN) ' "$BATS_TEST_TMPDIR/out"
  done
  [ -z "$failed" ] || { echo "failed:$failed"; return 1; }
}
