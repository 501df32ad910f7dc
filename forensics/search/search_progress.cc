// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/search_progress.h"

#include <algorithm>

namespace proofmark::forensics {

void SearchMeter::Plan(std::int64_t coarse, std::int64_t refined) {
  coarse_ = coarse;
  refined_ = refined;
}

void SearchMeter::Tell(SearchStage stage, std::int64_t done, std::int64_t of) {
  if (!tell_) return;
  const std::int64_t refined = stage == SearchStage::kRefine ? std::max(of, refined_) : refined_;
  const double coarse_us = of_record_.coarse_us * static_cast<double>(coarse_);
  const double refine_us = of_record_.refine_us * static_cast<double>(refined);
  const double part = of > 0 ? static_cast<double>(done) / static_cast<double>(of) : 1.0;
  const double done_us =
      stage == SearchStage::kCoarse ? part * coarse_us : coarse_us + part * refine_us;
  told_share_ = std::max(told_share_, 0.99 * done_us / std::max(1.0, coarse_us + refine_us));
  tell_({.stage = stage, .done = done, .of = of, .share = told_share_});
}

void SearchMeter::End(std::int64_t refined) {
  if (tell_) tell_({.stage = SearchStage::kRefine, .done = refined, .of = refined, .share = 1.0});
}

}  // namespace proofmark::forensics
