// SPDX-License-Identifier: Apache-2.0
#include "client/cli/commands.h"

namespace proofmark::client::cli {

const Command& CommandTree() {
  static const Command* const kTree = new Command{
      .name = "proofmark",
      .summary = "Ballistic signatures of one agency, and match queries to its partners.",
      .description =
          "Talks to the agency's own node over mutual TLS. Data go to stdout, everything else to "
          "stderr. Results are candidates with a level: leads for an examiner, never "
          "identifications.",
      .options = {{.name = "--version",
                   .help = "Print the version and end.",
                   .kind = ValueKind::kFlag}},
      .places = {},
      .examples = {{"proofmark submit --label 24-117/3 --case 24-117 scans/L*.x3p",
                    "Bring in one bullet."},
                   {"proofmark search 3f2a...9c --purpose CRIMINAL_INVESTIGATION --case 24-117 "
                    "--all-partners",
                    "Search the own records and ask every partner."},
                   {"proofmark help exit-codes", "How commands end."}},
      .children = {SubmitCommand(),      SearchCommand(),      CandidatesCommand(),
                   StandingCommand(),    LinkCommand(),        RequestsCommand(),
                   CorrectionsCommand(), ExhibitCommand(),     FirearmCommand(),
                   CertificateCommand(), MarkCommand(),        AlarmCommand(),
                   ConformityCommand(),  CodesCommand(),       PartnersCommand(),
                   AuditCommand(),       ReceiptCommand(),     StatusCommand(),
                   DoctorCommand(),      FederationCommand(),  PkiCommand(),
                   GenerateCommand(),    ManifestCommand(),    PlotCommand(),
                   ExtractCommand(),     CompareCommand(),     ValidateCommand(),
                   CalibrateCommand(),   CalibrationCommand(), EraseCommand(),
                   ExplainCommand(),     HelpCommand(),        CompletionCommand(),
                   VersionCommand()},
  };
  return *kTree;
}

}  // namespace proofmark::client::cli
