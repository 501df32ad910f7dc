// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "forensics/cartridge/case_signature.h"
#include "forensics/evidence/calibration.h"
#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

// What is kept, sent and searched of one exhibit: a bullet's signature or a cartridge case's. They
// are never compared with each other.
using BallisticSignature = std::variant<BulletSignature, CaseSignature>;

// Whether every mark in it was extracted by the methods of this program. What is not can neither be
// asked about nor found.
bool IsOfCurrentMethod(const BallisticSignature& signature);

// The methods by which this program extracts such an item.
std::string CurrentExtractorVersions(const BallisticSignature& like);

// The extractor and comparison of this program for such marks: what a calibration must hold for
// (CalibrationInfo::method).
std::string CurrentMethod(MarkKind mark);

// The methods it was extracted by, for people and for commitments: "striated/1", or those of a
// case's marks by region, each once, parted by "; ".
std::string ExtractorVersions(const BallisticSignature& signature);

}  // namespace proofmark::forensics
