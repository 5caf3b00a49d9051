#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sizes of roots by quotas of projects, which not every kernel has.
export BATS_TEST_TIMEOUT=600
load ../cli/lib
load ../cli/backends

ROWS="dir:ext4_projects overlay:ext4_projects dir:xfs_projects overlay:xfs_projects"
NEEDS=xfs
clean_file() { clean_rows; }

@test "a size holds, grows in use, never shrinks" { UNIT=48 each_row sizes; }
