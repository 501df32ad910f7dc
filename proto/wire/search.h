// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/evidence/calibration.h"
#include "proto/wire/match.h"
#include "proto/wire/messages.h"
#include "records/class_filter.h"
#include "records/exhibit.h"
#include "records/receipt.h"

// Searches, inside the agency. The rules of all conversions: proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kSearchBytesMax = 4 * 1024 * 1024;
inline constexpr std::int32_t kLocalCandidatesMax = 200;
inline constexpr std::int32_t kLocalCandidatesDefault = 20;
inline constexpr std::int64_t kPartnersMax = 64;
inline constexpr std::int64_t kPartnerDetailBytesMax = 512;
inline constexpr std::int64_t kPartnerDeadlineMsMin = 1'000;
inline constexpr std::int64_t kPartnerDeadlineMsMax = 600'000;
inline constexpr std::int64_t kPartnerDeadlineMsDefault = 30'000;

// What an examiner asks for. At least one of include_local, partners and all_partners.
struct SearchRequest {
  records::ExhibitId exhibit_id;
  std::string purpose;         // [A-Z0-9_]{1,32}.
  std::string case_reference;  // UTF-8, 1..128 bytes. Committed to, never sent to a partner.
  std::string offence;         // [A-Z0-9_]{0,32}.
  std::string subject_role;    // [A-Z0-9_]{0,32}.
  bool include_local = false;
  std::vector<std::string> partners;  // Domains, each once; empty with all_partners.
  bool all_partners = false;
  std::vector<records::ClassRule> rules_off;              // Each at most once.
  std::int64_t deadline_ms = kPartnerDeadlineMsDefault;   // Min..max above.
  std::int32_t candidates_max = kLocalCandidatesDefault;  // 1..kLocalCandidatesMax.
  bool exhaustive = false;   // Compare every eligible record in full detail.
  bool full_circle = false;  // Try every turn of impressed marks.
  friend bool operator==(const SearchRequest&, const SearchRequest&) = default;
};

// What a search is doing. Sent; never renumber.
enum class SearchStage : std::int32_t { kCoarse = 1, kRefine = 2 };

struct SearchProgress {
  SearchStage stage = SearchStage::kRefine;
  std::int64_t done_count = 0;  // Of this stage, at most of_count.
  std::int64_t of_count = 0;
  friend bool operator==(const SearchProgress&, const SearchProgress&) = default;
};

// How one pair of lands lies.
struct AlignedLands {
  std::int32_t query_land = 0;      // 1..24.
  std::int32_t candidate_land = 0;  // 1..24.
  double ccf = 0.0;                 // [-1, 1].
  double cmps_share = 0.0;          // [0, 1].
  double lag_um = 0.0;              // Shift of the query, [-100000, 100000].
  friend bool operator==(const AlignedLands&, const AlignedLands&) = default;
};

inline constexpr std::int64_t kRegionsMax = 4;
inline constexpr std::int32_t kCellsMax = 4'096;

// How one mark of a case compares with the same mark of a candidate.
struct ComparedRegion {
  records::MarkRegion region = records::MarkRegion::kBreechFace;  // No land.
  std::int32_t congruent_cells = 0;  // On one place and turn, 0..kCellsMax; 0 if striated.
  std::int32_t eligible_cells = 0;   // The same; congruent_cells at least.
  double correlation = 0.0;          // Where they agree best, [-1, 1].
  double turn_degrees = 0.0;         // [-360, 360].
  double log10_lr = 0.0;             // Of this mark alone, [-100, 100].
  bool contributes = false;          // To the candidate's likelihood ratio.
  friend bool operator==(const ComparedRegion&, const ComparedRegion&) = default;
};

// One candidate among the agency's own records.
struct LocalCandidate {
  records::ExhibitId exhibit_id;
  std::string label;      // Empty after erasure.
  std::int32_t rank = 0;  // From 1.
  forensics::Level level = forensics::Level::kNone;
  double log10_lr = 0.0;              // After the cap; this and its interval within [-100, 100].
  double log10_lr_low = 0.0;          // 5 %.
  double log10_lr_high = 0.0;         // 95 %.
  double score = 0.0;                 // [0, 1]. Not a probability.
  double margin = 0.0;                // Score minus the next candidate's, [0, 1]; 0 for the last.
  double expected_false_leads = 0.0;  // >= 0.
  // Bullets, 1..24 and at most 24; 0 and empty for cases.
  std::int32_t lands_compared = 0;
  std::vector<AlignedLands> pairs;
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  std::vector<ComparedRegion> regions;  // Cases: by region, each once, 1..kRegionsMax.
  friend bool operator==(const LocalCandidate&, const LocalCandidate&) = default;
};

struct RuleRemovalCount {
  records::ClassRule rule = records::ClassRule::kBulletClass;
  std::int64_t removed_count = 0;
  friend bool operator==(const RuleRemovalCount&, const RuleRemovalCount&) = default;
};

// What was searched among the agency's own records. All counts >= 0.
struct SearchedCounts {
  std::int64_t held_count = 0;             // Of this kind, active.
  std::int64_t eligible_count = 0;         // Left after the class filter.
  std::int64_t compared_count = 0;         // Scored, if only coarsely.
  std::int64_t failed_count = 0;           // Could not be compared.
  std::vector<RuleRemovalCount> removals;  // One for each rule applied, each at most once.
  bool complete = false;
  std::string method_version;       // Printable ASCII, 1..kVersionBytesMax.
  std::string calibration_version;  // The same.
  bool provisional = true;
  std::int64_t coarse_scored_count = 0;  // By the pass that chose what to refine; 0 without one.
  std::int64_t refined_count = 0;        // Compared in full detail.
  double missed_probability = 0.0;       // Estimated, of a better record not refined, [0, 1].
  friend bool operator==(const SearchedCounts&, const SearchedCounts&) = default;
};

struct LocalResult {
  std::vector<LocalCandidate> candidates;  // By rank, 1, 2, 3...; at most kLocalCandidatesMax.
  SearchedCounts searched;
  friend bool operator==(const LocalResult&, const LocalResult&) = default;
};

// What became of the question at one partner. Stored and sent; never renumber.
enum class PartnerOutcome : std::int32_t {
  kAnswered = 1,
  kRefused = 2,
  kUnreachable = 3,
  kTooLate = 4,
  kInvalid = 5,   // The answer failed verification.
  kNotAsked = 6,  // Our own rules did not allow it.
  kForked =
      7,  // It signed two ledgers that cannot both be true: it and its answer count for nothing.
};
std::string_view PartnerOutcomeName(PartnerOutcome outcome);  // "answered", "refused", ...

// Candidates that the search before did not have: so many of a level and kind, whichever they are.
struct NewCandidates {
  forensics::Level level = forensics::Level::kL1;  // Never kNone.
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  std::int32_t count = 1;  // 1..kMatchCandidatesMax.
  friend bool operator==(const NewCandidates&, const NewCandidates&) = default;
};

// One partner's part of a search.
struct PartnerResult {
  std::string agency;  // Domain.
  PartnerOutcome outcome = PartnerOutcome::kNotAsked;
  std::string refusal_code;                       // Exactly when refused.
  std::string detail;                             // For people, UTF-8, 0..kPartnerDetailBytesMax.
  std::optional<MatchResult> result;              // Exactly when answered.
  std::int64_t elapsed_ms = 0;                    // >= 0.
  std::string exchange_id;                        // 16 raw bytes; empty when nothing was sent.
  std::optional<records::LedgerReceipt> receipt;  // Our entry of the outcome.
  std::optional<records::LedgerReceipt> peer_receipt;  // The partner's, as it told us.
  std::vector<NewCandidates> news;  // By level and kind, each once; only when answered.
  friend bool operator==(const PartnerResult&, const PartnerResult&) = default;
};

// One search, finished.
struct Search {
  std::string search_id;  // 32 lower-case hexadecimal digits.
  records::ExhibitId exhibit_id;
  std::int64_t ask_unix_ms = 0;
  std::string asked_by;                       // Pseudonym, printable ASCII, 1..64 bytes.
  std::string purpose;                        // [A-Z0-9_]{1,32}.
  std::optional<LocalResult> local;           // Absent when not searched.
  std::vector<PartnerResult> partners;        // By domain, each once, at most kPartnersMax.
  std::vector<records::ClassRule> rules_off;  // Each at most once.
  bool exhaustive = false;                    // As asked.
  bool full_circle = false;
  std::string standing_id;  // Of the standing question, as search_id; empty: somebody asked.
  friend bool operator==(const Search&, const Search&) = default;
};

absl::StatusOr<std::string> Serialise(const Search& search);
absl::StatusOr<Search> ParseSearch(std::string_view bytes);

v1::SearchCandidatesRequest ToProto(const SearchRequest& request);
absl::StatusOr<SearchRequest> FromProto(const v1::SearchCandidatesRequest& message,
                                        std::string_view field);
v1::SearchProgress ToProto(const SearchProgress& progress);
absl::StatusOr<SearchProgress> FromProto(const v1::SearchProgress& message, std::string_view field);
v1::PartnerResult ToProto(const PartnerResult& result);
absl::StatusOr<PartnerResult> FromProto(const v1::PartnerResult& message, std::string_view field);
v1::Search ToProto(const Search& search);
absl::StatusOr<Search> FromProto(const v1::Search& message, std::string_view field);

}  // namespace proofmark::wire
