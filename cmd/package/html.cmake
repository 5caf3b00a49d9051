# SPDX-License-Identifier: LGPL-2.1-or-later
# write_manual(DIR): the manual's pages as HTML, linked to each other, and a list of them.
function(write_manual dir)
  get_filename_component(man ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../man ABSOLUTE)
  file(GLOB pages RELATIVE ${man} ${man}/*.[1-8])
  foreach(page IN LISTS pages)
    execute_process(COMMAND mandoc -T html -O "man=%N.%S.html;https://manpages.debian.org/%N.%S" ${page}
      WORKING_DIRECTORY ${man} OUTPUT_FILE ${dir}/${page}.html COMMAND_ERROR_IS_FATAL ANY)
    file(STRINGS ${man}/${page} about REGEX "^\\.Nd ")
    string(SUBSTRING "${about}" 4 -1 about)
    string(REGEX REPLACE "(.*)\\.(.)" "\\1(\\2)" title ${page})
    string(APPEND list "<dt><a href=\"${page}.html\">${title}</a></dt><dd>${about}</dd>\n")
  endforeach()
  file(WRITE ${dir}/index.html "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>zone</title></head>\n"
    "<body>\n<h1>zone ${CPACK_PACKAGE_VERSION}</h1>\n<dl>\n${list}</dl>\n</body>\n</html>\n")
endfunction()
