# SPDX-License-Identifier: LGPL-2.1-or-later
# What CPack's Debian packages owe to the machine that made them is taken out: Installed-Size counts what directories take on
# its file system, and the members of the archive have its umask. Sizes are as dpkg-gencontrol(1) counts them.
foreach(deb IN LISTS CPACK_PACKAGE_FILES)
  if(NOT deb MATCHES "\\.deb$")
    continue()
  endif()
  set(tree ${deb}.tree)
  execute_process(COMMAND dpkg-deb -R ${deb} ${tree} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND find ${tree} -path ${tree}/DEBIAN -prune -o -type f -printf "%s;" -o -printf "1024;"
    OUTPUT_VARIABLE sizes COMMAND_ERROR_IS_FATAL ANY)
  set(kib 0)
  foreach(size IN LISTS sizes)
    if(size)
      math(EXPR kib "${kib} + (${size} + 1023) / 1024")
    endif()
  endforeach()
  file(READ ${tree}/DEBIAN/control control)
  string(REGEX REPLACE "Installed-Size: [0-9]+" "Installed-Size: ${kib}" control "${control}")
  file(WRITE ${tree}/DEBIAN/control "${control}")
  execute_process(COMMAND chmod -R u=rwX,go=rX ${tree} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND dpkg-deb --root-owner-group --threads-max=1 -Zxz -b ${tree} ${deb} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(REMOVE_RECURSE ${tree})
endforeach()
