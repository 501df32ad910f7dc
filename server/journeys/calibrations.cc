// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/calibrations.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/evidence/calibration_data.h"
#include "proto/wire/stored.h"
#include "server/federation/receipt.h"
#include "server/journeys/tables.h"

namespace proofmark::journeys {
namespace {

using forensics::Calibration;
using forensics::MarkKind;

std::string RowKey(MarkKind mark) {
  return store::StoreKey(kCalibrationTable).Bytes(forensics::MarkKindName(mark)).Build();
}

absl::Status Damaged(MarkKind mark, const absl::Status& why) {
  return absl::DataLossError(absl::StrFormat("the calibration at rest for the mark %s: %s",
                                             forensics::MarkKindName(mark), why.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Calibrations>> Calibrations::Open(
    store::Store& store, ledger::Ledger& ledger, match::ExhibitCollection& collection,
    const base::Clock& clock) {
  std::unique_ptr<Calibrations> calibrations(new Calibrations(store, ledger, collection, clock));
  for (const MarkKind mark : forensics::kMarkKinds) {
    PM_RETURN_IF_ERROR(calibrations->Load(mark));
  }
  return calibrations;
}

absl::Status Calibrations::Load(MarkKind mark) {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store_.Get(RowKey(mark)));
  Shared used = forensics::ShareBuiltIn(mark);
  CalibrationInForce in_force;
  if (row.has_value()) {
    const absl::StatusOr<wire::StoredCalibration> stored = wire::ParseStoredCalibration(*row);
    if (!stored.ok()) return Damaged(mark, stored.status());
    in_force.install = CalibrationInstall{.unix_ms = stored->installed_unix_ms,
                                          .by = stored->installed_by,
                                          .ledger_index = stored->ledger_index};
    if (!stored->file.empty()) {
      absl::StatusOr<Calibration> kept = forensics::ParseCalibration(stored->file);
      if (!kept.ok()) return Damaged(mark, kept.status());
      if (kept->info.mark != mark) {
        return Damaged(mark, absl::DataLossError("it is for another mark"));
      }
      if (kept->info.method == forensics::CurrentMethod(mark)) {
        in_force.built_in = false;
        used = std::make_shared<const Calibration>(*std::move(kept));
      } else {
        in_force.unused_version = kept->info.version;
        base::Log(
            base::LogSeverity::kWarning,
            absl::StrFormat("the installed calibration %s is not used: it holds for %s; this "
                            "program has %s; make it again and install it",
                            kept->info.version, kept->info.method, forensics::CurrentMethod(mark)));
      }
    }
  }
  in_force.info = forensics::InfoOf(*used);
  collection_.PutInForce(std::move(used));
  const base::MutexLock lock(mutex_);
  in_force_.insert_or_assign(mark, std::move(in_force));
  return absl::OkStatus();
}

absl::StatusOr<InstalledCalibration> Calibrations::Install(const federation::Caller& caller,
                                                           std::string_view file) {
  absl::StatusOr<Calibration> read = forensics::ParseCalibration(file);
  if (!read.ok()) {
    return absl::Status(read.status().code(),
                        absl::StrFormat("calibration: %s", read.status().message()));
  }
  if (const std::string method = forensics::CurrentMethod(read->info.mark);
      read->info.method != method) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "calibration: it holds for the method %s; the node's is %s", read->info.method, method));
  }
  return Keep(caller, file, std::make_shared<const Calibration>(*std::move(read)));
}

absl::StatusOr<InstalledCalibration> Calibrations::InstallBuiltIn(const federation::Caller& caller,
                                                                  MarkKind mark) {
  return Keep(caller, "", forensics::ShareBuiltIn(mark));
}

absl::StatusOr<InstalledCalibration> Calibrations::Keep(const federation::Caller& caller,
                                                        std::string_view file, Shared calibration) {
  const forensics::CalibrationInfo& info = forensics::InfoOf(*calibration);
  // The built-in one is hashed as the file it was built from.
  const std::string hashed =
      file.empty() ? forensics::CalibrationText(*calibration) : std::string(file);
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kConfig;
  draft.actor = caller.pseudonym;
  draft.object = crypto::Sha256Hex(hashed);
  draft.outcome = absl::StrFormat("CALIBRATION:%s", forensics::MarkKindName(info.mark));

  wire::StoredCalibration stored{.file = std::string(file),
                                 .installed_unix_ms = clock_.UnixMillis(),
                                 .installed_by = caller.pseudonym};
  const base::MutexLock turn(turn_);
  PM_ASSIGN_OR_RETURN(
      const ledger::Receipt receipt,
      ledger_.Append(std::move(draft), {},
                     [&](const ledger::Receipt& written, store::Mutations& mutations) {
                       stored.ledger_index = written.index;
                       absl::StatusOr<std::string> row = wire::Serialise(stored);
                       if (row.ok()) mutations.Put(RowKey(info.mark), *std::move(row));
                       return row.status();
                     }));
  CalibrationInForce in_force{.info = info,
                              .built_in = file.empty(),
                              .install = CalibrationInstall{.unix_ms = stored.installed_unix_ms,
                                                            .by = stored.installed_by,
                                                            .ledger_index = stored.ledger_index},
                              .unused_version = ""};
  collection_.PutInForce(std::move(calibration));
  const base::MutexLock lock(mutex_);
  in_force_.insert_or_assign(in_force.info.mark, in_force);
  return InstalledCalibration{.in_force = std::move(in_force),
                              .receipt = federation::ToRecord(receipt)};
}

std::vector<CalibrationInForce> Calibrations::List() const {
  const base::MutexLock lock(mutex_);
  std::vector<CalibrationInForce> all;
  for (const auto& [mark, in_force] : in_force_) all.push_back(in_force);
  return all;
}

}  // namespace proofmark::journeys
