// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "forensics/cartridge/case_stop.h"

namespace proofmark::forensics {

extern const CaseStopModels kDirectedStopModels;
extern const CaseStopModels kFullCircleStopModels;

}  // namespace proofmark::forensics
