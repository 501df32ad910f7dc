// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/received_material.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "proto/wire/signature.h"
#include "server/journeys/tables.h"

namespace proofmark::journeys {
namespace {

constexpr std::size_t kIdBytes = 16;

const federation::UseDecision kAllowed{.allowed = true, .code = "", .reason = ""};

std::string RowPrefix(std::string_view hash) {
  return store::StoreKey(kReceivedMaterialTable).Bytes(hash).Build();
}

absl::StatusOr<std::string> SignatureHash(const forensics::BallisticSignature& signature) {
  PM_ASSIGN_OR_RETURN(const std::string bytes, wire::Serialise(signature));
  return std::string(crypto::AsText(crypto::Sha256(bytes)));
}

absl::StatusOr<std::set<std::string>> HashesOf(const wire::ReleasedExhibit& exhibit) {
  std::set<std::string> hashes;
  for (const wire::ReleasedScan& scan : exhibit.scans) hashes.insert(scan.sha256);
  if (exhibit.signature.has_value()) {
    PM_ASSIGN_OR_RETURN(std::string hash, SignatureHash(*exhibit.signature));
    hashes.insert(std::move(hash));
  }
  return hashes;
}

}  // namespace

ReceivedMaterial::ReceivedMaterial(store::Store& store, const base::Clock& clock)
    : store_(store),
      clock_(clock),
      details_(store,
               {.records = kDetailsTable, .listing = kDetailsListingTable, .name = "details"}) {}

absl::Status ReceivedMaterial::AddReceived(const wire::ReleasedDetails& released,
                                           std::string_view raw_id, std::int64_t unix_ms,
                                           store::WriteRequest& request) {
  std::string time;
  base::AppendU64Be(time, static_cast<std::uint64_t>(unix_ms));
  for (const wire::ReleasedExhibit& exhibit : released.exhibits) {
    PM_ASSIGN_OR_RETURN(const std::set<std::string> hashes, HashesOf(exhibit));
    for (const std::string& hash : hashes) {
      request.mutations.Put(RowPrefix(hash) + std::string(raw_id), time);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> ReceivedMaterial::HasAny() const {
  bool any = false;
  PM_RETURN_IF_ERROR(store_.Scan({.prefix = store::StoreKey(kReceivedMaterialTable).Build()},
                                 [&](std::string_view, std::string_view) {
                                   any = true;
                                   return false;
                                 }));
  return any;
}

absl::StatusOr<federation::UseDecision> ReceivedMaterial::MayPassOn(
    const wire::StoredExhibit& exhibit, std::string_view agency) const {
  std::set<std::string> hashes;
  for (const records::Mark& mark : exhibit.exhibit.marks) hashes.insert(mark.scan_sha256);
  if (exhibit.signature.has_value()) {
    PM_ASSIGN_OR_RETURN(std::string hash, SignatureHash(*exhibit.signature));
    hashes.insert(std::move(hash));
  }
  for (const std::string& hash : hashes) {
    PM_ASSIGN_OR_RETURN(federation::UseDecision decision,
                        Judge(hash, exhibit.exhibit.submitted_unix_ms, agency));
    if (!decision.allowed) return decision;
  }
  return kAllowed;
}

// What came more than once was given under each of the conditions: one that allows it is enough.
absl::StatusOr<federation::UseDecision> ReceivedMaterial::Judge(const std::string& hash,
                                                                std::int64_t submitted_unix_ms,
                                                                std::string_view agency) const {
  std::vector<std::string> raw_ids;
  absl::Status fault;
  store::ScanOptions scan;
  scan.prefix = RowPrefix(hash);
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view row) {
    if (key.size() != scan.prefix.size() + kIdBytes || row.size() != sizeof(std::uint64_t)) {
      fault = absl::DataLossError("the row of a received scan is damaged");
      return false;
    }
    // What was ours before it came does not rest on it.
    if (static_cast<std::int64_t>(base::ParseU64Be(row)) <= submitted_unix_ms) {
      raw_ids.emplace_back(key.substr(scan.prefix.size()));
    }
    return true;
  }));
  PM_RETURN_IF_ERROR(fault);
  federation::UseDecision decision = kAllowed;
  for (const std::string& raw_id : raw_ids) {
    PM_ASSIGN_OR_RETURN(decision, JudgeOne(hash, raw_id, agency));
    if (decision.allowed) break;
  }
  return decision;
}

absl::StatusOr<federation::UseDecision> ReceivedMaterial::JudgeOne(const std::string& hash,
                                                                   std::string_view raw_id,
                                                                   std::string_view agency) const {
  const federation::UseDecision deleted{
      .allowed = false,
      .code = "DELETED",
      .reason = "It rests on what a partner released and what was to be deleted since."};
  PM_ASSIGN_OR_RETURN(const std::optional<registry::SealedRecords::Held> held,
                      details_.Find(raw_id));
  if (!held.has_value()) return deleted;
  const absl::StatusOr<wire::StoredDetails> stored = wire::ParseStoredDetails(held->plain);
  if (!stored.ok()) return absl::DataLossError(stored.status().message());
  const wire::DetailsFile& file = stored->file;
  if (file.agency == agency) return kAllowed;
  if (!file.released.has_value()) return deleted;
  bool still_held = false;
  for (const wire::ReleasedExhibit& exhibit : file.released->exhibits) {
    PM_ASSIGN_OR_RETURN(const std::set<std::string> hashes, HashesOf(exhibit));
    still_held = still_held || hashes.contains(hash);
  }
  if (!still_held) return deleted;
  federation::UseDecision decision =
      federation::DecideUse(file.released->handling, file.handling_steps,
                            federation::MaterialUse::kOnward, "", clock_.UnixMillis());
  if (decision.code == deleted.code) return deleted;
  if (!decision.allowed) {
    decision.reason =
        absl::StrFormat("It rests on what %s released. %s", file.agency, decision.reason);
  }
  return decision;
}

}  // namespace proofmark::journeys
