# SPDX-License-Identifier: LGPL-2.1-or-later
# What Debian wants of a package's files beyond what is installed elsewhere: compressed manual pages and news, and the
# licence as copyright, in each package.
file(GLOB packages ${CPACK_TEMPORARY_DIRECTORY}/*)
foreach(package IN LISTS packages)
  get_filename_component(component ${package} NAME)
  string(TOUPPER ${component} upper)
  set(doc ${package}/usr/share/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  file(MAKE_DIRECTORY ${doc})
  if(EXISTS ${doc}/LICENSE)
    file(REMOVE ${doc}/LICENSE)
  endif()
  configure_file(${CMAKE_CURRENT_LIST_DIR}/copyright ${doc}/copyright COPYONLY)
  file(GLOB_RECURSE plain ${package}/usr/share/man/*.[1-8] ${doc}/NEWS.md)
  if(plain)
    execute_process(COMMAND gzip -9n ${plain} COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
