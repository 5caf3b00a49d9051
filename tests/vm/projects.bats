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

# What was made where there were no projects is counted when the first size is set.
first_size() {
  local image=$ZONE_PATH.img
  until_true 10 umount "$ZONE_PATH"
  mount -o loop "$image" "$ZONE_PATH"
  make "$1"
  head -c 10M /dev/urandom | zone push "$1" - /root/f
  until_true 10 umount "$ZONE_PATH"
  mount -o loop,prjquota "$image" "$ZONE_PATH"
  refuse 2 "root.size: 1.* are in it, and 4.0 MiB is less" zone set "$1" root.size=4M
  printf x | zone push "$1" - /root/g
  ok zone set "$1" root.size=50M
  ok zone snapshot "$1"
}
@test "a first size that is less than what is there is refused, and nothing is limited" { each_row first_size; }
