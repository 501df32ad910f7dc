// SPDX-License-Identifier: Apache-2.0
// Written by calibrate_case_stop.cc; do not edit.
#include "forensics/cartridge/case_stop_data.h"

namespace proofmark::forensics {

const CaseStopModels kDirectedStopModels = {
    .b1 = {{0.1456, 0.1528, 0.1835, 0.2044, 0.2334, 0.2693, 0.2928, 0.3429, 0.4292, 0.6868}, 192},
    .b2 = {{0.1421, 0.1531, 0.1599, 0.1772, 0.2048, 0.2346, 0.2619, 0.3097, 0.4037, 0.6595}, 192},
};
const CaseStopModels kFullCircleStopModels = {
    .b1 = {{0.1835, 0.1904, 0.1965, 0.2078, 0.2466, 0.2773, 0.2959, 0.3477, 0.4446, 0.6868}, 183},
    .b2 = {{0.1531, 0.1540, 0.1662, 0.1930, 0.2090, 0.2423, 0.2677, 0.3206, 0.4044, 0.6595}, 183},
};

}  // namespace proofmark::forensics
