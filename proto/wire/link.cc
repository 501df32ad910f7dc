// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/link.h"

#include <utility>

#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/link.pb.h"
#include "proofmark/v1/link_service.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr std::int64_t kExchangeIdBytes = 16;

static_assert(static_cast<int>(v1::LinkState_MAX) ==
              static_cast<int>(records::LinkState::kWithdrawn));
static_assert(static_cast<int>(v1::LinkSide_MAX) == static_cast<int>(LinkSide::kTheirs));

absl::Status CheckConclusion(std::string_view field, const std::string& code, bool required) {
  if (code.empty() && !required) return absl::OkStatus();
  if (records::IsCode(records::ConclusionCodes(), code)) return absl::OkStatus();
  return Refuse(field, "conclusion", "must be ID, INC_A, INC_B, INC_C, ELIM or UNS");
}

absl::StatusOr<std::optional<crypto::Sha256Digest>> ReadOptionalDigest(std::string_view parent,
                                                                       std::string_view name,
                                                                       const std::string& bytes) {
  if (bytes.empty()) return std::optional<crypto::Sha256Digest>();
  PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest digest, ReadDigest(parent, name, bytes));
  return std::optional(digest);
}

v1::LinkStep ToProto(const LinkStep& step) {
  v1::LinkStep message;
  message.set_state(WriteEnum<v1::LinkState>(step.state));
  message.set_by(step.by);
  message.set_conclusion(step.conclusion);
  message.set_report(step.report);
  *message.mutable_step_time() = ToTimestamp(step.unix_ms);
  message.set_reasons(step.reasons);
  return message;
}

absl::StatusOr<LinkStep> FromProto(const v1::LinkStep& message, std::string_view field) {
  LinkStep step;
  PM_ASSIGN_OR_RETURN(step.state, ReadEnum<records::LinkState>(At(field, "state"), message.state(),
                                                               v1::LinkState_IsValid));
  PM_RETURN_IF_ERROR(CheckAscii(field, "by", message.by(), 1, records::kPseudonymBytesMax));
  PM_RETURN_IF_ERROR(CheckConclusion(field, message.conclusion(), false));
  PM_RETURN_IF_ERROR(CheckText(field, "report", message.report(), 0, kReportBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 0, kLinkReasonsBytesMax));
  PM_RETURN_IF_ERROR(CheckPresent(field, "step_time", message.has_step_time()));
  PM_ASSIGN_OR_RETURN(step.unix_ms, FromTimestamp(message.step_time(), At(field, "step_time")));
  step.by = message.by();
  step.conclusion = message.conclusion();
  step.report = message.report();
  step.reasons = message.reasons();
  return step;
}

v1::LinkNotice ToProto(const LinkNotice& notice) {
  v1::LinkNotice message;
  message.set_question_exchange_id(notice.question_exchange_id);
  message.set_handle(std::string(crypto::AsText(notice.handle)));
  message.set_step_count(notice.step_count);
  *message.mutable_step() = ToProto(notice.step);
  message.set_case_commitment(std::string(crypto::AsText(notice.case_commitment)));
  message.set_purpose(notice.purpose);
  return message;
}

absl::StatusOr<LinkNotice> FromProto(const v1::LinkNotice& message, std::string_view field) {
  LinkNotice notice;
  PM_RETURN_IF_ERROR(CheckBytes(field, "question_exchange_id", message.question_exchange_id(),
                                kExchangeIdBytes, kExchangeIdBytes));
  notice.question_exchange_id = message.question_exchange_id();
  PM_ASSIGN_OR_RETURN(notice.handle, ReadDigest(field, "handle", message.handle()));
  PM_RETURN_IF_ERROR(CheckInteger(field, "step_count", message.step_count(), 1, kLinkStepsMax));
  notice.step_count = message.step_count();
  PM_RETURN_IF_ERROR(CheckPresent(field, "step", message.has_step()));
  PM_ASSIGN_OR_RETURN(notice.step, FromProto(message.step(), At(field, "step")));
  if (!notice.step.reasons.empty()) {
    return Refuse(field, "step.reasons", "must stay at the agency that wrote them");
  }
  PM_ASSIGN_OR_RETURN(notice.case_commitment,
                      ReadDigest(field, "case_commitment", message.case_commitment()));
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  notice.purpose = message.purpose();
  return notice;
}

absl::Status CheckOptionalId(std::string_view field, std::string_view name, const std::string& id) {
  return id.empty() ? absl::OkStatus() : CheckId(field, name, id);
}

}  // namespace

v1::Link ToProto(const Link& link) {
  v1::Link message;
  message.set_link_id(link.link_id);
  message.set_side(WriteEnum<v1::LinkSide>(link.side));
  message.set_agency(link.agency);
  message.set_search_id(link.search_id);
  message.set_question_exchange_id(link.question_exchange_id);
  if (link.handle) message.set_handle(std::string(crypto::AsText(*link.handle)));
  message.set_exhibit_id(link.exhibit_id);
  message.set_other_exhibit_id(link.other_exhibit_id);
  for (const LinkStep& step : link.steps) *message.add_steps() = ToProto(step);
  message.set_acknowledged_count(link.acknowledged_count);
  if (const auto& asker = link.asker_case_commitment) {
    message.set_asker_case_commitment(std::string(crypto::AsText(*asker)));
  }
  if (const auto& holder = link.holder_case_commitment) {
    message.set_holder_case_commitment(std::string(crypto::AsText(*holder)));
  }
  message.set_counted(link.counted);
  message.set_purpose(link.purpose);
  *message.mutable_handling() = ToProto(link.handling);
  return message;
}

absl::StatusOr<Link> FromProto(const v1::Link& message, std::string_view field) {
  Link link;
  PM_RETURN_IF_ERROR(CheckId(field, "link_id", message.link_id()));
  link.link_id = message.link_id();
  PM_ASSIGN_OR_RETURN(link.side,
                      ReadEnum<LinkSide>(At(field, "side"), message.side(), v1::LinkSide_IsValid));
  if (!message.agency().empty()) {
    PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  }
  link.agency = message.agency();
  PM_RETURN_IF_ERROR(CheckOptionalId(field, "search_id", message.search_id()));
  link.search_id = message.search_id();
  PM_RETURN_IF_ERROR(CheckBytes(field, "question_exchange_id", message.question_exchange_id(),
                                link.agency.empty() ? 0 : kExchangeIdBytes,
                                link.agency.empty() ? 0 : kExchangeIdBytes));
  link.question_exchange_id = message.question_exchange_id();
  PM_ASSIGN_OR_RETURN(link.handle, ReadOptionalDigest(field, "handle", message.handle()));
  PM_RETURN_IF_ERROR(CheckId(field, "exhibit_id", message.exhibit_id()));
  PM_RETURN_IF_ERROR(CheckOptionalId(field, "other_exhibit_id", message.other_exhibit_id()));
  link.exhibit_id = message.exhibit_id();
  link.other_exhibit_id = message.other_exhibit_id();
  PM_RETURN_IF_ERROR(CheckCount(field, "steps", message.steps_size(), 1, kLinkStepsMax));
  for (int i = 0; i < message.steps_size(); ++i) {
    PM_ASSIGN_OR_RETURN(LinkStep step, FromProto(message.steps(i), At(field, "steps", i)));
    link.steps.push_back(std::move(step));
  }
  PM_RETURN_IF_ERROR(CheckInteger(field, "acknowledged_count", message.acknowledged_count(), 0,
                                  message.steps_size()));
  link.acknowledged_count = message.acknowledged_count();
  PM_ASSIGN_OR_RETURN(
      link.asker_case_commitment,
      ReadOptionalDigest(field, "asker_case_commitment", message.asker_case_commitment()));
  PM_ASSIGN_OR_RETURN(
      link.holder_case_commitment,
      ReadOptionalDigest(field, "holder_case_commitment", message.holder_case_commitment()));
  link.counted = message.counted();
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  link.purpose = message.purpose();
  if (message.has_handling()) {
    PM_ASSIGN_OR_RETURN(link.handling, FromProto(message.handling(), At(field, "handling")));
  }
  return link;
}

absl::StatusOr<std::optional<records::LinkState>> OptionalLinkState(v1::LinkState state,
                                                                    std::string_view field) {
  if (state == v1::LINK_STATE_UNSPECIFIED) return std::optional<records::LinkState>();
  PM_ASSIGN_OR_RETURN(const records::LinkState read,
                      ReadEnum<records::LinkState>(field, state, v1::LinkState_IsValid));
  return std::optional(read);
}

absl::StatusOr<CandidateReview> FromProto(const v1::ReviewCandidateRequest& message,
                                          std::string_view field) {
  CandidateReview review;
  PM_RETURN_IF_ERROR(CheckId(field, "search_id", message.search_id()));
  review.search_id = message.search_id();
  if (message.agency().empty()) {
    PM_RETURN_IF_ERROR(CheckId(field, "candidate_exhibit_id", message.candidate_exhibit_id()));
    PM_RETURN_IF_ERROR(CheckBytes(field, "handle", message.handle(), 0, 0));
  } else {
    PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
    PM_RETURN_IF_ERROR(
        CheckBytes(field, "candidate_exhibit_id", message.candidate_exhibit_id(), 0, 0));
    PM_ASSIGN_OR_RETURN(review.handle, ReadDigest(field, "handle", message.handle()));
  }
  review.agency = message.agency();
  review.candidate_exhibit_id = message.candidate_exhibit_id();
  review.lead = message.lead();
  PM_RETURN_IF_ERROR(CheckText(field, "case_reference", message.case_reference(), 1,
                               records::kCaseReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 1, kLinkReasonsBytesMax));
  review.case_reference = message.case_reference();
  review.reasons = message.reasons();
  return review;
}

absl::StatusOr<LinkConclusion> FromProto(const v1::ConcludeLinkRequest& message,
                                         std::string_view field) {
  PM_RETURN_IF_ERROR(CheckId(field, "link_id", message.link_id()));
  PM_RETURN_IF_ERROR(CheckConclusion(field, message.conclusion(), true));
  PM_RETURN_IF_ERROR(CheckText(field, "report", message.report(), 1, kReportBytesMax));
  PM_RETURN_IF_ERROR(CheckText(field, "reasons", message.reasons(), 1, kLinkReasonsBytesMax));
  return LinkConclusion{.link_id = message.link_id(),
                        .conclusion = message.conclusion(),
                        .report = message.report(),
                        .reasons = message.reasons()};
}

absl::StatusOr<std::string> Serialise(const LinkNotice& notice) {
  const v1::LinkNotice message = ToProto(notice);
  PM_RETURN_IF_ERROR(FromProto(message, "notice").status());
  return WriteBytes(message, kLinkBytesMax, "notice");
}

absl::StatusOr<LinkNotice> ParseLinkNotice(std::string_view bytes) {
  v1::LinkNotice message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kLinkBytesMax, "notice", message));
  return FromProto(message, "notice");
}

absl::StatusOr<std::string> Serialise(const Link& link) {
  const v1::Link message = ToProto(link);
  PM_RETURN_IF_ERROR(FromProto(message, "link").status());
  return WriteBytes(message, kLinkBytesMax, "link");
}

absl::StatusOr<Link> ParseLink(std::string_view bytes) {
  v1::Link message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kLinkBytesMax, "link", message));
  return FromProto(message, "link");
}

}  // namespace proofmark::wire
