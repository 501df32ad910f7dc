// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/federation/caller.h"
#include "server/ledger/ledger.h"
#include "server/lookup/record_source.h"
#include "server/store/store.h"

namespace proofmark::lookup {

inline constexpr std::size_t kCanariesMax = 1'000;

// Serials that no firearm has, planted in the tables. Nobody can see through a blinded question
// that one was asked for; but who finds one and asks for the record behind it has looked for a
// serial that no case can have, and raises the alarm kCanaryAlarm. Thread-safe.
class CanaryBook {
 public:
  static constexpr std::string_view kCanaryAlarm = "LOOKUP_CANARY";

  // Both must outlive the result.
  CanaryBook(store::Store& store, ledger::Ledger& ledger) : store_(store), ledger_(ledger) {}

  // Plants one; it stands in every table made from now on. Returns its id, 32 hexadecimal digits.
  //   kInvalidArgument    no serial, a field that is not prepared, or no reference.
  //   kResourceExhausted  kCanariesMax are planted.
  absl::StatusOr<std::string> Plant(const federation::Caller& caller, const SharedFirearm& canary);

  //   kNotFound  no canary has this id.
  absl::Status Remove(const federation::Caller& caller, std::string_view id);

  // By id; record_id is RecordIdOf(id).
  //   kDataLoss  a row is damaged.
  absl::StatusOr<std::vector<SharedFirearm>> List() const;

  // Canaries among records: no registry's id begins so.
  static std::string RecordIdOf(std::string_view id) { return std::string(kPrefix).append(id); }
  static bool IsCanary(std::string_view record_id) { return record_id.starts_with(kPrefix); }
  static std::string IdOf(std::string_view record_id) {
    return std::string(record_id.substr(kPrefix.size()));
  }

 private:
  static constexpr std::string_view kPrefix = "canary/";

  absl::Status Log(const federation::Caller& caller, std::string_view id, std::string_view outcome,
                   store::WriteRequest request);

  // Do their own locking.
  store::Store& store_;
  ledger::Ledger& ledger_;
};

}  // namespace proofmark::lookup
