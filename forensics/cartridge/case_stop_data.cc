// SPDX-License-Identifier: Apache-2.0
// Written by calibrate_case_stop.cc; do not edit.
#include "forensics/cartridge/case_stop_data.h"

namespace proofmark::forensics {

const CaseStopModels kDirectedStopModels = {
    .b1 = {{0.1520, 0.1671, 0.1826, 0.2038, 0.2363, 0.2771, 0.2972, 0.3565, 0.4374, 0.6713}, 154},
    .b2 = {{0.1323, 0.1416, 0.1609, 0.1842, 0.1998, 0.2293, 0.2501, 0.3173, 0.3965, 0.6578}, 154},
};
const CaseStopModels kFullCircleStopModels = {
    .b1 = {{0.1830, 0.1878, 0.1978, 0.2233, 0.2364, 0.2772, 0.2974, 0.3567, 0.4396, 0.6713}, 151},
    .b2 = {{0.1323, 0.1416, 0.1609, 0.1842, 0.1998, 0.2293, 0.2506, 0.3191, 0.3968, 0.6578}, 151},
};

}  // namespace proofmark::forensics
