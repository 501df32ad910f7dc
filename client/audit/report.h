// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "records/ledger_entry.h"

// What a ledger says about a period, for a data-protection supervisor. Counts of entries; nothing
// personal stands in them, and commitments to cases are shown shortened.
namespace proofmark::client::audit {

inline constexpr std::size_t kReportGroupsMax = 1'000;  // Rows of a table; the rest is one row.
inline constexpr std::size_t kReportAlarmsMax = 500;  // Alarms listed one by one; all are counted.
inline constexpr std::size_t kReportCasesShown = 50;

struct ReportPeriod {
  std::int64_t from_ms = 0;        // From this time on.
  std::int64_t to_ms = INT64_MAX;  // Before this time.
};

// What entries of one sort are counted as. An entry may count in several.
struct Counts {
  std::uint64_t entries = 0;
  std::uint64_t asked = 0;          // Questions to partners (query-out).
  std::uint64_t got_answered = 0;   // Of these: answered,
  std::uint64_t got_refused = 0;    // refused,
  std::uint64_t got_nothing = 0;    // or without a signed answer.
  std::uint64_t not_asked = 0;      // Our own rules forbade the question (deny NOT_ASKED).
  std::uint64_t answered = 0;       // Questions of partners (query-in): answered,
  std::uint64_t refused = 0;        // or refused.
  std::uint64_t denied = 0;         // Calls not believed or not allowed (deny).
  std::uint64_t own_searches = 0;   // Of own records for own staff (query-out without a peer).
  std::uint64_t submissions = 0;    // submit, amend, withdraw, registry-change, correct, link.
  std::uint64_t consultations = 0;  // Own staff reading: admin-read, review, export.
  std::uint64_t details_requests = 0;
  std::uint64_t releases = 0;       // Of step 2: data handed over after a human's decision.
  std::uint64_t clocks_missed = 0;  // Outcome CLOCK_MISSED or CLOCK_MISSED:<clock>, of any kind.
  std::uint64_t alarms = 0;
  std::uint64_t erasures = 0;

  std::uint64_t questions_in() const { return answered + refused; }
};

struct ReportedAlarm {
  std::uint64_t index = 0;
  std::int64_t unix_ms = 0;
  std::string outcome;
  std::string peer;
};

struct Report {
  ReportPeriod period;
  std::set<std::string> nodes;  // Whose entries these are.
  std::uint64_t first_index = 0;
  std::uint64_t last_index = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  Counts total;
  std::map<std::string, Counts> months;    // "2026-03", UTC.
  std::map<std::string, Counts> partners;  // By domain; only entries that name a peer.
  std::map<std::string, Counts> purposes;  // Only entries that name a purpose.
  std::map<std::string, Counts> staff;     // Own pseudonyms: not those of query-in.
  std::map<std::string, Counts> cases;     // First 12 digits of the commitment.
  std::map<std::string, std::uint64_t> kinds;
  std::map<std::string, std::uint64_t> outcomes;  // "<kind> <outcome>".
  std::vector<ReportedAlarm> alarms;
};

// Collects a report entry by entry. Memory grows with the groups, not with the entries.
class ReportBuilder {
 public:
  explicit ReportBuilder(ReportPeriod period) { report_.period = period; }

  // Entries outside the period are left out.
  //   kInvalidArgument  the bytes are no entry.
  absl::Status Add(std::uint64_t index, std::string_view bytes);
  const Report& report() const { return report_; }

 private:
  Report report_;
};

// A report as tables, for every form it is shown in.
struct ReportTable {
  std::string id;     // For programs: "months".
  std::string title;  // For people.
  std::string note;   // What is counted; may be empty.
  std::vector<std::string> columns;
  std::size_t texts = 1;  // The first so many columns are text, the others counts.
  std::vector<std::vector<std::string>> rows;
};
std::vector<ReportTable> ReportTables(const Report& report);

// One JSON object: "period", "nodes", "entries", and one array of objects for each table.
std::string ReportJson(const Report& report);

}  // namespace proofmark::client::audit
