#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What every backend promises, where overlayfs and idmapped mounts are those of an older kernel.
export BATS_TEST_TIMEOUT=600
load ../cli/lib
load ../cli/backends

ROWS="overlay:plain dir:plain loop:plain btrfs:btrfs"
prepare_file() { need btrfs; }
clean_file() { clean_rows; }

@test "of a running zone; restoring one is 4 without --restart" { each_row of_running; }
@test "hard links, fifos, links, ids, modes, times, holes come back" { each_row special; }
