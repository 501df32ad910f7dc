// SPDX-License-Identifier: Apache-2.0
#include "client/cli/ledger_text.h"

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/progress.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "crypto/tlog/merkle.h"
#include "proofmark/v1/audit_service.pb.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int32_t kPageMax = 1'000;

std::optional<std::int64_t> ParseTime(const std::string& text) {
  for (const char* format : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
    std::tm utc{};
    const char* end = ::strptime(text.c_str(), format, &utc);
    if (end != nullptr && *end == '\0') return static_cast<std::int64_t>(::timegm(&utc)) * 1000;
  }
  return std::nullopt;
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

Style VerdictStyle(audit::Verdict verdict) {
  switch (verdict) {
    case audit::Verdict::kValid:
      return Style::kGood;
    case audit::Verdict::kUnwitnessed:
    case audit::Verdict::kEmpty:
      return Style::kWarning;
    default:
      return Style::kBad;
  }
}

std::string Rate(std::uint64_t count) { return CountText(static_cast<std::int64_t>(count)); }

}  // namespace

absl::StatusOr<std::int64_t> TimeArgument(const Arguments& arguments, std::string_view name,
                                          std::int64_t fallback) {
  if (!arguments.Has(name)) return fallback;
  const std::optional<std::int64_t> unix_ms = ParseTime(arguments.Text(name));
  if (unix_ms.has_value() && *unix_ms >= 0) return *unix_ms;
  return MakeFault(FaultCode::kUsage,
                   absl::StrFormat("%s: \"%s\" is neither 2026-03-01 nor 2026-03-01T14:05:09Z",
                                   name, arguments.Text(name)));
}

std::string AgencyOf(std::string_view name) {
  constexpr std::string_view kScheme = "spiffe://";
  if (name.starts_with(kScheme)) name.remove_prefix(kScheme.size());
  return std::string(name.substr(0, name.find('/')));
}

Table EntryTable() {
  return Table({{"index", Align::kRight},
                {"time"},
                {"kind"},
                {"actor"},
                {"peer"},
                {"purpose"},
                {"outcome"},
                {"count", Align::kRight}});
}

void AddEntry(Table& table, const records::LedgerEntry& entry) {
  const records::EntryDraft& draft = entry.draft;
  table.AddRow({std::to_string(entry.seq), TimeText(entry.unix_ms), records::ToText(draft.kind),
                OrDash(draft.actor), OrDash(draft.peer), OrDash(draft.purpose), draft.outcome,
                std::to_string(draft.count)});
}

std::int64_t NowUnixSeconds() { return base::SystemClock().UnixMillis() / 1000; }

absl::Status CheckLeafHash(std::uint64_t index, const std::string& entry,
                           const std::string& leaf_hash) {
  if (crypto::AsText(crypto::LeafHash(entry)) == std::string_view(leaf_hash)) {
    return absl::OkStatus();
  }
  return MakeFault(FaultCode::kLedgerMismatch,
                   absl::StrFormat("entry %d: its bytes do not have the leaf hash %s", index,
                                   base::ToHex(leaf_hash)));
}

absl::Status VisitNodeEntries(
    NodeClient& node, v1::ListEntriesRequest request,
    const std::function<absl::Status(std::uint64_t index, const std::string& bytes)>& visit) {
  request.set_page_size(kPageMax);
  for (bool more = true; more;) {
    PM_ASSIGN_OR_RETURN(const v1::ListEntriesResponse page, node.ListEntries(request));
    for (const v1::LedgerEntry& entry : page.entries()) {
      PM_RETURN_IF_ERROR(CheckLeafHash(entry.index(), entry.entry(), entry.leaf_hash()));
      PM_RETURN_IF_ERROR(visit(entry.index(), entry.entry()));
    }
    // An index that does not advance would make this endless.
    more = page.has_next_index() && page.next_index() > request.from_index();
    request.set_from_index(page.next_index());
  }
  return absl::OkStatus();
}

absl::StatusOr<audit::VerifyResult> VerifyWithProgress(const std::string& folder,
                                                       const crypto::Policy& policy,
                                                       Console& console) {
  Progress progress(console, base::SystemClock());
  audit::VerifyOptions options;
  options.now_unix_s = NowUnixSeconds();
  options.progress = [&progress](std::uint64_t done, std::uint64_t total) {
    progress.Show({.what = "entries verified",
                   .done = static_cast<std::int64_t>(done),
                   .total = static_cast<std::int64_t>(total)});
  };
  absl::StatusOr<audit::VerifyResult> result = audit::VerifyFolder(folder, policy, options);
  progress.Finish();
  return result;
}

absl::StatusOr<std::unique_ptr<audit::VerifyResult>> TrustedFolder(const std::string& folder,
                                                                   const std::string& policy_file,
                                                                   Console& console,
                                                                   int& exit_code) {
  PM_ASSIGN_OR_RETURN(const crypto::Policy policy, audit::ReadPolicy(policy_file));
  PM_ASSIGN_OR_RETURN(audit::VerifyResult result, VerifyWithProgress(folder, policy, console));
  exit_code = audit::VerdictExitCode(result.verdict);
  if (result.verdict == audit::Verdict::kUnwitnessed) {
    console.Warn(absl::StrFormat("%s: UNWITNESSED: %s", folder, result.standing));
  } else if (result.verdict != audit::Verdict::kValid) {
    console.err() << folder << ": not used\n" << VerdictText(result, console);
    return std::unique_ptr<audit::VerifyResult>();
  }
  return std::make_unique<audit::VerifyResult>(std::move(result));
}

std::string VerdictText(const audit::VerifyResult& result, const Console& console) {
  Facts facts;
  facts.Add("verdict", audit::VerdictWord(result.verdict), VerdictStyle(result.verdict));
  facts.Add("meaning", audit::VerdictMeaning(result.verdict));
  if (result.head.has_value()) {
    facts.Add("origin", result.head->checkpoint.origin);
    facts.Add("size", Rate(result.head->checkpoint.size));
    facts.Add("root", base::ToHex(base::ByteSpan(result.head->checkpoint.root)));
    facts.Add("witnesses", result.standing);
    facts.Add("entries", Rate(result.entries) + " hashed, read and found right");
    facts.Add("checkpoints",
              absl::StrFormat("%s found right, %s of them witnessed, the largest of %s entries",
                              Rate(result.checkpoints), Rate(result.checkpoints_witnessed),
                              Rate(result.witnessed_size)));
  }
  std::string text = facts.Text(console);
  if (!result.findings.empty()) {
    Table table({{"finding"}, {"file"}, {"entry", Align::kRight}, {"what"}});
    for (const audit::Finding& finding : result.findings) {
      table.AddRow({Cell(audit::VerdictWord(finding.verdict), VerdictStyle(finding.verdict)),
                    finding.file, finding.index ? std::to_string(*finding.index) : "-",
                    finding.words});
    }
    text += '\n' + table.Text(console);
    if (result.findings_left_off > 0) {
      text += absl::StrFormat("and %d more\n", result.findings_left_off);
    }
  }
  return text;
}

}  // namespace proofmark::client::cli
