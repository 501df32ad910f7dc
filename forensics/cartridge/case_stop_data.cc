// SPDX-License-Identifier: Apache-2.0
// Written by calibrate_case_stop.cc; do not edit.
#include "forensics/cartridge/case_stop_data.h"

namespace proofmark::forensics {

const CaseStopModels kDirectedStopModels = {
    .b1 = {{0.1520, 0.1671, 0.1822, 0.2038, 0.2376, 0.2771, 0.2972, 0.3571, 0.4396, 0.6713}, 150},
    .b2 = {{0.1323, 0.1416, 0.1609, 0.1866, 0.2014, 0.2297, 0.2511, 0.3201, 0.3968, 0.6578}, 150},
};
const CaseStopModels kFullCircleStopModels = {
    .b1 = {{0.1826, 0.1830, 0.1878, 0.2244, 0.2376, 0.2771, 0.2972, 0.3577, 0.4453, 0.6713}, 149},
    .b2 = {{0.1323, 0.1416, 0.1609, 0.1866, 0.2014, 0.2297, 0.2511, 0.3204, 0.4027, 0.6578}, 149},
};

}  // namespace proofmark::forensics
