// SPDX-License-Identifier: Apache-2.0
// Written by calibrate_case_stop.cc; do not edit.
#include "forensics/cartridge/case_stop_data.h"

namespace proofmark::forensics {

const CaseStopModels kDirectedStopModels = {
    .b1 = {0.0, 0.5, 0.2, 0.02, 100},
    .b2 = {0.0, 0.8, 0.2, 0.02, 100},
};
const CaseStopModels kFullCircleStopModels = {
    .b1 = {0.0, 0.5, 0.2, 0.02, 100},
    .b2 = {0.0, 0.8, 0.2, 0.02, 100},
};

}  // namespace proofmark::forensics
