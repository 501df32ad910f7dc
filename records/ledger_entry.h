// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"

namespace proofmark::records {

inline constexpr std::size_t kEntryBytesMax = 4096;
inline constexpr std::size_t kCodeBytesMax = 64;
inline constexpr std::size_t kNameBytesMax = 512;

// What an entry is about. The words in the entry are stored; the numbers are not.
enum class EntryKind {
  kStart,
  kStop,
  kSubmit,
  kAmend,
  kQueryOut,
  kQueryIn,
  kDecision,
  kAnswerIn,
  kRelease,
  kDeny,
  kLookupEval,
  kLookupSnapshot,
  kAdminRead,
  kConfig,
  kKey,
  kWitness,
  kAlarm,
  kWithdraw,
  kReview,
  kLink,
  kDetailsRequest,
  kRefuse,
  kCorrect,
  kErase,
  kExport,
  kRegistryChange,
};
inline constexpr int kEntryKindCount = 26;

// "query-out" and so on.
std::string_view ToText(EntryKind kind);
//   kInvalidArgument  no kind is written so.
absl::StatusOr<EntryKind> ParseEntryKind(std::string_view text);

// An entry of an agency's ledger, ours or a partner's.
struct PeerEntry {
  std::uint64_t index = 0;
  crypto::Sha256Digest leaf_hash{};

  friend bool operator==(const PeerEntry&, const PeerEntry&) = default;
};

// What the acting code says. An empty string or nullopt is written "-".
//
// Nothing personal goes in: case numbers, names, serials and exhibit labels only as commitments
// (case_commitments.h). The alphabet cannot tell; the caller must.
//   code  1 to kCodeBytesMax characters out of A-Z a-z 0-9 . _ : / -
//   name  1 to kNameBytesMax printable ASCII characters without space
//   hash  64 lower-case hexadecimal digits
struct EntryDraft {
  EntryKind kind = EntryKind::kStart;
  std::string peer{};             // name: SPIFFE id.
  std::string exchange{};         // 32 lower-case hexadecimal digits.
  std::string purpose{};          // code.
  std::string case_commitment{};  // hash.
  std::string actor{};            // code: pseudonymous staff id.
  std::string offence{};          // code.
  std::string subject{};          // code: role of the person concerned.
  std::string object{};           // hash: commitment to scan, record, extractor, calibration.
  std::string request_hash{};     // hash: SHA-256 of the signed request envelope.
  std::string response_hash{};    // hash: SHA-256 of the signed response envelope.
  std::string outcome{};          // code; required.
  std::uint64_t count = 0;
  std::string detail{};                   // hash: commitment.
  std::optional<PeerEntry> peer_entry{};  // What the peer logged about the same exchange.

  friend bool operator==(const EntryDraft&, const EntryDraft&) = default;
};

// A whole entry: the draft and what the ledger adds.
struct LedgerEntry {
  std::uint64_t seq = 0;     // Its index in the log.
  std::int64_t unix_ms = 0;  // When it was written, >= 0.
  std::string node{};        // name: SPIFFE id of the node that wrote it.
  EntryDraft draft{};

  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

// The bytes that are hashed and stored: docs/formats/ledger-entry.md.
//   kInvalidArgument  a field breaks its rule, or the entry would exceed kEntryBytesMax. Names the
//                     field.
absl::StatusOr<std::string> FormatEntry(const LedgerEntry& entry);

// Reads an entry of this or a later version. Strict: each line, its order and its value must be as
// FormatEntry writes them; further lines after the last known one are ignored if well formed.
// The bytes themselves remain the evidence: never format again what was parsed.
//   kInvalidArgument  anything else. Names the line.
absl::StatusOr<LedgerEntry> ParseEntry(std::string_view bytes);

}  // namespace proofmark::records
