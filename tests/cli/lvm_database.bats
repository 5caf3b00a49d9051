#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm
# The longest promise of backends.bash on a thin pool.
export BATS_TEST_TIMEOUT=590
load lib
load backends

ROWS=lvm:pool
NEEDS=lvm
clean_file() { clean_pool; }

@test "50 snapshots of a database at work: each is one of its states" { each_row as_a_database; }
