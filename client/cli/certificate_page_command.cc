// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/certificate_page.h"
#include "client/cli/firearm_commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/file.h"
#include "crypto/tlog/tlog_proof.h"
#include "proofmark/v1/audit_service.pb.h"
#include "proofmark/v1/firearm_service.pb.h"

namespace proofmark::client::cli {
namespace {

absl::StatusOr<int> RunPage(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("FIREARM", arguments.Text("FIREARM")));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::GetFirearmRequest wanted;
  wanted.set_firearm_id(arguments.Text("FIREARM"));
  PM_ASSIGN_OR_RETURN(const v1::GetFirearmResponse answer, node->GetFirearm(wanted));
  PM_ASSIGN_OR_RETURN(const wire::KeptFirearm kept, Checked(answer.record()));
  std::optional<PageReceipt> receipt;
  if (arguments.Has("--entry")) {
    v1::GetReceiptRequest asked;
    asked.set_index(static_cast<std::uint64_t>(arguments.Integer("--entry")));
    PM_ASSIGN_OR_RETURN(const v1::GetReceiptResponse got, node->GetReceipt(asked));
    const auto proof = crypto::ParseTlogProof(got.proof());
    if (!proof.ok() || proof->index != asked.index()) {
      return MakeFault(FaultCode::kDamaged, "the node's receipt is not a proof about that entry");
    }
    receipt = {.index = asked.index(), .entry = got.entry(), .proof = got.proof()};
  }
  const std::string page = CertificatePage(kept, receipt, base::SystemClock().UnixMillis());
  PM_RETURN_IF_ERROR(WriteFile(arguments.Text("--out"), page, Privacy::kPrivate,
                               arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(
        {{"file", arguments.Text("--out")}, {"bytes", static_cast<std::int64_t>(page.size())}});
  } else {
    session.console.Note(absl::StrFormat("Wrote %s.", arguments.Text("--out")));
  }
  return 0;
}

}  // namespace

Command CertificatePageCommand() {
  return {
      .name = "page",
      .summary = "Write a page about a firearm's deactivation, to be printed.",
      .description =
          "HTML in one file, for paper: the fields of Annex III, the marks, the checklist, the "
          "states, what the checks find and, with --entry, the receipt of a ledger entry. It is a "
          "copy of the register, not the certificate, and names the person who signed: the file is "
          "readable for its owner alone. The node logs this as a consultation. Roles: lab, "
          "examiner, officer.",
      .options = WithNodeOptions(
          {{.name = "--out",
            .help = "The file to write.",
            .kind = ValueKind::kFile,
            .value_name = "FILE",
            .required = true},
           {.name = "--entry",
            .help = "Index of the ledger entry whose receipt stands on the page: one of one's own "
                    "acts upon the record.",
            .kind = ValueKind::kInteger,
            .value_name = "INDEX",
            .min = 0,
            .max = INT64_MAX},
           {.name = "--force", .help = "Overwrite the file.", .kind = ValueKind::kFlag}}),
      .places = {{.name = "FIREARM",
                  .help = "The firearm's id: 32 hexadecimal digits.",
                  .required = true}},
      .examples = {{"proofmark certificate page 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --out pistol.html "
                    "--entry 1204",
                    "With the receipt of the entry that `firearm attach` printed."}},
      .children = {},
      .run = RunPage};
}

}  // namespace proofmark::client::cli
