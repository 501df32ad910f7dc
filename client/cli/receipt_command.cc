// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/audit/verify.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/ledger_text.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/file.h"
#include "crypto/tlog/tlog_proof.h"
#include "proofmark/v1/audit_service.pb.h"
#include "records/ledger_entry.h"

namespace proofmark::client::cli {
namespace {

constexpr const char* kProofSuffix = ".tlog-proof";
constexpr const char* kEntrySuffix = ".entry";

absl::StatusOr<int> RunGet(const Arguments& arguments, Session& session) {
  const auto index = static_cast<std::uint64_t>(arguments.Integer("INDEX"));
  // Both names at once, whichever of them was given.
  std::string stem = arguments.Text("--out");
  if (stem.ends_with(kProofSuffix)) stem.resize(stem.size() - std::string(kProofSuffix).size());
  v1::GetReceiptRequest request;
  request.set_index(index);
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetReceiptResponse receipt, node->GetReceipt(request));
  const auto proof = crypto::ParseTlogProof(receipt.proof());
  if (!proof.ok() || proof->index != index) {
    return MakeFault(FaultCode::kDamaged, "the node's receipt is not a proof about that entry");
  }
  const Overwrite overwrite = arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever;
  PM_RETURN_IF_ERROR(WriteFile(stem + kEntrySuffix, receipt.entry(), Privacy::kPublic, overwrite));
  PM_RETURN_IF_ERROR(WriteFile(stem + kProofSuffix, receipt.proof(), Privacy::kPublic, overwrite));
  session.console.Note(
      absl::StrFormat("Wrote %s%s and %s%s.", stem, kProofSuffix, stem, kEntrySuffix));
  return 0;
}

// Why a receipt does not hold, as the fault that says what to do.
absl::Status NotProven(const absl::Status& status) {
  const FaultCode code =
      absl::IsFailedPrecondition(status) ? FaultCode::kCheckFailed : FaultCode::kLedgerMismatch;
  return MakeFault(code, absl::StrFormat("the receipt does not hold: %s", status.message()));
}

absl::StatusOr<int> RunVerify(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const crypto::Policy policy, audit::ReadPolicy(arguments.Text("--policy")));
  PM_ASSIGN_OR_RETURN(
      const std::string proof_bytes,
      ReadFile(arguments.Text("FILE"), static_cast<std::int64_t>(crypto::kTlogProofBytesMax)));
  PM_ASSIGN_OR_RETURN(
      const std::string entry,
      ReadFile(arguments.Text("--entry"), static_cast<std::int64_t>(records::kEntryBytesMax)));
  const auto proof = crypto::ParseTlogProof(proof_bytes);
  if (!proof.ok()) return NotProven(proof.status());
  const auto verified = crypto::VerifyTlogProof(*proof, entry, policy, NowUnixSeconds());
  if (!verified.ok()) return NotProven(verified.status());
  const auto parsed = records::ParseEntry(entry);
  if (!parsed.ok()) return NotProven(parsed.status());
  if (parsed->seq != verified->index) {
    return NotProven(absl::InvalidArgumentError(absl::StrFormat(
        "the entry calls itself %d and is logged as %d", parsed->seq, verified->index)));
  }
  const crypto::Checkpoint& checkpoint = verified->checkpoint.checkpoint;
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(
        {{"origin", checkpoint.origin},
         {"index", static_cast<std::int64_t>(verified->index)},
         {"size", static_cast<std::int64_t>(checkpoint.size)},
         {"leafHash", base::ToHex(base::ByteSpan(verified->leaf_hash))},
         {"standing", verified->verdict.words}});
    return 0;
  }
  Facts facts;
  facts.Add("receipt", "holds: the entry is in the ledger", Style::kGood);
  facts.Add("origin", checkpoint.origin);
  facts.Add("entry", absl::StrFormat("%d of %d", verified->index, checkpoint.size));
  facts.Add("leaf hash", base::ToHex(base::ByteSpan(verified->leaf_hash)));
  facts.Add("witnesses", verified->verdict.words);
  session.console.out() << facts.Text(session.console);
  Table table = EntryTable();
  AddEntry(table, *parsed);
  session.console.out() << '\n' << table.Text(session.console);
  return 0;
}

Command GetCommand() {
  return {.name = "get",
          .summary = "Fetch the receipt of one ledger entry.",
          .description =
              "Writes NAME.tlog-proof and NAME.entry: together with a policy file they show for "
              "ever, without asking anybody, that the ledger holds the entry. Every role, for "
              "entries of its own acts; auditor and administrator for all.",
          .options = WithNodeOptions(
              {{.name = "--out",
                .help = "NAME of the two files, or NAME.tlog-proof.",
                .kind = ValueKind::kFile,
                .value_name = "FILE",
                .required = true},
               {.name = "--force", .help = "Overwrite them.", .kind = ValueKind::kFlag}}),
          .places = {{.name = "INDEX",
                      .help = "The entry's index: `proofmark submit` and `search` show it.",
                      .kind = ValueKind::kInteger,
                      .min = 0,
                      .required = true}},
          .examples = {{"proofmark receipt get 41 --out entry41", "Keep it with the case file."}},
          .children = {},
          .run = RunGet};
}

Command VerifyCommand() {
  return {
      .name = "verify",
      .summary = "Check a receipt without asking anybody.",
      .description =
          "Needs the two files and a policy file, and no node. Ends with 0 if the receipt holds, "
          "1 if its signatures are good and too few witnesses cosigned, 6 if it does not hold.",
      .options = {{.name = "--entry",
                   .help = "The entry's bytes.",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE",
                   .required = true},
                  {.name = "--policy",
                   .help = "Whose keys are believed, and how many witnesses suffice.",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE",
                   .required = true},
                  JsonOption()},
      .places = {{.name = "FILE",
                  .help = "The .tlog-proof file.",
                  .kind = ValueKind::kFile,
                  .required = true}},
      .examples = {{"proofmark receipt verify entry41.tlog-proof --entry entry41.entry --policy "
                    "mine.policy",
                    "Offline, years later."}},
      .children = {},
      .run = RunVerify};
}

}  // namespace

Command ReceiptCommand() {
  return {.name = "receipt",
          .summary = "Fetch and check receipts of ledger entries.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark receipt get 41 --out entry41", "Keep it with the case file."}},
          .children = {GetCommand(), VerifyCommand()}};
}

}  // namespace proofmark::client::cli
