// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/standing_questions.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <memory>
#include <set>
#include <thread>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "records/codes.h"
#include "records/listed_code.h"
#include "server/exchange/awaited.h"
#include "server/exchange/peer_answer.h"
#include "server/exchange/peer_outcome.h"
#include "server/federation/agreement.h"
#include "server/federation/consultation.h"
#include "server/federation/receipt.h"
#include "server/journeys/tables.h"
#include "server/registry/paging.h"

namespace proofmark::journeys {
namespace {

using wire::StandingState;

constexpr std::size_t kIdBytes = 16;

// Bytes of a text, none of its characters cut in two.
std::string CutText(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

std::string FaultOf(const wire::PartnerResult& result) {
  std::string fault(wire::PartnerOutcomeName(result.outcome));
  if (!result.refusal_code.empty()) fault += " " + result.refusal_code;
  if (!result.detail.empty()) fault += ": " + result.detail;
  return CutText(std::move(fault), static_cast<std::size_t>(wire::kPartnerDetailBytesMax));
}

std::int32_t NewIn(const wire::PartnerResult& result) {
  std::int32_t count = 0;
  for (const wire::NewCandidates& news : result.news) count += news.count;
  return count;
}

// Of the one question that share triggers ask of a partner about an exhibit: so there is never a
// second one.
std::string AutomaticId(std::string_view exhibit_id, std::string_view agency) {
  std::string message;
  base::AppendLp2(message, "share trigger");
  base::AppendLp2(message, exhibit_id);
  base::AppendLp2(message, agency);
  return std::string(crypto::AsText(crypto::Sha256(message)).substr(0, kIdBytes));
}

// What justifies it in the ledger: the record has all triggers, the entry the one that weighs most.
std::string TriggerOutcome(const AutomaticOrder& order) {
  return absl::StrFormat("SHARE_TRIGGER:%s",
                         order.urgent ? records::kUrgentTrigger : order.triggers.front());
}

std::int64_t RetryMs(const wire::StandingQuestion& question) {
  return question.urgent ? kUrgentRetryMs : kCollectionCheckMs;
}

}  // namespace

StandingQuestions::StandingQuestions(const Rooms& rooms)
    : rooms_(rooms),
      records_(rooms.search.store,
               {.records = kStandingTable, .listing = kStandingListingTable, .name = "standing"}),
      log_(rooms.search.store, rooms.search.ledger) {}

absl::StatusOr<std::optional<StandingQuestions::Kept>> StandingQuestions::Load(
    std::string_view standing_id) const {
  if (!records::IsId(standing_id)) {
    return absl::InvalidArgumentError("standing_id is not 32 lower-case hexadecimal digits");
  }
  PM_ASSIGN_OR_RETURN(const std::string raw_id, base::ParseHex(standing_id));
  PM_ASSIGN_OR_RETURN(std::optional<registry::SealedRecords::Held> held, records_.Find(raw_id));
  if (!held.has_value()) return std::nullopt;
  absl::StatusOr<wire::StandingQuestion> question = wire::ParseStandingQuestion(held->plain);
  if (!question.ok()) return absl::DataLossError(question.status().message());
  return Kept{.held = *std::move(held), .question = *std::move(question)};
}

absl::Status StandingQuestions::ForEach(
    const std::function<absl::Status(const Kept&)>& visit) const {
  return records_.ForEach([&](const registry::SealedRecords::Held& held) -> absl::Status {
    absl::StatusOr<wire::StandingQuestion> question = wire::ParseStandingQuestion(held.plain);
    if (!question.ok()) return absl::DataLossError(question.status().message());
    return visit({.held = held, .question = *std::move(question)});
  });
}

// The entry of an act about `question`. Of a case that was erased meanwhile there is none.
absl::StatusOr<records::EntryDraft> StandingQuestions::DraftOf(
    records::EntryKind kind, const wire::StandingQuestion& question, std::string_view actor,
    std::string outcome) const {
  records::EntryDraft draft;
  draft.kind = kind;
  draft.purpose = question.purpose;
  draft.offence = question.offence;
  draft.subject = question.subject_role;
  draft.actor = std::string(actor);
  draft.outcome = std::move(outcome);
  PM_ASSIGN_OR_RETURN(draft.case_commitment,
                      rooms_.search.commitments.CommitCase(question.case_reference));
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit,
                      rooms_.search.registry.Load(question.exhibit_id));
  PM_ASSIGN_OR_RETURN(draft.object, rooms_.search.registry.CommitmentTo(exhibit.exhibit));
  return draft;
}

absl::StatusOr<ledger::Receipt> StandingQuestions::Write(const Kept& kept,
                                                         records::EntryDraft draft) {
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(kept.question));
  store::WriteRequest changes;
  PM_RETURN_IF_ERROR(records_.AddChange(kept.held, plain, changes));
  return rooms_.search.ledger.Append(std::move(draft), std::move(changes));
}

absl::StatusOr<StandingActed> StandingQuestions::Add(const federation::Caller& caller,
                                                     const wire::StandingOrder& order) {
  PM_RETURN_IF_ERROR(records::CheckListed("purpose", records::PurposeCodes(), order.purpose));
  PM_RETURN_IF_ERROR(
      records::CheckListed("offence", records::OffenceCodes(), order.offence, false));
  PM_RETURN_IF_ERROR(
      records::CheckListed("subject_role", records::SubjectRoleCodes(), order.subject_role, false));
  const std::int64_t now = rooms_.search.clock.UnixMillis();
  if (order.expire_unix_ms <= now || order.expire_unix_ms > now + wire::kStandingMsMax) {
    return absl::InvalidArgumentError("expire_time: must be in the future, at most 365 days");
  }
  wire::StandingQuestion question;
  for (const std::string& domain : order.partners) {
    if (rooms_.search.partners.FindByDomain(domain) == nullptr) {
      return absl::NotFoundError(absl::StrFormat("no partner is called %s", domain));
    }
    wire::StandingPartner& partner = question.partners.emplace_back();
    partner.agency = domain;
  }
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit,
                      rooms_.search.registry.Load(order.exhibit_id));
  if (exhibit.exhibit.state == records::ExhibitState::kWithdrawn) {
    return absl::FailedPreconditionError("the exhibit is withdrawn: nothing is asked about it");
  }
  PM_ASSIGN_OR_RETURN(const std::int64_t active, CountActive(/*automatic=*/false));
  if (active >= kStandingActiveMax) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "%d standing questions are active, the most there may be: stop some", kStandingActiveMax));
  }
  const crypto::ExchangeId id = crypto::NewExchangeId(rooms_.search.random);
  const std::string raw_id(base::AsText(base::ByteSpan(id)));
  question.standing_id = base::ToHex(raw_id);
  question.exhibit_id = order.exhibit_id;
  question.purpose = order.purpose;
  question.case_reference = order.case_reference;
  question.offence = order.offence;
  question.subject_role = order.subject_role;
  question.asked_by = caller.pseudonym;
  question.add_unix_ms = now;
  question.expire_unix_ms = order.expire_unix_ms;
  PM_ASSIGN_OR_RETURN(records::EntryDraft act, DraftOf(records::EntryKind::kDecision, question,
                                                       caller.pseudonym, "STANDING_ADDED"));
  act.count = question.partners.size();
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt, KeepNew(raw_id, question, std::move(act)));
  return StandingActed{.question = std::move(question), .receipt = federation::ToRecord(receipt)};
}

absl::StatusOr<std::int64_t> StandingQuestions::CountActive(bool automatic) const {
  std::int64_t active = 0;
  PM_RETURN_IF_ERROR(ForEach([&](const Kept& kept) {
    const wire::StandingQuestion& question = kept.question;
    active +=
        question.state == StandingState::kActive && question.is_automatic() == automatic ? 1 : 0;
    return absl::OkStatus();
  }));
  return active;
}

absl::StatusOr<ledger::Receipt> StandingQuestions::KeepNew(std::string_view raw_id,
                                                           const wire::StandingQuestion& question,
                                                           records::EntryDraft act) {
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(question));
  store::WriteRequest changes;
  PM_RETURN_IF_ERROR(records_.AddNew(raw_id, question.add_unix_ms, plain, changes));
  return rooms_.search.ledger.Append(std::move(act), std::move(changes));
}

absl::Status StandingQuestions::SettleAutomatic(const AutomaticOrder& order) {
  const std::string raw_id = AutomaticId(order.exhibit_id, order.agency);
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(base::ToHex(raw_id)));
  const auto draft = [&](const wire::StandingQuestion& question, std::string outcome) {
    return DraftOf(records::EntryKind::kDecision, question, question.asked_by, std::move(outcome));
  };
  if (kept.has_value()) {
    wire::StandingQuestion& question = kept->question;
    if (question.state != StandingState::kActive) return absl::OkStatus();
    if (order.triggers.empty()) {
      question.state = StandingState::kStopped;
      question.stop_reasons = "no share trigger applies any more";
      PM_ASSIGN_OR_RETURN(records::EntryDraft act, draft(question, "STANDING_STOPPED"));
      return Write(*kept, std::move(act)).status();
    }
    if (question.triggers == order.triggers && question.urgent == order.urgent) {
      return absl::OkStatus();
    }
    question.triggers = order.triggers;
    question.urgent = order.urgent;
    PM_ASSIGN_OR_RETURN(records::EntryDraft act, draft(question, TriggerOutcome(order)));
    return Write(*kept, std::move(act)).status();
  }
  if (order.triggers.empty()) return absl::OkStatus();
  if (!order.urgent) {
    PM_ASSIGN_OR_RETURN(const std::int64_t active, CountActive(/*automatic=*/true));
    if (active >= kAutomaticActiveMax) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("%d questions by share triggers are active, the most there may be: "
                          "further ones wait until some have ended",
                          kAutomaticActiveMax));
    }
  }
  wire::StandingQuestion question;
  question.standing_id = base::ToHex(raw_id);
  question.exhibit_id = order.exhibit_id;
  question.purpose = order.purpose;
  question.case_reference = order.case_reference;
  question.offence = order.offence;
  question.partners.emplace_back().agency = order.agency;
  question.asked_by = order.submitted_by;
  question.add_unix_ms = rooms_.search.clock.UnixMillis();
  question.expire_unix_ms = order.expire_unix_ms;
  question.triggers = order.triggers;
  question.urgent = order.urgent;
  PM_ASSIGN_OR_RETURN(records::EntryDraft act, draft(question, TriggerOutcome(order)));
  act.count = question.partners.size();
  return KeepNew(raw_id, question, std::move(act)).status();
}

absl::StatusOr<StandingActed> StandingQuestions::Stop(const federation::Caller& caller,
                                                      std::string_view standing_id,
                                                      std::string_view reasons) {
  if (reasons.empty() || std::ssize(reasons) > wire::kStandingReasonsBytesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("reasons: %d bytes; 1..%d", reasons.size(),
                                                      wire::kStandingReasonsBytesMax));
  }
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(standing_id));
  if (!kept.has_value()) return absl::NotFoundError("no standing question has this id");
  wire::StandingQuestion& question = kept->question;
  if (question.state != StandingState::kActive) {
    return absl::FailedPreconditionError(absl::StrFormat("the standing question is %s already",
                                                         wire::StandingStateText(question.state)));
  }
  question.state = StandingState::kStopped;
  question.stopped_by = caller.pseudonym;
  question.stop_reasons = std::string(reasons);
  PM_ASSIGN_OR_RETURN(records::EntryDraft act, DraftOf(records::EntryKind::kDecision, question,
                                                       caller.pseudonym, "STANDING_STOPPED"));
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt, Write(*kept, std::move(act)));
  return StandingActed{.question = std::move(question), .receipt = federation::ToRecord(receipt)};
}

absl::StatusOr<wire::StandingQuestion> StandingQuestions::Get(const federation::Caller& caller,
                                                              std::string_view standing_id) {
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(standing_id));
  if (!kept.has_value()) return absl::NotFoundError("no standing question has this id");
  PM_ASSIGN_OR_RETURN(
      const records::EntryDraft about,
      DraftOf(records::EntryKind::kAdminRead, kept->question, caller.pseudonym, "STANDING_READ"));
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.search.ledger, caller,
      {.read = "STANDING_READ", .object = about.object, .case_commitment = about.case_commitment}));
  return std::move(kept->question);
}

absl::StatusOr<StandingPage> StandingQuestions::List(const federation::Caller& caller,
                                                     std::int32_t page_size,
                                                     std::string_view page_token,
                                                     bool active_only) {
  PM_ASSIGN_OR_RETURN(const std::size_t wanted,
                      registry::PageSize(page_size, kStandingPageSizeDefault));
  absl::Status fault;
  PM_ASSIGN_OR_RETURN(
      registry::SealedRecords::Page found,
      records_.List(wanted, page_token, [&](const registry::SealedRecords::Held& held) {
        const absl::StatusOr<wire::StandingQuestion> question =
            wire::ParseStandingQuestion(held.plain);
        if (!question.ok()) fault = absl::DataLossError(question.status().message());
        return question.ok() && (!active_only || question->state == StandingState::kActive);
      }));
  PM_RETURN_IF_ERROR(fault);
  StandingPage page;
  for (const registry::SealedRecords::Held& held : found.records) {
    PM_ASSIGN_OR_RETURN(wire::StandingQuestion question, wire::ParseStandingQuestion(held.plain));
    page.questions.push_back(std::move(question));
  }
  page.next_page_token = std::move(found.next_page_token);
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.search.ledger, caller, {.read = "STANDING_LISTED", .count = page.questions.size()}));
  return page;
}

absl::StatusOr<StandingCounts> StandingQuestions::Count() const {
  Versions told;
  {
    const base::MutexLock lock(mutex_);
    told = told_;
  }
  StandingCounts counts;
  PM_RETURN_IF_ERROR(ForEach([&](const Kept& kept) -> absl::Status {
    const wire::StandingQuestion& question = kept.question;
    if (question.state != StandingState::kActive) return absl::OkStatus();
    ++counts.active;
    counts.automatic += question.is_automatic() ? 1 : 0;
    PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit,
                        rooms_.search.registry.Load(question.exhibit_id));
    bool due = false;
    bool failing = false;
    for (const wire::StandingPartner& partner : question.partners) {
      const auto known = told.find({partner.agency, records::ItemOf(exhibit.exhibit.kind)});
      const bool changed = known != told.end() && !known->second.version.empty() &&
                           known->second.version != partner.version;
      due = due || changed || partner.version.empty();
      failing = failing || !partner.fault.empty();
    }
    counts.due += due ? 1 : 0;
    counts.failing += failing ? 1 : 0;
    return absl::OkStatus();
  }));
  return counts;
}

void StandingQuestions::StopAsking() {
  const base::MutexLock lock(mutex_);
  stopping_ = true;
}

bool StandingQuestions::IsStopping() const {
  const base::MutexLock lock(mutex_);
  return stopping_;
}

absl::Status StandingQuestions::Expire(Kept kept) {
  wire::StandingQuestion& question = kept.question;
  question.state = StandingState::kExpired;
  // What nobody registered, nobody waits for: its end is no alarm.
  const auto kind =
      question.is_automatic() ? records::EntryKind::kDecision : records::EntryKind::kAlarm;
  PM_ASSIGN_OR_RETURN(records::EntryDraft ended,
                      DraftOf(kind, question, question.asked_by, "STANDING_EXPIRED"));
  PM_RETURN_IF_ERROR(Write(kept, std::move(ended)).status());
  if (question.is_automatic()) return absl::OkStatus();
  base::Log(base::LogSeverity::kWarning,
            absl::StrFormat("standing question %s has expired and is asked no more; whoever still "
                            "needs it registers another (`proofmark standing add`)",
                            question.standing_id));
  return absl::OkStatus();
}

absl::Status StandingQuestions::AskDue() {
  const base::MutexLock one_round(asking_);
  std::vector<Kept> active;
  PM_RETURN_IF_ERROR(ForEach([&](const Kept& kept) {
    if (kept.question.state == StandingState::kActive) active.push_back(kept);
    return absl::OkStatus();
  }));
  const std::int64_t now = rooms_.search.clock.UnixMillis();
  absl::Status first_fault;
  const auto note = [&](const absl::Status& status) {
    // Somebody was faster, who stops it or erases its case: the next round sees what is left.
    if (!status.ok() && !absl::IsFailedPrecondition(status) && first_fault.ok()) {
      first_fault = status;
    }
  };
  for (Kept& kept : active) {
    if (now >= kept.question.expire_unix_ms) note(Expire(kept));
  }
  std::erase_if(active, [now](const Kept& kept) { return now >= kept.question.expire_unix_ms; });
  // Where life is at risk nobody waits for the partners of others.
  const auto others = std::stable_partition(active.begin(), active.end(),
                                            [](const Kept& kept) { return kept.question.urgent; });
  std::vector<Kept> rest(std::make_move_iterator(others), std::make_move_iterator(active.end()));
  active.erase(others, active.end());
  for (std::vector<Kept>* const round : {&active, &rest}) {
    PM_ASSIGN_OR_RETURN(const Versions versions, CheckCollections(*round));
    for (Kept& kept : *round) {
      if (IsStopping()) break;
      note(AskOne(std::move(kept), versions));
    }
  }
  return first_fault;
}

// What is known of every collection that a question is about, asked anew where it is old; so many
// partners at once.
absl::StatusOr<StandingQuestions::Versions> StandingQuestions::CheckCollections(
    const std::vector<Kept>& active) {
  struct Check {
    const wire::StandingQuestion* question;
    std::string agency;
    records::ExhibitKind kind;
  };
  const std::int64_t now = rooms_.search.clock.UnixMillis();
  Versions versions;
  std::vector<Check> checks;
  std::set<Watched> seen;
  for (const Kept& kept : active) {
    PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit,
                        rooms_.search.registry.Load(kept.question.exhibit_id));
    for (const wire::StandingPartner& partner : kept.question.partners) {
      const Watched watched{partner.agency, records::ItemOf(exhibit.exhibit.kind)};
      if (!seen.insert(watched).second) continue;
      const base::MutexLock lock(mutex_);
      const auto told = told_.find(watched);
      const std::int64_t patience_ms = told != told_.end() && told->second.version.empty()
                                           ? RetryMs(kept.question)
                                           : kCollectionCheckMs;
      if (told != told_.end() && now - told->second.unix_ms < patience_ms) {
        versions[watched] = told->second;
      } else {
        checks.push_back({&kept.question, partner.agency, exhibit.exhibit.kind});
      }
    }
  }
  std::vector<Told> told(checks.size());
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> askers;
    for (std::size_t i = 0; i < std::min(checks.size(), kCollectionsAtOnce); ++i) {
      askers.emplace_back([&] {
        for (std::size_t at = next++; at < checks.size(); at = next++) {
          if (IsStopping()) return;
          const Check& check = checks[at];
          told[at] = CheckOne(*check.question, check.agency, check.kind);
        }
      });
    }
  }
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const Watched watched{checks[i].agency, records::ItemOf(checks[i].kind)};
    if (told[i].unix_ms == 0) continue;  // Stopped before.
    versions[watched] = told[i];
    const base::MutexLock lock(mutex_);
    told_[watched] = std::move(told[i]);
  }
  return versions;
}

StandingQuestions::Told StandingQuestions::CheckOne(const wire::StandingQuestion& question,
                                                    const std::string& agency,
                                                    records::ExhibitKind kind) {
  Told told{.unix_ms = rooms_.search.clock.UnixMillis(), .version = "", .fault = ""};
  const federation::Partner* const partner = rooms_.search.partners.FindByDomain(agency);
  federation::AgreementDecision decision =
      federation::DecideAsking(partner, {.purpose = question.purpose,
                                         .offence = question.offence,
                                         .item = records::ItemOf(kind),
                                         .unix_ms = told.unix_ms});
  if (decision.allowed) {
    if (const absl::Status admitted = rooms_.search.federation.MayDeal(agency); !admitted.ok()) {
      decision.allowed = false;
      decision.reason = std::string(admitted.message());
    }
  }
  if (!decision.allowed) {
    told.fault = CutText("not asked: " + decision.reason, wire::kPartnerDetailBytesMax);
    return told;
  }
  absl::StatusOr<Told> asked = AskVersion(question, *partner, kind);
  if (!asked.ok()) {
    told.fault = CutText(std::string(asked.status().message()), wire::kPartnerDetailBytesMax);
    return told;
  }
  asked->unix_ms = told.unix_ms;
  return *std::move(asked);
}

// Asks, logs, waits, judges and logs again, as every question to a partner.
absl::StatusOr<StandingQuestions::Told> StandingQuestions::AskVersion(
    const wire::StandingQuestion& question, const federation::Partner& partner,
    records::ExhibitKind kind) {
  const SearchRooms& rooms = rooms_.search;
  PM_ASSIGN_OR_RETURN(const bool forked, rooms.witness.IsForked(partner.node_id));
  if (forked) return absl::UnavailableError("not asked: its ledger was proven forked");
  PM_ASSIGN_OR_RETURN(std::string payload,
                      wire::Serialise(wire::CollectionQuestion{.purpose = question.purpose,
                                                               .offence = question.offence,
                                                               .actor = question.asked_by,
                                                               .kind = kind}));
  exchange::AskedQuestion asked;
  asked.exchange_id = crypto::NewExchangeId(rooms.random);
  PM_ASSIGN_OR_RETURN(const crypto::Envelope envelope,
                      exchange::SignMessage(rooms.identity, partner, asked.exchange_id,
                                            wire::kCollectionQuestionType, std::move(payload),
                                            rooms.clock.UnixMillis()));
  asked.hash = crypto::EnvelopeHash(envelope);
  records::EntryDraft draft;
  draft.peer = partner.node_id;
  draft.exchange = base::ToHex(base::ByteSpan(asked.exchange_id));
  draft.purpose = question.purpose;
  draft.offence = question.offence;
  draft.actor = question.asked_by;
  draft.request_hash = base::ToHex(base::ByteSpan(asked.hash));
  PM_ASSIGN_OR_RETURN(const exchange::OpenQuestion open, log_.Open(std::move(draft)));
  const auto awaited = std::make_shared<exchange::Awaited<federation::PeerAnswer>>();
  const auto deadline = rooms.clock.Steady() + partner.timeout;
  rooms.peers.Exchange(partner, envelope, deadline,
                       [awaited](absl::StatusOr<federation::PeerAnswer> answer) {
                         awaited->Put(std::move(answer));
                       });
  absl::StatusOr<federation::PeerAnswer> answer =
      awaited->Take(rooms.clock, deadline, [this] { return IsStopping(); });
  auto believed =
      exchange::BelieveAnswer(partner, rooms.identity.node_id(), asked, wire::kCollectionAnswerType,
                              answer, rooms.clock.UnixMillis());
  Told told;
  exchange::PeerOutcome outcome;
  if (auto* failed = std::get_if<exchange::PeerOutcome>(&believed)) {
    outcome = std::move(*failed);
  } else {
    const auto& verified = std::get<crypto::VerifiedEnvelope>(believed);
    absl::StatusOr<wire::CollectionAnswer> parsed = wire::ParseCollectionAnswer(verified.payload());
    if (!parsed.ok()) {
      outcome = InvalidOutcome(partner, asked, std::string(parsed.status().message()));
    } else if (auto* refusal = std::get_if<wire::Refusal>(&*parsed)) {
      outcome =
          RefusedOutcome(partner, asked, std::move(refusal->code), std::move(refusal->reason));
      exchange::NoteEvidence(partner, verified, answer->receipt, outcome);
    } else {
      told.version = std::get<wire::CollectionVersion>(*std::move(parsed)).version;
      outcome = AnsweredOutcome(partner, asked);
      exchange::NoteEvidence(partner, verified, answer->receipt, outcome);
    }
  }
  if (told.version.empty()) told.fault = FaultOf(outcome.result);
  PM_RETURN_IF_ERROR(log_.Close(open, outcome.logged).status());
  return told;
}

std::vector<wire::StandingPartner*> StandingQuestions::DuePartners(wire::StandingQuestion& question,
                                                                   records::ItemKind item,
                                                                   std::string_view method,
                                                                   const Versions& versions) const {
  const std::int64_t now = rooms_.search.clock.UnixMillis();
  std::vector<wire::StandingPartner*> due;
  for (wire::StandingPartner& partner : question.partners) {
    const auto told = versions.find({partner.agency, item});
    if (told == versions.end()) continue;
    const bool changed =
        partner.version != told->second.version || partner.method_version != method;
    const bool left_alone = !partner.fault.empty() && partner.ask_unix_ms.has_value() &&
                            now - *partner.ask_unix_ms < RetryMs(question);
    if (!told->second.version.empty() && changed && !left_alone) due.push_back(&partner);
  }
  return due;
}

absl::Status StandingQuestions::AskOne(Kept kept, const Versions& versions) {
  wire::StandingQuestion& question = kept.question;
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit,
                      rooms_.search.registry.Load(question.exhibit_id));
  const records::ItemKind item = records::ItemOf(exhibit.exhibit.kind);
  const std::string method = forensics::ExtractorVersions(*exhibit.signature);
  const std::vector<wire::StandingPartner*> due = DuePartners(question, item, method, versions);
  // A partner whose version is not known says why, until it is.
  bool noted = false;
  for (wire::StandingPartner& partner : question.partners) {
    const auto told = versions.find({partner.agency, item});
    if (told == versions.end()) continue;
    const bool settled =
        told->second.version == partner.version && partner.method_version == method;
    const bool is_news = told->second.version.empty() ? partner.fault != told->second.fault
                                                      : settled && !partner.fault.empty();
    if (is_news) partner.fault = told->second.fault;
    noted = noted || is_news;
  }
  if (due.empty()) {
    if (!noted) return absl::OkStatus();
    // What came of asking for the version is in the ledger already.
    PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(question));
    store::WriteRequest changes;
    PM_RETURN_IF_ERROR(records_.AddChange(kept.held, plain, changes));
    return rooms_.search.store.Commit(std::move(changes));
  }

  wire::SearchRequest request;
  request.exhibit_id = question.exhibit_id;
  request.purpose = question.purpose;
  request.case_reference = question.case_reference;
  request.offence = question.offence;
  request.subject_role = question.subject_role;
  request.deadline_ms = wire::kPartnerDeadlineMsMax;  // Each partner's own timeout ends it before.
  StandingOrigin origin{.standing_id = question.standing_id, .search_before = {}};
  for (const wire::StandingPartner* partner : due) {
    request.partners.push_back(partner->agency);
    origin.search_before[partner->agency] = partner->search_id;
  }
  PM_ASSIGN_OR_RETURN(records::EntryDraft act, DraftOf(records::EntryKind::kDecision, question,
                                                       question.asked_by, "STANDING_DUE"));
  act.count = due.size();
  PM_RETURN_IF_ERROR(rooms_.search.ledger.Append(std::move(act)).status());
  const absl::StatusOr<wire::Search> search =
      rooms_.searches.RunStanding({crypto::StaffRole::kExaminer, question.asked_by}, request,
                                  origin, [this] { return IsStopping(); });
  if (absl::IsCancelled(search.status())) return absl::OkStatus();

  const std::int64_t now = rooms_.search.clock.UnixMillis();
  std::string outcome = "STANDING_ASKED";
  std::uint64_t new_count = 0;
  for (wire::StandingPartner* partner : due) {
    partner->ask_unix_ms = now;
    if (!search.ok()) {
      partner->fault =
          CutText(std::string(search.status().message()), wire::kPartnerDetailBytesMax);
      outcome = "STANDING_NOT_ASKED";
      continue;
    }
    const auto result =
        std::ranges::find(search->partners, partner->agency, &wire::PartnerResult::agency);
    if (result == search->partners.end()) continue;
    if (!result->result.has_value()) {
      partner->fault = FaultOf(*result);
      continue;
    }
    partner->fault.clear();
    partner->version = versions.at({partner->agency, item}).version;
    partner->method_version = method;
    partner->search_id = search->search_id;
    partner->new_count = NewIn(*result);
    new_count += static_cast<std::uint64_t>(partner->new_count);
  }
  PM_ASSIGN_OR_RETURN(records::EntryDraft done, DraftOf(records::EntryKind::kDecision, question,
                                                        question.asked_by, std::move(outcome)));
  done.count = new_count;
  return Write(kept, std::move(done)).status();
}

absl::StatusOr<std::int64_t> StandingQuestions::AddErasure(const CaseToErase& gone,
                                                           std::string_view case_reference,
                                                           store::WriteRequest& request) const {
  std::int64_t count = 0;
  PM_RETURN_IF_ERROR(ForEach([&](const Kept& kept) -> absl::Status {
    if (!gone.Has(kept.question.exhibit_id) && kept.question.case_reference != case_reference) {
      return absl::OkStatus();
    }
    ++count;
    return records_.AddErasure(kept.held, request);
  }));
  return count;
}

}  // namespace proofmark::journeys
