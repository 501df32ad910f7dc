// SPDX-License-Identifier: Apache-2.0
#include "server/registry/alarm_tests.h"

#include <span>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "records/firearm/lookup_words.h"
#include "server/federation/consultation.h"
#include "server/federation/receipt.h"
#include "server/registry/paging.h"
#include "server/registry/tables.h"

namespace proofmark::registry {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::int32_t kPageSizeDefault = 50;
constexpr SealedRecords::Tables kTables = {
    .records = kAlarmTestTable, .listing = kAlarmTestListingTable, .name = "alarm test"};

absl::StatusOr<wire::KeptAlarmTest> Parse(const SealedRecords::Held& held) {
  absl::StatusOr<wire::KeptAlarmTest> kept = wire::ParseKeptAlarmTest(held.plain);
  if (kept.ok()) return kept;
  return absl::DataLossError(absl::StrFormat("test of an alarm weapon %s at rest: %s",
                                             base::ToHex(held.id), kept.status().message()));
}

// A day that is not known is before those that are.
auto TimeOf(const wire::KeptAlarmTest& kept) {
  const records::PartialDate date = kept.test.tested_on.value_or(records::PartialDate{});
  return std::tuple(kept.test.tested_on.has_value(), date.year, date.month, date.day,
                    kept.add_unix_ms);
}

}  // namespace

AlarmTests::AlarmTests(store::Store& store, ledger::Ledger& ledger, const base::Clock& clock)
    : store_(store), ledger_(ledger), clock_(clock), records_(store, kTables) {}

absl::StatusOr<AlarmTests::Added> AlarmTests::Add(const federation::Caller& caller,
                                                  wire::KeptAlarmTest test) {
  if (firearm::LookupMake(test.test.make_raw).empty()) {
    return absl::InvalidArgumentError("make: no maker (a design that many made is none)");
  }
  if (firearm::LookupModel(test.test.model).empty()) {
    return absl::InvalidArgumentError("model: no letter or digit");
  }
  std::string raw_id(kIdBytes, '\0');
  store_.random().Fill(std::as_writable_bytes(std::span(raw_id)));
  test.id = base::ToHex(raw_id);
  test.add_unix_ms = clock_.UnixMillis();
  test.added_by = caller.pseudonym;
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(test));
  store::WriteRequest request;
  PM_RETURN_IF_ERROR(records_.AddNew(raw_id, test.add_unix_ms, plain, request));
  records::EntryDraft draft{.kind = records::EntryKind::kRegistryChange};
  draft.actor = caller.pseudonym;
  draft.outcome = "ALARM_TEST_ADDED";
  draft.count = 1;
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      ledger_.Append(std::move(draft), std::move(request)));
  return Added{.kept = std::move(test), .receipt = federation::ToRecord(receipt)};
}

absl::StatusOr<AlarmTests::Page> AlarmTests::List(const federation::Caller& caller,
                                                  std::int32_t page_size,
                                                  std::string_view page_token) const {
  PM_ASSIGN_OR_RETURN(const std::size_t wanted, PageSize(page_size, kPageSizeDefault));
  PM_ASSIGN_OR_RETURN(SealedRecords::Page found, records_.List(wanted, page_token, nullptr));
  Page page{.tests = {}, .next_page_token = std::move(found.next_page_token)};
  for (const SealedRecords::Held& held : found.records) {
    PM_ASSIGN_OR_RETURN(wire::KeptAlarmTest kept, Parse(held));
    page.tests.push_back(std::move(kept));
  }
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      ledger_, caller, {.read = "ALARM_TESTS_LISTED", .count = page.tests.size()}));
  return page;
}

absl::StatusOr<std::optional<firearm::AlarmModelTest>> AlarmTests::Find(
    std::string_view make, std::string_view model) const {
  std::optional<wire::KeptAlarmTest> newest;
  PM_RETURN_IF_ERROR(records_.ForEach([&](const SealedRecords::Held& held) -> absl::Status {
    PM_ASSIGN_OR_RETURN(wire::KeptAlarmTest kept, Parse(held));
    if (firearm::LookupMake(kept.test.make_raw) != make ||
        firearm::LookupModel(kept.test.model) != model) {
      return absl::OkStatus();
    }
    if (!newest || TimeOf(*newest) < TimeOf(kept)) newest = std::move(kept);
    return absl::OkStatus();
  }));
  if (!newest) return std::nullopt;
  return std::move(newest->test);
}

}  // namespace proofmark::registry
