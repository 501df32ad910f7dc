// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "records/firearm/deactivation.h"
#include "records/firearm/make.h"
#include "records/receipt.h"
#include "server/federation/caller.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::registry {

inline constexpr std::int64_t kCodeListBytesMax = 3 * 1024 * 1024;
inline constexpr std::int64_t kEntitiesMax = 10'000;

// Authorities that States named to verify deactivations.
//   CSV with the columns code, name, country and, where known, symbol, symbol_image, contact, from,
//   until. Others are refused.
//   Errors  kInvalidArgument naming line and column; kResourceExhausted above a limit.
absl::StatusOr<std::vector<firearm::VerifyingEntity>> ParseEntities(std::string_view csv);

// The code lists that an administrator loads: makes and verifying entities. Each is in the store
// with its entry `registry-change`. Thread-safe.
class CodeTables {
 public:
  // `ledger` must outlive the result.
  //   kDataLoss  what was loaded cannot be read any more.
  static absl::StatusOr<std::unique_ptr<CodeTables>> Open(store::Store& store,
                                                          ledger::Ledger& ledger);

  struct Loaded {
    std::string list;     // "makes", "entities".
    std::string version;  // The administrator's.
    std::string sha256;   // Of the file, hexadecimal.
    std::int64_t rows = 0;
  };
  struct Receipt {
    Loaded loaded;
    records::LedgerReceipt receipt;
  };
  // Puts `csv` in the place of what was loaded before.
  //   kInvalidArgument  no such list, a version that is not 1..64 printable characters, or as the
  //                     list's parser has it.
  absl::StatusOr<Receipt> Load(const federation::Caller& caller, std::string_view list,
                               std::string_view version, std::string_view csv);

  std::vector<Loaded> List() const;
  // Null when none was loaded.
  std::shared_ptr<const firearm::MakeTable> makes() const;
  std::shared_ptr<const std::vector<firearm::VerifyingEntity>> entities() const;

 private:
  struct Lists {
    std::shared_ptr<const firearm::MakeTable> makes;
    std::shared_ptr<const std::vector<firearm::VerifyingEntity>> entities;
    std::vector<Loaded> loaded;  // By name.
  };
  explicit CodeTables(ledger::Ledger& ledger) : ledger_(ledger) {}

  static absl::StatusOr<Loaded> Parse(std::string_view list, std::string_view version,
                                      std::string_view csv, Lists& lists);

  // Does its own locking.
  ledger::Ledger& ledger_;

  mutable base::Mutex mutex_;
  Lists lists_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::registry
