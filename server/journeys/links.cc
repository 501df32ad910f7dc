// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/links.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "proto/wire/details.h"
#include "server/federation/consultation.h"
#include "server/federation/receipt.h"
#include "server/journeys/tables.h"
#include "server/registry/handle_book.h"
#include "server/registry/paging.h"

namespace proofmark::journeys {
namespace {

using records::LinkState;

constexpr std::size_t kIdBytes = 16;

// Both agencies give a link the same id, from what both know of the candidate.
std::string RawId(std::string_view where, std::string_view candidate) {
  const crypto::Sha256Digest digest = crypto::Sha256(std::string(where) + std::string(candidate));
  return std::string(crypto::AsText(digest).substr(0, kIdBytes));
}

absl::StatusOr<std::string> ParseLinkId(std::string_view link_id) {
  if (!records::IsId(link_id)) {
    return absl::InvalidArgumentError("link_id is not 32 lower-case hexadecimal digits");
  }
  return base::ParseHex(link_id);
}

absl::StatusOr<crypto::Sha256Digest> ParseDigest(std::string_view hex) {
  PM_ASSIGN_OR_RETURN(const std::string bytes, base::ParseHex(hex));
  crypto::Sha256Digest digest{};
  PM_CHECK(bytes.size() == digest.size());
  std::copy_n(base::AsBytes(bytes).begin(), digest.size(), digest.begin());
  return digest;
}

std::string HexOf(const std::optional<crypto::Sha256Digest>& digest) {
  return digest.has_value() ? base::ToHex(base::ByteSpan(*digest)) : "";
}

// The commitment to the case of this agency's own that a link is about.
std::string OwnCase(const wire::Link& link) {
  return HexOf(link.side == wire::LinkSide::kOurs ? link.asker_case_commitment
                                                  : link.holder_case_commitment);
}

std::optional<LinkState> StateBefore(const wire::Link& link) {
  return link.steps.empty() ? std::nullopt : std::optional(link.state());
}

absl::Status NotAllowed(std::optional<LinkState> now, LinkState next) {
  return absl::FailedPreconditionError(absl::StrFormat(
      "%s may not follow %s", records::LinkStateCode(next),
      now.has_value() ? records::LinkStateCode(*now) : "a candidate that nobody has looked at"));
}

// The two cases that a link joins, whichever of them asked; nullopt while one is not known.
std::optional<std::pair<crypto::Sha256Digest, crypto::Sha256Digest>> CasesOf(
    const wire::Link& link) {
  if (!link.asker_case_commitment || !link.holder_case_commitment) return std::nullopt;
  return std::minmax(*link.asker_case_commitment, *link.holder_case_commitment);
}

// Which of two hits is the older one: both agencies keep the same steps and ids.
using HitAge = std::pair<std::int64_t, std::string>;
HitAge AgeOfHit(const wire::Link& hit) {
  const auto made = std::ranges::find(hit.steps, LinkState::kHit, &wire::LinkStep::state);
  PM_CHECK(made != hit.steps.end());
  return {made->unix_ms, hit.link_id};
}

// The identification by a first examiner that waits for a second; nullptr when there is none.
const wire::LinkStep* FirstIdentification(const wire::Link& link) {
  if (link.steps.empty()) return nullptr;
  const wire::LinkStep& last = link.steps.back();
  return last.conclusion == "ID" && last.state != LinkState::kHit ? &last : nullptr;
}

}  // namespace

// What a partner's examiners make of our exhibit.
class Links::ToldStep final : public exchange::Notice {
 public:
  ToldStep(Links& links, const exchange::Believed& believed, wire::LinkNotice notice)
      : links_(links), believed_(believed), notice_(std::move(notice)) {}

  static absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      Links& links, const exchange::Believed& message) {
    PM_ASSIGN_OR_RETURN(wire::LinkNotice notice, wire::ParseLinkNotice(message.envelope.payload()));
    PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "step.by", notice.step.by));
    return std::make_unique<ToldStep>(links, message, std::move(notice));
  }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    const std::string_view handle = crypto::AsText(notice_.handle);
    PM_ASSIGN_OR_RETURN(const std::optional<registry::HandleUse> use,
                        registry::FindHandle(links_.rooms_.store, handle));
    if (!use.has_value() || use->asking_agency != believed_.partner.domain ||
        use->exchange_id != notice_.question_exchange_id) {
      return Refuse("NOT_HELD", "This node gave no such handle in that exchange.");
    }
    const std::string raw_id = RawId(notice_.question_exchange_id, handle);
    PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, links_.Load(raw_id));
    wire::Link link;
    if (kept.has_value()) {
      link = kept->link;
    } else {
      link.link_id = base::ToHex(raw_id);
      link.side = wire::LinkSide::kTheirs;
      link.agency = believed_.partner.domain;
      link.question_exchange_id = notice_.question_exchange_id;
      link.handle = notice_.handle;
      link.exhibit_id = use->exhibit_id;
      link.purpose = notice_.purpose;
    }
    const bool same_state = !link.steps.empty() && link.state() == notice_.step.state;
    if (notice_.step_count != std::ssize(link.steps) + 1 ||
        (!same_state && !records::MayFollow(StateBefore(link), notice_.step.state))) {
      return Refuse("MALFORMED", "That step does not follow what was told before.");
    }
    link.steps.push_back(notice_.step);
    link.acknowledged_count = notice_.step_count;
    link.asker_case_commitment = notice_.case_commitment;
    PM_ASSIGN_OR_RETURN(link.holder_case_commitment, links_.CaseOf(link.exhibit_id));
    PM_ASSIGN_OR_RETURN(exchange::Reply reply,
                        Acknowledge({.case_commitment = link.holder_case_commitment}));
    links_.rooms_.cross_checks.AddDue(link.exhibit_id, reply.changes);
    reply.afterwards = [&cross_checks = links_.rooms_.cross_checks] { cross_checks.Run(); };
    PM_RETURN_IF_ERROR(links_.Count(link, reply.changes));
    PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(link));
    PM_RETURN_IF_ERROR(
        kept.has_value()
            ? links_.records_.AddChange(kept->held, plain, reply.changes)
            : links_.records_.AddNew(raw_id, notice_.step.unix_ms, plain, reply.changes));
    return reply;
  }

 private:
  records::EntryDraft Draft() const override {
    records::EntryDraft draft;
    draft.kind = records::EntryKind::kLink;
    draft.purpose = notice_.purpose;
    draft.actor = notice_.step.by;
    draft.case_commitment = base::ToHex(base::ByteSpan(notice_.case_commitment));
    draft.count = static_cast<std::uint64_t>(notice_.step_count);
    return draft;
  }

  Links& links_;
  const exchange::Believed& believed_;
  const wire::LinkNotice notice_;
};

// Our steps, told to who holds the exhibit.
class Links::Sender final : public exchange::NoticeSender {
 public:
  explicit Sender(Links& links) : NoticeSender(wire::kLinkNoticeType), links_(links) {}

 private:
  absl::Status AddAnswered(const federation::Partner& partner,
                           const crypto::ExchangeId& exchange_id, const wire::NoticeAnswer& answer,
                           store::WriteRequest& changes) override {
    const auto* const acknowledgement = std::get_if<wire::Acknowledgement>(&answer);
    if (acknowledgement == nullptr) return absl::OkStatus();
    const std::string where = base::ToHex(base::ByteSpan(exchange_id));
    PM_ASSIGN_OR_RETURN(
        const std::optional<std::string> link_id,
        links_.rooms_.store.Get(
            store::StoreKey(kLinkLetterTable).Text(partner.domain).Bytes(where).Build()));
    if (!link_id.has_value()) return absl::DataLossError("a link's letter has lost its row");
    PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, links_.Load(*link_id));
    if (!kept.has_value()) return absl::OkStatus();  // Erased meanwhile.
    wire::Link link = std::move(kept->link);
    // In order: the outbox sends no step before the one in front was answered.
    link.acknowledged_count =
        std::min<std::int32_t>(link.acknowledged_count + 1, static_cast<int>(link.steps.size()));
    link.holder_case_commitment = acknowledgement->case_commitment;
    PM_RETURN_IF_ERROR(links_.Count(link, changes));
    PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(link));
    PM_RETURN_IF_ERROR(links_.records_.AddChange(kept->held, plain, changes));
    changes.mutations.Delete(
        store::StoreKey(kLinkLetterTable).Text(partner.domain).Bytes(where).Build());
    return absl::OkStatus();
  }

  Links& links_;
};

Links::Links(const Rooms& rooms)
    : rooms_(rooms),
      records_(rooms.store, {.records = kLinkTable, .listing = kLinkListingTable, .name = "link"}),
      searches_(rooms.store),
      desk_(wire::kLinkNoticeType,
            [this](const exchange::Believed& message) { return ToldStep::Read(*this, message); }),
      sender_(std::make_unique<Sender>(*this)) {
  rooms_.outbox.Register(*sender_);
}

Links::~Links() = default;

exchange::Desk& Links::desk() { return desk_; }

absl::StatusOr<std::optional<Links::Kept>> Links::Load(std::string_view raw_id) const {
  PM_ASSIGN_OR_RETURN(std::optional<registry::SealedRecords::Held> held, records_.Find(raw_id));
  if (!held.has_value()) return std::nullopt;
  absl::StatusOr<wire::Link> link = wire::ParseLink(held->plain);
  if (!link.ok()) return absl::DataLossError(link.status().message());
  return Kept{.held = *std::move(held), .link = *std::move(link)};
}

absl::StatusOr<Links::Kept> Links::LoadOurs(std::string_view link_id) const {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, ParseLinkId(link_id));
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(raw_id));
  if (!kept.has_value()) return absl::NotFoundError("no link has this id");
  if (kept->link.side != wire::LinkSide::kOurs) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the link is judged by %s, which asked", kept->link.agency));
  }
  return *std::move(kept);
}

// The commitment to the case an exhibit belongs to; nullopt when it belongs to none.
absl::StatusOr<std::optional<crypto::Sha256Digest>> Links::CaseOf(
    const records::ExhibitId& id) const {
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit stored, rooms_.registry.Load(id));
  PM_ASSIGN_OR_RETURN(const std::string commitment, rooms_.registry.CaseCommitmentTo(stored));
  if (commitment.empty()) return std::optional<crypto::Sha256Digest>();
  PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest digest, ParseDigest(commitment));
  return std::optional(digest);
}

absl::Status Links::CheckCandidate(const wire::CandidateReview& review, const wire::Search& search,
                                   wire::Link& link) const {
  const absl::Status unknown = absl::NotFoundError("the search's answers name no such candidate");
  if (review.agency.empty()) {
    if (!search.local.has_value()) return unknown;
    const auto& list = search.local->candidates;
    const bool listed = std::any_of(list.begin(), list.end(), [&](const auto& candidate) {
      return candidate.exhibit_id == review.candidate_exhibit_id;
    });
    return listed ? absl::OkStatus() : unknown;
  }
  for (const wire::PartnerResult& partner : search.partners) {
    if (partner.agency != review.agency || !partner.result.has_value()) continue;
    for (const wire::MatchCandidate& candidate : partner.result->candidates) {
      if (candidate.handle != *review.handle) continue;
      link.question_exchange_id = partner.exchange_id;
      link.handling = partner.result->handling;
      return absl::OkStatus();
    }
  }
  return unknown;
}

absl::StatusOr<LinkActed> Links::Review(const federation::Caller& caller,
                                        const wire::CandidateReview& review) {
  PM_ASSIGN_OR_RETURN(const wire::Search search, searches_.Load(review.search_id));
  wire::Link link;
  PM_RETURN_IF_ERROR(CheckCandidate(review, search, link));
  const std::string raw_id = review.agency.empty()
                                 ? RawId(review.search_id, review.candidate_exhibit_id)
                                 : RawId(link.question_exchange_id, crypto::AsText(*review.handle));
  PM_ASSIGN_OR_RETURN(std::optional<Kept> before, Load(raw_id));
  if (before.has_value()) {
    link = before->link;
  } else {
    link.link_id = base::ToHex(raw_id);
    link.agency = review.agency;
    link.search_id = review.search_id;
    link.handle = review.handle;
    link.exhibit_id = search.exhibit_id;
    link.other_exhibit_id = review.candidate_exhibit_id;
    link.purpose = search.purpose;
  }
  PM_ASSIGN_OR_RETURN(const std::string commitment,
                      rooms_.commitments.CommitCase(review.case_reference));
  PM_ASSIGN_OR_RETURN(link.asker_case_commitment, ParseDigest(commitment));
  if (review.agency.empty()) {
    PM_ASSIGN_OR_RETURN(link.holder_case_commitment, CaseOf(review.candidate_exhibit_id));
  }
  return Act(caller, std::move(before), std::move(link),
             {.state = review.lead ? LinkState::kLead : LinkState::kDismissed,
              .by = caller.pseudonym,
              .conclusion = "",
              .report = "",
              .unix_ms = rooms_.clock.UnixMillis(),
              .reasons = review.reasons});
}

absl::StatusOr<LinkActed> Links::Conclude(const federation::Caller& caller,
                                          const wire::LinkConclusion& conclusion) {
  PM_ASSIGN_OR_RETURN(Kept kept, LoadOurs(conclusion.link_id));
  LinkState next = records::StateOfConclusion(conclusion.conclusion);
  if (!records::MayFollow(kept.link.state(), next)) return NotAllowed(kept.link.state(), next);
  if (next == LinkState::kHit) {
    const wire::LinkStep* const first = FirstIdentification(kept.link);
    if (first != nullptr && first->by == caller.pseudonym) {
      return absl::FailedPreconditionError(
          "an identification is verified by another examiner than the one who made it");
    }
    if (first == nullptr) next = kept.link.state();  // It waits for the second examiner.
  }
  wire::Link link = kept.link;
  return Act(caller, std::move(kept), std::move(link),
             {.state = next,
              .by = caller.pseudonym,
              .conclusion = conclusion.conclusion,
              .report = conclusion.report,
              .unix_ms = rooms_.clock.UnixMillis(),
              .reasons = conclusion.reasons});
}

absl::StatusOr<LinkActed> Links::Withdraw(const federation::Caller& caller,
                                          std::string_view link_id, std::string_view reasons) {
  if (reasons.empty() || std::ssize(reasons) > wire::kLinkReasonsBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("reasons: %d bytes; 1..%d", reasons.size(), wire::kLinkReasonsBytesMax));
  }
  PM_ASSIGN_OR_RETURN(Kept kept, LoadOurs(link_id));
  wire::Link link = kept.link;
  return Act(caller, std::move(kept), std::move(link),
             {.state = LinkState::kWithdrawn,
              .by = caller.pseudonym,
              .conclusion = "",
              .report = "",
              .unix_ms = rooms_.clock.UnixMillis(),
              .reasons = std::string(reasons)});
}

absl::StatusOr<std::int32_t> Links::WithdrawOfExchange(
    const federation::Caller& caller, std::string_view agency,
    std::string_view question_exchange_id, std::span<const crypto::Sha256Digest> handles,
    std::string_view reasons) {
  return WithdrawWhere(
      caller,
      [&](const wire::Link& link) {
        return link.agency == agency && link.question_exchange_id == question_exchange_id &&
               link.handle.has_value() &&
               (handles.empty() ||
                std::find(handles.begin(), handles.end(), *link.handle) != handles.end());
      },
      reasons);
}

absl::StatusOr<std::int32_t> Links::WithdrawOfExhibit(const federation::Caller& caller,
                                                      const records::ExhibitId& exhibit_id,
                                                      std::string_view reasons) {
  return WithdrawWhere(
      caller,
      [&](const wire::Link& link) {
        return link.exhibit_id == exhibit_id || link.other_exhibit_id == exhibit_id;
      },
      reasons);
}

absl::StatusOr<std::int32_t> Links::WithdrawWhere(
    const federation::Caller& caller, const std::function<bool(const wire::Link&)>& rests,
    std::string_view reasons) {
  std::vector<std::string> ids;
  PM_RETURN_IF_ERROR(ForEach([&](const Kept& kept) {
    const wire::Link& link = kept.link;
    if (link.side == wire::LinkSide::kOurs && rests(link) &&
        records::MayFollow(link.state(), LinkState::kWithdrawn) &&
        (link.agency.empty() || rooms_.partners.FindByDomain(link.agency) != nullptr)) {
      ids.push_back(link.link_id);
    }
    return absl::OkStatus();
  }));
  for (const std::string& id : ids) PM_RETURN_IF_ERROR(Withdraw(caller, id, reasons).status());
  return static_cast<std::int32_t>(ids.size());
}

absl::StatusOr<LinkActed> Links::RequestVerification(const federation::Caller& caller,
                                                     std::string_view link_id) {
  PM_ASSIGN_OR_RETURN(Kept kept, LoadOurs(link_id));
  wire::Link link = kept.link;
  return Act(caller, std::move(kept), std::move(link),
             {.state = LinkState::kVerifyRequested,
              .by = caller.pseudonym,
              .conclusion = "",
              .report = "",
              .unix_ms = rooms_.clock.UnixMillis(),
              .reasons = ""});
}

absl::StatusOr<LinkActed> Links::Act(const federation::Caller& caller, std::optional<Kept> before,
                                     wire::Link link, wire::LinkStep step) {
  const bool waits_for_second = step.conclusion == "ID" && step.state != LinkState::kHit;
  if (!waits_for_second && !records::MayFollow(StateBefore(link), step.state)) {
    return NotAllowed(StateBefore(link), step.state);
  }
  if (std::ssize(link.steps) >= wire::kLinkStepsMax) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the link has %d steps already, the most it may have", link.steps.size()));
  }
  link.steps.push_back(step);
  store::WriteRequest request;
  PM_RETURN_IF_ERROR(Count(link, request));
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(link));
  PM_ASSIGN_OR_RETURN(const std::string raw_id, base::ParseHex(link.link_id));
  PM_RETURN_IF_ERROR(before.has_value() ? records_.AddChange(before->held, plain, request)
                                        : records_.AddNew(raw_id, step.unix_ms, plain, request));
  rooms_.cross_checks.AddDue(link.exhibit_id, request);
  if (!link.other_exhibit_id.empty()) {
    rooms_.cross_checks.AddDue(link.other_exhibit_id, request);
  }

  records::EntryDraft act;
  act.kind = link.agency.empty() && step.conclusion.empty() ? records::EntryKind::kReview
                                                            : records::EntryKind::kLink;
  act.purpose = link.purpose;
  act.actor = caller.pseudonym;
  act.case_commitment = HexOf(link.asker_case_commitment);
  act.count = link.steps.size();
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit, rooms_.registry.Load(link.exhibit_id));
  PM_ASSIGN_OR_RETURN(act.object, rooms_.registry.CommitmentTo(exhibit.exhibit));
  if (link.agency.empty()) {
    act.outcome = std::string(records::LinkStateCode(step.state));
    PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                        rooms_.ledger.Append(std::move(act), std::move(request)));
    rooms_.cross_checks.Run();
    return LinkActed{.link = std::move(link), .receipt = federation::ToRecord(receipt)};
  }
  const federation::Partner* const partner = rooms_.partners.FindByDomain(link.agency);
  if (partner == nullptr) {
    return absl::FailedPreconditionError(absl::StrFormat("%s is no partner any more", link.agency));
  }
  wire::LinkNotice notice{.question_exchange_id = link.question_exchange_id,
                          .handle = *link.handle,
                          .step_count = static_cast<std::int32_t>(link.steps.size()),
                          .step = step,
                          .case_commitment = *link.asker_case_commitment,
                          .purpose = link.purpose};
  notice.step.reasons.clear();
  exchange::Letter letter{.partner = *partner,
                          .exchange_id = crypto::NewExchangeId(rooms_.store.random()),
                          .type = wire::kLinkNoticeType,
                          .payload = ""};
  PM_ASSIGN_OR_RETURN(letter.payload, wire::Serialise(notice));
  request.mutations.Put(store::StoreKey(kLinkLetterTable)
                            .Text(partner->domain)
                            .Bytes(base::ToHex(base::ByteSpan(letter.exchange_id)))
                            .Build(),
                        raw_id);
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      rooms_.outbox.Send(std::move(letter), std::move(act), std::move(request)));
  rooms_.cross_checks.Run();
  return LinkActed{.link = std::move(link), .receipt = federation::ToRecord(receipt)};
}

// Of the hits between two cases the oldest counts, so that both agencies choose the same one in
// whatever order they heard of them. While a case is not known (a partner's is, once the first step
// was acknowledged) the link stands alone; two exhibits of one case link nothing new.
absl::Status Links::Count(wire::Link& link, store::WriteRequest& request) {
  const bool is_hit = link.state() == LinkState::kHit;
  // Nothing depends on a link that is no hit and did not count as one.
  if (!is_hit && !link.counted) return absl::OkStatus();
  link.counted = is_hit;
  const auto cases = CasesOf(link);
  if (!cases) return absl::OkStatus();
  if (cases->first == cases->second) {
    link.counted = false;
    return absl::OkStatus();
  }
  std::vector<Kept> others;
  std::optional<HitAge> oldest;
  if (is_hit) oldest = AgeOfHit(link);
  PM_RETURN_IF_ERROR(ForEach([&](const Kept& kept) {
    const wire::Link& other = kept.link;
    if (other.link_id == link.link_id || other.state() != LinkState::kHit ||
        CasesOf(other) != cases) {
      return absl::OkStatus();
    }
    if (!oldest || AgeOfHit(other) < *oldest) oldest = AgeOfHit(other);
    others.push_back(kept);
    return absl::OkStatus();
  }));
  link.counted = is_hit && AgeOfHit(link) == *oldest;
  for (Kept& other : others) {
    const bool counts = AgeOfHit(other.link) == *oldest;
    if (counts == other.link.counted) continue;
    other.link.counted = counts;
    PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(other.link));
    PM_RETURN_IF_ERROR(records_.AddChange(other.held, plain, request));
  }
  return absl::OkStatus();
}

absl::Status Links::ForEach(const std::function<absl::Status(const Kept&)>& visit) const {
  return records_.ForEach([&](const registry::SealedRecords::Held& held) -> absl::Status {
    absl::StatusOr<wire::Link> link = wire::ParseLink(held.plain);
    if (!link.ok()) return absl::DataLossError(link.status().message());
    return visit({.held = held, .link = *std::move(link)});
  });
}

absl::Status Links::ForEachAssociation(
    const std::function<absl::Status(const wire::Link&)>& visit) const {
  return ForEach([&visit](const Kept& kept) {
    const LinkState state = kept.link.state();
    const bool associated = state == LinkState::kLead || state == LinkState::kVerifyRequested ||
                            state == LinkState::kHit;
    return associated ? visit(kept.link) : absl::OkStatus();
  });
}

bool Links::GoesWith(const CaseToErase& gone, const wire::Link& link) {
  return gone.Has(link.exhibit_id) || gone.Has(link.other_exhibit_id) ||
         gone.IsMeantBy(HexOf(link.asker_case_commitment)) ||
         gone.IsMeantBy(HexOf(link.holder_case_commitment));
}

absl::StatusOr<std::int64_t> Links::AddErasure(const CaseToErase& gone,
                                               store::WriteRequest& request) const {
  std::int64_t count = 0;
  PM_RETURN_IF_ERROR(ForEach([&](const Kept& kept) {
    if (!GoesWith(gone, kept.link)) return absl::OkStatus();
    ++count;
    return records_.AddErasure(kept.held, request);
  }));
  return count;
}

absl::StatusOr<wire::Link> Links::Get(const federation::Caller& caller, std::string_view link_id) {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, ParseLinkId(link_id));
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(raw_id));
  if (!kept.has_value()) return absl::NotFoundError("no link has this id");
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "LINK_READ", .case_commitment = OwnCase(kept->link)}));
  return std::move(kept->link);
}

absl::StatusOr<LinkPage> Links::List(const federation::Caller& caller, std::int32_t page_size,
                                     std::string_view page_token,
                                     std::optional<records::LinkState> state) {
  PM_ASSIGN_OR_RETURN(const std::size_t wanted,
                      registry::PageSize(page_size, kLinkPageSizeDefault));
  LinkPage page;
  absl::Status fault;
  PM_ASSIGN_OR_RETURN(
      registry::SealedRecords::Page found,
      records_.List(wanted, page_token, [&](const registry::SealedRecords::Held& held) {
        const absl::StatusOr<wire::Link> link = wire::ParseLink(held.plain);
        if (!link.ok()) fault = absl::DataLossError(link.status().message());
        return link.ok() && (!state.has_value() || link->state() == *state);
      }));
  PM_RETURN_IF_ERROR(fault);
  for (const registry::SealedRecords::Held& held : found.records) {
    PM_ASSIGN_OR_RETURN(wire::Link link, wire::ParseLink(held.plain));
    page.links.push_back(std::move(link));
  }
  page.next_page_token = std::move(found.next_page_token);
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "LINKS_LISTED", .count = page.links.size()}));
  return page;
}

absl::StatusOr<std::optional<wire::Link>> Links::Find(std::string_view question_exchange_id,
                                                      std::string_view handle) const {
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(RawId(question_exchange_id, handle)));
  if (!kept.has_value()) return std::nullopt;
  return std::move(kept->link);
}

}  // namespace proofmark::journeys
