#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The promises of backends.bash on every backend that a plain host has, on the file systems where they differ.
export BATS_TEST_TIMEOUT=600
load lib
load backends

ROWS="overlay:plain dir:plain loop:plain btrfs:btrfs dir:xfs loop:xfs loop:btrfs:btrfs"
clean_file() { clean_rows; }

@test "create, change, restore: the root is what it was; newer snapshots survive" { each_row round_trip; }
@test "of a running zone; restoring one is 4 without --restart" { each_row of_running; }
@test "--to makes a zone of its own" { each_row to_new; }
@test "hard links, fifos, links, ids, modes, times, holes come back" { each_row special; }
@test "killed while the zone stands still: it goes on" { each_row always_thawed; }
@test "a clone has its own name, ids, addresses, machine id; of a running zone, of a snapshot" { each_row clone_is_its_own; }
@test "a clone gets no machine id where there was none" { each_row clone_where_machine_id_was_not_set; }
@test "destroying a zone that others stand on is 4 and names them; --full stands on nothing" { each_row dependants; }
@test "--reset-identity: new ssh host keys, seeds gone, links not followed" { each_row reset_identity; }
