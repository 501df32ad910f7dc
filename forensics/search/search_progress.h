// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace proofmark::forensics {

enum class SearchStage { kCoarse, kRefine };

struct SearchProgress {
  SearchStage stage = SearchStage::kCoarse;
  std::int64_t done = 0;  // Records of this stage.
  std::int64_t of = 0;    // In kRefine what is refined for certain; it may grow.
  double share = 0.0;     // Of the whole search's work, estimated, never falling, [0, 1].
};

}  // namespace proofmark::forensics
