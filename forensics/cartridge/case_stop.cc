// SPDX-License-Identifier: Apache-2.0
#include "forensics/cartridge/case_stop.h"

#include <algorithm>

#include "forensics/cartridge/case_stop_data.h"

namespace proofmark::forensics {

double CaseStopModel::ProbabilityBelow(double coarse) const {
  const double least = 1.0 / static_cast<double>(pairs + 1);
  if (coarse <= score.front()) return least;
  if (coarse >= score.back()) return 1.0;
  const auto above = std::upper_bound(score.begin(), score.end(), coarse);
  const auto i = static_cast<std::size_t>(above - score.begin());
  const double part = (coarse - score[i - 1]) / (score[i] - score[i - 1]);
  const double share =
      kCaseStopShares[i - 1] + part * (kCaseStopShares[i] - kCaseStopShares[i - 1]);
  return std::max(least, share);
}

const CaseStopModels& FindCaseStopModels(bool full_circle) {
  return full_circle ? kFullCircleStopModels : kDirectedStopModels;
}

}  // namespace proofmark::forensics
