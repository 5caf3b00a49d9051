#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# bats file_tags=vm,long
# The longest promise of backends.bash on a thin pool.
export BATS_TEST_TIMEOUT=590
load lib
load backends

ROWS=lvm:pool
WITHOUT_NET=1
NEEDS=lvm
STATES=25 # of the 50 elsewhere: it is slow in a guest
clean_file() { clean_pool; }

@test "snapshots of a database at work: each is one of its states" { each_row as_a_database; }
