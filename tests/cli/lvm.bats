#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm
# The promises of backends.bash on a thin pool.
export BATS_TEST_TIMEOUT=590
load lib
load backends

ROWS=lvm:pool
WITHOUT_NET=1 # but for the one that looks at addresses
NEEDS=lvm
clean_file() { clean_pool; }

@test "create, change, restore: the root is what it was; newer snapshots survive" { each_row round_trip; }
@test "of a running zone; restoring one is 4 without --restart" { each_row of_running; }
@test "--to makes a zone of its own" { each_row to_new; }
@test "--diff" { each_row differences; }
@test "killed while the zone stands still: it goes on" { each_row always_thawed; }
@test "a clone has its own name, ids, addresses, machine id" { WITHOUT_NET='' each_row clone_is_its_own; }
@test "no two file systems of zones have one identity" { ROWS="lvm:pool:xfs lvm:pool:btrfs" each_row own_identity; }
@test "clones are independent" { each_row dependants; }
@test "a size holds, grows in use, never shrinks" { each_row sizes; }
