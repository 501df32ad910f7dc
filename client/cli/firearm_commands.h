// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/cli/command.h"
#include "proto/wire/firearm.h"

// What the files of `proofmark firearm` share.
namespace proofmark::client::cli {

Command FirearmImportCommand();
Command FirearmExportCommand();
Command FirearmAlertsCommand();
Command CertificatePageCommand();
// Private look-ups at partners.
Command FirearmLookupCommand();
Command FirearmHitCommand();
Command FirearmCanaryCommand();
// A serial number at partners, by name.
Command FirearmAskCommand();
// Counts of deactivated firearms at partners.
Command FirearmStatisticsCommand();
// What partners told of firearms since.
Command FirearmNoticesCommand();

// --accept D04, and what it puts into a request.
Parameter AcceptOption();
template <typename Request>
void SetAccepted(const Arguments& arguments, Request& request) {
  for (const std::string& check : arguments.All("--accept")) request.add_accepted_checks(check);
}

Style SeverityStyle(firearm::Severity severity);

}  // namespace proofmark::client::cli
