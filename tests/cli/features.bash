# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What not every kernel or host has, and tests need: `need FEATURE…` in a test or in prepare_file. Where it is missing the
# test is skipped, by name; in the guest of the vm lane it fails instead for what the guest has (column "guest").
# So that this is shown at all, lint.lanes wants the tag `vm` on tests that need such a feature.

features() {
  sed 's/^ *//' <<'TABLE'
  # feature    | guest | in a sentence                             | found by
  systemd      | yes | systemd as process 1                        | [ -d /run/systemd/system ]
  machined     | yes | systemd-machined                            | busctl --quiet status org.freedesktop.machine1
  package      | yes | zone, installed by its Debian package       | dpkg-query -W -f '${db:Status-Status}' zone | grep -qx installed
  cpu          | yes | the controller cpu on cgroup v2             | grep -qw cpu "$CGROUP2/cgroup.controllers"
  cpuset       | yes | the controller cpuset on cgroup v2          | grep -qw cpuset "$CGROUP2/cgroup.controllers"
  io           | yes | the controller io on cgroup v2              | grep -qw io "$CGROUP2/cgroup.controllers"
  memory       | yes | the controller memory on cgroup v2          | grep -qw memory "$CGROUP2/cgroup.controllers"
  pids         | yes | the controller pids on cgroup v2            | grep -qw pids "$CGROUP2/cgroup.controllers"
  hugetlb      | yes | the controller hugetlb on cgroup v2         | grep -qw hugetlb "$CGROUP2/cgroup.controllers"
  resource     | yes | CAP_SYS_RESOURCE                            | capsh --has-p=cap_sys_resource
  lxcfs        | yes | lxcfs                                       | grep -q lxcfs /proc/mounts
  lvm          | yes | LVM and device-mapper's thin volumes        | command -v lvcreate && modprobe dm-thin-pool && dmsetup targets | grep -qw thin-pool
  btrfs        | yes | btrfs                                       | command -v mkfs.btrfs && { modprobe btrfs; grep -qw btrfs /proc/filesystems; }
  xfs          | yes | xfs                                         | command -v mkfs.xfs && { modprobe xfs; grep -qw xfs /proc/filesystems; }
  apparmor     | yes | AppArmor                                    | grep -qx Y /sys/module/apparmor/parameters/enabled
  vlan         | yes | VLAN interfaces                             | unshare -n sh -c 'ip link add v0 type veth && ip link add link v0 name w0 type vlan id 2'
  ipvlan       | yes | ipvlan interfaces                           | unshare -n sh -c 'ip link add v0 type veth && ip link add link v0 name w0 type ipvlan'
  macvlan      | yes | macvlan interfaces                          | unshare -n sh -c 'ip link add v0 type veth && ip link add link v0 name w0 type macvlan'
  ifb          | yes | ifb interfaces and tc's mirred              | unshare -n sh -c 'ip link add i0 type ifb'
  nft-bridge   | yes | nftables' reject in the family bridge       | unshare -n nft 'add table bridge t; add chain bridge t c { type filter hook prerouting priority 0; }; add rule bridge t c ip saddr 192.0.2.1 reject'
  overlay-fd   | no  | overlay layers by descriptor (Linux 6.5)    | linux 6 5
TABLE
}

# linux MAJOR MINOR: this kernel is that or later.
linux() {
  local major minor rest
  IFS=.- read -r major minor rest < <(uname -r)
  [ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}

# lacking FEATURE…: the first that is not here is printed, with the column "guest". 0 when there is none.
lacking() {
  local wanted name guest what probe
  for wanted in "$@"; do
    while IFS='|' read -r name guest what probe; do
      name=${name// /} guest=${guest// /}
      [ "$name" = "$wanted" ] || continue
      what=${what# } what=${what%"${what##*[! ]}"}
      # shellcheck disable=SC2294 # a command line
      (eval "$probe") >/dev/null 2>&1 || {
        echo "$guest $what"
        return 1
      }
      continue 2
    done < <(features)
    echo "yes a feature '$wanted' in features.bash"
    return 1
  done
}

need() {
  local lacks
  lacks=$(lacking "$@") && return 0
  [ "$ZONE_TEST_LANE ${lacks%% *}" != "vm yes" ] || fail "this lane must have ${lacks#* }"
  skip "needs ${lacks#* }"
}
