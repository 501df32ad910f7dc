// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "client/cli/command.h"
#include "records/exhibit.h"

// What people state of an exhibit's class, for the commands that take it.
namespace proofmark::client::cli {

// --calibre, --land-count, --twist, --rifling, --firing-pin-shape, --aperture-shape,
// --breech-face-class.
std::vector<Parameter> ClassOptions();

// Sets in `known` what the arguments say, and leaves the rest as it is.
//   kUsage  a calibre that is in no list.
absl::Status ReadClass(const Arguments& arguments, records::ClassCharacteristics& known);

}  // namespace proofmark::client::cli
