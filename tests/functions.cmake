# SPDX-License-Identifier: LGPL-2.1-or-later
# How tests are registered. Exit status 77 means skipped, with the missing feature named on standard error.

function(zone_cmocka_test folder timeout name)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
  add_executable(test_${folder}_${name} test_${name}.c)
  target_link_libraries(test_${folder}_${name} PRIVATE ${ARGN} PkgConfig::CMOCKA zone_options)
  set_target_properties(test_${folder}_${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${folder}.${name} COMMAND test_${folder}_${name})
  set_tests_properties(${folder}.${name} PROPERTIES
    LABELS ${folder} SKIP_RETURN_CODE 77 TIMEOUT ${timeout})
endfunction()

# tests/unit/test_NAME.c: pure logic, no root.
function(zone_unit_test name)
  zone_cmocka_test(unit 60 ${name} ${ARGN})
endfunction()

# tests/kernel/test_NAME.c: root, in namespaces of its own.
function(zone_kernel_test name)
  zone_cmocka_test(kernel 120 ${name} ${ARGN})
endfunction()
