// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "proto/wire/match.h"
#include "proto/wire/messages.h"
#include "proto/wire/refusal.h"
#include "proto/wire/search.h"
#include "records/firearm/lookup_words.h"

// The private look-up (docs/formats/private-lookup.md): between nodes, and inside the agency. The
// rules of all conversions: proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kLookupPayloadBytesMax = 256 * 1024;
inline constexpr std::int64_t kLookupElementBytes = 33;
inline constexpr std::int64_t kLookupProofBytes = 64;
inline constexpr std::int64_t kLookupElementsMax = 64;
inline constexpr std::int64_t kLookupElementsStep = 4;  // A batch is a multiple of it.
inline constexpr std::int64_t kLookupTableBytesMax = 268'436'589;
inline constexpr std::int64_t kLookupPieceBytesMax = 1024 * 1024;
inline constexpr std::int64_t kLoggedEntryBytesMax = 4'096;
inline constexpr std::int64_t kLoggedProofBytesMax = 82'000;
inline constexpr std::int64_t kLookupReferenceBytesMax = 64;
inline constexpr std::int64_t kLookupModelBytesMax = 128;
inline constexpr std::int32_t kLookupReadingsMax = 32;

inline constexpr std::string_view kLookupTableQuestionType = "lookup-table-question/v1";
inline constexpr std::string_view kLookupTableAnswerType = "lookup-table-answer/v1";
inline constexpr std::string_view kLookupQuestionType = "lookup-question/v1";
inline constexpr std::string_view kLookupAnswerType = "lookup-answer/v1";
inline constexpr std::string_view kLookupHitQuestionType = "lookup-hit/v1";
inline constexpr std::string_view kLookupHitAnswerType = "lookup-hit-answer/v1";

using LookupId = std::array<std::byte, 16>;  // Of a table, or the handle of a record.

// Why something about look-ups is asked; the same in each of the three questions.
struct LookupReason {
  std::string purpose;  // [A-Z0-9_]{1,32}.
  std::string offence;  // The same alphabet; empty when not applicable.
  std::string actor;    // Pseudonym, printable ASCII, 1..64 bytes.
  friend bool operator==(const LookupReason&, const LookupReason&) = default;
};

struct LookupTableQuestion {
  LookupReason reason;
  friend bool operator==(const LookupTableQuestion&, const LookupTableQuestion&) = default;
};

// An entry of a ledger and its proof, not yet believed.
struct LoggedEntry {
  std::string entry;  // 1..kLoggedEntryBytesMax.
  std::string proof;  // 1..kLoggedProofBytesMax.
  friend bool operator==(const LoggedEntry&, const LoggedEntry&) = default;
};

struct LookupTable {
  LookupId snapshot_id{};
  std::uint32_t epoch = 0;
  crypto::Sha256Digest table_hash{};
  std::int64_t size_bytes = 0;  // 1..kLookupTableBytesMax.
  std::string public_key;       // kLookupElementBytes.
  LoggedEntry key_entry;
  LoggedEntry table_entry;
  friend bool operator==(const LookupTable&, const LookupTable&) = default;
};
using LookupTableAnswer = std::variant<LookupTable, Refusal>;

struct LookupQuestion {
  LookupId snapshot_id{};
  std::uint32_t epoch = 0;
  LookupReason reason;
  crypto::Sha256Digest case_commitment{};
  std::vector<std::string> elements;  // kLookupElementBytes each; up to kLookupElementsMax, in
                                      // steps of kLookupElementsStep.
  friend bool operator==(const LookupQuestion&, const LookupQuestion&) = default;
};

struct LookupEvaluation {
  std::vector<std::string> elements;  // As above.
  std::string proof;                  // kLookupProofBytes.
  friend bool operator==(const LookupEvaluation&, const LookupEvaluation&) = default;
};
struct LookupAnswer {
  std::variant<LookupEvaluation, Refusal> outcome;
  std::optional<BudgetStatement> budget;
  friend bool operator==(const LookupAnswer&, const LookupAnswer&) = default;
};

struct LookupHitQuestion {
  LookupId handle{};
  LookupReason reason;
  crypto::Sha256Digest case_commitment{};
  friend bool operator==(const LookupHitQuestion&, const LookupHitQuestion&) = default;
};

struct LookupRecord {
  firearm::StateGroup state_group = firearm::StateGroup::kOther;
  std::string reference;  // Printable ASCII, 1..kLookupReferenceBytesMax.
  friend bool operator==(const LookupRecord&, const LookupRecord&) = default;
};
using LookupHitAnswer = std::variant<LookupRecord, Refusal>;

// The payloads of envelopes, at most kLookupPayloadBytesMax. An answer to an evaluation or a hit
// has a multiple of kAnswerSizeClassBytes.
absl::StatusOr<std::string> Serialise(const LookupTableQuestion& question);
absl::StatusOr<LookupTableQuestion> ParseLookupTableQuestion(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const LookupTableAnswer& answer);
absl::StatusOr<LookupTableAnswer> ParseLookupTableAnswer(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const LookupQuestion& question);
absl::StatusOr<LookupQuestion> ParseLookupQuestion(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const LookupAnswer& answer);
absl::StatusOr<LookupAnswer> ParseLookupAnswer(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const LookupHitQuestion& question);
absl::StatusOr<LookupHitQuestion> ParseLookupHitQuestion(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const LookupHitAnswer& answer);
absl::StatusOr<LookupHitAnswer> ParseLookupHitAnswer(std::string_view bytes);

// Inside the agency.

// What an examiner looks for.
struct FirearmLookupRequest {
  std::string serial;                 // As marked, UTF-8, 1..256 bytes.
  std::string make;                   // UTF-8, 0..256 bytes; empty when not known.
  std::string model;                  // UTF-8, 0..kLookupModelBytesMax; empty when not known.
  std::int32_t reading_count = 0;     // Other readings to look for, 0..kLookupReadingsMax.
  std::string purpose;                // [A-Z0-9_]{1,32}.
  std::string case_reference;         // UTF-8, 1..128 bytes. Committed to, never sent to a partner.
  std::string offence;                // [A-Z0-9_]{0,32}.
  std::vector<std::string> partners;  // Domains, each once; empty: all.
  std::int64_t deadline_ms = kPartnerDeadlineMsDefault;
  friend bool operator==(const FirearmLookupRequest&, const FirearmLookupRequest&) = default;
};

// Which fields an input is made of. Sent; never renumber; as crypto::LookupForm.
enum class LookupFields : std::int32_t {
  kSerial = 1,
  kMakeAndSerial = 2,
  kMakeModelAndSerial = 3,
};
std::string_view LookupFieldsName(LookupFields fields);  // "serial", "make, serial", ...

struct LookupInput {
  LookupFields fields = LookupFields::kSerial;
  std::string serial_key;          // [A-Z0-9]{1,64}.
  std::int32_t changed_count = 0;  // 0..64; characters read otherwise than marked.
  friend bool operator==(const LookupInput&, const LookupInput&) = default;
};

struct LookupHit {
  std::int32_t input_index = 0;  // 0..kLookupElementsMax - 1.
  firearm::StateGroup state_group = firearm::StateGroup::kOther;
  LookupId handle{};
  friend bool operator==(const LookupHit&, const LookupHit&) = default;
};
inline constexpr std::int64_t kLookupHitsMax = 4 * kLookupElementsMax;

struct LookupPartnerResult {
  std::string agency;  // Domain.
  PartnerOutcome outcome = PartnerOutcome::kNotAsked;
  std::string refusal_code;                   // Exactly when refused.
  std::string detail;                         // For people, UTF-8, 0..kPartnerDetailBytesMax.
  std::vector<LookupHit> hits;                // Only when answered.
  std::int64_t table_row_count = 0;           // The padding among them; >= 0.
  std::optional<std::int64_t> table_unix_ms;  // Exactly when answered, but not of a hit's record.
  std::int64_t elapsed_ms = 0;                // >= 0.
  std::string exchange_id;                    // 16 raw bytes; empty when nothing was sent.
  std::optional<records::LedgerReceipt> receipt;       // Our entry of the outcome.
  std::optional<records::LedgerReceipt> peer_receipt;  // The partner's, as it told us.
  friend bool operator==(const LookupPartnerResult&, const LookupPartnerResult&) = default;
};

struct FirearmLookup {
  std::int64_t ask_unix_ms = 0;
  std::string asked_by;                       // Pseudonym, printable ASCII, 1..64 bytes.
  std::string purpose;                        // [A-Z0-9_]{1,32}.
  std::vector<LookupInput> inputs;            // 1..kLookupElementsMax.
  std::int32_t evaluation_count = 0;          // Charged at each partner that answered.
  std::int64_t other_reading_count = 0;       // Not looked for; >= 0.
  std::vector<LookupPartnerResult> partners;  // By domain, each once, at most kPartnersMax.
  friend bool operator==(const FirearmLookup&, const FirearmLookup&) = default;
};

// Which hit an examiner asks about.
struct HitRequest {
  std::string agency;  // Domain.
  LookupId handle{};
  std::string purpose;         // As above.
  std::string case_reference;  // As above.
  std::string offence;         // As above.
  std::int64_t deadline_ms = kPartnerDeadlineMsDefault;
  std::string firearm_id;  // The own firearm it is kept with; empty: with none.
  friend bool operator==(const HitRequest&, const HitRequest&) = default;
};
struct HitAnswer {
  LookupPartnerResult result;          // Without hits and table.
  std::optional<LookupRecord> record;  // Exactly when answered.
  friend bool operator==(const HitAnswer&, const HitAnswer&) = default;
};

v1::LookUpFirearmRequest ToProto(const FirearmLookupRequest& request);
absl::StatusOr<FirearmLookupRequest> FromProto(const v1::LookUpFirearmRequest& message,
                                               std::string_view field);
v1::FirearmLookup ToProto(const FirearmLookup& lookup);
absl::StatusOr<FirearmLookup> FromProto(const v1::FirearmLookup& message, std::string_view field);
v1::AskAboutHitRequest ToProto(const HitRequest& request);
absl::StatusOr<HitRequest> FromProto(const v1::AskAboutHitRequest& message, std::string_view field);
v1::AskAboutHitResponse ToProto(const HitAnswer& answer);
absl::StatusOr<HitAnswer> FromProto(const v1::AskAboutHitResponse& message, std::string_view field);

}  // namespace proofmark::wire
