# SPDX-License-Identifier: Apache-2.0
# Everything we link, all of it Debian 12 packages; deploy/packages.txt installs them.

find_package(Threads REQUIRED)  # Before leveldb, whose target names Threads::Threads.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(gRPC 1.51 CONFIG REQUIRED)
find_package(leveldb 1.23 CONFIG REQUIRED)
find_package(pugixml CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(spng REQUIRED IMPORTED_TARGET spng)
pkg_check_modules(p11kit REQUIRED p11-kit-1)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
if(BUILD_TESTING)
  find_package(GTest CONFIG REQUIRED)
  find_package(benchmark CONFIG REQUIRED)
endif()
