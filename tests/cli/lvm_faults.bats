#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm,long
# backend_faults.bats on a thin pool.
export BATS_TEST_TIMEOUT=590
load lib
load backends

ROWS=lvm:pool
WITHOUT_NET=1 ONLY_KILLED=1
NEEDS=lvm
clean_file() { clean_pool; }

@test "snapshot" { each_row_fault snapshot snapshot_fault; }
@test "restore" { each_row_fault restore restore_fault; }
