// SPDX-License-Identifier: Apache-2.0
// Written by calibrate_case_stop.cc; do not edit.
#include "forensics/cartridge/case_stop_data.h"

namespace proofmark::forensics {

const CaseStopModels kDirectedStopModels = {
    .b1 = {{0.1520, 0.1570, 0.1671, 0.1825, 0.2233, 0.2509, 0.2777, 0.3242, 0.4304, 0.6713}, 192},
    .b2 = {{0.1064, 0.1206, 0.1323, 0.1543, 0.1768, 0.2037, 0.2297, 0.2883, 0.3814, 0.6578}, 192},
};
const CaseStopModels kFullCircleStopModels = {
    .b1 = {{0.1708, 0.1773, 0.1797, 0.1978, 0.2278, 0.2543, 0.2793, 0.3299, 0.4316, 0.6713}, 183},
    .b2 = {{0.1206, 0.1283, 0.1336, 0.1623, 0.1842, 0.2115, 0.2348, 0.3003, 0.3849, 0.6578}, 183},
};

}  // namespace proofmark::forensics
