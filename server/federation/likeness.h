// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace proofmark::federation {

// How one question stands to an earlier one of the same agency.
enum class Likeness {
  kApart,  // As two guns are.
  kKin,    // As two shots of one gun may be.
  kAlike,  // More than two shots, or two scans, of one gun are: one probe, changed a little.
};

}  // namespace proofmark::federation
