# SPDX-License-Identifier: Apache-2.0
# What a builder may choose. Presets set these; a plain configure gives a release build.

option(PROOFMARK_WERROR "Treat warnings in hand-written code as errors" OFF)
option(PROOFMARK_FUZZ "Build libFuzzer targets (clang only)" OFF)
set(PROOFMARK_SANITIZE "" CACHE STRING "Sanitizers for every target, as given to -fsanitize=")
set(PROOFMARK_COVERAGE OFF CACHE BOOL "Instrument for gcov")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(PROOFMARK_CCACHE ccache)
if(PROOFMARK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PROOFMARK_CCACHE})
endif()
