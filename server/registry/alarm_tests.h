// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "proto/wire/firearm_check.h"
#include "records/receipt.h"
#include "server/federation/caller.h"
#include "server/ledger/ledger.h"
#include "server/registry/sealed_records.h"
#include "server/store/store.h"

namespace proofmark::registry {

// What authorities found of models of alarm and signal weapons (docs/references.md#eu-2019-69):
// each finding sealed under its own key, added in one batch with its entry `registry-change`. A
// later finding of a model takes the place of an earlier one, which stays. Thread-safe.
class AlarmTests {
 public:
  // All must outlive it.
  AlarmTests(store::Store& store, ledger::Ledger& ledger, const base::Clock& clock);

  struct Added {
    wire::KeptAlarmTest kept;
    records::LedgerReceipt receipt;
  };
  // `test` without id, time and actor. Entry `registry-change`, outcome ALARM_TEST_ADDED.
  //   kInvalidArgument  a field out of its bounds, or make or model without a letter or digit that
  //                     they are found by.
  absl::StatusOr<Added> Add(const federation::Caller& caller, wire::KeptAlarmTest test);

  struct Page {
    std::vector<wire::KeptAlarmTest> tests;  // Newest first.
    std::string next_page_token;             // Empty after the last page.
  };
  // Entry `admin-read`.
  //   kInvalidArgument  a size out of bounds, or a token that is none.
  absl::StatusOr<Page> List(const federation::Caller& caller, std::int32_t page_size,
                            std::string_view page_token) const;

  // What holds of a model, by the words of firearm::LookupMake and LookupModel: of its findings
  // that with the latest date, then that added last. nullopt: not tested.
  //   Cost  opens every finding.
  absl::StatusOr<std::optional<firearm::AlarmModelTest>> Find(std::string_view make,
                                                              std::string_view model) const;

 private:
  // Do their own locking.
  store::Store& store_;
  ledger::Ledger& ledger_;
  const base::Clock& clock_;
  SealedRecords records_;
};

}  // namespace proofmark::registry
