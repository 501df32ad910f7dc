// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/audit/export_folder.h"
#include "client/audit/folder.h"
#include "client/audit/node_source.h"
#include "client/audit/verify.h"
#include "client/cli/audit_commands.h"
#include "client/cli/json.h"
#include "client/cli/ledger_text.h"
#include "client/cli/node_session.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/v1/audit_service.pb.h"

// `audit export` and `audit verify`: a ledger's copy is made, a ledger's copy is examined.
namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;

// By whom a copy is believed while it is made: the auditor's policy, else the one the folder began
// with, else the node's own.
absl::StatusOr<crypto::Policy> ExportPolicy(const Arguments& arguments, const fs::path& folder,
                                            const std::string& node_policy, Console& console) {
  if (arguments.Has("--policy")) return audit::ReadPolicy(arguments.Text("--policy"));
  const fs::path kept = folder / audit::kPolicyFile;
  std::error_code error;
  if (fs::exists(kept, error)) return audit::ReadPolicy(kept);
  console.Warn(
      "No --policy: the node's own is taken for this export. Examine the copy by one whose keys "
      "you got another way.");
  absl::StatusOr<crypto::Policy> policy = crypto::Policy::Parse(node_policy);
  if (policy.ok()) return policy;
  return MakeFault(FaultCode::kDamaged,
                   absl::StrFormat("the node's policy: %s", policy.status().message()));
}

absl::StatusOr<int> RunExport(const Arguments& arguments, Session& session) {
  const fs::path folder = arguments.Text("FOLDER");
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetLedgerResponse ledger, node->GetLedger());
  PM_ASSIGN_OR_RETURN(const crypto::Policy policy,
                      ExportPolicy(arguments, folder, ledger.policy(), session.console));
  audit::NodeSource source(*node);
  audit::DiskWriter writer(folder);
  Progress progress(session.console, base::SystemClock());
  audit::ExportOptions options;
  options.now_unix_s = NowUnixSeconds();
  // The first one stays: a later change of the node's mind must not pass unseen.
  std::error_code error;
  if (!fs::exists(folder / audit::kPolicyFile, error)) options.node_policy = ledger.policy();
  options.progress = [&progress](std::uint64_t done, std::uint64_t total) {
    progress.Show({.what = "entries exported",
                   .done = static_cast<std::int64_t>(done),
                   .total = static_cast<std::int64_t>(total)});
  };
  const auto result = audit::Export(source, policy, folder, writer, options);
  progress.Finish();
  PM_RETURN_IF_ERROR(result.status());
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  if (arguments.On("--json")) {
    session.console.out() << JsonLine({{"folder", folder.string()},
                                       {"oldSize", number(result->old_size)},
                                       {"size", number(result->size)},
                                       {"filesWritten", number(result->files_written)},
                                       {"bytesWritten", number(result->bytes_written)},
                                       {"standing", result->standing}});
    return 0;
  }
  Facts facts;
  facts.Add("folder", folder.string(), Style::kBold);
  facts.Add("entries", absl::StrFormat("%s, %s of them new", CountText(number(result->size)),
                                       CountText(number(result->size - result->old_size))));
  facts.Add("written", absl::StrFormat("%s files, %s", CountText(number(result->files_written)),
                                       BytesText(number(result->bytes_written))));
  facts.Add("witnesses", result->standing);
  session.console.out() << facts.Text(session.console);
  return 0;
}

std::string JsonOf(const audit::VerifyResult& result) {
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  const audit::Finding first = result.findings.empty() ? audit::Finding{} : result.findings.front();
  std::string origin, root;
  std::uint64_t size = 0;
  if (result.head.has_value()) {
    origin = result.head->checkpoint.origin;
    root = base::ToHex(base::ByteSpan(result.head->checkpoint.root));
    size = result.head->checkpoint.size;
  }
  return JsonLine({{"verdict", std::string(audit::VerdictWord(result.verdict))},
                   {"exitCode", std::int64_t{audit::VerdictExitCode(result.verdict)}},
                   {"origin", origin},
                   {"size", number(size)},
                   {"root", root},
                   {"standing", result.standing},
                   {"entries", number(result.entries)},
                   {"tiles", number(result.tiles)},
                   {"checkpoints", number(result.checkpoints)},
                   {"checkpointsWitnessed", number(result.checkpoints_witnessed)},
                   {"witnessedSize", number(result.witnessed_size)},
                   {"findings", number(result.findings.size() + result.findings_left_off)},
                   {"firstFile", first.file},
                   {"firstIndex", first.index ? number(*first.index) : std::int64_t{-1}},
                   {"firstWords", first.words},
                   {"warnings", number(result.warnings.size())}});
}

absl::StatusOr<int> RunVerify(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const crypto::Policy policy, audit::ReadPolicy(arguments.Text("--policy")));
  PM_ASSIGN_OR_RETURN(const audit::VerifyResult result,
                      VerifyWithProgress(arguments.Text("FOLDER"), policy, session.console));
  session.console.out() << (arguments.On("--json") ? JsonOf(result)
                                                   : VerdictText(result, session.console));
  for (const std::string& warning : result.warnings) session.console.Warn(warning);
  return audit::VerdictExitCode(result.verdict);
}

}  // namespace

Command AuditExportCommand() {
  return {
      .name = "export",
      .summary = "Copy the node's ledger into a folder.",
      .description =
          "Fetches only what the folder does not have. Every file is shown to lead to the root "
          "that "
          "the node signed before it is written, and the new tree to extend the old one; a ledger "
          "that contradicts the copy is refused, with both signed notes kept in evidence/. An "
          "interrupted export leaves the older copy whole. The folder is the auditor's copy, the "
          "ledger's backup, and what a static web server may publish. Roles: auditor, "
          "administrator.",
      .options = WithNodeOptions({{.name = "--policy",
                                   .help = "Whose keys are believed. Without it the folder's own "
                                           "policy, at first the node's.",
                                   .kind = ValueKind::kFile,
                                   .value_name = "FILE"}}),
      .places = {{.name = "FOLDER",
                  .help = "Where the copy is or shall be.",
                  .kind = ValueKind::kFolder,
                  .required = true}},
      .examples = {{"proofmark audit export ledger --policy mine.policy",
                    "Make the copy, or bring it up to date."}},
      .children = {},
      .run = RunExport};
}

Command AuditVerifyCommand() {
  return {
      .name = "verify",
      .summary = "Examine a ledger's copy without asking anybody.",
      .description =
          "Needs the folder and a policy file, and no node. Hashes every entry, checks every tile, "
          "checkpoint and cosignature, and names the first file or entry at fault. Ends with 0 "
          "VALID, 10 UNWITNESSED, 11 EMPTY, 12 TRUNCATED, 13 CORRUPT, 14 FORKED, 15 WRONG KEY; "
          "docs/operations/audit.md says what to do.",
      .options = {{.name = "--policy",
                   .help = "Whose keys are believed, and how many witnesses suffice.",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE",
                   .required = true},
                  JsonOption()},
      .places = {{.name = "FOLDER",
                  .help = "The copy: what `proofmark audit export` wrote.",
                  .kind = ValueKind::kFolder,
                  .required = true}},
      .examples = {{"proofmark audit verify ledger --policy mine.policy",
                    "The verdict, and what led to it."}},
      .children = {},
      .run = RunVerify};
}

}  // namespace proofmark::client::cli
