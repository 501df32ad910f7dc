// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/case_commitments.h"

#include <functional>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "server/ledger/tables.h"
#include "server/store/keys.h"

namespace proofmark::ledger {
namespace {

constexpr std::string_view kCaseLabel = "case";
constexpr std::size_t kLabelBytesMax = 64;
constexpr std::size_t kKeyIdBytes = sizeof(store::KeyId::bytes);

// Leads from nothing personal: the table's name alone.
std::string IndexKeyRow() { return store::StoreKey(kCaseTable).Build(); }

absl::Status CheckLength(const char* what, std::size_t bytes, std::size_t bytes_max) {
  if (bytes >= 1 && bytes <= bytes_max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("commitment: the %s has %d bytes, not 1 to %d", what, bytes, bytes_max));
}

// A row's value: the key's id and, of a case, its commitment in 32 raw bytes, by which the case can
// be found again in the ledger without its reference.
using Commit = std::function<std::string(const crypto::Sealer& key)>;

// Makes a random key and the row that leads to it, unless another caller was quicker.
absl::Status MakeKey(store::Store& store, const std::string& row, const Commit& commit) {
  store::WriteRequest request;
  request.preconditions.push_back({.key = row, .value = std::nullopt});
  request.new_keys.push_back(store.NewRecordKey());
  const store::RecordKey& key = request.new_keys.back();
  std::string value(key.id.AsText());
  if (commit) {
    PM_ASSIGN_OR_RETURN(const std::string commitment, base::ParseHex(commit(key.sealer)));
    value += commitment;
  }
  request.mutations.Put(row, std::move(value));
  const absl::Status status = store.Commit(std::move(request));
  return absl::IsAlreadyExists(status) ? absl::OkStatus() : status;
}

absl::StatusOr<store::KeyId> KeyIdOf(std::string_view row_value) {
  return store::KeyId::Parse(row_value.substr(0, kKeyIdBytes));
}

// The key `row` leads to; none if there is no such row.
absl::StatusOr<std::optional<crypto::Sealer>> FindKey(const store::Store& store,
                                                      const std::string& row) {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> value, store.Get(row));
  if (!value) return std::nullopt;
  PM_ASSIGN_OR_RETURN(const store::KeyId id, KeyIdOf(*value));
  PM_ASSIGN_OR_RETURN(crypto::Sealer key, store.FindKey(id));
  return std::optional<crypto::Sealer>(std::move(key));
}

absl::StatusOr<crypto::Sealer> FindOrMakeKey(store::Store& store, const std::string& row,
                                             const Commit& commit) {
  // Twice: an erasure may come between making and finding.
  for (int attempt = 0; attempt < 2; ++attempt) {
    PM_ASSIGN_OR_RETURN(std::optional<crypto::Sealer> key, FindKey(store, row));
    if (key) return *std::move(key);
    PM_RETURN_IF_ERROR(MakeKey(store, row, commit));
  }
  PM_ASSIGN_OR_RETURN(std::optional<crypto::Sealer> key, FindKey(store, row));
  if (key) return *std::move(key);
  return absl::UnavailableError("commitment: the case's key is being erased");
}

}  // namespace

std::string CommitmentOf(const crypto::SecretBytes& key, std::string_view label,
                         std::string_view value) {
  std::string message;
  base::AppendLp2(message, label);
  message.append(value);
  return base::ToHex(base::ByteSpan(crypto::HmacSha256(key.ExposeForOpenSsl(), message)));
}

absl::StatusOr<std::unique_ptr<CaseCommitments>> CaseCommitments::Open(store::Store& store) {
  PM_ASSIGN_OR_RETURN(crypto::Sealer index_key, FindOrMakeKey(store, IndexKeyRow(), nullptr));
  return std::unique_ptr<CaseCommitments>(new CaseCommitments(store, std::move(index_key)));
}

std::string CaseCommitments::RowOf(std::string_view case_reference) const {
  return store::StoreKey(kCaseTable)
      .Bytes(
          crypto::AsText(crypto::HmacSha256(index_key_.key().ExposeForOpenSsl(), case_reference)))
      .Build();
}

absl::StatusOr<crypto::Sealer> CaseCommitments::KeyOf(std::string_view case_reference) {
  PM_RETURN_IF_ERROR(CheckLength("case reference", case_reference.size(), kCaseReferenceBytesMax));
  return FindOrMakeKey(store_, RowOf(case_reference), [&](const crypto::Sealer& key) {
    return CommitmentOf(key.key(), kCaseLabel, case_reference);
  });
}

absl::StatusOr<std::string> CaseCommitments::CommitCase(std::string_view case_reference) {
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, KeyOf(case_reference));
  return CommitmentOf(key.key(), kCaseLabel, case_reference);
}

absl::StatusOr<std::string> CaseCommitments::CommitValue(std::string_view case_reference,
                                                         std::string_view label,
                                                         std::string_view value) {
  PM_RETURN_IF_ERROR(CheckLength("label", label.size(), kLabelBytesMax));
  PM_RETURN_IF_ERROR(CheckLength("value", value.size(), kCommittedValueBytesMax));
  if (label == kCaseLabel) {
    return absl::InvalidArgumentError("commitment: the label \"case\" is CommitCase's");
  }
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, KeyOf(case_reference));
  return CommitmentOf(key.key(), label, value);
}

absl::Status CaseCommitments::AddErasure(std::string_view case_reference,
                                         store::WriteRequest& request) const {
  PM_RETURN_IF_ERROR(CheckLength("case reference", case_reference.size(), kCaseReferenceBytesMax));
  const std::string row = RowOf(case_reference);
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> value, store_.Get(row));
  if (!value) return absl::NotFoundError("commitment: the case has no key");
  PM_ASSIGN_OR_RETURN(const store::KeyId id, KeyIdOf(*value));
  request.preconditions.push_back({.key = row, .value = *value});
  request.mutations.Delete(row);
  request.erased_keys.push_back(id);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CaseCommitments::KnownCase>> CaseCommitments::Cases() const {
  std::vector<KnownCase> cases;
  absl::Status fault;
  PM_RETURN_IF_ERROR(
      store_.Scan({.prefix = IndexKeyRow()}, [&](std::string_view key, std::string_view value) {
        if (key.size() == 1) return true;  // The index key.
        absl::StatusOr<store::KeyId> id = KeyIdOf(value);
        if (!id.ok()) {
          fault = absl::DataLossError("commitment: a case's row is damaged");
          return false;
        }
        cases.push_back({.commitment = base::ToHex(value.substr(kKeyIdBytes)),
                         .key_id = *id,
                         .row = std::string(key)});
        return true;
      }));
  PM_RETURN_IF_ERROR(fault);
  return cases;
}

void CaseCommitments::AddErasure(const KnownCase& known, store::WriteRequest& request) {
  request.mutations.Delete(known.row);
  request.erased_keys.push_back(known.key_id);
}

}  // namespace proofmark::ledger
