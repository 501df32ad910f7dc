// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "client/audit/report.h"

namespace proofmark::client::audit {

// What stands above the report: how far what it rests on was verified.
struct ReportStanding {
  std::string origin;   // The log's name.
  std::string verdict;  // "VALID: witnessed by 2 partners", or that it was read online.
  bool verified = false;
};

// One page that needs nothing from elsewhere: no scripts, fonts or pictures are fetched, and its
// content policy forbids it. All text from the ledger is escaped. The charts are drawn in it.
std::string ReportHtml(const Report& report, const ReportStanding& standing);

}  // namespace proofmark::client::audit
