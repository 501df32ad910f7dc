// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/canary_book.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "server/lookup/sealed_row.h"
#include "server/lookup/tables.h"

namespace proofmark::lookup {
namespace {

constexpr std::string_view kField = "canary";
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kReferenceBytesMax = 64;

std::string RowKey(std::string_view id_bytes) {
  return store::StoreKey(kCanaryTable).Bytes(id_bytes).Build();
}

std::string Format(const SharedFirearm& canary) {
  std::string plain(1, static_cast<char>(canary.group));
  for (const std::string* field :
       {&canary.fields.make, &canary.fields.model, &canary.fields.serial, &canary.reference}) {
    base::AppendLp2(plain, *field);
  }
  return plain;
}

absl::StatusOr<SharedFirearm> Parse(std::string_view plain) {
  SharedFirearm canary;
  if (plain.empty() || plain[0] < 1 || plain[0] > static_cast<char>(firearm::StateGroup::kOther)) {
    return absl::DataLossError("a canary is damaged");
  }
  canary.group = static_cast<firearm::StateGroup>(plain[0]);
  plain.remove_prefix(1);
  for (std::string* field :
       {&canary.fields.make, &canary.fields.model, &canary.fields.serial, &canary.reference}) {
    if (plain.size() < 2) return absl::DataLossError("a canary is damaged");
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(plain[0])) << 8 |
                             static_cast<unsigned char>(plain[1]);
    if (plain.size() < 2 + size) return absl::DataLossError("a canary is damaged");
    *field = std::string(plain.substr(2, size));
    plain.remove_prefix(2 + size);
  }
  return canary;
}

}  // namespace

absl::StatusOr<std::string> CanaryBook::Plant(const federation::Caller& caller,
                                              const SharedFirearm& canary) {
  for (const crypto::LookupForm form : crypto::FillableForms(canary.fields)) {
    PM_RETURN_IF_ERROR(crypto::LookupInput(form, canary.fields).status());
  }
  if (canary.fields.serial.empty()) return absl::InvalidArgumentError("serial: empty");
  const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (canary.reference.empty() || canary.reference.size() > kReferenceBytesMax ||
      !std::ranges::all_of(canary.reference, is_printable)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("reference: %d bytes, must be 1..%d of printable ASCII",
                        canary.reference.size(), kReferenceBytesMax));
  }
  PM_ASSIGN_OR_RETURN(const std::vector<SharedFirearm> planted, List());
  if (planted.size() >= kCanariesMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%d canaries are planted; remove some", kCanariesMax));
  }
  std::array<std::byte, kIdBytes> id;
  store_.random().Fill(id);
  const std::string key = RowKey(base::AsText(base::ByteSpan(id)));
  store::WriteRequest request;
  PM_ASSIGN_OR_RETURN(std::string row, SealUnderNewKey(store_, kField, Format(canary), request));
  request.preconditions.push_back({.key = key, .value = std::nullopt});
  request.mutations.Put(key, std::move(row));
  std::string name = base::ToHex(base::ByteSpan(id));
  PM_RETURN_IF_ERROR(Log(caller, name, "CANARY_PLANTED", std::move(request)));
  return name;
}

absl::Status CanaryBook::Remove(const federation::Caller& caller, std::string_view id) {
  const absl::StatusOr<std::string> bytes = base::ParseHex(id);
  if (!bytes.ok() || bytes->size() != kIdBytes) {
    return absl::InvalidArgumentError("canary_id: must be 32 hexadecimal digits");
  }
  const std::string key = RowKey(*bytes);
  PM_ASSIGN_OR_RETURN(std::optional<std::string> row, store_.Get(key));
  if (!row.has_value()) return absl::NotFoundError("no canary has this id");
  store::WriteRequest request;
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(row->substr(0, kKeyIdBytes)));
  request.erased_keys.push_back(key_id);
  request.preconditions.push_back({.key = key, .value = std::move(row)});
  request.mutations.Delete(key);
  return Log(caller, id, "CANARY_REMOVED", std::move(request));
}

absl::StatusOr<std::vector<SharedFirearm>> CanaryBook::List() const {
  std::vector<std::pair<std::string, std::string>> rows;
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kCanaryTable).Build();
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view row) {
    rows.emplace_back(key.substr(1), row);
    return true;
  }));
  std::vector<SharedFirearm> canaries;
  for (const auto& row : rows) {
    PM_ASSIGN_OR_RETURN(const OpenedRow opened, OpenSealed(store_, kField, row.second));
    PM_ASSIGN_OR_RETURN(SharedFirearm canary, Parse(opened.plain));
    canary.record_id = RecordIdOf(base::ToHex(row.first));
    canaries.push_back(std::move(canary));
  }
  return canaries;
}

absl::Status CanaryBook::Log(const federation::Caller& caller, std::string_view id,
                             std::string_view outcome, store::WriteRequest request) {
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kRegistryChange;
  draft.actor = caller.pseudonym;
  draft.object = crypto::Sha256Hex(RecordIdOf(id));
  draft.outcome = std::string(outcome);
  return ledger_.Append(std::move(draft), std::move(request)).status();
}

}  // namespace proofmark::lookup
