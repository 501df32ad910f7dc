// SPDX-License-Identifier: Apache-2.0
#include "server/registry/serial_index.h"

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "server/registry/tables.h"
#include "server/store/keys.h"

namespace proofmark::registry {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kHashBytes = 16;  // What is kept of 32: enough to keep keys apart.

absl::StatusOr<std::optional<crypto::Sealer>> FindKey(const store::Store& store,
                                                      const std::string& row) {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> id, store.Get(row));
  if (!id) return std::nullopt;
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(*id));
  PM_ASSIGN_OR_RETURN(crypto::Sealer key, store.FindKey(key_id));
  return std::optional(std::move(key));
}

// An entity's certificate: entity and number as they are compared.
std::string CertificateText(std::string_view entity, std::string_view number) {
  std::string text;
  base::AppendLp2(text, entity);
  base::AppendLp2(text, firearm::NormalCertificateNumber(number));
  return text;
}

}  // namespace

absl::StatusOr<SerialIndex> SerialIndex::Open(store::Store& store) {
  const std::string row = store::StoreKey(kSerialIndexTable).Build();
  PM_ASSIGN_OR_RETURN(std::optional<crypto::Sealer> key, FindKey(store, row));
  if (!key) {
    store::WriteRequest request;
    request.preconditions.push_back({.key = row, .value = std::nullopt});
    request.new_keys.push_back(store.NewRecordKey());
    request.mutations.Put(row, std::string(request.new_keys.back().id.AsText()));
    PM_RETURN_IF_ERROR(store.Commit(std::move(request)));
    PM_ASSIGN_OR_RETURN(key, FindKey(store, row));
    if (!key) return absl::DataLossError("the key of the index of serial numbers is gone");
  }
  return SerialIndex(store, *std::move(key));
}

std::string SerialIndex::Prefix(Kind kind, std::string_view text) const {
  std::string message(1, static_cast<char>(kind));
  message.append(text);
  const crypto::Sha256Digest hash = crypto::HmacSha256(key_.key().ExposeForOpenSsl(), message);
  return store::StoreKey(kSerialIndexTable)
      .Bytes(message.substr(0, 1))
      .Bytes(crypto::AsText(hash).substr(0, kHashBytes))
      .Build();
}

std::set<std::string> SerialIndex::RowsOf(const wire::KeptFirearm& kept) const {
  const std::string id = base::ParseHex(kept.id).value_or("");
  std::set<std::string> rows;
  const auto add = [&](Kind kind, std::string_view text) {
    if (!text.empty()) rows.insert(Prefix(kind, text) + id);
  };
  for (const firearm::Serial& serial : kept.firearm.serials) {
    if (!firearm::IsSearchable(serial)) continue;
    if (firearm::IsSearchedByPattern(serial)) {
      add(Kind::kPattern, "P");
      continue;
    }
    const absl::StatusOr<firearm::SerialKeys> keys =
        firearm::MakeSerialKeys(serial.raw, serial.numerals);
    if (!keys.ok()) continue;  // CheckSerial() lets none of those in.
    add(Kind::kForm, keys->lookalike);
    add(Kind::kForm, keys->transliteration);
    add(Kind::kConfusion, keys->confusion);
    add(Kind::kEmbedded, keys->embedded);
    add(Kind::kValue, keys->arabic);
  }
  if (kept.deactivation && kept.deactivation->certificate) {
    const firearm::DeactivationCertificate& certificate = *kept.deactivation->certificate;
    if (!certificate.number.empty()) {
      add(Kind::kCertificate, CertificateText(certificate.verifying_entity, certificate.number));
    }
  }
  for (const wire::FirearmExhibit& exhibit : kept.exhibits) add(Kind::kExhibit, exhibit.exhibit_id);
  add(Kind::kReference, kept.reference);
  return rows;
}

absl::Status SerialIndex::AddIds(Kind kind, std::string_view text,
                                 std::set<std::string>& ids) const {
  if (text.empty()) return absl::OkStatus();
  return store_->Scan({.prefix = Prefix(kind, text)},
                      [&ids](std::string_view key, std::string_view) {
                        ids.emplace(key.substr(key.size() - kIdBytes));
                        return true;
                      });
}

absl::StatusOr<std::set<std::string>> SerialIndex::Candidates(
    const firearm::SerialKeys& keys) const {
  std::set<std::string> ids;
  PM_RETURN_IF_ERROR(AddIds(Kind::kForm, keys.lookalike, ids));
  PM_RETURN_IF_ERROR(AddIds(Kind::kForm, keys.transliteration, ids));
  PM_RETURN_IF_ERROR(AddIds(Kind::kForm, keys.arabic, ids));
  PM_RETURN_IF_ERROR(AddIds(Kind::kValue, keys.lookalike, ids));
  PM_RETURN_IF_ERROR(AddIds(Kind::kValue, keys.arabic, ids));
  PM_RETURN_IF_ERROR(AddIds(Kind::kEmbedded, keys.embedded, ids));
  PM_RETURN_IF_ERROR(AddIds(Kind::kConfusion, keys.confusion, ids));
  return ids;
}

absl::StatusOr<std::set<std::string>> SerialIndex::Named(std::string_view lookalike) const {
  std::set<std::string> ids;
  PM_RETURN_IF_ERROR(AddIds(Kind::kForm, lookalike, ids));
  return ids;
}

absl::StatusOr<std::set<std::string>> SerialIndex::Patterned() const {
  std::set<std::string> ids;
  PM_RETURN_IF_ERROR(AddIds(Kind::kPattern, "P", ids));
  return ids;
}

absl::StatusOr<std::set<std::string>> SerialIndex::CertificateUses(std::string_view entity,
                                                                   std::string_view number) const {
  std::set<std::string> ids;
  PM_RETURN_IF_ERROR(AddIds(Kind::kCertificate, CertificateText(entity, number), ids));
  return ids;
}

absl::StatusOr<std::set<std::string>> SerialIndex::Firing(std::string_view exhibit_id) const {
  std::set<std::string> ids;
  PM_RETURN_IF_ERROR(AddIds(Kind::kExhibit, exhibit_id, ids));
  return ids;
}

absl::StatusOr<std::set<std::string>> SerialIndex::Referred(std::string_view reference) const {
  std::set<std::string> ids;
  PM_RETURN_IF_ERROR(AddIds(Kind::kReference, reference, ids));
  return ids;
}

std::string SerialIndex::ImportRow(std::string_view source, std::string_view key) const {
  std::string message = "import";
  base::AppendLp2(message, source);
  base::AppendLp2(message, key);
  return store::StoreKey(kImportTable)
      .Bytes(crypto::AsText(crypto::HmacSha256(key_.key().ExposeForOpenSsl(), message)))
      .Build();
}

std::string SerialIndex::Fingerprint(std::string_view content) const {
  std::string message = "content";
  message.append(content);
  return std::string(crypto::AsText(crypto::HmacSha256(key_.key().ExposeForOpenSsl(), message)));
}

}  // namespace proofmark::registry
