// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "proto/wire/messages.h"
#include "records/exhibit.h"

// What was passed on and does not stand any more, between nodes and inside an agency. The rules of
// all conversions: proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kCorrectedExchangesMax = 256;  // Of one letter.
inline constexpr std::int64_t kCorrectionLettersMax = 1'024;
inline constexpr std::int64_t kCorrectionReasonsBytesMax = 1'000;
inline constexpr std::int64_t kCorrectionBytesMax = 256 * 1024;

inline constexpr std::string_view kCorrectionType = "correction/v1";

// Stored and sent; never renumber.
enum class CorrectionCause : std::int32_t {
  kExhibitWithdrawn = 1,
  kExhibitCorrected = 2,  // What was stated of it; its signature stands.
  kAnswerWrong = 3,
};
std::string_view CorrectionCauseCode(CorrectionCause cause);  // "EXHIBIT_WITHDRAWN", ...

// Stored and sent; never renumber.
enum class CorrectedPart : std::int32_t { kQuestion = 1, kAnswer = 2 };

// One exchange of match questions that rested on what was found wrong.
struct CorrectedExchange {
  std::string exchange_id;  // 16 raw bytes.
  CorrectedPart part = CorrectedPart::kAnswer;
  // Of an answer: the candidates meant, each once; none: all of them.
  std::vector<crypto::Sha256Digest> handles;
  friend bool operator==(const CorrectedExchange&, const CorrectedExchange&) = default;
};

struct Correction {
  CorrectionCause cause = CorrectionCause::kExhibitWithdrawn;
  std::string corrected_by;  // Pseudonym, printable ASCII, 1..64 bytes.
  std::int64_t correct_unix_ms = 0;
  std::vector<CorrectedExchange> exchanges;  // 1..kCorrectedExchangesMax, each once.
  friend bool operator==(const Correction&, const Correction&) = default;
};
absl::StatusOr<std::string> Serialise(const Correction& correction);
absl::StatusOr<Correction> ParseCorrection(std::string_view bytes);

// Stored; never renumber.
enum class CorrectionSide : std::int32_t { kMade = 1, kReceived = 2 };

// One letter of a correction that was made.
struct CorrectionLetter {
  std::string agency;               // Domain.
  std::string exchange_id;          // 16 raw bytes.
  std::int32_t exchange_count = 1;  // Named in it.
  std::int64_t send_unix_ms = 0;
  std::optional<std::int64_t> acknowledge_unix_ms;  // Absent while it waits.
  // Why it was not taken; without an acknowledgement: why it was not sent. [A-Z0-9_]{0,32}.
  std::string refusal_code;
  friend bool operator==(const CorrectionLetter&, const CorrectionLetter&) = default;
};

// One correction as one of the two agencies keeps it.
struct CorrectionFile {
  std::string correction_id;  // 32 hexadecimal digits.
  CorrectionSide side = CorrectionSide::kMade;
  CorrectionCause cause = CorrectionCause::kExhibitWithdrawn;
  std::string corrected_by;
  std::int64_t correct_unix_ms = 0;
  // Made.
  records::ExhibitId exhibit_id;          // Empty for an answer.
  std::string answer_exchange_id;         // 16 raw bytes; empty for an exhibit.
  std::string reasons;                    // UTF-8, 1..kCorrectionReasonsBytesMax; never sent.
  std::vector<CorrectionLetter> letters;  // At most kCorrectionLettersMax.
  // Received.
  std::string agency;  // Domain of who told us.
  std::vector<CorrectedExchange> exchanges;
  std::int32_t candidates_deleted = 0;
  std::int32_t details_deleted = 0;  // Requests of which something was deleted.

  bool settled = false;  // What follows from it, letters and links taken back, is done.
  friend bool operator==(const CorrectionFile&, const CorrectionFile&) = default;

  bool IsWaiting() const;  // A letter is not acknowledged, or not even made.
};
absl::StatusOr<std::string> Serialise(const CorrectionFile& file);
absl::StatusOr<CorrectionFile> ParseCorrectionFile(std::string_view bytes);
v1::CorrectionFile ToProto(const CorrectionFile& file);
absl::StatusOr<CorrectionFile> FromProto(const v1::CorrectionFile& message, std::string_view field);

// Of a filter: not set is any.
absl::StatusOr<std::optional<CorrectionSide>> OptionalCorrectionSide(v1::CorrectionSide side,
                                                                     std::string_view field);

// What an officer says of an answer.
struct AnswerCorrection {
  std::string exchange_id;  // 16 raw bytes.
  std::string reasons;      // UTF-8, 1..kCorrectionReasonsBytesMax.
};
absl::StatusOr<AnswerCorrection> FromProto(const v1::CorrectAnswerRequest& message,
                                           std::string_view field);

}  // namespace proofmark::wire
