// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/search_run.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/envelope/envelope.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "proto/wire/match.h"
#include "records/codes.h"
#include "records/listed_code.h"
#include "server/exchange/peer_answer.h"
#include "server/federation/agreement.h"
#include "server/federation/receipt.h"
#include "server/match/results.h"

namespace proofmark::journeys {
namespace {

// How long a search sleeps at most before it looks at its deadline and its caller again.
constexpr std::chrono::milliseconds kWaitSlice{50};

wire::SearchProgress ToWire(const forensics::SearchProgress& progress) {
  return {.stage = progress.stage == forensics::SearchStage::kCoarse ? wire::SearchStage::kCoarse
                                                                     : wire::SearchStage::kRefine,
          .done_count = std::min(progress.done, progress.of),
          .of_count = progress.of};
}

std::int64_t MillisBetween(std::chrono::steady_clock::time_point from,
                           std::chrono::steady_clock::time_point to) {
  return std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count());
}

constexpr char kForkedDetail[] =
    "It lied about its ledger: it signed two that cannot both be true. Nothing it says counts "
    "until "
    "its agency starts another one (`proofmark status`, docs/operations/ledger.md).";

// What its answer would have been is kept in the ledger by its hash, and used for nothing.
exchange::PeerOutcome Forked(const federation::Partner& partner, exchange::PeerOutcome judged) {
  judged.result = {.agency = partner.domain,
                   .outcome = wire::PartnerOutcome::kForked,
                   .detail = kForkedDetail,
                   .exchange_id = judged.result.exchange_id,
                   .peer_receipt = judged.result.peer_receipt};
  judged.logged.code = "FORKED";
  judged.logged.count = 0;
  return judged;
}

}  // namespace

SearchRun::SearchRun(const SearchRooms& rooms, exchange::QuestionLog& questions,
                     const ReceivedMaterial& received, const federation::Caller& caller,
                     const wire::SearchRequest& request,
                     const std::function<void(const SearchEvent&)>& on_event,
                     const std::function<bool()>& cancelled)
    : rooms_(rooms),
      questions_(questions),
      received_(received),
      caller_(caller),
      request_(request),
      on_event_(on_event),
      cancelled_(cancelled),
      begun_(rooms.clock.Steady()),
      deadline_(begun_ + std::chrono::milliseconds(request.deadline_ms)) {}

SearchRun::~SearchRun() { stopped_ = true; }

absl::StatusOr<wire::Search> SearchRun::Run() {
  PM_RETURN_IF_ERROR(Prepare());
  absl::Status status = Ask();
  if (status.ok()) status = Collect();
  if (!status.ok()) {
    // What was opened is closed whatever happened; if the store itself failed, the next start does.
    CloseRest(absl::IsCancelled(status) ? "CANCELLED" : "FAILED").IgnoreError();
    return status;
  }
  std::sort(search_.partners.begin(), search_.partners.end(),
            [](const wire::PartnerResult& a, const wire::PartnerResult& b) {
              return a.agency < b.agency;
            });
  return std::move(search_);
}

absl::Status SearchRun::Ask() {
  if (request_.include_local) {
    PM_ASSIGN_OR_RETURN(local_open_,
                        questions_.Open(DraftOf("", crypto::NewExchangeId(rooms_.random))));
    StartLocal();
  }
  for (const federation::Partner* partner : chosen_) {
    PM_ASSIGN_OR_RETURN(const bool forked, rooms_.witness.IsForked(partner->node_id));
    if (forked) {
      PM_RETURN_IF_ERROR(LeaveOut(*partner));
      continue;
    }
    PM_ASSIGN_OR_RETURN(const federation::AgreementDecision decision, MayAsk(*partner));
    PM_RETURN_IF_ERROR(decision.allowed ? OpenQuestion(*partner)
                                        : Refuse(*partner, decision.refusal_code, decision.reason));
    // As soon as its own entry is durable: nobody waits for the others' entries.
    SendNext();
  }
  return absl::OkStatus();
}

absl::StatusOr<federation::AgreementDecision> SearchRun::MayAsk(
    const federation::Partner& partner) const {
  federation::AgreementDecision decision =
      federation::DecideAsking(&partner, {.purpose = request_.purpose,
                                          .offence = request_.offence,
                                          .item = records::ItemOf(exhibit_.exhibit.kind),
                                          .unix_ms = rooms_.clock.UnixMillis()});
  if (!decision.allowed) return decision;
  if (const absl::Status admitted = rooms_.federation.MayDeal(partner.domain); !admitted.ok()) {
    return federation::AgreementDecision{
        .allowed = false, .refusal_code = "POLICY", .reason = std::string(admitted.message())};
  }
  PM_ASSIGN_OR_RETURN(federation::UseDecision use, received_.MayPassOn(exhibit_, partner.domain));
  if (!use.allowed) {
    decision = {.allowed = false,
                .refusal_code = "THIRD_PARTY_DATA",
                .reason = absl::StrFormat("%s: %s", use.code, use.reason)};
  }
  return decision;
}

absl::Status SearchRun::Prepare() {
  PM_RETURN_IF_ERROR(records::CheckListed("purpose", records::PurposeCodes(), request_.purpose));
  PM_RETURN_IF_ERROR(
      records::CheckListed("offence", records::OffenceCodes(), request_.offence, false));
  PM_RETURN_IF_ERROR(records::CheckListed("subject_role", records::SubjectRoleCodes(),
                                          request_.subject_role, false));
  if (!request_.include_local && !request_.all_partners && request_.partners.empty()) {
    return absl::InvalidArgumentError(
        "nothing to search: set include_local, partners or all_partners");
  }
  PM_RETURN_IF_ERROR(ChoosePartners());
  PM_ASSIGN_OR_RETURN(exhibit_, rooms_.registry.Load(request_.exhibit_id));
  if (exhibit_.exhibit.state == records::ExhibitState::kWithdrawn) {
    return absl::FailedPreconditionError("the exhibit is withdrawn: nothing is asked about it");
  }
  if (!forensics::IsOfCurrentMethod(*exhibit_.signature)) {
    return absl::FailedPreconditionError(
        "the exhibit's signature is of an earlier method: submit its scans again");
  }
  PM_ASSIGN_OR_RETURN(case_commitment_, rooms_.commitments.CommitCase(request_.case_reference));
  PM_ASSIGN_OR_RETURN(object_, rooms_.registry.CommitmentTo(exhibit_.exhibit));
  search_.exhibit_id = exhibit_.exhibit.id;
  search_.ask_unix_ms = rooms_.clock.UnixMillis();
  search_.asked_by = caller_.pseudonym;
  search_.purpose = request_.purpose;
  search_.rules_off = request_.rules_off;
  search_.exhaustive = request_.exhaustive;
  search_.full_circle = request_.full_circle;
  return absl::OkStatus();
}

absl::Status SearchRun::ChoosePartners() {
  if (request_.all_partners) {
    for (const federation::Partner& partner : rooms_.partners.all()) chosen_.push_back(&partner);
    return absl::OkStatus();
  }
  for (const std::string& domain : request_.partners) {
    chosen_.push_back(rooms_.partners.FindByDomain(domain));
    if (chosen_.back() == nullptr) {
      return absl::NotFoundError(absl::StrFormat("no partner is called %s", domain));
    }
  }
  return absl::OkStatus();
}

// Our own rules say no: that too is an entry, and the caller hears it.
absl::Status SearchRun::Refuse(const federation::Partner& partner, std::string_view refusal_code,
                               std::string_view reason) {
  wire::PartnerResult result;
  result.outcome = wire::PartnerOutcome::kNotAsked;
  result.detail = std::string(reason);
  return LogLeftOut(partner, refusal_code, std::move(result));
}

absl::Status SearchRun::LeaveOut(const federation::Partner& partner) {
  wire::PartnerResult result;
  result.outcome = wire::PartnerOutcome::kForked;
  result.detail = kForkedDetail;
  return LogLeftOut(partner, "LEDGER_FORKED", std::move(result));
}

absl::Status SearchRun::LogLeftOut(const federation::Partner& partner, std::string_view code,
                                   wire::PartnerResult result) {
  records::EntryDraft draft = DraftOf(partner.node_id, {});
  draft.kind = records::EntryKind::kDeny;
  draft.exchange.clear();
  draft.outcome = absl::StrFormat("NOT_ASKED:%s", code);
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt, rooms_.ledger.Append(std::move(draft)));
  result.agency = partner.domain;
  result.receipt = federation::ToRecord(receipt);
  on_event_(result);
  search_.partners.push_back(std::move(result));
  return absl::OkStatus();
}

// Signs the question to one partner and logs it. What it holds is all that leaves the agency.
absl::Status SearchRun::OpenQuestion(const federation::Partner& partner) {
  wire::MatchQuestion question;
  question.kind = exhibit_.exhibit.kind;
  question.characteristics = exhibit_.exhibit.characteristics;
  question.signature = *exhibit_.signature;
  question.purpose = request_.purpose;
  question.offence = request_.offence;
  question.subject_role = request_.subject_role;
  PM_ASSIGN_OR_RETURN(const std::string commitment, base::ParseHex(case_commitment_));
  std::copy_n(base::AsBytes(commitment).begin(), question.case_commitment.size(),
              question.case_commitment.begin());
  question.actor = caller_.pseudonym;
  question.rules_off = request_.rules_off;
  question.exhaustive = request_.exhaustive;
  question.full_circle = request_.full_circle;

  Question opened;
  opened.partner = &partner;
  opened.deadline = deadline_;
  opened.asked.exchange_id = crypto::NewExchangeId(rooms_.random);
  opened.asked.candidates_max = question.candidates_max;
  PM_ASSIGN_OR_RETURN(std::string payload, wire::Serialise(question));
  PM_ASSIGN_OR_RETURN(opened.envelope,
                      exchange::SignMessage(rooms_.identity, partner, opened.asked.exchange_id,
                                            wire::kMatchQuestionType, std::move(payload),
                                            rooms_.clock.UnixMillis()));
  opened.asked.hash = crypto::EnvelopeHash(opened.envelope);
  records::EntryDraft draft = DraftOf(partner.node_id, opened.asked.exchange_id);
  draft.request_hash = base::ToHex(base::ByteSpan(opened.asked.hash));
  PM_ASSIGN_OR_RETURN(opened.open, questions_.Open(std::move(draft)));
  asked_.push_back(std::move(opened));
  return absl::OkStatus();
}

records::EntryDraft SearchRun::DraftOf(std::string_view peer,
                                       const crypto::ExchangeId& exchange) const {
  records::EntryDraft draft;
  draft.peer = std::string(peer);
  draft.exchange = base::ToHex(base::ByteSpan(exchange));
  draft.purpose = request_.purpose;
  draft.case_commitment = case_commitment_;
  draft.actor = caller_.pseudonym;
  draft.offence = request_.offence;
  draft.subject = request_.subject_role;
  draft.object = object_;
  return draft;
}

void SearchRun::StartLocal() {
  local_ = std::jthread([this, inbox = inbox_] {
    match::ExhibitQuery query{
        .signature = *exhibit_.signature,
        .characteristics = exhibit_.exhibit.characteristics,
        .rules_off = request_.rules_off,
        .leave_out = exhibit_.exhibit.id,
        .best_count = request_.candidates_max,
        .exhaustive = request_.exhaustive,
        .full_circle = request_.full_circle,
        .cancelled = [this] { return stopped_ || rooms_.clock.Steady() >= deadline_; },
        .progress =
            [&](const forensics::SearchProgress& progress) { inbox->Put(ToWire(progress)); }};
    inbox->Put(LocalReport{rooms_.collection.Search(query)});
  });
}

void SearchRun::SendNext() {
  while (sent_count_ < asked_.size() && under_way_ < rooms_.partners_at_once &&
         rooms_.clock.Steady() < deadline_) {
    if (!asked_[sent_count_].closed) Send(sent_count_);
    ++sent_count_;
  }
}

void SearchRun::Send(std::size_t index) {
  ++under_way_;
  Question& question = asked_[index];
  question.sent = rooms_.clock.Steady();
  question.deadline = std::min(deadline_, *question.sent + question.partner->timeout);
  rooms_.peers.Exchange(*question.partner, question.envelope, question.deadline,
                        [inbox = inbox_, index,
                         &clock = rooms_.clock](absl::StatusOr<federation::PeerAnswer> answer) {
                          inbox->Put(PeerReport{.question = index,
                                                .answer = std::move(answer),
                                                .came = clock.Steady(),
                                                .came_unix_ms = clock.UnixMillis()});
                        });
}

absl::Status SearchRun::Collect() {
  while (!IsDone()) {
    if (cancelled_ && cancelled_()) return absl::CancelledError("the search was cancelled");
    std::optional<Report> report = inbox_->Take(kWaitSlice);
    // Progress comes after all answers: without an answer waiting, what is overdue is too late.
    const bool is_answer =
        report.has_value() && !std::holds_alternative<wire::SearchProgress>(*report);
    if (report.has_value()) PM_RETURN_IF_ERROR(Take(*std::move(report)));
    if (!is_answer) PM_RETURN_IF_ERROR(CloseOverdue());
  }
  return absl::OkStatus();
}

absl::Status SearchRun::Take(Report report) {
  if (const auto* progress = std::get_if<wire::SearchProgress>(&report)) {
    on_event_(*progress);
    return absl::OkStatus();
  }
  if (auto* local = std::get_if<LocalReport>(&report)) return TakeLocal(std::move(local->found));
  return TakePeer(std::move(std::get<PeerReport>(report)));
}

absl::Status SearchRun::TakeLocal(absl::StatusOr<match::FoundExhibits> found) {
  PM_RETURN_IF_ERROR(found.status());
  PM_ASSIGN_OR_RETURN(wire::LocalResult local,
                      JoinLabels(rooms_.registry, match::ToLocalResult(*found)));
  exchange::QuestionOutcome outcome;
  outcome.code = found->counts.complete ? "ANSWERED" : "INCOMPLETE";
  outcome.count = local.candidates.size();
  PM_RETURN_IF_ERROR(questions_.Close(*std::exchange(local_open_, std::nullopt), outcome).status());
  search_.local = std::move(local);
  return absl::OkStatus();
}

absl::Status SearchRun::TakePeer(PeerReport report) {
  Question& question = asked_[report.question];
  if (question.closed) return absl::OkStatus();
  if (report.came > question.deadline) {
    return CloseQuestion(question, NothingInTime(*question.partner, question.asked), report.came);
  }
  exchange::PeerOutcome outcome =
      JudgeAnswer(*question.partner, rooms_.identity.node_id(), question.asked,
                  std::move(report.answer), report.came_unix_ms);
  // It may have come out while it was asked.
  PM_ASSIGN_OR_RETURN(const bool forked, rooms_.witness.IsForked(question.partner->node_id));
  if (forked) outcome = Forked(*question.partner, std::move(outcome));
  return CloseQuestion(question, std::move(outcome), report.came);
}

absl::Status SearchRun::CloseOverdue() {
  const Time now = rooms_.clock.Steady();
  for (Question& question : asked_) {
    if (question.closed || now < question.deadline) continue;
    PM_RETURN_IF_ERROR(
        CloseQuestion(question, NothingInTime(*question.partner, question.asked), now));
  }
  return absl::OkStatus();
}

absl::Status SearchRun::CloseRest(std::string_view code) {
  exchange::QuestionOutcome outcome;
  outcome.code = std::string(code);
  if (local_open_.has_value()) {
    PM_RETURN_IF_ERROR(
        questions_.Close(*std::exchange(local_open_, std::nullopt), outcome).status());
  }
  for (Question& question : asked_) {
    if (std::exchange(question.closed, true)) continue;
    PM_RETURN_IF_ERROR(questions_.Close(question.open, outcome).status());
  }
  return absl::OkStatus();
}

absl::Status SearchRun::CloseQuestion(Question& question, exchange::PeerOutcome outcome,
                                      Time came) {
  question.closed = true;
  if (question.sent) --under_way_;
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      questions_.Close(question.open, outcome.logged));
  outcome.result.receipt = federation::ToRecord(receipt);
  if (question.sent) outcome.result.elapsed_ms = MillisBetween(*question.sent, came);
  on_event_(outcome.result);
  search_.partners.push_back(std::move(outcome.result));
  SendNext();
  return absl::OkStatus();
}

bool SearchRun::IsDone() const {
  return !local_open_.has_value() &&
         std::all_of(asked_.begin(), asked_.end(), [](const Question& q) { return q.closed; });
}

absl::StatusOr<wire::LocalResult> JoinLabels(const registry::ExhibitRegistry& registry,
                                             wire::LocalResult local) {
  for (wire::LocalCandidate& candidate : local.candidates) {
    PM_ASSIGN_OR_RETURN(const wire::StoredExhibit stored, registry.Load(candidate.exhibit_id));
    PM_ASSIGN_OR_RETURN(candidate.label, registry.LabelOf(stored));
  }
  return local;
}

}  // namespace proofmark::journeys
