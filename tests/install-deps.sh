#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Install what building (build), making Debian packages as well (package), judging packages (check), or all that and testing
# (test) needs, from the distribution. Quick and without network when nothing is missing. Only Debian 12 and later; elsewhere it prints the list and fails.
set -eu

build='cmake ninja-build gcc libc6-dev pkg-config libcap-dev libseccomp-dev libmnl-dev libcgroup-dev
  libarchive-dev libcurl4-openssl-dev libjson-c-dev libconfuse-dev gpgv gnupg nftables
  libnftables-dev liblzma-dev libncurses-dev libzstd-dev libssl-dev libcrypt-dev libsystemd-dev musl-tools ca-certificates libcmocka-dev'
package='dpkg-dev file mandoc'
check='lintian rpm'
test='clang clang-format clang-tidy bats jq socat python3 shellcheck codespell
  universal-ctags openssl nginx-light mmdebstrap debootstrap busybox-static xz-utils
  zstd e2fsprogs btrfs-progs xfsprogs openssh-client dnsmasq-base iproute2 iptables python3-prometheus-client
  util-linux libcap2-bin acl attr procps strace qemu-system-x86'

case "${1:-test}" in
build) want=$build ;;
package) want="$build $package" ;;
check) want="$build $package $check" ;;
test) want="$build $package $check $test" ;;
*) echo "usage: $0 [build|package|check|test]" >&2; exit 2 ;;
esac

present() {
  dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

missing=
if command -v dpkg-query >/dev/null 2>&1; then
  for p in $want; do present "$p" || missing="$missing $p"; done
else
  missing=" $want"
fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "This is no Debian system. Install the equivalents of these packages, then try again:" >&2
  echo "$missing" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "These packages are missing; run 'sudo make deps':$missing" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt="apt-get -q -o Acquire::Retries=3 -o Acquire::http::Timeout=60 -o DPkg::Lock::Timeout=300"
for try in 1 2 3; do
  if $apt update; then break; fi
  [ "$try" -lt 3 ] || { echo "apt-get update failed three times" >&2; exit 1; }
  sleep $((try * 5))
done
echo "installing:$missing"
# nginx is only ever run by the tests, with a configuration of their own: do not let its package start it.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
  trap 'rm -f $policy' EXIT
fi
# shellcheck disable=SC2086 # a list of words
$apt install -y --no-install-recommends $missing
