// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <ctime>
#include <map>
#include <optional>
#include <sstream>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "crypto/hash/sha256.h"
#include "proofmark/v1/audit_service.pb.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kListDefault = 200;
constexpr std::int64_t kListMax = 10'000'000;
constexpr std::int64_t kPageMax = 1'000;

// Leaf hash of the transparency log: SHA-256(0x00 || entry). docs/references.md#rfc-6962
crypto::Sha256Digest LeafHash(std::string_view entry) {
  crypto::Sha256Hasher hasher;
  hasher.Update(std::string_view("\0", 1));
  hasher.Update(entry);
  return hasher.Finish();
}

absl::Status CheckLeafHash(const v1::LedgerEntry& entry) {
  if (crypto::AsText(LeafHash(entry.entry())) == std::string_view(entry.leaf_hash())) {
    return absl::OkStatus();
  }
  return MakeFault(FaultCode::kLedgerMismatch,
                   absl::StrFormat("entry %d: its bytes do not have the leaf hash %s",
                                   entry.index(), base::ToHex(entry.leaf_hash())));
}

// The "key value" lines of an entry. What is missing reads as "-".
class EntryLines {
 public:
  explicit EntryLines(const std::string& entry) {
    std::istringstream lines(entry);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t blank = line.find(' ');
      if (blank != std::string::npos) values_[line.substr(0, blank)] = line.substr(blank + 1);
    }
  }
  std::string Get(const std::string& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? "-" : found->second;
  }
  std::string Time() const {
    const std::string text = Get("time");
    std::int64_t unix_ms = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), unix_ms);
    return error == std::errc() && end == text.data() + text.size() ? TimeText(unix_ms) : "-";
  }

 private:
  std::map<std::string, std::string> values_;
};

// "2026-03-01" or "2026-03-01T14:05:09Z" as UTC milliseconds.
std::optional<std::int64_t> ParseTime(const std::string& text) {
  for (const char* format : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
    std::tm utc{};
    const char* end = ::strptime(text.c_str(), format, &utc);
    if (end != nullptr && *end == '\0') return static_cast<std::int64_t>(::timegm(&utc)) * 1000;
  }
  return std::nullopt;
}

absl::StatusOr<v1::ListEntriesRequest> RequestOf(const Arguments& arguments) {
  v1::ListEntriesRequest request;
  request.set_kind(arguments.Text("--kind"));
  request.set_peer(arguments.Text("--peer"));
  if (arguments.Has("--from-index")) {
    request.set_from_index(static_cast<std::uint64_t>(arguments.Integer("--from-index")));
  }
  for (const char* name : {"--from", "--to"}) {
    if (!arguments.Has(name)) continue;
    const std::optional<std::int64_t> unix_ms = ParseTime(arguments.Text(name));
    if (!unix_ms.has_value()) {
      return MakeFault(FaultCode::kUsage, absl::StrFormat("%s: \"%s\" is neither 2026-03-01 nor "
                                                          "2026-03-01T14:05:09Z",
                                                          name, arguments.Text(name)));
    }
    google::protobuf::Timestamp& time = std::string_view(name) == "--from"
                                            ? *request.mutable_from_time()
                                            : *request.mutable_to_time();
    time.set_seconds(*unix_ms / 1000);
  }
  // Without a beginning the newest entries are what people want to see.
  request.set_newest(!arguments.Has("--from-index") && !arguments.Has("--from"));
  return request;
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(v1::ListEntriesRequest request, RequestOf(arguments));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  Table table({{"index", Align::kRight},
               {"time"},
               {"kind"},
               {"actor"},
               {"peer"},
               {"purpose"},
               {"outcome"},
               {"count", Align::kRight}});
  std::int64_t left = arguments.Integer("--limit");
  // The newest entries come as one page.
  if (request.newest()) left = std::min(left, kPageMax);
  std::int64_t listed = 0;
  bool more = false;
  do {
    request.set_page_size(static_cast<std::int32_t>(std::min(left, kPageMax)));
    PM_ASSIGN_OR_RETURN(const v1::ListEntriesResponse page, node->ListEntries(request));
    for (const v1::LedgerEntry& entry : page.entries()) {
      PM_RETURN_IF_ERROR(CheckLeafHash(entry));
      ++listed;
      if (arguments.On("--json")) {
        session.console.out() << JsonLine(entry);
        continue;
      }
      const EntryLines lines(entry.entry());
      table.AddRow({std::to_string(entry.index()), lines.Time(), lines.Get("kind"),
                    lines.Get("actor"), lines.Get("peer"), lines.Get("purpose"),
                    lines.Get("outcome"), lines.Get("count")});
    }
    left -= page.entries_size();
    // An index that does not advance would make this endless.
    more = page.has_next_index() && page.next_index() > request.from_index();
    request.set_from_index(page.next_index());
  } while (more && left > 0 && !request.newest());
  session.console.out() << table.Text(session.console);
  if (listed == 0) session.console.Note("There are no such entries.");
  return listed == 0 ? 1 : 0;
}

absl::StatusOr<int> RunLedger(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetLedgerResponse ledger, node->GetLedger());
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(ledger);
    return 0;
  }
  Facts facts;
  facts.Add("origin", ledger.origin(), Style::kBold);
  facts.Add("size", CountText(static_cast<std::int64_t>(ledger.size())));
  facts.Add("root", base::ToHex(ledger.root()));
  session.console.out() << facts.Text(session.console);
  return 0;
}

std::vector<std::string> EntryKinds() {
  return {"start",           "stop",           "submit",      "amend",
          "query-out",       "query-in",       "decision",    "answer-in",
          "release",         "deny",           "lookup-eval", "lookup-snapshot",
          "admin-read",      "config",         "key",         "witness",
          "alarm",           "withdraw",       "review",      "link",
          "details-request", "refuse",         "correct",     "erase",
          "export",          "registry-change"};
}

Command ListCommand() {
  return {
      .name = "list",
      .summary = "List ledger entries.",
      .description =
          "Recomputes every entry's leaf hash from its bytes and ends with 6 if one "
          "differs. Without --from and --from-index the newest entries are listed. "
          "The node logs this reading. Roles: auditor, administrator.",
      .options = WithNodeOptions(
          {{.name = "--kind",
            .help = "Only this kind.",
            .value_name = "KIND",
            .choices = EntryKinds()},
           {.name = "--peer", .help = "Only this peer.", .value_name = "DOMAIN|SPIFFE-ID"},
           {.name = "--from", .help = "Only at or after this time (UTC).", .value_name = "TIME"},
           {.name = "--to", .help = "Only before this time (UTC).", .value_name = "TIME"},
           {.name = "--from-index",
            .help = "Begin at this index.",
            .kind = ValueKind::kInteger,
            .min = 0},
           {.name = "--limit",
            .help = "At most this many; of the newest at most 1000.",
            .kind = ValueKind::kInteger,
            .fallback = std::to_string(kListDefault),
            .min = 1,
            .max = kListMax}}),
      .places = {},
      .examples = {{"proofmark audit list --kind query-in --from 2026-03-01",
                    "What partners have asked since the first of March."},
                   {"proofmark audit list --from-index 0 --limit 1000000 --json > ledger.jsonl",
                    "The whole ledger, entry by entry."}},
      .children = {},
      .run = RunList};
}

Command LedgerCommand() {
  return {.name = "ledger",
          .summary = "Show the ledger's size and root.",
          .description = "Roles: auditor, administrator.",
          .options = WithNodeOptions({}),
          .places = {},
          .examples = {{"proofmark audit ledger", "Note it down: later states must contain it."}},
          .children = {},
          .run = RunLedger};
}

}  // namespace

Command AuditCommand() {
  return {.name = "audit",
          .summary = "Read the node's ledger.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark audit list --kind deny", "Everything that was refused."}},
          .children = {ListCommand(), LedgerCommand()}};
}

}  // namespace proofmark::client::cli
