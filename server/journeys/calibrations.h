// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "forensics/evidence/calibration.h"
#include "records/receipt.h"
#include "server/federation/caller.h"
#include "server/ledger/ledger.h"
#include "server/match/exhibit_collection.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// When and by whom what is in force was put in force, or the built-in one again.
struct CalibrationInstall {
  std::int64_t unix_ms = 0;
  std::string by;                  // Pseudonym.
  std::uint64_t ledger_index = 0;  // Entry `config`.
};

// What one sort of marks is evaluated by.
struct CalibrationInForce {
  forensics::CalibrationInfo info;
  bool built_in = true;
  std::optional<CalibrationInstall> install;  // None while nothing was ever installed.
  // Version of an installed one that is not used, and so the built-in one is in force: it holds for
  // another method than this program's. Otherwise empty.
  std::string unused_version;
};

struct InstalledCalibration {
  CalibrationInForce in_force;
  records::LedgerReceipt receipt;
};

// The node's calibrations as data: installed from files, kept in the store, put in force for
// searches. Each installation is an entry `config`, written in the batch that keeps the file: its
// object is the SHA-256 of the file, its actor who installed it. Thread-safe.
class Calibrations {
 public:
  // Puts in force what is stored. The references must outlive the result.
  //   kDataLoss  a damaged row.
  static absl::StatusOr<std::unique_ptr<Calibrations>> Open(store::Store& store,
                                                            ledger::Ledger& ledger,
                                                            match::ExhibitCollection& collection,
                                                            const base::Clock& clock);

  // Keeps a calibration file and puts it in force for its mark: for searches that begin after this
  // returns.
  //   kInvalidArgument     no calibration file; names the member and what is wrong with it.
  //   kResourceExhausted   larger than forensics::kCalibrationBytesMax.
  //   kFailedPrecondition  it holds for another method than this program's.
  absl::StatusOr<InstalledCalibration> Install(const federation::Caller& caller,
                                               std::string_view file);

  // Puts the built-in one in force again; an installation like any other, also where it was.
  absl::StatusOr<InstalledCalibration> InstallBuiltIn(const federation::Caller& caller,
                                                      forensics::MarkKind mark);

  // One for each mark, in the order of MarkKind.
  std::vector<CalibrationInForce> List() const;

 private:
  using Shared = std::shared_ptr<const forensics::Calibration>;

  Calibrations(store::Store& store, ledger::Ledger& ledger, match::ExhibitCollection& collection,
               const base::Clock& clock)
      : store_(store), ledger_(ledger), collection_(collection), clock_(clock) {}

  absl::Status Load(forensics::MarkKind mark);
  // `file` is empty for the built-in one.
  absl::StatusOr<InstalledCalibration> Keep(const federation::Caller& caller, std::string_view file,
                                            Shared calibration);

  // Do their own locking.
  store::Store& store_;
  ledger::Ledger& ledger_;
  match::ExhibitCollection& collection_;
  const base::Clock& clock_;

  // Held from the commit to the change, so that what is in force is what was committed last. Taken
  // before mutex_.
  base::Mutex turn_;
  mutable base::Mutex mutex_;
  std::map<forensics::MarkKind, CalibrationInForce> in_force_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::journeys
