// SPDX-License-Identifier: Apache-2.0
// Written by calibrate_case_stop.cc; do not edit.
#include "forensics/cartridge/case_stop_data.h"

namespace proofmark::forensics {

const CaseStopModels kDirectedStopModels = {};
const CaseStopModels kFullCircleStopModels = {};

}  // namespace proofmark::forensics
