// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/evidence/calibration.h"
#include "proto/wire/handling.h"
#include "proto/wire/messages.h"
#include "proto/wire/refusal.h"
#include "records/class_filter.h"
#include "records/exhibit.h"

// What nodes of different agencies say to each other. The rules of all conversions:
// proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kMatchPayloadBytesMax = 1024 * 1024;
inline constexpr std::int32_t kMatchCandidatesMax = 10;
inline constexpr std::int64_t kBudgetUnitsMax = 1'000'000;
// A serialised answer is padded to a multiple of this: whatever an answer of this version says fits
// one, the longest names of versions aside.
inline constexpr std::size_t kAnswerSizeClassBytes = 1'024;

// The types under which an envelope carries them.
inline constexpr std::string_view kMatchQuestionType = "match-question/v1";
inline constexpr std::string_view kMatchAnswerType = "match-answer/v1";

// What is asked: nothing in it identifies a case or a person.
struct MatchQuestion {
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  records::ClassCharacteristics characteristics;
  forensics::BallisticSignature signature;  // Of such an item.
  std::string purpose;       // [A-Z0-9_]{1,32}; the agreement says which are answered.
  std::string offence;       // The same alphabet; empty when not applicable.
  std::string subject_role;  // Likewise.
  crypto::Sha256Digest case_commitment{};
  std::string actor;                                  // Pseudonym, printable ASCII, 1..64 bytes.
  std::vector<records::ClassRule> rules_off;          // Each at most once.
  std::int32_t candidates_max = kMatchCandidatesMax;  // 1..kMatchCandidatesMax.
  bool exhaustive = false;   // Compare every eligible record in full detail.
  bool full_circle = false;  // Try every turn of impressed marks.
  friend bool operator==(const MatchQuestion&, const MatchQuestion&) = default;
};

// A number of records, as much of it as may be told. Sent; never renumber.
enum class CountBand : std::int32_t {
  kUnder100 = 1,
  k100To999 = 2,
  k1000To9999 = 3,
  k10000To99999 = 4,
  k100000To999999 = 5,
  k1000000OrMore = 6,
};
CountBand ToCountBand(std::int64_t count);       // `count` >= 0.
std::string_view CountBandText(CountBand band);  // "0 to 99", ..., "1 000 000 or more".

// An expected number of false leads, as a band. Sent; never renumber.
enum class FalseLeadBand : std::int32_t {
  kUnderTenth = 1,
  kTenthToOne = 2,
  kOneToTen = 3,
  kOverTen = 4,
};
FalseLeadBand ToFalseLeadBand(double expected);          // `expected` >= 0, finite.
std::string_view FalseLeadBandText(FalseLeadBand band);  // "below 0.1", ..., "10 or more".

struct RuleRemoval {
  records::ClassRule rule = records::ClassRule::kBulletClass;
  CountBand removed = CountBand::kUnder100;
  friend bool operator==(const RuleRemoval&, const RuleRemoval&) = default;
};

// What was searched, as much of it as crosses the border.
struct SearchedBands {
  CountBand held = CountBand::kUnder100;      // Records of this kind held and active.
  CountBand eligible = CountBand::kUnder100;  // Left after the class filter.
  std::vector<RuleRemoval> removals;          // One for each rule applied, each at most once.
  bool complete = false;                      // Every eligible record was scored.
  FalseLeadBand false_leads = FalseLeadBand::kOverTen;  // At the weakest level reported.
  std::string method_version;                           // Printable ASCII, 1..kVersionBytesMax.
  std::string calibration_version;                      // The same.
  bool provisional = true;                              // Not validated on enough real firearms.
  friend bool operator==(const SearchedBands&, const SearchedBands&) = default;
};

// A lead, not an identification.
struct MatchCandidate {
  crypto::Sha256Digest handle{};                   // Each at most once in a result.
  forensics::Level level = forensics::Level::kL1;  // Never kNone.
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  friend bool operator==(const MatchCandidate&, const MatchCandidate&) = default;
};

// How the asker's budget stands after the question, coarsely. Used may exceed a limit that was
// lowered since.
struct BudgetStatement {
  std::int64_t per_day = 0;      // 0..kBudgetUnitsMax.
  std::int64_t per_30_days = 0;  // The same.
  std::int64_t used_today = 0;   // 0..2 * kBudgetUnitsMax.
  std::int64_t used_30_days = 0;
  friend bool operator==(const BudgetStatement&, const BudgetStatement&) = default;
};

struct MatchResult {
  std::vector<MatchCandidate> candidates;  // At most kMatchCandidatesMax, strongest level first.
  SearchedBands searched;
  AnswerHandling handling;                // As its holder gave it.
  std::optional<BudgetStatement> budget;  // Travels in the answer alone.
  friend bool operator==(const MatchResult&, const MatchResult&) = default;
};

struct MatchRefusal {
  std::string code;    // [A-Z0-9_]{1,32}, of records::RefusalCodes() when it is ours.
  std::string reason;  // For people, UTF-8, 0..kRefusalReasonBytesMax.
  std::optional<BudgetStatement> budget;  // Travels in the answer alone.
  friend bool operator==(const MatchRefusal&, const MatchRefusal&) = default;
};

using MatchAnswer = std::variant<MatchResult, MatchRefusal>;

// The payloads of envelopes, at most kMatchPayloadBytesMax. Parse what was verified, as received.
// An answer has a multiple of kAnswerSizeClassBytes.
absl::StatusOr<std::string> Serialise(const MatchQuestion& question);
absl::StatusOr<MatchQuestion> ParseMatchQuestion(std::string_view bytes);
absl::StatusOr<std::string> Serialise(const MatchAnswer& answer);
absl::StatusOr<MatchAnswer> ParseMatchAnswer(std::string_view bytes);

v1::BudgetStatement ToProto(const BudgetStatement& budget);
absl::StatusOr<BudgetStatement> FromProto(const v1::BudgetStatement& message,
                                          std::string_view field);
v1::MatchQuestion ToProto(const MatchQuestion& question);
absl::StatusOr<MatchQuestion> FromProto(const v1::MatchQuestion& message, std::string_view field);
v1::MatchResult ToProto(const MatchResult& result);
absl::StatusOr<MatchResult> FromProto(const v1::MatchResult& message, std::string_view field);
v1::MatchAnswer ToProto(const MatchAnswer& answer);
absl::StatusOr<MatchAnswer> FromProto(const v1::MatchAnswer& message, std::string_view field);

}  // namespace proofmark::wire
