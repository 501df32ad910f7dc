// SPDX-License-Identifier: Apache-2.0
#include "client/audit/report.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "nlohmann/json.hpp"

namespace proofmark::client::audit {
namespace {

using records::EntryDraft;
using records::EntryKind;
using records::LedgerEntry;

constexpr std::size_t kCaseDigits = 12;
constexpr std::string_view kRest = "(all others)";

std::string MonthOf(std::int64_t unix_ms) {
  const auto day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(unix_ms)));
  const std::chrono::year_month_day date(day);
  return absl::StrFormat("%04d-%02u", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()));
}

std::string TimeOf(std::int64_t unix_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(unix_ms)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return absl::StrFormat("%04d-%02u-%02u %02d:%02d:%02dZ", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                         clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

// The agency of a SPIFFE id; the id itself if it has another form.
std::string DomainOf(const std::string& spiffe_id) {
  constexpr std::string_view kScheme = "spiffe://";
  if (!spiffe_id.starts_with(kScheme)) return spiffe_id;
  const std::string rest = spiffe_id.substr(kScheme.size());
  return rest.substr(0, rest.find('/'));
}

// The group's value; of too many groups, the one for all others.
template <class Value>
Value& GroupOf(std::map<std::string, Value>& groups, const std::string& name) {
  if (groups.size() < kReportGroupsMax || groups.contains(name)) return groups[name];
  return groups[std::string(kRest)];
}

void CountAnswer(const EntryDraft& draft, Counts& counts) {
  if (draft.peer.empty()) return;           // Of a search of one's own records.
  if (draft.outcome == "RECEIVED") return;  // Of a letter, not of a question.
  if (draft.outcome == "ANSWERED") {
    ++counts.got_answered;
  } else if (draft.outcome.starts_with("REFUSED")) {
    ++counts.got_refused;
  } else {
    ++counts.got_nothing;
  }
}

void Count(const EntryDraft& draft, Counts& counts) {
  ++counts.entries;
  if (draft.outcome == "CLOCK_MISSED" || draft.outcome.starts_with("CLOCK_MISSED:")) {
    ++counts.clocks_missed;
  }
  switch (draft.kind) {
    case EntryKind::kQueryOut:
      ++(draft.peer.empty() ? counts.own_searches : counts.asked);
      return;
    case EntryKind::kAnswerIn:
      return CountAnswer(draft, counts);
    case EntryKind::kQueryIn:
    case EntryKind::kLookupEval:
      ++(draft.outcome.starts_with("REFUSED") ? counts.refused : counts.answered);
      return;
    case EntryKind::kDeny:
      ++(draft.outcome.starts_with("NOT_ASKED") ? counts.not_asked : counts.denied);
      return;
    case EntryKind::kSubmit:
    case EntryKind::kAmend:
    case EntryKind::kWithdraw:
    case EntryKind::kLink:
    case EntryKind::kCorrect:
    case EntryKind::kRegistryChange:
      ++counts.submissions;
      return;
    case EntryKind::kAdminRead:
    case EntryKind::kReview:
    case EntryKind::kExport:
      ++counts.consultations;
      return;
    case EntryKind::kDetailsRequest:
      ++counts.details_requests;
      return;
    case EntryKind::kRelease:
      ++counts.releases;
      return;
    case EntryKind::kErase:
      ++counts.erasures;
      return;
    case EntryKind::kAlarm:
      ++counts.alarms;
      return;
    default:
      return;
  }
}

// Staff entries write the pseudonym or the whole SPIFFE id.
std::string StaffOf(const std::string& actor) {
  const std::size_t slash = actor.rfind('/');
  return actor.starts_with("spiffe://") && slash != actor.npos ? actor.substr(slash + 1) : actor;
}

using Column = std::pair<const char*, std::uint64_t (*)(const Counts&)>;

// One row a group, one column for each count.
ReportTable TableOf(std::string id, std::string title, std::string note, std::string group,
                    const std::vector<std::pair<std::string, Counts>>& groups,
                    const std::vector<Column>& columns) {
  ReportTable table{.id = std::move(id),
                    .title = std::move(title),
                    .note = std::move(note),
                    .columns = {std::move(group)}};
  for (const auto& [name, count] : columns) table.columns.emplace_back(name);
  for (const auto& [name, counts] : groups) {
    std::vector<std::string> row = {name};
    for (const auto& [title_of, count] : columns) row.push_back(std::to_string(count(counts)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<std::pair<std::string, Counts>> ListOf(const std::map<std::string, Counts>& groups) {
  return {groups.begin(), groups.end()};
}

#define PM_COLUMN(title, value)                                   \
  Column {                                                        \
    title, [](const Counts& c) -> std::uint64_t { return value; } \
  }

const std::vector<Column>& AllColumns() {
  static const std::vector<Column> columns = {PM_COLUMN("asked partners", c.asked),
                                              PM_COLUMN("partners asked", c.questions_in()),
                                              PM_COLUMN("refused", c.refused),
                                              PM_COLUMN("denied", c.denied),
                                              PM_COLUMN("own searches", c.own_searches),
                                              PM_COLUMN("submissions", c.submissions),
                                              PM_COLUMN("consultations", c.consultations),
                                              PM_COLUMN("releases", c.releases),
                                              PM_COLUMN("clocks missed", c.clocks_missed),
                                              PM_COLUMN("erasures", c.erasures),
                                              PM_COLUMN("alarms", c.alarms),
                                              PM_COLUMN("entries", c.entries)};
  return columns;
}

const std::vector<Column>& PartnerColumns() {
  static const std::vector<Column> columns = {PM_COLUMN("we asked", c.asked),
                                              PM_COLUMN("they answered", c.got_answered),
                                              PM_COLUMN("they refused", c.got_refused),
                                              PM_COLUMN("no answer", c.got_nothing),
                                              PM_COLUMN("not asked by rule", c.not_asked),
                                              PM_COLUMN("they asked", c.questions_in()),
                                              PM_COLUMN("we answered", c.answered),
                                              PM_COLUMN("we refused", c.refused),
                                              PM_COLUMN("we denied", c.denied),
                                              PM_COLUMN("details requests", c.details_requests),
                                              PM_COLUMN("releases", c.releases),
                                              PM_COLUMN("clocks missed", c.clocks_missed)};
  return columns;
}

ReportTable CaseTable(const Report& report) {
  std::vector<std::pair<std::string, Counts>> cases = ListOf(report.cases);
  std::ranges::stable_sort(cases, std::greater<>(),
                           [](const auto& group) { return group.second.entries; });
  const std::size_t left_off = cases.size() - std::min(cases.size(), kReportCasesShown);
  cases.resize(cases.size() - left_off);
  return TableOf(
      "cases", "Cases",
      absl::StrFormat("Those with most entries; %d others are not listed. A case is "
                      "shown by the first 12 digits of its commitment.",
                      left_off),
      "case", cases,
      {PM_COLUMN("asked partners", c.asked), PM_COLUMN("partners asked", c.questions_in()),
       PM_COLUMN("own searches", c.own_searches), PM_COLUMN("releases", c.releases),
       PM_COLUMN("entries", c.entries)});
}

ReportTable AlarmTable(const Report& report) {
  ReportTable table{.id = "alarms",
                    .title = "Alarms",
                    .note = report.total.alarms > report.alarms.size()
                                ? absl::StrFormat("%d more are counted and not listed.",
                                                  report.total.alarms - report.alarms.size())
                                : "",
                    .columns = {"time", "outcome", "partner", "entry"},
                    .texts = 3};
  for (const ReportedAlarm& alarm : report.alarms) {
    table.rows.push_back(
        {TimeOf(alarm.unix_ms), alarm.outcome, alarm.peer, std::to_string(alarm.index)});
  }
  return table;
}

}  // namespace

absl::Status ReportBuilder::Add(std::uint64_t index, std::string_view bytes) {
  PM_ASSIGN_OR_RETURN(const LedgerEntry entry, records::ParseEntry(bytes));
  if (entry.unix_ms < report_.period.from_ms || entry.unix_ms >= report_.period.to_ms) {
    return absl::OkStatus();
  }
  const EntryDraft& draft = entry.draft;
  if (report_.total.entries == 0) {
    report_.first_index = index;
    report_.first_ms = entry.unix_ms;
  }
  report_.last_index = index;
  report_.last_ms = std::max(report_.last_ms, entry.unix_ms);
  report_.first_ms = std::min(report_.first_ms, entry.unix_ms);
  if (report_.nodes.size() < kReportGroupsMax) report_.nodes.insert(entry.node);
  Count(draft, report_.total);
  Count(draft, GroupOf(report_.months, MonthOf(entry.unix_ms)));
  if (!draft.peer.empty()) Count(draft, GroupOf(report_.partners, DomainOf(draft.peer)));
  if (!draft.purpose.empty()) Count(draft, GroupOf(report_.purposes, draft.purpose));
  if (!draft.actor.empty() && draft.kind != EntryKind::kQueryIn) {
    Count(draft, GroupOf(report_.staff, StaffOf(draft.actor)));
  }
  if (!draft.case_commitment.empty()) {
    Count(draft, GroupOf(report_.cases, draft.case_commitment.substr(0, kCaseDigits)));
  }
  const std::string kind(records::ToText(draft.kind));
  ++GroupOf(report_.kinds, kind);
  ++GroupOf(report_.outcomes, kind + " " + draft.outcome);
  if (draft.kind == EntryKind::kAlarm && report_.alarms.size() < kReportAlarmsMax) {
    report_.alarms.push_back({.index = index,
                              .unix_ms = entry.unix_ms,
                              .outcome = draft.outcome,
                              .peer = draft.peer.empty() ? "-" : DomainOf(draft.peer)});
  }
  return absl::OkStatus();
}

std::vector<ReportTable> ReportTables(const Report& report) {
  std::vector<ReportTable> tables;
  std::vector<std::pair<std::string, Counts>> months = ListOf(report.months);
  months.emplace_back("all", report.total);
  tables.push_back(TableOf("months", "By month", "Months of UTC.", "month", months, AllColumns()));
  tables.push_back(TableOf("partners", "By partner",
                           "What was asked in either direction, and what came of it.", "partner",
                           ListOf(report.partners), PartnerColumns()));
  tables.push_back(
      TableOf("purposes", "By purpose", "", "purpose", ListOf(report.purposes),
              {PM_COLUMN("asked partners", c.asked), PM_COLUMN("partners asked", c.questions_in()),
               PM_COLUMN("refused", c.refused), PM_COLUMN("own searches", c.own_searches),
               PM_COLUMN("releases", c.releases)}));
  tables.push_back(TableOf(
      "staff", "Own staff", "By pseudonym, as the ledger has it.", "staff", ListOf(report.staff),
      {PM_COLUMN("asked partners", c.asked), PM_COLUMN("own searches", c.own_searches),
       PM_COLUMN("submissions", c.submissions), PM_COLUMN("consultations", c.consultations),
       PM_COLUMN("releases", c.releases), PM_COLUMN("denied", c.denied)}));
  ReportTable outcomes{.id = "outcomes",
                       .title = "Kinds and outcomes",
                       .note = "Every entry once.",
                       .columns = {"kind", "outcome", "entries"},
                       .texts = 2};
  for (const auto& [name, count] : report.outcomes) {
    const std::size_t blank = name == kRest ? name.npos : name.find(' ');
    outcomes.rows.push_back({name.substr(0, blank),
                             blank == name.npos ? "" : name.substr(blank + 1),
                             std::to_string(count)});
  }
  tables.push_back(std::move(outcomes));
  tables.push_back(CaseTable(report));
  tables.push_back(AlarmTable(report));
  return tables;
}

std::string ReportJson(const Report& report) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["nodes"] = report.nodes;
  json["entries"] = report.total.entries;
  json["firstIndex"] = report.first_index;
  json["lastIndex"] = report.last_index;
  json["firstTime"] = TimeOf(report.first_ms);
  json["lastTime"] = TimeOf(report.last_ms);
  for (const ReportTable& table : ReportTables(report)) {
    Json rows = Json::array();
    for (const std::vector<std::string>& row : table.rows) {
      Json object;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i < table.texts) {
          object[table.columns[i]] = row[i];
        } else {
          object[table.columns[i]] = std::stoull(row[i]);
        }
      }
      rows.push_back(std::move(object));
    }
    json[table.id] = std::move(rows);
  }
  return json.dump() + "\n";
}

}  // namespace proofmark::client::audit
