// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "records/exhibit.h"

namespace proofmark::journeys {

// What tells that something belongs to a case that is to be erased.
struct CaseToErase {
  std::set<records::ExhibitId> exhibits;
  std::string commitment;  // To its reference, 64 hexadecimal digits; empty: it never had one.

  bool Has(const records::ExhibitId& id) const { return exhibits.contains(id); }
  bool IsMeantBy(std::string_view other) const {
    return !commitment.empty() && other == commitment;
  }
};

}  // namespace proofmark::journeys
