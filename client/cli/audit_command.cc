// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <memory>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/audit_commands.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/ledger_text.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/v1/audit_service.pb.h"
#include "records/ledger_entry.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kListDefault = 200;
constexpr std::int64_t kListMax = 10'000'000;
constexpr std::int64_t kPageMax = 1'000;

absl::StatusOr<records::LedgerEntry> Parsed(const v1::LedgerEntry& entry) {
  absl::StatusOr<records::LedgerEntry> parsed = records::ParseEntry(entry.entry());
  if (parsed.ok()) return parsed;
  return MakeFault(FaultCode::kDamaged,
                   absl::StrFormat("entry %d: %s", entry.index(), parsed.status().message()));
}

absl::StatusOr<v1::ListEntriesRequest> RequestOf(const Arguments& arguments) {
  v1::ListEntriesRequest request;
  request.set_kind(arguments.Text("--kind"));
  request.set_peer(arguments.Text("--peer"));
  request.set_purpose(arguments.Text("--purpose"));
  request.set_case_commitment(arguments.Text("--case-commitment"));
  request.set_outcome(arguments.Text("--outcome"));
  if (arguments.Has("--from-index")) {
    request.set_from_index(static_cast<std::uint64_t>(arguments.Integer("--from-index")));
  }
  if (arguments.Has("--from")) {
    PM_ASSIGN_OR_RETURN(const std::int64_t from_ms, TimeArgument(arguments, "--from", 0));
    request.mutable_from_time()->set_seconds(from_ms / 1000);
  }
  if (arguments.Has("--to")) {
    PM_ASSIGN_OR_RETURN(const std::int64_t to_ms, TimeArgument(arguments, "--to", 0));
    request.mutable_to_time()->set_seconds(to_ms / 1000);
  }
  // Without a beginning the newest entries are what people want to see.
  request.set_newest(!arguments.Has("--from-index") && !arguments.Has("--from"));
  return request;
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(v1::ListEntriesRequest request, RequestOf(arguments));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  Table table = EntryTable();
  std::int64_t left = arguments.Integer("--limit");
  // The newest entries come as one page.
  if (request.newest()) left = std::min(left, kPageMax);
  std::int64_t listed = 0;
  bool more = false;
  do {
    request.set_page_size(static_cast<std::int32_t>(std::min(left, kPageMax)));
    PM_ASSIGN_OR_RETURN(const v1::ListEntriesResponse page, node->ListEntries(request));
    for (const v1::LedgerEntry& entry : page.entries()) {
      PM_RETURN_IF_ERROR(CheckLeafHash(entry.index(), entry.entry(), entry.leaf_hash()));
      ++listed;
      if (arguments.On("--json")) {
        session.console.out() << JsonLine(entry);
        continue;
      }
      PM_ASSIGN_OR_RETURN(const records::LedgerEntry parsed, Parsed(entry));
      AddEntry(table, parsed);
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

// What each line of an entry says (docs/formats/ledger-entry.md).
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kLineMeanings = {{
    {"seq", "its index in the ledger"},
    {"time", "when it was written"},
    {"node", "the node that wrote it"},
    {"kind", "what it is about"},
    {"peer", "the other agency's node"},
    {"exchange", "the exchange, the same in both ledgers"},
    {"purpose", "why it was asked"},
    {"case", "commitment to the case reference"},
    {"actor", "who acted, by pseudonym"},
    {"offence", "the offence under investigation"},
    {"subject", "role of the person concerned"},
    {"object", "commitment to what was asked about"},
    {"req", "hash of the signed question"},
    {"rsp", "hash of the signed answer"},
    {"outcome", "what came of it"},
    {"count", "how many: candidates, entries read"},
    {"detail", "commitment to further facts"},
    {"peer-entry", "the other agency's entry about it: index and leaf hash"},
}};

std::string MeaningOf(std::string_view key) {
  const auto found =
      std::ranges::find(kLineMeanings, key, [](const auto& row) { return row.first; });
  return found == kLineMeanings.end() ? "of a later version" : std::string(found->second);
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  const auto index = static_cast<std::uint64_t>(arguments.Integer("INDEX"));
  v1::ListEntriesRequest request;
  request.set_from_index(index);
  request.set_page_size(1);
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::ListEntriesResponse page, node->ListEntries(request));
  if (page.entries_size() == 0 || page.entries(0).index() != index) {
    return MakeFault(FaultCode::kNotFound, absl::StrFormat("the ledger has no entry %d", index));
  }
  const v1::LedgerEntry& entry = page.entries(0);
  PM_RETURN_IF_ERROR(CheckLeafHash(index, entry.entry(), entry.leaf_hash()));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(entry);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const records::LedgerEntry parsed, Parsed(entry));
  Table table({{"line"}, {"value"}, {"meaning"}});
  std::string_view rest = entry.entry();
  rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1));  // The type tag.
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const std::size_t blank = line.find(' ');
    const std::string_view key = line.substr(0, blank);
    std::string value(line.substr(blank + 1));
    if (key == "time") value += " = " + TimeText(parsed.unix_ms);
    table.AddRow({Cell(key, Style::kBold), value, Cell(MeaningOf(key), Style::kDim)});
  }
  session.console.out() << table.Text(session.console);
  session.console.out() << absl::StrFormat("leaf hash %s, computed from these bytes\n",
                                           base::ToHex(entry.leaf_hash()));
  return 0;
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
  if (!ledger.log_key().empty()) facts.Add("log key", ledger.log_key());
  if (!ledger.witness_key().empty()) facts.Add("witness key", ledger.witness_key());
  if (!ledger.standing().empty()) facts.Add("checkpoint", ledger.standing());
  if (ledger.has_unwitnessed_since()) {
    facts.Add("unwitnessed since", TimeText(ledger.unwitnessed_since().seconds() * 1000),
              Style::kWarning);
  }
  if (ledger.fork_alarms() > 0) {
    facts.Add("forks",
              absl::StrFormat("%d logs signed contradictory checkpoints; evidence is kept",
                              ledger.fork_alarms()),
              Style::kBad);
  }
  session.console.out() << facts.Text(session.console);
  if (arguments.On("--policy")) session.console.out() << '\n' << ledger.policy();
  return 0;
}

std::vector<std::string> EntryKinds() {
  std::vector<std::string> kinds;
  for (int kind = 0; kind < records::kEntryKindCount; ++kind) {
    kinds.emplace_back(records::ToText(static_cast<records::EntryKind>(kind)));
  }
  return kinds;
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
           {.name = "--purpose", .help = "Only this purpose.", .value_name = "CODE"},
           {.name = "--case-commitment",
            .help = "Only this case: 8 to 64 first digits of its commitment.",
            .value_name = "DIGITS"},
           {.name = "--outcome",
            .help = "Only this outcome, whatever stands after its colon.",
            .value_name = "CODE"},
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
                   {"proofmark audit list --outcome REFUSED --peer police.example",
                    "What was refused to or by one partner."},
                   {"proofmark audit list --from-index 0 --limit 1000000 --json > ledger.jsonl",
                    "The whole ledger, entry by entry."}},
      .children = {},
      .run = RunList};
}

Command ShowCommand() {
  return {.name = "show",
          .summary = "Show one ledger entry line by line.",
          .description = "Its leaf hash is computed again. Roles: auditor, administrator.",
          .options = WithNodeOptions({}),
          .places = {{.name = "INDEX",
                      .help = "The entry's index.",
                      .kind = ValueKind::kInteger,
                      .min = 0,
                      .required = true}},
          .examples = {{"proofmark audit show 41", "Entry 41 with what each line means."}},
          .children = {},
          .run = RunShow};
}

Command LedgerCommand() {
  return {.name = "ledger",
          .summary = "Show the ledger's size, root, keys and witnesses.",
          .description = "Roles: auditor, administrator.",
          .options = WithNodeOptions({{.name = "--policy",
                                       .help = "Also print the policy by which the node judges its "
                                               "own checkpoints.",
                                       .kind = ValueKind::kFlag}}),
          .places = {},
          .examples = {{"proofmark audit ledger", "Note it down: later states must contain it."}},
          .children = {},
          .run = RunLedger};
}

}  // namespace

Command AuditCommand() {
  return {.name = "audit",
          .summary = "Read, copy and examine ledgers.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark audit list --kind deny", "Everything that was refused."},
                       {"proofmark audit verify ledger --policy mine.policy",
                        "Examine a copy by nothing but its bytes and your policy."}},
          .children = {ListCommand(), ShowCommand(), AuditExportCommand(), AuditVerifyCommand(),
                       AuditReconcileCommand(), AuditReportCommand(), LedgerCommand()}};
}

}  // namespace proofmark::client::cli
