# SPDX-License-Identifier: Apache-2.0
# The two interface targets and the three functions that every folder's CMakeLists.txt uses.

# proofmark::build: for everything, generated code too.
add_library(proofmark_build INTERFACE)
add_library(proofmark::build ALIAS proofmark_build)
target_compile_features(proofmark_build INTERFACE cxx_std_20)
target_include_directories(proofmark_build INTERFACE ${PROJECT_SOURCE_DIR})
# Scores must agree between machines: no contraction, never -ffast-math, never -march=native.
target_compile_options(proofmark_build INTERFACE -ffp-contract=off)
if(PROOFMARK_SANITIZE)
  target_compile_options(proofmark_build INTERFACE
    -fsanitize=${PROOFMARK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(proofmark_build INTERFACE -fsanitize=${PROOFMARK_SANITIZE})
endif()
if(PROOFMARK_FUZZ)
  target_compile_options(proofmark_build INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(proofmark_build INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(PROOFMARK_COVERAGE)
  target_compile_options(proofmark_build INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(proofmark_build INTERFACE --coverage)
endif()
find_program(PROOFMARK_MOLD mold)
if(PROOFMARK_MOLD)
  target_link_options(proofmark_build INTERFACE -fuse-ld=mold)
endif()

# proofmark::warnings: for hand-written code, PRIVATE.  Absent fields of a designated initialiser have
# their defaults: that is what it is for.
add_library(proofmark_warnings INTERFACE)
add_library(proofmark::warnings ALIAS proofmark_warnings)
target_compile_options(proofmark_warnings INTERFACE
  -Wall -Wextra -Wno-missing-field-initializers -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${PROOFMARK_WERROR}>:-Werror>)

# proofmark_library(<folder name with _> SOURCES ... HEADERS ... PUBLIC ... PRIVATE ...)
# One folder, one library: target proofmark_<name>, alias proofmark::<name>. Static in what ships;
# shared under a sanitizer (BUILD_SHARED_LIBS), where each of 250 tests would hold all of them.
function(proofmark_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE")
  set(target proofmark_${name})
  if(arg_SOURCES)
    add_library(${target})
    target_sources(${target} PRIVATE ${arg_SOURCES})
    target_link_libraries(${target} PUBLIC proofmark::build ${arg_PUBLIC}
                                    PRIVATE proofmark::warnings ${arg_PRIVATE})
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
                                    FILES ${arg_HEADERS})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE proofmark::build ${arg_PUBLIC})
    target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
                                       FILES ${arg_HEADERS})
  endif()
  add_library(proofmark::${name} ALIAS ${target})
endfunction()

# What the thread sanitizer is for: tests labelled concurrency, and nothing else of the tree.
add_custom_target(concurrency_tests)

# proofmark_test(<file without .cc> LABEL unit|integration|... TIMEOUT seconds (default 300) LIBS ...)
# Registers <file>.cc in the calling folder as one ctest, named by its path under tests/.
function(proofmark_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "LIBS;ENVIRONMENT")
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  # A limit catches what hangs; a slow machine must not look like it.
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(PROOFMARK_SANITIZE)
    math(EXPR arg_TIMEOUT "4 * ${arg_TIMEOUT}")
  endif()
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "." test_name "${folder}/${name}")
  string(REPLACE "." "_" target ${test_name})
  add_executable(${target} ${name}.cc)
  # What ships keeps its debug information; in a test it is nine tenths of the file.
  target_link_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:LINKER:--strip-debug>)
  target_link_libraries(${target} PRIVATE proofmark::warnings proofmark::build ${arg_LIBS}
                                          proofmark::test_support GTest::gmock GTest::gtest_main)
  # These checks of every pointer make a test's own code take twice as long to compile. What is
  # tested has them.
  if(PROOFMARK_SANITIZE MATCHES "undefined")
    target_compile_options(${target} PRIVATE -fno-sanitize=null,alignment,object-size,vptr)
  endif()
  add_test(NAME ${test_name} COMMAND ${target})
  if("concurrency" IN_LIST arg_LABEL)
    add_dependencies(concurrency_tests ${target})
  endif()
  set_tests_properties(${test_name} PROPERTIES
    LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1:suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp;UBSAN_OPTIONS=print_stacktrace=1;LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0;${arg_ENVIRONMENT}")
endfunction()

# proofmark_fuzz(<name>_fuzz LIBS ...): a libFuzzer program in the fuzz preset, and everywhere a
# replay of tests/fuzz/corpus/<name> as a ctest.
function(proofmark_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBS")
  string(REGEX REPLACE "_fuzz$" "" short ${name})
  if(PROOFMARK_FUZZ)
    add_executable(${name} ${name}.cc)
    target_link_libraries(${name} PRIVATE proofmark::build proofmark::warnings ${arg_LIBS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endif()
  add_executable(${name}_replay ${name}.cc ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cc)
  target_link_options(${name}_replay PRIVATE $<$<CONFIG:RelWithDebInfo>:LINKER:--strip-debug>)
  target_link_libraries(${name}_replay PRIVATE proofmark::build proofmark::warnings ${arg_LIBS})
  add_test(NAME fuzz.${name} COMMAND ${name}_replay ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${short})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 600)
endfunction()
