// SPDX-License-Identifier: Apache-2.0
#pragma once

// What requests to ask partners, and what came of them, have in common; not for others.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/duration.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/search.h"
#include "records/exhibit.h"

namespace proofmark::wire {

inline void WriteDeadline(std::int64_t deadline_ms, google::protobuf::Duration& duration) {
  duration.set_seconds(deadline_ms / 1'000);
  duration.set_nanos(static_cast<std::int32_t>(deadline_ms % 1'000) * 1'000'000);
}

template <typename Message>
absl::StatusOr<std::int64_t> ReadDeadlineOf(const Message& message, std::string_view field) {
  if (!message.has_deadline()) return kPartnerDeadlineMsDefault;
  const google::protobuf::Duration& deadline = message.deadline();
  PM_RETURN_IF_ERROR(CheckInteger(At(field, "deadline"), "seconds", deadline.seconds(), 0,
                                  kPartnerDeadlineMsMax / 1'000));
  PM_RETURN_IF_ERROR(
      CheckInteger(At(field, "deadline"), "nanos", deadline.nanos(), 0, 999'999'999));
  const std::int64_t ms = deadline.seconds() * 1'000 + deadline.nanos() / 1'000'000;
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "deadline (ms)", ms, kPartnerDeadlineMsMin, kPartnerDeadlineMsMax));
  return ms;
}

// Purpose, case, offence and deadline, where `request` has them.
template <typename Message, typename Request>
absl::Status ReadGrounds(const Message& message, std::string_view field, Request& request) {
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  PM_RETURN_IF_ERROR(CheckText(field, "case_reference", message.case_reference(), 1,
                               records::kCaseReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "offence", message.offence()));
  request.purpose = message.purpose();
  request.case_reference = message.case_reference();
  request.offence = message.offence();
  PM_ASSIGN_OR_RETURN(request.deadline_ms, ReadDeadlineOf(message, field));
  return absl::OkStatus();
}

template <typename Message, typename Request>
void WriteGrounds(const Request& request, Message& message) {
  message.set_purpose(request.purpose);
  message.set_case_reference(request.case_reference);
  message.set_offence(request.offence);
  WriteDeadline(request.deadline_ms, *message.mutable_deadline());
}

// Domains, each once.
template <typename Message>
absl::StatusOr<std::vector<std::string>> ReadPartners(const Message& message,
                                                      std::string_view field) {
  PM_RETURN_IF_ERROR(CheckCount(field, "partners", message.partners_size(), 0, kPartnersMax));
  std::vector<std::string> partners;
  for (int i = 0; i < message.partners_size(); ++i) {
    PM_RETURN_IF_ERROR(CheckDomain(At(field, "partners", i), "", message.partners(i)));
    if (std::ranges::find(partners, message.partners(i)) != partners.end()) {
      return Refuse(field, "partners", "one comes twice");
    }
    partners.push_back(message.partners(i));
  }
  return partners;
}

// What every partner's part has, whatever was asked.
template <typename Result, typename Message>
void WriteOutcome(const Result& result, Message& message) {
  message.set_agency(result.agency);
  message.set_outcome(WriteEnum<v1::PartnerOutcome>(result.outcome));
  message.set_refusal_code(result.refusal_code);
  message.set_detail(result.detail);
  message.set_elapsed_ms(result.elapsed_ms);
  message.set_exchange_id(result.exchange_id);
  if (result.receipt) *message.mutable_receipt() = ToProto(*result.receipt);
  if (result.peer_receipt) *message.mutable_peer_receipt() = ToProto(*result.peer_receipt);
}

// `is_outcome` is the generated test of PartnerOutcome.
template <typename Message, typename Result>
absl::Status ReadOutcome(const Message& message, std::string_view field, bool (*is_outcome)(int),
                         Result& result) {
  constexpr std::int64_t kExchangeIdBytes = 16;
  constexpr std::int64_t kElapsedMsMax = std::int64_t{1} << 53;  // Exact in JSON readers too.
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  result.agency = message.agency();
  PM_ASSIGN_OR_RETURN(result.outcome, ReadEnum<PartnerOutcome>(At(field, "outcome"),
                                                               message.outcome(), is_outcome));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "refusal_code", message.refusal_code()));
  result.refusal_code = message.refusal_code();
  if (result.refusal_code.empty() != (result.outcome != PartnerOutcome::kRefused)) {
    return Refuse(field, "refusal_code", "must be there exactly when refused");
  }
  PM_RETURN_IF_ERROR(CheckText(field, "detail", message.detail(), 0, kPartnerDetailBytesMax));
  result.detail = message.detail();
  PM_RETURN_IF_ERROR(CheckInteger(field, "elapsed_ms", message.elapsed_ms(), 0, kElapsedMsMax));
  result.elapsed_ms = message.elapsed_ms();
  if (!message.exchange_id().empty()) {
    PM_RETURN_IF_ERROR(CheckBytes(field, "exchange_id", message.exchange_id(), kExchangeIdBytes,
                                  kExchangeIdBytes));
    result.exchange_id = message.exchange_id();
  }
  if (message.has_receipt()) {
    PM_ASSIGN_OR_RETURN(result.receipt, FromProto(message.receipt(), At(field, "receipt")));
  }
  if (message.has_peer_receipt()) {
    PM_ASSIGN_OR_RETURN(result.peer_receipt,
                        FromProto(message.peer_receipt(), At(field, "peer_receipt")));
  }
  return absl::OkStatus();
}

}  // namespace proofmark::wire
