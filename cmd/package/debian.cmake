# SPDX-License-Identifier: LGPL-2.1-or-later
# debianize(TREE COMPONENT): the files that each package of Debian has.
function(debianize package component)
  string(TOUPPER ${component} upper)
  set(name ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  set(doc ${package}/usr/share/doc/${name})
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, where that is set
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/copyright ${doc}/copyright COPYONLY)
  file(WRITE ${doc}/changelog.Debian "${name} (${CPACK_PACKAGE_VERSION}-1) unstable; urgency=medium\n\n"
    "  * What has changed is in NEWS.md.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
  set(overrides ${package}/usr/share/lintian/overrides/${name})
  foreach(part IN ITEMS common ${component})
    if(EXISTS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/lintian/${part})
      file(READ ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/lintian/${part} text)
      file(APPEND ${overrides} "${text}")
    endif()
  endforeach()
  if(component STREQUAL "zone-doc")
    configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/doc-base ${package}/usr/share/doc-base/zone-doc.zone COPYONLY)
  endif()
  file(GLOB_RECURSE plain ${package}/usr/share/man/*.[1-8] ${doc}/NEWS.md ${doc}/changelog.Debian)
  execute_process(COMMAND gzip -9n ${plain} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
