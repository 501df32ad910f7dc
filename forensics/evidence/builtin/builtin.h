// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// The calibration files beside this header, as the build put them into the program.
namespace proofmark::forensics {

extern const std::string_view kBuiltInBullets;      // bullets.json
extern const std::string_view kBuiltInBreechFaces;  // breech_faces.json

}  // namespace proofmark::forensics
