// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/correction.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/correction.pb.h"
#include "proofmark/v1/correction_service.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/match.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr std::int64_t kExchangeIdBytes = 16;

static_assert(static_cast<int>(v1::CorrectionCause_MAX) ==
              static_cast<int>(CorrectionCause::kAnswerWrong));
static_assert(static_cast<int>(v1::CorrectedPart_MAX) == static_cast<int>(CorrectedPart::kAnswer));
static_assert(static_cast<int>(v1::CorrectionSide_MAX) ==
              static_cast<int>(CorrectionSide::kReceived));

v1::CorrectedExchange ToProto(const CorrectedExchange& exchange) {
  v1::CorrectedExchange message;
  message.set_exchange_id(exchange.exchange_id);
  message.set_part(WriteEnum<v1::CorrectedPart>(exchange.part));
  for (const crypto::Sha256Digest& handle : exchange.handles) {
    message.add_handles(std::string(crypto::AsText(handle)));
  }
  return message;
}

absl::StatusOr<CorrectedExchange> FromProto(const v1::CorrectedExchange& message,
                                            std::string_view field) {
  CorrectedExchange exchange;
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "exchange_id", message.exchange_id(), kExchangeIdBytes, kExchangeIdBytes));
  exchange.exchange_id = message.exchange_id();
  PM_ASSIGN_OR_RETURN(exchange.part, ReadEnum<CorrectedPart>(At(field, "part"), message.part(),
                                                             v1::CorrectedPart_IsValid));
  PM_RETURN_IF_ERROR(CheckCount(field, "handles", message.handles_size(), 0,
                                exchange.part == CorrectedPart::kAnswer ? kMatchCandidatesMax : 0));
  for (int i = 0; i < message.handles_size(); ++i) {
    PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest handle,
                        ReadDigest(At(field, "handles", i), "", message.handles(i)));
    if (std::find(exchange.handles.begin(), exchange.handles.end(), handle) !=
        exchange.handles.end()) {
      return Refuse(field, "handles", "one comes twice");
    }
    exchange.handles.push_back(handle);
  }
  return exchange;
}

template <typename Message>
absl::StatusOr<std::vector<CorrectedExchange>> ReadExchanges(const Message& message,
                                                             std::string_view field, int least) {
  PM_RETURN_IF_ERROR(
      CheckCount(field, "exchanges", message.exchanges_size(), least, kCorrectedExchangesMax));
  std::vector<CorrectedExchange> exchanges;
  std::set<std::string> seen;
  for (int i = 0; i < message.exchanges_size(); ++i) {
    PM_ASSIGN_OR_RETURN(CorrectedExchange exchange,
                        FromProto(message.exchanges(i), At(field, "exchanges", i)));
    if (!seen.insert(exchange.exchange_id).second) {
      return Refuse(field, "exchanges", "one comes twice");
    }
    exchanges.push_back(std::move(exchange));
  }
  return exchanges;
}

// What a correction and its file say alike.
template <typename Message, typename Value>
absl::Status ReadAct(const Message& message, std::string_view field, Value& value) {
  PM_ASSIGN_OR_RETURN(value.cause, ReadEnum<CorrectionCause>(At(field, "cause"), message.cause(),
                                                             v1::CorrectionCause_IsValid));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "corrected_by", message.corrected_by(), 1, records::kPseudonymBytesMax));
  value.corrected_by = message.corrected_by();
  PM_RETURN_IF_ERROR(CheckPresent(field, "correct_time", message.has_correct_time()));
  PM_ASSIGN_OR_RETURN(value.correct_unix_ms,
                      FromTimestamp(message.correct_time(), At(field, "correct_time")));
  return absl::OkStatus();
}
template <typename Value, typename Message>
void WriteAct(const Value& value, Message& message) {
  message.set_cause(WriteEnum<v1::CorrectionCause>(value.cause));
  message.set_corrected_by(value.corrected_by);
  *message.mutable_correct_time() = ToTimestamp(value.correct_unix_ms);
}

v1::Correction ToProto(const Correction& correction) {
  v1::Correction message;
  WriteAct(correction, message);
  for (const CorrectedExchange& exchange : correction.exchanges) {
    *message.add_exchanges() = ToProto(exchange);
  }
  return message;
}

absl::StatusOr<Correction> FromProto(const v1::Correction& message, std::string_view field) {
  Correction correction;
  PM_RETURN_IF_ERROR(ReadAct(message, field, correction));
  PM_ASSIGN_OR_RETURN(correction.exchanges, ReadExchanges(message, field, 1));
  return correction;
}

v1::CorrectionLetter ToProto(const CorrectionLetter& letter) {
  v1::CorrectionLetter message;
  message.set_agency(letter.agency);
  message.set_exchange_id(letter.exchange_id);
  message.set_exchange_count(letter.exchange_count);
  *message.mutable_send_time() = ToTimestamp(letter.send_unix_ms);
  if (const auto& when = letter.acknowledge_unix_ms) {
    *message.mutable_acknowledge_time() = ToTimestamp(*when);
  }
  message.set_refusal_code(letter.refusal_code);
  return message;
}

absl::StatusOr<CorrectionLetter> FromProto(const v1::CorrectionLetter& message,
                                           std::string_view field) {
  CorrectionLetter letter;
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  letter.agency = message.agency();
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "exchange_id", message.exchange_id(), kExchangeIdBytes, kExchangeIdBytes));
  letter.exchange_id = message.exchange_id();
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "exchange_count", message.exchange_count(), 1, kCorrectedExchangesMax));
  letter.exchange_count = message.exchange_count();
  PM_RETURN_IF_ERROR(CheckPresent(field, "send_time", message.has_send_time()));
  PM_ASSIGN_OR_RETURN(letter.send_unix_ms,
                      FromTimestamp(message.send_time(), At(field, "send_time")));
  if (message.has_acknowledge_time()) {
    PM_ASSIGN_OR_RETURN(letter.acknowledge_unix_ms,
                        FromTimestamp(message.acknowledge_time(), At(field, "acknowledge_time")));
  }
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "refusal_code", message.refusal_code()));
  letter.refusal_code = message.refusal_code();
  return letter;
}

absl::Status ReadMade(const v1::CorrectionFile& message, std::string_view field,
                      CorrectionFile& file) {
  const std::int64_t exchange_bytes = message.exhibit_id().empty() ? kExchangeIdBytes : 0;
  if (!message.exhibit_id().empty()) {
    PM_RETURN_IF_ERROR(CheckId(field, "exhibit_id", message.exhibit_id()));
  }
  PM_RETURN_IF_ERROR(CheckBytes(field, "answer_exchange_id", message.answer_exchange_id(),
                                exchange_bytes, exchange_bytes));
  file.exhibit_id = message.exhibit_id();
  file.answer_exchange_id = message.answer_exchange_id();
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 1, kCorrectionReasonsBytesMax));
  file.reasons = message.reasons();
  PM_RETURN_IF_ERROR(
      CheckCount(field, "letters", message.letters_size(), 0, kCorrectionLettersMax));
  for (int i = 0; i < message.letters_size(); ++i) {
    PM_ASSIGN_OR_RETURN(CorrectionLetter letter,
                        FromProto(message.letters(i), At(field, "letters", i)));
    file.letters.push_back(std::move(letter));
  }
  return absl::OkStatus();
}

absl::Status ReadReceived(const v1::CorrectionFile& message, std::string_view field,
                          CorrectionFile& file) {
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  file.agency = message.agency();
  PM_ASSIGN_OR_RETURN(file.exchanges, ReadExchanges(message, field, 1));
  constexpr std::int64_t kDeletedMax = kCorrectedExchangesMax * kMatchCandidatesMax;
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "candidates_deleted", message.candidates_deleted(), 0, kDeletedMax));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "details_deleted", message.details_deleted(), 0, INT32_MAX));
  file.candidates_deleted = message.candidates_deleted();
  file.details_deleted = message.details_deleted();
  return absl::OkStatus();
}

}  // namespace

std::string_view CorrectionCauseCode(CorrectionCause cause) {
  switch (cause) {
    case CorrectionCause::kExhibitWithdrawn:
      return "EXHIBIT_WITHDRAWN";
    case CorrectionCause::kExhibitCorrected:
      return "EXHIBIT_CORRECTED";
    case CorrectionCause::kAnswerWrong:
      return "ANSWER_WRONG";
  }
  PM_CHECK(false);
}

bool CorrectionFile::IsWaiting() const {
  if (side != CorrectionSide::kMade) return false;
  return !settled || std::any_of(letters.begin(), letters.end(), [](const CorrectionLetter& l) {
    return !l.acknowledge_unix_ms.has_value() && l.refusal_code.empty();
  });
}

v1::CorrectionFile ToProto(const CorrectionFile& file) {
  v1::CorrectionFile message;
  message.set_correction_id(file.correction_id);
  message.set_side(WriteEnum<v1::CorrectionSide>(file.side));
  WriteAct(file, message);
  message.set_exhibit_id(file.exhibit_id);
  message.set_answer_exchange_id(file.answer_exchange_id);
  message.set_reasons(file.reasons);
  for (const CorrectionLetter& letter : file.letters) *message.add_letters() = ToProto(letter);
  message.set_agency(file.agency);
  for (const CorrectedExchange& exchange : file.exchanges) {
    *message.add_exchanges() = ToProto(exchange);
  }
  message.set_candidates_deleted(file.candidates_deleted);
  message.set_details_deleted(file.details_deleted);
  message.set_settled(file.settled);
  return message;
}

absl::StatusOr<CorrectionFile> FromProto(const v1::CorrectionFile& message,
                                         std::string_view field) {
  CorrectionFile file;
  PM_RETURN_IF_ERROR(CheckId(field, "correction_id", message.correction_id()));
  file.correction_id = message.correction_id();
  PM_ASSIGN_OR_RETURN(file.side, ReadEnum<CorrectionSide>(At(field, "side"), message.side(),
                                                          v1::CorrectionSide_IsValid));
  PM_RETURN_IF_ERROR(ReadAct(message, field, file));
  PM_RETURN_IF_ERROR(file.side == CorrectionSide::kMade ? ReadMade(message, field, file)
                                                        : ReadReceived(message, field, file));
  file.settled = message.settled();
  return file;
}

absl::StatusOr<std::optional<CorrectionSide>> OptionalCorrectionSide(v1::CorrectionSide side,
                                                                     std::string_view field) {
  if (side == v1::CORRECTION_SIDE_UNSPECIFIED) return std::optional<CorrectionSide>();
  PM_ASSIGN_OR_RETURN(const CorrectionSide read,
                      ReadEnum<CorrectionSide>(field, side, v1::CorrectionSide_IsValid));
  return std::optional(read);
}

absl::StatusOr<AnswerCorrection> FromProto(const v1::CorrectAnswerRequest& message,
                                           std::string_view field) {
  PM_RETURN_IF_ERROR(
      CheckBytes(field, "exchange_id", message.exchange_id(), kExchangeIdBytes, kExchangeIdBytes));
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 1, kCorrectionReasonsBytesMax));
  return AnswerCorrection{.exchange_id = message.exchange_id(), .reasons = message.reasons()};
}

absl::StatusOr<std::string> Serialise(const Correction& correction) {
  const v1::Correction message = ToProto(correction);
  PM_RETURN_IF_ERROR(FromProto(message, "correction").status());
  return WriteBytes(message, kCorrectionBytesMax, "correction");
}

absl::StatusOr<Correction> ParseCorrection(std::string_view bytes) {
  v1::Correction message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kCorrectionBytesMax, "correction", message));
  return FromProto(message, "correction");
}

absl::StatusOr<std::string> Serialise(const CorrectionFile& file) {
  const v1::CorrectionFile message = ToProto(file);
  PM_RETURN_IF_ERROR(FromProto(message, "file").status());
  return WriteBytes(message, kCorrectionBytesMax, "file");
}

absl::StatusOr<CorrectionFile> ParseCorrectionFile(std::string_view bytes) {
  v1::CorrectionFile message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kCorrectionBytesMax, "file", message));
  return FromProto(message, "file");
}

}  // namespace proofmark::wire
