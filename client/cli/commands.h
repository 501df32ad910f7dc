// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/cli/command.h"

// One function for each branch of the command tree, in the file of the same name.
namespace proofmark::client::cli {

Command AlarmCommand();
Command AuditCommand();
Command CalibrateCommand();
Command CalibrationCommand();
Command CandidatesCommand();
Command CertificateCommand();
Command CodesCommand();
Command CompareCommand();
Command CompletionCommand();
Command ConformityCommand();
Command CorrectionsCommand();
Command DoctorCommand();
Command EraseCommand();
Command ExhibitCommand();
Command ExplainCommand();
Command ExtractCommand();
Command FederationCommand();
Command FirearmCommand();
Command GenerateCommand();
Command HelpCommand();
Command LinkCommand();
Command ManifestCommand();
Command MarkCommand();
Command PartnersCommand();
Command PkiCommand();
Command PlotCommand();
Command ReceiptCommand();
Command RequestsCommand();
Command SearchCommand();
Command StandingCommand();
Command StatusCommand();
Command SubmitCommand();
Command ValidateCommand();
Command VersionCommand();

}  // namespace proofmark::client::cli
