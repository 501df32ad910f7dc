// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/land_extraction.h"

namespace proofmark::forensics {

std::string_view LandExtractorVersion() { return "land/1"; }

}  // namespace proofmark::forensics
