# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian packages of what is installed: zone (the command and all that it runs), libzone0, libzone-dev, zone-doc (the manual
# as HTML). Libraries are found by dpkg-shlibdeps, also those of the modules; programs that zone runs are named here.
# `make deb` builds them, the same bytes each time: tests/clean-room.sh shows it.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME zone)
set(CPACK_PACKAGE_VENDOR "zone")
set(CPACK_PACKAGE_CONTACT "The zone maintainers <zone@localhost>")
set(CPACK_PACKAGE_HOMEPAGE_URL "")
set(CPACK_COMPONENTS_ALL zone libzone libzone-dev zone-doc)
set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/staged.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/repack.cmake)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
foreach(component IN ITEMS ZONE LIBZONE LIBZONE-DEV ZONE-DOC)
  set(CPACK_DEBIAN_${component}_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
endforeach()
set(version "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

set(CPACK_COMPONENT_ZONE_DESCRIPTION "Linux systems that share one kernel
zone makes and runs zones: Linux systems with a root file system, users,
processes, network and init of their own, unprivileged by default, from
verified images, with snapshots and a console, and without a daemon.")
set(CPACK_DEBIAN_ZONE_PACKAGE_NAME zone)
set(CPACK_DEBIAN_ZONE_PACKAGE_DEPENDS gpgv)
set(CPACK_DEBIAN_ZONE_PACKAGE_RECOMMENDS "busybox-static, ca-certificates, dnsmasq-base, e2fsprogs, lxcfs, systemd-container")
set(CPACK_DEBIAN_ZONE_PACKAGE_SUGGESTS "btrfs-progs, debootstrap, gnupg, openssh-client, xfsprogs")
set(CPACK_DEBIAN_ZONE_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/postrm)

set(CPACK_COMPONENT_LIBZONE_DESCRIPTION "Library of zone
zone makes and runs Linux systems that share one kernel. With this library
programs do all that the command does: create zones, start and stop them, run
programs inside, take snapshots, follow events. It uses the helper programs
and modules of the command's package.")
set(CPACK_DEBIAN_LIBZONE_PACKAGE_NAME libzone${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBZONE_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBZONE_PACKAGE_DEPENDS "zone ${version}")
file(WRITE ${CMAKE_BINARY_DIR}/libzone/triggers "activate-noawait ldconfig\n")
file(WRITE ${CMAKE_BINARY_DIR}/libzone/shlibs
  "libzone ${PROJECT_VERSION_MAJOR} libzone${PROJECT_VERSION_MAJOR} (>= ${PROJECT_VERSION})\n")
set(CPACK_DEBIAN_LIBZONE_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/libzone/triggers ${CMAKE_BINARY_DIR}/libzone/shlibs)

set(CPACK_COMPONENT_LIBZONE-DEV_DESCRIPTION "Library of zone: headers
zone makes and runs Linux systems that share one kernel. This is what is
needed to build programs that use its library: the header zone.h, what
pkg-config(1) reads, and the manual page libzone(3).")
set(CPACK_DEBIAN_LIBZONE-DEV_PACKAGE_NAME libzone-dev)
set(CPACK_DEBIAN_LIBZONE-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBZONE-DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_LIBZONE-DEV_PACKAGE_DEPENDS "libzone${PROJECT_VERSION_MAJOR} ${version}")

set(CPACK_COMPONENT_ZONE-DOC_DESCRIPTION "Linux systems that share one kernel: manual
zone makes and runs zones: Linux systems with a root file system, users,
processes, network and init of their own. These are its manual pages to be
read in a browser, on a machine that need not have zone itself.")
set(CPACK_DEBIAN_ZONE-DOC_PACKAGE_NAME zone-doc)
set(CPACK_DEBIAN_ZONE-DOC_PACKAGE_SECTION doc)
set(CPACK_DEBIAN_ZONE-DOC_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_ZONE-DOC_PACKAGE_SHLIBDEPS OFF)
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_DOCDIR}/html COMPONENT zone-doc)

# The same as RPMs (cpack -G RPM, `make rpm`): libraries are found by rpm, programs are named here.
set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE LGPL-2.1-or-later)
set(CPACK_RPM_PACKAGE_GROUP System/Base)
set(CPACK_RPM_MAIN_COMPONENT zone)
set(CPACK_RPM_SPEC_MORE_DEFINE "%define _buildhost localhost
%define _build_id_links none
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1")
set(CPACK_RPM_ZONE_PACKAGE_NAME zone)
set(CPACK_RPM_ZONE_PACKAGE_REQUIRES gnupg2)
set(CPACK_RPM_ZONE_POST_INSTALL_SCRIPT_FILE ${CMAKE_CURRENT_LIST_DIR}/post.rpm)
set(CPACK_RPM_ZONE_POST_UNINSTALL_SCRIPT_FILE ${CMAKE_CURRENT_LIST_DIR}/postun.rpm)
set(CPACK_RPM_LIBZONE_PACKAGE_NAME libzone${PROJECT_VERSION_MAJOR})
set(CPACK_RPM_LIBZONE_PACKAGE_REQUIRES "zone = ${PROJECT_VERSION}")
set(CPACK_RPM_LIBZONE-DEV_PACKAGE_NAME libzone-devel)
set(CPACK_RPM_LIBZONE-DEV_PACKAGE_REQUIRES "libzone${PROJECT_VERSION_MAJOR} = ${PROJECT_VERSION}")
set(CPACK_RPM_ZONE-DOC_PACKAGE_NAME zone-doc)
set(CPACK_RPM_ZONE-DOC_PACKAGE_ARCHITECTURE noarch)
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /usr/lib/systemd /usr/lib/systemd/system
  /usr/lib/systemd/system-generators /usr/share/bash-completion /usr/share/bash-completion/completions
  /usr/share/zsh /usr/share/zsh/vendor-completions /usr/share/fish /usr/share/fish/vendor_completions.d
  /usr/lib/pkgconfig /usr/libexec /usr/share/man /usr/share/man/man3 /usr/share/man/man5 /usr/share/man/man7 /usr/share/man/man8)

include(CPack)
