// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/random.h"
#include "crypto/lookup/input.h"
#include "crypto/lookup/row.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/voprf/p256.h"

namespace proofmark::crypto {

// The table that a responder hands to one querier for one epoch (docs/formats/private-lookup.md).
// The responder logs the SHA-256 of its bytes, so that it cannot show another one later.

inline constexpr std::uint32_t kSnapshotRowsStep = 4096;  // Rows are padded to a multiple of it.
inline constexpr std::uint32_t kSnapshotRowsMax = 1024 * kSnapshotRowsStep;
inline constexpr std::size_t kSnapshotHeaderBytesMax = 109 + 2 * kLookupIdBytesMax;
inline constexpr std::size_t kSnapshotBytesMax =
    kSnapshotHeaderBytesMax + std::size_t{kSnapshotRowsMax} * kLookupRowBytes;

struct SnapshotHeader {
  SnapshotId id{};
  LookupTerms terms;
  std::int64_t created_unix_ms = 0;  // Not negative.
  Element public_key;                // Of the key whose outputs open the rows.
};

// Collects the rows of one table. Not thread-safe.
class LookupSnapshotBuilder {
 public:
  // Takes the id of the table from `random`.
  //   kInvalidArgument  as CheckLookupTerms(), or a negative time.
  static absl::StatusOr<LookupSnapshotBuilder> Create(LookupTerms terms, Element public_key,
                                                      std::int64_t created_unix_ms,
                                                      base::Random& random);

  // `output` is of the key of `public_key`, for one input of the record.
  //   kResourceExhausted  kLookupDuplicatesMax rows have this output already, or there are
  //                       kSnapshotRowsMax rows.
  absl::Status Add(const SecretBytes& output, const LookupLabel& label);

  // The bytes of the table, the rows padded with chance: how many are real cannot be seen closer
  // than to kSnapshotRowsStep. Call once, last.
  std::string Finish(base::Random& random);

 private:
  explicit LookupSnapshotBuilder(SnapshotHeader header) : header_(std::move(header)) {}

  // A tag is as good as chance.
  struct TagHash {
    std::size_t operator()(const LookupTag& tag) const;
  };

  SnapshotHeader header_;
  std::vector<LookupRow> rows_;
  std::unordered_set<LookupTag, TagHash> tags_;
};

// A table as received. A view: the bytes must outlive it. Safe to read from several threads.
class LookupSnapshot {
 public:
  // Checks everything that can be seen without an output: lengths, order, hash of the rows. Whether
  // header and hash are those that were logged is for the caller to compare.
  //   kInvalidArgument  another shape, names the field.
  static absl::StatusOr<LookupSnapshot> Parse(std::string_view bytes);

  const SnapshotHeader& header() const { return header_; }
  std::size_t row_count() const { return rows_.size() / kLookupRowBytes; }

  // The labels of the rows with this output, kVoprfOutputBytes, none if there are none.
  //   kDataLoss  a row has the tag and does not open, or its label is not one: the table is not
  //   what
  //              an honest responder makes.
  absl::StatusOr<std::vector<LookupLabel>> Find(const SecretBytes& output) const;

 private:
  LookupSnapshot(SnapshotHeader header, std::string_view rows)
      : header_(std::move(header)), rows_(rows) {}

  // The row with this tag; empty if there is none.
  std::string_view RowOf(const LookupTag& tag) const;

  SnapshotHeader header_;
  std::string_view rows_;  // Ascending by tag.
};

}  // namespace proofmark::crypto
