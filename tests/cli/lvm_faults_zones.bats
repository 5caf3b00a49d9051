#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm,long
# backend_faults.bats on a thin pool: what makes zones, and ends them.
export BATS_TEST_TIMEOUT=590
load lib
load backends

ROWS=lvm:pool
WITHOUT_NET=1 ONLY_KILLED=1
NEEDS=lvm
clean_file() { clean_pool; }

@test "clone" { each_row_fault clone clone_fault; }
@test "destroy" { each_row_fault destroy destroy_fault; }
