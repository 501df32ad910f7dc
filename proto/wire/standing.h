// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/wire/messages.h"
#include "proto/wire/refusal.h"
#include "records/exhibit.h"

// Questions that are asked again, and what tells that they must be. The rules of all conversions:
// proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kCollectionPayloadBytesMax = 4'096;
inline constexpr std::int64_t kCollectionVersionBytes = 16;
inline constexpr std::int64_t kStandingBytesMax = 256 * 1024;
inline constexpr std::int64_t kStandingReasonsBytesMax = 1'000;
inline constexpr std::int64_t kStandingMsMax = 365LL * 24 * 3600 * 1000;

// The types under which envelopes carry them.
inline constexpr std::string_view kCollectionQuestionType = "collection-question/v1";
inline constexpr std::string_view kCollectionAnswerType = "collection-answer/v1";

struct CollectionQuestion {
  std::string purpose;  // [A-Z0-9_]{1,32}.
  std::string offence;  // The same, or empty.
  std::string actor;    // Pseudonym, printable ASCII, 1..64 bytes.
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  friend bool operator==(const CollectionQuestion&, const CollectionQuestion&) = default;
};
absl::StatusOr<std::string> Serialise(const CollectionQuestion& question);
absl::StatusOr<CollectionQuestion> ParseCollectionQuestion(std::string_view bytes);

struct CollectionVersion {
  std::string version;  // kCollectionVersionBytes.
  friend bool operator==(const CollectionVersion&, const CollectionVersion&) = default;
};
using CollectionAnswer = std::variant<CollectionVersion, Refusal>;
absl::StatusOr<std::string> Serialise(const CollectionAnswer& answer);
absl::StatusOr<CollectionAnswer> ParseCollectionAnswer(std::string_view bytes);

// Stored; never renumber.
enum class StandingState : std::int32_t { kActive = 1, kStopped = 2, kExpired = 3 };
std::string_view StandingStateText(StandingState state);  // "active", "stopped", "expired".

// How far a standing question is with one partner.
struct StandingPartner {
  std::string agency;          // Domain.
  std::string version;         // kCollectionVersionBytes; empty before it ever answered.
  std::string method_version;  // Of the signature it was last asked with; printable ASCII.
  std::optional<std::int64_t> ask_unix_ms;  // With or without an answer.
  std::string search_id;                    // In which it last answered; empty before.
  std::int32_t new_count = 0;               // Of its candidates there, 0..kMatchCandidatesMax.
  std::string fault;  // UTF-8, 0..kPartnerDetailBytesMax; empty when it answered.
  friend bool operator==(const StandingPartner&, const StandingPartner&) = default;
};

struct StandingQuestion {
  std::string standing_id;  // 32 lower-case hexadecimal digits.
  records::ExhibitId exhibit_id;
  std::string purpose;                    // [A-Z0-9_]{1,32}.
  std::string case_reference;             // UTF-8, 1..128 bytes. Never sent.
  std::string offence;                    // [A-Z0-9_]{0,32}.
  std::string subject_role;               // The same.
  std::vector<StandingPartner> partners;  // By domain, each once, 1..kPartnersMax.
  StandingState state = StandingState::kActive;
  std::string asked_by;  // Pseudonym: of who registered it, or submitted the exhibit.
  std::int64_t add_unix_ms = 0;
  std::int64_t expire_unix_ms = 0;
  std::string stopped_by;    // Pseudonym; empty unless a person stopped it.
  std::string stop_reasons;  // UTF-8, 0..kStandingReasonsBytesMax.
  // For which share triggers the node registered it by itself, ascending; empty: an examiner did.
  std::vector<std::string> triggers{};
  bool urgent = false;  // Only with triggers.
  bool is_automatic() const { return !triggers.empty(); }
  friend bool operator==(const StandingQuestion&, const StandingQuestion&) = default;
};
absl::StatusOr<std::string> Serialise(const StandingQuestion& question);
absl::StatusOr<StandingQuestion> ParseStandingQuestion(std::string_view bytes);
v1::StandingQuestion ToProto(const StandingQuestion& question);
absl::StatusOr<StandingQuestion> FromProto(const v1::StandingQuestion& message,
                                           std::string_view field);

// What an examiner registers.
struct StandingOrder {
  records::ExhibitId exhibit_id;
  std::string purpose;
  std::string case_reference;
  std::string offence;
  std::string subject_role;
  std::vector<std::string> partners;  // Ascending, each once, 1..kPartnersMax.
  std::int64_t expire_unix_ms = 0;
};
absl::StatusOr<StandingOrder> FromProto(const v1::AddStandingQuestionRequest& message,
                                        std::string_view field);

}  // namespace proofmark::wire
