// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "proto/wire/handling.h"
#include "proto/wire/messages.h"
#include "records/exhibit.h"
#include "records/link.h"

// What people make of candidates, between nodes and inside an agency. The rules of all conversions:
// proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kLinkStepsMax = 64;
inline constexpr std::int64_t kReportBytesMax = 128;
inline constexpr std::int64_t kLinkReasonsBytesMax = 1'000;
inline constexpr std::int64_t kLinkBytesMax = 128 * 1024;

inline constexpr std::string_view kLinkNoticeType = "link-notice/v1";

struct LinkStep {
  records::LinkState state = records::LinkState::kLead;
  std::string by;          // Pseudonym, printable ASCII, 1..64 bytes.
  std::string conclusion;  // Of records::ConclusionCodes(); empty for a look on screen.
  std::string report;      // UTF-8, 0..kReportBytesMax.
  std::int64_t unix_ms = 0;
  std::string reasons;  // UTF-8, 0..kLinkReasonsBytesMax; never sent.
  friend bool operator==(const LinkStep&, const LinkStep&) = default;
};

struct LinkNotice {
  std::string question_exchange_id;  // 16 bytes.
  crypto::Sha256Digest handle{};
  std::int32_t step_count = 1;  // 1..kLinkStepsMax.
  LinkStep step;                // Without reasons.
  crypto::Sha256Digest case_commitment{};
  std::string purpose;  // [A-Z0-9_]{1,32}.
  friend bool operator==(const LinkNotice&, const LinkNotice&) = default;
};
absl::StatusOr<std::string> Serialise(const LinkNotice& notice);
absl::StatusOr<LinkNotice> ParseLinkNotice(std::string_view bytes);

// Stored; never renumber.
enum class LinkSide : std::int32_t { kOurs = 1, kTheirs = 2 };

// Two exhibits and what people said of them, as one agency keeps it.
struct Link {
  std::string link_id;  // 32 hexadecimal digits; the same at both agencies.
  LinkSide side = LinkSide::kOurs;
  std::string agency;                          // Domain of the other; empty for one's own.
  std::string search_id;                       // Ours.
  std::string question_exchange_id;            // 16 bytes, or empty for one's own.
  std::optional<crypto::Sha256Digest> handle;  // Absent for one's own.
  records::ExhibitId exhibit_id;               // The one asked about, or the candidate held.
  records::ExhibitId other_exhibit_id;         // The candidate, when it is one's own too.
  std::vector<LinkStep> steps;                 // Oldest first, 1..kLinkStepsMax.
  std::int32_t acknowledged_count = 0;
  std::optional<crypto::Sha256Digest> asker_case_commitment;
  std::optional<crypto::Sha256Digest> holder_case_commitment;
  bool counted = false;  // The first hit between these two cases.
  std::string purpose;   // [A-Z0-9_]{1,32}.
  // Ours, to a partner's candidate: under which conditions it was named.
  AnswerHandling handling;
  friend bool operator==(const Link&, const Link&) = default;

  records::LinkState state() const { return steps.back().state; }
};
absl::StatusOr<std::string> Serialise(const Link& link);
absl::StatusOr<Link> ParseLink(std::string_view bytes);
v1::Link ToProto(const Link& link);
absl::StatusOr<Link> FromProto(const v1::Link& message, std::string_view field);

// Of a filter: not set is any.
absl::StatusOr<std::optional<records::LinkState>> OptionalLinkState(v1::LinkState state,
                                                                    std::string_view field);

// What an examiner saw.
struct CandidateReview {
  std::string search_id;
  std::string agency;                          // Empty for a candidate of one's own.
  std::optional<crypto::Sha256Digest> handle;  // Of a partner's.
  records::ExhibitId candidate_exhibit_id;     // Of one's own.
  bool lead = false;
  std::string case_reference;  // UTF-8, 1..128 bytes.
  std::string reasons;         // UTF-8, 1..kLinkReasonsBytesMax.
};
absl::StatusOr<CandidateReview> FromProto(const v1::ReviewCandidateRequest& message,
                                          std::string_view field);

// What an examiner concluded.
struct LinkConclusion {
  std::string link_id;
  std::string conclusion;  // Of records::ConclusionCodes().
  std::string report;      // UTF-8, 1..kReportBytesMax.
  std::string reasons;
};
absl::StatusOr<LinkConclusion> FromProto(const v1::ConcludeLinkRequest& message,
                                         std::string_view field);

}  // namespace proofmark::wire
