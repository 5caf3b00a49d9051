# SPDX-License-Identifier: LGPL-2.1-or-later
# What Debian wants of a package's files beyond what is installed elsewhere: compressed manual pages and news, the licence
# as copyright in each package, and no symbols in the helper programs either.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, where that is set
file(GLOB packages ${CPACK_TEMPORARY_DIRECTORY}/*)
foreach(package IN LISTS packages)
  get_filename_component(component ${package} NAME)
  string(TOUPPER ${component} upper)
  set(doc ${package}/usr/share/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  file(MAKE_DIRECTORY ${doc})
  file(REMOVE ${doc}/LICENSE)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/copyright ${doc}/copyright COPYONLY)
  file(WRITE ${doc}/changelog.Debian "${CPACK_DEBIAN_${upper}_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}-1) unstable; urgency=medium\n\n"
    "  * What has changed is in NEWS.md.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
  file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/overrides lines REGEX "^${component}:")
  list(TRANSFORM lines REPLACE "^${component}:" "${CPACK_DEBIAN_${upper}_PACKAGE_NAME}:")
  list(JOIN lines "\n" lines)
  file(WRITE ${package}/usr/share/lintian/overrides/${CPACK_DEBIAN_${upper}_PACKAGE_NAME} "${lines}\n")
  file(GLOB helpers ${package}/usr/libexec/zone/*)
  if(helpers)
    execute_process(COMMAND strip ${helpers} COMMAND_ERROR_IS_FATAL ANY)
  endif()
  file(GLOB_RECURSE plain ${package}/usr/share/man/*.[1-8] ${doc}/NEWS.md ${doc}/changelog.Debian)
  if(plain)
    execute_process(COMMAND gzip -9n ${plain} COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
