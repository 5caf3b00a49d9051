# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian packages of what is installed: zone (the command and all that it runs), libzone0, libzone-dev. Libraries are
# found by dpkg-shlibdeps, also those of the modules; programs that zone runs are named here. `make deb` builds them.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME zone)
set(CPACK_PACKAGE_VENDOR "zone")
set(CPACK_PACKAGE_CONTACT "The zone maintainers <zone@localhost>")
set(CPACK_PACKAGE_HOMEPAGE_URL "")
set(CPACK_COMPONENTS_ALL zone libzone libzone-dev)
set(CPACK_STRIP_FILES ON)
set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/staged.cmake)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(version "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

set(CPACK_COMPONENT_ZONE_DESCRIPTION "Linux systems that share one kernel
zone makes and runs zones: Linux systems with a root file system, users,
processes, network and init of their own, unprivileged by default, from
verified images, with snapshots and a console, and without a daemon.")
set(CPACK_DEBIAN_ZONE_PACKAGE_NAME zone)
set(CPACK_DEBIAN_ZONE_PACKAGE_DEPENDS gpgv)
set(CPACK_DEBIAN_ZONE_PACKAGE_RECOMMENDS "busybox-static, ca-certificates, dnsmasq-base, e2fsprogs, lxcfs")
set(CPACK_DEBIAN_ZONE_PACKAGE_SUGGESTS "btrfs-progs, debootstrap, gnupg, openssh-client, xfsprogs")
set(CPACK_DEBIAN_ZONE_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/postinst)

set(CPACK_COMPONENT_LIBZONE_DESCRIPTION "Library of zone
What the command zone does, for programs. It uses the helper programs and
modules of the command's package.")
set(CPACK_DEBIAN_LIBZONE_PACKAGE_NAME libzone${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBZONE_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBZONE_PACKAGE_DEPENDS "zone ${version}")
file(WRITE ${CMAKE_BINARY_DIR}/libzone/triggers "activate-noawait ldconfig\n")
file(WRITE ${CMAKE_BINARY_DIR}/libzone/shlibs
  "libzone ${PROJECT_VERSION_MAJOR} libzone${PROJECT_VERSION_MAJOR} (>= ${PROJECT_VERSION})\n")
set(CPACK_DEBIAN_LIBZONE_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/libzone/triggers ${CMAKE_BINARY_DIR}/libzone/shlibs)

set(CPACK_COMPONENT_LIBZONE-DEV_DESCRIPTION "Library of zone: headers
What is needed to build programs that use libzone.")
set(CPACK_DEBIAN_LIBZONE-DEV_PACKAGE_NAME libzone-dev)
set(CPACK_DEBIAN_LIBZONE-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBZONE-DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_LIBZONE-DEV_PACKAGE_DEPENDS "libzone${PROJECT_VERSION_MAJOR} ${version}")

include(CPack)
