// SPDX-License-Identifier: Apache-2.0
#include "crypto/lookup/snapshot.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <tuple>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"

namespace proofmark::crypto {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "PMLK\x01\0\0\0"sv;  // With the version.

std::string_view RowAt(std::string_view rows, std::size_t index) {
  return rows.substr(index * kLookupRowBytes, kLookupRowBytes);
}
std::string_view TagAt(std::string_view rows, std::size_t index) {
  return RowAt(rows, index).substr(0, kLookupTagBytes);
}

absl::Status Malformed(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("look-up table: %s", what));
}

// Takes the fields of the header off the front; an end that comes too early empties the rest and is
// seen by the length of what was taken.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  std::string_view Take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    complete_ = complete_ && taken.size() == size;
    return taken;
  }
  std::uint64_t TakeNumber(std::size_t size) {
    std::string bytes(8 - size, '\0');
    bytes += Take(size);
    bytes.resize(8);
    return base::ParseU64Be(bytes);
  }
  std::string TakeLp2() { return std::string(Take(static_cast<std::size_t>(TakeNumber(2)))); }

  std::string_view rest() const { return rest_; }
  bool complete() const { return complete_; }

 private:
  std::string_view rest_;
  bool complete_ = true;
};

// Sorted, and none twice.
bool Ascends(std::string_view rows) {
  for (std::size_t i = 1; i < rows.size() / kLookupRowBytes; ++i) {
    if (TagAt(rows, i - 1) >= TagAt(rows, i)) return false;
  }
  return true;
}

}  // namespace

// ---- Writing ----

std::size_t LookupSnapshotBuilder::TagHash::operator()(const LookupTag& tag) const {
  std::size_t hash = 0;
  std::memcpy(&hash, tag.data(), sizeof hash);
  return hash;
}

absl::StatusOr<LookupSnapshotBuilder> LookupSnapshotBuilder::Create(LookupTerms terms,
                                                                    Element public_key,
                                                                    std::int64_t created_unix_ms,
                                                                    base::Random& random) {
  PM_RETURN_IF_ERROR(CheckLookupTerms(terms));
  if (created_unix_ms < 0) return Malformed("a negative time");
  SnapshotHeader header{.terms = std::move(terms),
                        .created_unix_ms = created_unix_ms,
                        .public_key = std::move(public_key)};
  random.Fill(header.id);
  return LookupSnapshotBuilder(std::move(header));
}

absl::Status LookupSnapshotBuilder::Add(const SecretBytes& output, const LookupLabel& label) {
  if (rows_.size() == kSnapshotRowsMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("look-up table: more than %d rows", kSnapshotRowsMax));
  }
  for (int duplicate = 0; duplicate < kLookupDuplicatesMax; ++duplicate) {
    const RowPlace place{output, header_.id, duplicate};
    if (!tags_.insert(TagOf(place)).second) continue;
    rows_.push_back(SealRow(place, ToBytes(label)));
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      absl::StrFormat("look-up table: more than %d records with one input", kLookupDuplicatesMax));
}

std::string LookupSnapshotBuilder::Finish(base::Random& random) {
  while (rows_.empty() || rows_.size() % kSnapshotRowsStep != 0) {
    LookupRow row;
    random.Fill(row);
    rows_.push_back(row);
  }
  std::ranges::sort(rows_);

  std::string bytes(kMagic);
  bytes += base::AsText(header_.id);
  base::AppendU32Be(bytes, header_.terms.epoch);
  base::AppendU32Be(bytes, static_cast<std::uint32_t>(rows_.size()));
  base::AppendU64Be(bytes, static_cast<std::uint64_t>(header_.created_unix_ms));
  bytes += header_.public_key.bytes();
  base::AppendLp2(bytes, header_.terms.responder_id);
  base::AppendLp2(bytes, header_.terms.querier_id);
  const base::ByteSpan rows = std::as_bytes(std::span(rows_));
  bytes += AsText(Sha256(rows));
  return bytes += base::AsText(rows);
}

// ---- Reading ----

absl::StatusOr<LookupSnapshot> LookupSnapshot::Parse(std::string_view bytes) {
  if (bytes.size() > kSnapshotBytesMax) {
    return Malformed(absl::StrFormat("%d bytes, more than %d", bytes.size(), kSnapshotBytesMax));
  }
  Reader reader(bytes);
  if (reader.Take(kMagic.size()) != kMagic) return Malformed("does not begin with PMLK, version 1");
  SnapshotId id{};
  std::ranges::copy(base::AsBytes(reader.Take(id.size())), id.begin());
  LookupTerms terms;
  terms.epoch = static_cast<std::uint32_t>(reader.TakeNumber(4));
  const std::uint64_t row_count = reader.TakeNumber(4);
  const std::uint64_t created = reader.TakeNumber(8);
  const std::string_view public_key_bytes = reader.Take(kElementBytes);
  terms.responder_id = reader.TakeLp2();
  terms.querier_id = reader.TakeLp2();
  const std::string_view rows_hash = reader.Take(std::tuple_size_v<Sha256Digest>);
  const std::string_view rows = reader.rest();
  if (!reader.complete()) return Malformed("ends within its header");
  if (row_count == 0 || row_count > kSnapshotRowsMax || row_count % kSnapshotRowsStep != 0) {
    return Malformed(absl::StrFormat("%d rows, not a multiple of %d up to %d", row_count,
                                     kSnapshotRowsStep, kSnapshotRowsMax));
  }
  if (rows.size() != row_count * kLookupRowBytes) {
    return Malformed(
        absl::StrFormat("%d bytes of rows, not %d", rows.size(), row_count * kLookupRowBytes));
  }
  if (created > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return Malformed("created at a time above 2^63 - 1");
  }
  PM_RETURN_IF_ERROR(CheckLookupTerms(terms));
  PM_ASSIGN_OR_RETURN(Element public_key, Element::Parse(public_key_bytes));
  if (rows_hash != AsText(Sha256(rows))) return Malformed("the hash of the rows is another");
  if (!Ascends(rows)) return Malformed("the rows do not ascend by tag");
  return LookupSnapshot({.id = id,
                         .terms = std::move(terms),
                         .created_unix_ms = static_cast<std::int64_t>(created),
                         .public_key = std::move(public_key)},
                        rows);
}

std::string_view LookupSnapshot::RowOf(const LookupTag& tag) const {
  std::size_t low = 0;
  std::size_t high = row_count();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (TagAt(rows_, middle) < base::AsText(tag)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == row_count() || TagAt(rows_, low) != base::AsText(tag)) return {};
  return RowAt(rows_, low);
}

absl::StatusOr<std::vector<LookupLabel>> LookupSnapshot::Find(const SecretBytes& output) const {
  std::vector<LookupLabel> labels;
  for (int duplicate = 0; duplicate < kLookupDuplicatesMax; ++duplicate) {
    const RowPlace place{output, header_.id, duplicate};
    const std::string_view row = RowOf(TagOf(place));
    if (row.empty()) break;  // They are numbered without gaps.
    PM_ASSIGN_OR_RETURN(const LookupLabelBytes bytes, OpenRow(place, row));
    absl::StatusOr<LookupLabel> label = ParseLookupLabel(bytes);
    if (!label.ok()) return absl::DataLossError(std::string(label.status().message()));
    labels.push_back(*label);
  }
  return labels;
}

}  // namespace proofmark::crypto
