# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.25)
# cmake -DROOT=<source folder> -P CheckTests.cmake
# Fails on a test source that no CMakeLists.txt registers.

set(found 0)
file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/tests/*_test.cc ${ROOT}/tests/*_fuzz.cc
     ${ROOT}/tests/*_bench.cc)
foreach(source IN LISTS sources)
  math(EXPR found "${found} + 1")
  get_filename_component(folder ${source} DIRECTORY)
  get_filename_component(name ${source} NAME_WE)
  set(text "")
  while(NOT folder STREQUAL "tests" AND NOT EXISTS ${ROOT}/${folder}/CMakeLists.txt)
    get_filename_component(folder ${folder} DIRECTORY)
  endwhile()
  file(READ ${ROOT}/${folder}/CMakeLists.txt text)
  if(NOT text MATCHES "[(/ \n]${name}[) .\n]")
    message(SEND_ERROR "${source} is registered nowhere: name it in ${folder}/CMakeLists.txt")
  endif()
endforeach()
if(found EQUAL 0)
  message(FATAL_ERROR "no tests under ${ROOT}/tests: wrong folder?")
endif()
message(STATUS "registration: ${found} test sources")
