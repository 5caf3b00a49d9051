#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each step that touches a root made to fail, killed before and killed after, on every backend: what is there afterwards
# is whole, and the same command again ends well.
export BATS_TEST_TIMEOUT=900
load lib
load backends

ROWS="overlay:plain dir:plain dir:xfs loop:btrfs btrfs:btrfs"
clean_file() { clean_rows; }

@test "snapshot" { each_row_fault snapshot snapshot_fault; }
@test "restore" { each_row_fault restore restore_fault; }
@test "clone" { each_row_fault clone clone_fault; }
@test "destroy" { each_row_fault destroy destroy_fault; }
@test "import" { each_row_fault import import_fault; }
