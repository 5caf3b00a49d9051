#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Build in a minimal Debian 12 that has what `install-deps.sh build` installs and nothing else, without a network:
#   tests/clean-room.sh packages    the release build and its Debian packages, in build/clean
#   tests/clean-room.sh test        the same, and the tests that need no more in between
#   tests/clean-room.sh twice       the packages, and once more at another place: the same bytes, in which lintian finds nothing
# The system is made once and kept in ${ZONE_TEST_CACHE:-/var/cache/zone-tests}; the build goes on where it was. Root.
set -euo pipefail

self=$(readlink -f "$0")
top=$(dirname "$(dirname "$self")")
cache=${ZONE_TEST_CACHE:-/var/cache/zone-tests}
# shellcheck source=tests/debian.bash
. "$top/tests/debian.bash"

# The system as a disk: what packaging and judging packages need beyond building waits in it, not installed.
make_system() { # DISK
  # shellcheck disable=SC2016 # the hooks are for mmdebstrap's shell
  debian_tree "$TMPDIR/root" --customize-hook="cp $top/tests/install-deps.sh \"\$1\"/root/" \
    --customize-hook='chroot "$1" /root/install-deps.sh build && rm -f "$1"/var/cache/apt/archives/*.deb' \
    --customize-hook='echo "APT::Get::Download-Only true;" >"$1"/etc/apt/apt.conf.d/99only' \
    --customize-hook='for w in package check; do chroot "$1" /root/install-deps.sh $w &&
      mv "$1"/var/cache/apt/archives "$1"/root/$w && mkdir "$1"/var/cache/apt/archives || exit; done'
  mke2fs -q -t ext4 -m 0 -O ^has_journal -d "$TMPDIR/root" "$1" 4G
}

kept_system() {
  local disk
  disk=$cache/clean-$(cat "$top/tests/install-deps.sh" "$top/tests/debian.bash" "$self" | sha256sum | cut -c1-12).disk
  if [ ! -e "$disk" ]; then
    echo "making the clean room (its log is $cache/clean.log)" >&2
    find "$cache" -maxdepth 1 -name 'clean-*.disk*' -mtime +7 -delete
    # no locks of ours: mmdebstrap has a shell that knows no number of two digits
    in_memory timeout -k 10 900 "$self" system "$disk.part" >"$cache/clean.log" 2>&1 3>&- 8>&- 9>&- || {
      tail -n 25 "$cache/clean.log" >&2
      exit 1
    }
    mv "$disk.part" "$disk"
  fi
  touch "$disk"
  echo "$disk"
}

# In namespaces of our own: the system below a layer in memory, the sources read-only, their build/clean writable.
enter() { # DISK VERB
  local root=$TMPDIR/root
  mkdir "$TMPDIR"/{disk,upper,work,root}
  mount -o loop,ro "$1" "$TMPDIR/disk"
  mount -t overlay -o "lowerdir=$TMPDIR/disk,upperdir=$TMPDIR/upper,workdir=$TMPDIR/work" room "$root"
  mkdir "$root/src"
  mount --bind -o ro "$top" "$root/src"
  mount --bind "$top/build/clean" "$root/src/build/clean"
  mount -t proc proc "$root/proc"
  exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH="$("$top/cmd/package/epoch")" \
    /src/tests/clean-room.sh "build_$2" "$(nproc)"
}

# ---- inside ----------------------------------------------------------------------------------------------

build() { # JOBS
  cd /src
  cmake --preset deb -B build/clean >build/clean/configure.log || { cat build/clean/configure.log; return 1; }
  cmake --build build/clean -j "$1"
}

pack() { # ARGS of cpack, in a build directory
  cpack "$@" >cpack.log 2>&1 || { cat cpack.log; return 1; }
}

make_packages() {
  dpkg -i /root/package/*.deb >/dev/null
  rm -rf /src/build/clean/packages
  cd /src/build/clean
  pack
}

# The same sources by somebody else, elsewhere, without tests.
make_again() { # JOBS
  mkdir /elsewhere
  tar -C /src --exclude ./build --exclude ./.git -c . | (umask 077 && tar -C /elsewhere --no-same-permissions -x)
  (
    export TZ=XYZ-11 LC_ALL=C USER=other HOME=/elsewhere
    umask 077
    cd /elsewhere
    cmake --preset deb -DBUILD_TESTING=OFF >configure.log || { cat configure.log; exit 1; }
    cmake --build --preset deb -j "$1"
    cd build/deb
    pack && pack -G RPM
  )
}

compare() {
  local made n=0
  for made in /elsewhere/build/deb/packages/*.{deb,rpm}; do
    cmp "$made" "/src/build/clean/packages/${made##*/}"
    n=$((n + 1))
  done
  [ $n -eq 8 ] || { echo "$n packages, not 4 of each kind"; return 1; }
  echo "$n packages are the same, whoever makes them where and when"
}

judge() {
  lintian --allow-root --pedantic --display-info --fail-on error,warning,info,pedantic /src/build/clean/packages/*.deb
  echo "lintian has nothing to say"
  # systemd hears of the units when they come and when they go
  [ "$(rpm -qp --scripts /src/build/clean/packages/zone-[0-9]*.rpm | grep -c daemon-reload)" -eq 2 ]
}

make_twice() { # JOBS
  echo "man-db man-db/auto-update boolean false" | debconf-set-selections
  DEBIAN_FRONTEND=noninteractive dpkg -i /root/check/*.deb >check.log 2>&1 || { cat check.log; return 1; }
  pack -G RPM
  make_again "$1"
  compare
  judge
}

case "${1:-}" in
packages | test | twice)
  [ "$(id -u)" -eq 0 ] || { echo "SKIP: needs root" >&2; exit 77; }
  mkdir -p "$top/build/clean" "$cache"
  exec 9>"$top/build/clean/.lock" 8>"$cache/clean.lock"
  flock 9
  flock 8
  disk=$(kept_system)
  exec 8>&-
  in_memory timeout -k 10 900 unshare --net --mount --pid --fork --kill-child -- "$self" enter "$disk" "$1"
  ;;
system) make_system "$2" ;;
enter) enter "$2" "$3" ;;
build_packages) build "$2" && make_packages ;;
build_test) build "$2" && ctest --test-dir build/clean --output-on-failure -L 'unit|fuzz' && make_packages ;;
build_twice)
  build "$2"
  make_packages
  make_twice "$2"
  ;;
*)
  sed -n '/^#   /s/^#   //p' "$self" >&2
  exit 2
  ;;
esac
