// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/details.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/hpke/hpke.h"
#include "crypto/secret/secret_bytes.h"
#include "records/codes.h"
#include "records/listed_code.h"
#include "server/federation/agreement.h"
#include "server/federation/consultation.h"
#include "server/federation/handling.h"
#include "server/federation/receipt.h"
#include "server/registry/handle_book.h"
#include "server/registry/paging.h"

namespace proofmark::journeys {
namespace {

using wire::DetailsState;

// What the key of a box is derived for.
constexpr std::string_view kSealingInfo = "proofmark/details/v1";
// In the place of what an agency told and took back.
constexpr char kFactsTakenBack[] = "(taken back by the agency that asked)";

std::string RawId(const crypto::ExchangeId& id) {
  return std::string(base::AsText(base::ByteSpan(id)));
}

// The commitment to the case for which details were asked.
std::string CaseOf(const wire::DetailsFile& file) {
  return base::ToHex(base::ByteSpan(file.request.case_commitment));
}

// The kind of entry that a decision is, at both agencies.
records::EntryKind KindOf(const wire::DetailsDecision& decision) {
  if (std::holds_alternative<wire::SealedRelease>(decision.decision)) {
    return records::EntryKind::kRelease;
  }
  if (std::holds_alternative<wire::Refusal>(decision.decision)) return records::EntryKind::kRefuse;
  return records::EntryKind::kDecision;
}

// Whether nobody has decided in the time there was. While its clock stands still nothing is late.
bool IsLate(const wire::DetailsFile& file, std::int64_t now) {
  return file.state == DetailsState::kOpen && file.due_unix_ms && now > *file.due_unix_ms;
}

// Erases from a file what its owner took back; false when it held none of it.
bool TakeBack(std::span<const crypto::Sha256Digest> handles, wire::DetailsFile& file) {
  if (!file.released.has_value() || file.released->firearm.has_value()) return false;
  auto& exhibits = file.released->exhibits;
  const auto gone = [&](const wire::ReleasedExhibit& exhibit) {
    return handles.empty() ||
           std::find(handles.begin(), handles.end(), exhibit.handle) != handles.end();
  };
  for (const wire::ReleasedExhibit& exhibit : exhibits) {
    if (gone(exhibit)) file.taken_back.push_back(exhibit.handle);
  }
  if (std::erase_if(exhibits, gone) == 0) return false;
  if (exhibits.empty()) {
    file.released.reset();
    file.state = DetailsState::kTakenBack;
  }
  return true;
}

// Without its key a scan that has arrived is unreadable.
void DropScansTakenBack(wire::StoredDetails& stored) {
  std::erase_if(stored.scans, [&](const wire::StoredScan& scan) {
    return std::ranges::find(stored.file.taken_back, scan.handle) != stored.file.taken_back.end();
  });
  ForgetOpeningKeyWhenDone(stored);
}

// What `caller` may read of a file: the terms come first.
void Withhold(const federation::Caller& caller, std::int64_t now_unix_ms, wire::DetailsFile& file) {
  if (!file.released.has_value()) return;
  const bool readable =
      file.side == wire::DetailsSide::kReceived ||
      federation::DecideUse(file.released->handling, file.handling_steps,
                            federation::MaterialUse::kReading, caller.pseudonym, now_unix_ms)
          .allowed;
  for (wire::ReleasedExhibit& exhibit : file.released->exhibits) {
    if (readable) continue;
    wire::ReleasedExhibit named;
    named.handle = exhibit.handle;
    named.kind = exhibit.kind;
    exhibit = std::move(named);
  }
  if (!readable && file.released->firearm) {
    file.released->firearm = wire::ReleasedFirearm{.reference = file.released->firearm->reference};
  }
}

// The clock stands still from now on, or runs again.
void StopClock(const wire::ClockStop& stop, std::int64_t now, wire::DetailsFile& file) {
  file.stops.push_back({.stop = stop, .from_unix_ms = now, .until_unix_ms = std::nullopt});
  file.state = DetailsState::kStopped;
}
void StartClock(std::int64_t now, std::int64_t due, wire::DetailsFile& file) {
  if (!file.stops.empty()) file.stops.back().until_unix_ms = now;
  file.due_unix_ms = due;
  file.state = DetailsState::kOpen;
}

}  // namespace

// Partners' requests.
class Details::RequestDesk final : public exchange::Desk {
 public:
  explicit RequestDesk(Details& details) : details_(details) {}

  exchange::MessageType type() const override {
    return {.message = wire::kDetailsRequestType,
            .answer = wire::kDetailsAnswerType,
            .age_max = exchange::kLetterAgeMax};
  }

  absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      const exchange::Believed& message) override;

 private:
  class Asked;

  Details& details_;
};

class Details::RequestDesk::Asked final : public exchange::Message {
 public:
  Asked(Details& details, const exchange::Believed& believed, wire::DetailsRequest request)
      : details_(details), believed_(believed), request_(std::move(request)) {}

  federation::AskedFor asked_for() const override {
    return {.service = federation::Service::kDetails,
            .purpose = request_.purpose,
            .offence = request_.offence};
  }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    wire::DetailsFile file;
    if (!request_.firearm_reference.empty()) {
      PM_ASSIGN_OR_RETURN(
          const std::optional<registry::FirearmRegistry::Held> firearm,
          details_.FindReferred(believed_.partner.domain, request_.firearm_reference));
      if (!firearm.has_value() || !firearm::IsSharedByDefault(firearm->kept.state()) ||
          !firearm->kept.deactivation.has_value()) {
        return Refuse("NOT_HELD", "No deactivation of a firearm is shared under this reference.");
      }
      file.firearm_id = firearm->kept.id;
    }
    for (const crypto::Sha256Digest& handle : request_.handles) {
      PM_ASSIGN_OR_RETURN(const std::optional<registry::HandleUse> use,
                          registry::FindHandle(details_.rooms_.store, crypto::AsText(handle)));
      if (!use.has_value() || use->asking_agency != believed_.partner.domain ||
          use->exchange_id != request_.question_exchange_id) {
        return Refuse("NOT_HELD", "This node gave no such handle in that exchange.");
      }
      PM_ASSIGN_OR_RETURN(const wire::StoredExhibit stored,
                          details_.rooms_.registry.Load(use->exhibit_id));
      if (stored.exhibit.state == records::ExhibitState::kWithdrawn) {
        return Refuse("INACCURATE", "A candidate was withdrawn since it was named.");
      }
      file.exhibit_ids.push_back(use->exhibit_id);
    }
    const std::string raw_id = RawId(believed_.envelope.envelope().exchange_id);
    const std::int64_t now = details_.rooms_.clock.UnixMillis();
    file.request_id = base::ToHex(raw_id);
    file.side = wire::DetailsSide::kReceived;
    file.agency = believed_.partner.domain;
    file.request = request_;
    file.ask_unix_ms = now;
    file.clock = request_.urgency.empty() ? "CORE_48H" : "DIR977_8H";
    StartClock(now, now + (request_.urgency.empty() ? kCoreDataMs : kUrgentMs), file);
    exchange::Reply reply;
    PM_RETURN_IF_ERROR(details_.book_.AddNew(raw_id, {.file = file}, reply.changes));
    reply.logged = Draft("RECEIVED");
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::DetailsAnswer(wire::DetailsReceipt{
                            .clock = file.clock, .due_unix_ms = *file.due_unix_ms})));
    return reply;
  }

  absl::StatusOr<exchange::Reply> Refuse(std::string_view code, std::string_view reason) override {
    exchange::Reply reply;
    reply.logged = Draft(exchange::OutcomeOfRefusal(code));
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::DetailsAnswer(wire::MakeRefusal(code, reason))));
    return reply;
  }

 private:
  records::EntryDraft Draft(std::string outcome) const {
    records::EntryDraft draft =
        DraftOf(records::EntryKind::kDetailsRequest, request_, request_.actor);
    draft.outcome = std::move(outcome);
    return draft;
  }

  Details& details_;
  const exchange::Believed& believed_;
  const wire::DetailsRequest request_;
};

absl::StatusOr<std::unique_ptr<exchange::Message>> Details::RequestDesk::Read(
    const exchange::Believed& message) {
  PM_ASSIGN_OR_RETURN(wire::DetailsRequest request,
                      wire::ParseDetailsRequest(message.envelope.payload()));
  PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "actor", request.actor));
  PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "confirmed_by", request.confirmed_by));
  return std::make_unique<Asked>(details_, message, std::move(request));
}

// Partners' decisions about our requests.
class Details::Decided final : public exchange::Notice {
 public:
  Decided(Details& details, const exchange::Believed& believed, wire::DetailsDecision decision)
      : details_(details), believed_(believed), decision_(std::move(decision)) {}

  static absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      Details& details, const exchange::Believed& message) {
    PM_ASSIGN_OR_RETURN(wire::DetailsDecision decision,
                        wire::ParseDetailsDecision(message.envelope.payload()));
    PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "decided_by", decision.decided_by));
    return std::make_unique<Decided>(details, message, std::move(decision));
  }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    PM_ASSIGN_OR_RETURN(std::optional<Kept> kept,
                        details_.book_.Load(decision_.request_exchange_id));
    if (!kept.has_value() || kept->stored.file.side != wire::DetailsSide::kSent ||
        kept->stored.file.agency != believed_.partner.domain) {
      return Refuse("NOT_HELD", "This node asked for no such details.");
    }
    wire::StoredDetails stored = kept->stored;
    wire::DetailsFile& file = stored.file;
    request_ = file.request;
    if (file.state == DetailsState::kReleased || file.state == DetailsState::kRefused ||
        file.state == DetailsState::kTakenBack) {
      return Refuse("MALFORMED", "The request was decided before.");
    }
    file.decided_by = decision_.decided_by;
    file.decide_unix_ms = decision_.decide_unix_ms;
    if (const auto* release = std::get_if<wire::SealedRelease>(&decision_.decision)) {
      absl::StatusOr<wire::ReleasedDetails> opened = OpenBox(stored, *release);
      if (!opened.ok()) return Refuse("MALFORMED", std::string(opened.status().message()));
      file.released = *std::move(opened);
      file.state = DetailsState::kReleased;
      ForgetOpeningKeyWhenDone(stored);
    } else if (const auto* refusal = std::get_if<wire::Refusal>(&decision_.decision)) {
      file.refusal = *refusal;
      file.state = DetailsState::kRefused;
      stored.opening_key.clear();
    } else if (const auto* stop = std::get_if<wire::ClockStop>(&decision_.decision)) {
      if (file.state == DetailsState::kStopped || std::ssize(file.stops) >= wire::kStopsMax) {
        return Refuse("MALFORMED", "The clock stands still already.");
      }
      StopClock(*stop, decision_.decide_unix_ms, file);
    } else {
      StartClock(decision_.decide_unix_ms,
                 std::get<wire::ClockStart>(decision_.decision).due_unix_ms, file);
    }
    PM_ASSIGN_OR_RETURN(exchange::Reply reply, Acknowledge());
    PM_RETURN_IF_ERROR(details_.book_.AddChange(*kept, stored, reply.changes));
    if (!file.released) return reply;
    PM_RETURN_IF_ERROR(ReceivedMaterial::AddReceived(*file.released, decision_.request_exchange_id,
                                                     details_.rooms_.clock.UnixMillis(),
                                                     reply.changes));
    // When something was fired may be known now.
    for (const wire::ReleasedExhibit& exhibit : file.released->exhibits) {
      PM_ASSIGN_OR_RETURN(const std::optional<wire::Link> link,
                          details_.rooms_.links.Find(file.request.question_exchange_id,
                                                     crypto::AsText(exhibit.handle)));
      if (link) details_.rooms_.cross_checks.AddDue(link->exhibit_id, reply.changes);
    }
    reply.afterwards = [&cross_checks = details_.rooms_.cross_checks] { cross_checks.Run(); };
    return reply;
  }

 private:
  records::EntryDraft Draft() const override {
    return DraftOf(KindOf(decision_), request_, decision_.decided_by);
  }

  absl::StatusOr<wire::ReleasedDetails> OpenBox(const wire::StoredDetails& stored,
                                                const wire::SealedRelease& release) const {
    std::string copy = stored.opening_key;
    PM_ASSIGN_OR_RETURN(const crypto::HpkePrivateKey key,
                        crypto::HpkePrivateKey::FromRaw(crypto::SecretBytes::TakeFrom(copy)));
    const std::string context = SealingContext(stored.file.request_id, believed_.partner.node_id,
                                               details_.rooms_.identity.node_id());
    PM_ASSIGN_OR_RETURN(const std::string plain, key.Open(kSealingInfo, context, release.box));
    PM_ASSIGN_OR_RETURN(wire::ReleasedDetails released, wire::ParseReleasedDetails(plain));
    const std::vector<crypto::Sha256Digest>& asked = stored.file.request.handles;
    const bool wants_scans =
        std::ranges::find(stored.file.request.wanted, wire::Material::kScans) !=
        stored.file.request.wanted.end();
    for (const wire::ReleasedExhibit& exhibit : released.exhibits) {
      // What is announced here is written to this node's disk later.
      if (!wants_scans && !exhibit.scans.empty()) {
        return absl::InvalidArgumentError("it holds scans, which were not asked for");
      }
      if (std::find(asked.begin(), asked.end(), exhibit.handle) == asked.end()) {
        return absl::InvalidArgumentError("it names a handle that was not asked about");
      }
      for (const wire::ReleasedScan& scan : exhibit.scans) {
        if (scan.arrived_bytes != 0) {
          return absl::InvalidArgumentError("it says what has arrived of a scan");
        }
      }
    }
    const std::string& reference = stored.file.request.firearm_reference;
    if ((released.firearm ? released.firearm->reference : "") != reference) {
      return absl::InvalidArgumentError("it is about another firearm than was asked about");
    }
    return released;
  }

  Details& details_;
  const exchange::Believed& believed_;
  const wire::DetailsDecision decision_;
  wire::DetailsRequest request_;  // Once it is known.
};

// What partners answer to our requests: where they stand.
class Details::RequestLetters final : public exchange::Correspondent {
 public:
  explicit RequestLetters(Details& details) : details_(details) {}

  exchange::MessageType type() const override { return details_.request_desk_->type(); }

  absl::StatusOr<exchange::TakenAnswer> TakeAnswer(const federation::Partner& /*partner*/,
                                                   const crypto::ExchangeId& exchange_id,
                                                   std::string_view payload) override {
    PM_ASSIGN_OR_RETURN(const wire::DetailsAnswer answer, wire::ParseDetailsAnswer(payload));
    PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, details_.book_.Load(RawId(exchange_id)));
    exchange::TakenAnswer taken{.outcome = "RECEIVED", .changes = {}};
    const auto* const refusal = std::get_if<wire::Refusal>(&answer);
    if (refusal != nullptr) taken.outcome = exchange::OutcomeOfRefusal(refusal->code);
    // Erased meanwhile, or the decision was faster than the receipt.
    if (!kept.has_value() || kept->stored.file.state != DetailsState::kSent) return taken;
    wire::StoredDetails stored = kept->stored;
    if (refusal != nullptr) {
      stored.file.refusal = *refusal;
      stored.file.state = DetailsState::kRefused;
      stored.file.decide_unix_ms = details_.rooms_.clock.UnixMillis();
      stored.opening_key.clear();
    } else {
      const auto& receipt = std::get<wire::DetailsReceipt>(answer);
      stored.file.clock = receipt.clock;
      stored.file.due_unix_ms = receipt.due_unix_ms;
      stored.file.state = DetailsState::kOpen;
    }
    PM_RETURN_IF_ERROR(details_.book_.AddChange(*kept, stored, taken.changes));
    return taken;
  }

 private:
  Details& details_;
};

Details::Details(const Rooms& rooms)
    : rooms_(rooms),
      book_(rooms.store),
      searches_(rooms.store),
      received_(rooms.store, rooms.clock),
      request_desk_(std::make_unique<RequestDesk>(*this)),
      decision_desk_(
          wire::kDetailsDecisionType,
          [this](const exchange::Believed& message) { return Decided::Read(*this, message); }),
      request_letters_(std::make_unique<RequestLetters>(*this)),
      decision_sender_(wire::kDetailsDecisionType) {
  rooms_.outbox.Register(*request_letters_);
  rooms_.outbox.Register(decision_sender_);
}

Details::~Details() = default;

exchange::Desk& Details::request_desk() { return *request_desk_; }
exchange::Desk& Details::decision_desk() { return decision_desk_; }

absl::StatusOr<wire::DetailsRequest> Details::MakeRequest(const federation::Caller& caller,
                                                          const wire::DetailsOrder& order,
                                                          const std::string& purpose) const {
  PM_RETURN_IF_ERROR(records::CheckListed("offence", records::OffenceCodes(), order.offence));
  if (!order.subject_role.empty()) {
    PM_RETURN_IF_ERROR(
        records::CheckListed("subject_role", records::SubjectRoleCodes(), order.subject_role));
  }
  wire::DetailsRequest request;
  request.firearm_reference = order.firearm_reference;
  request.purpose = purpose;
  request.offence = order.offence;
  request.subject_role = order.subject_role;
  PM_ASSIGN_OR_RETURN(const std::string commitment,
                      rooms_.commitments.CommitCase(order.case_reference));
  PM_ASSIGN_OR_RETURN(const std::string raw, base::ParseHex(commitment));
  std::copy_n(base::AsBytes(raw).begin(), request.case_commitment.size(),
              request.case_commitment.begin());
  request.actor = caller.pseudonym;
  request.confirmed_by = caller.pseudonym;
  request.facts = order.facts;
  request.wanted = order.wanted;
  request.urgency = order.urgency;
  return request;
}

absl::Status Details::NameCandidates(const wire::DetailsOrder& order, const wire::Search& search,
                                     wire::DetailsRequest& request) const {
  const auto partner =
      std::find_if(search.partners.begin(), search.partners.end(),
                   [&](const wire::PartnerResult& p) { return p.agency == order.agency; });
  if (partner == search.partners.end() || !partner->result.has_value()) {
    return absl::NotFoundError("that agency answered nothing in this search");
  }
  request.question_exchange_id = partner->exchange_id;
  request.handles = order.handles;
  for (const crypto::Sha256Digest& handle : order.handles) {
    // A qualified person has looked at each: EU 2024/982 Article 47(1)(b).
    PM_ASSIGN_OR_RETURN(const std::optional<wire::Link> link,
                        rooms_.links.Find(partner->exchange_id, crypto::AsText(handle)));
    if (!link.has_value() || (link->state() != records::LinkState::kLead &&
                              link->state() != records::LinkState::kVerifyRequested)) {
      return absl::FailedPreconditionError(
          "details are asked for leads only: review each candidate first "
          "(`proofmark link review`)");
    }
    request.confirmed_by = link->steps.front().by;
    for (const wire::LinkStep& step : link->steps) {
      if (step.state == records::LinkState::kLead) request.confirmed_by = step.by;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<DetailsActed> Details::Request(const federation::Caller& caller,
                                              const wire::DetailsOrder& order) {
  const federation::Partner* const partner = rooms_.partners.FindByDomain(order.agency);
  if (partner == nullptr) {
    return absl::NotFoundError(absl::StrFormat("no partner is called %s", order.agency));
  }
  std::optional<wire::Search> search;
  if (order.firearm_reference.empty()) {
    PM_ASSIGN_OR_RETURN(search, searches_.Load(order.search_id));
  } else {
    PM_RETURN_IF_ERROR(records::CheckListed("purpose", records::PurposeCodes(), order.purpose));
  }
  const std::string purpose = search ? search->purpose : order.purpose;
  const federation::AgreementDecision decision =
      federation::DecideAsking(partner, {.service = federation::Service::kDetails,
                                         .purpose = purpose,
                                         .offence = order.offence,
                                         .unix_ms = rooms_.clock.UnixMillis()});
  if (!decision.allowed) return absl::FailedPreconditionError(decision.reason);

  wire::StoredDetails stored;
  wire::DetailsFile& file = stored.file;
  PM_ASSIGN_OR_RETURN(file.request, MakeRequest(caller, order, purpose));
  if (search) {
    PM_RETURN_IF_ERROR(NameCandidates(order, *search, file.request));
  }
  const crypto::HpkePrivateKey opening = crypto::HpkePrivateKey::Generate(rooms_.store.random());
  file.request.sealing_key = std::string(base::AsText(base::ByteSpan(opening.public_key())));
  const crypto::SecretBytes raw_key = opening.ExportRaw();
  stored.opening_key = std::string(base::AsText(raw_key.ExposeForOpenSsl()));

  const crypto::ExchangeId exchange_id = crypto::NewExchangeId(rooms_.store.random());
  file.request_id = base::ToHex(base::ByteSpan(exchange_id));
  file.side = wire::DetailsSide::kSent;
  file.agency = order.agency;
  file.search_id = order.search_id;
  file.ask_unix_ms = rooms_.clock.UnixMillis();
  PM_ASSIGN_OR_RETURN(std::string payload, wire::Serialise(file.request));
  store::WriteRequest changes;
  PM_RETURN_IF_ERROR(book_.AddNew(RawId(exchange_id), stored, changes));
  records::EntryDraft act =
      DraftOf(records::EntryKind::kDetailsRequest, file.request, caller.pseudonym);
  if (search) {
    PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit,
                        rooms_.registry.Load(search->exhibit_id));
    PM_ASSIGN_OR_RETURN(act.object, rooms_.registry.CommitmentTo(exhibit.exhibit));
  }
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      rooms_.outbox.Send({.partner = *partner,
                                          .exchange_id = exchange_id,
                                          .type = wire::kDetailsRequestType,
                                          .payload = std::move(payload)},
                                         std::move(act), std::move(changes)));
  return DetailsActed{.file = std::move(file), .receipt = federation::ToRecord(receipt)};
}

absl::StatusOr<wire::ReleasedExhibit> Details::CompileOne(const crypto::Sha256Digest& handle,
                                                          const records::ExhibitId& id,
                                                          std::string_view asker,
                                                          const wire::ReleaseTerms& terms) const {
  const auto released = [&](wire::Material material) {
    return std::find(terms.materials.begin(), terms.materials.end(), material) !=
           terms.materials.end();
  };
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit stored, rooms_.registry.Load(id));
  if (stored.exhibit.state == records::ExhibitState::kWithdrawn) {
    return absl::FailedPreconditionError(
        "an exhibit that is asked for was withdrawn: refuse with INACCURATE");
  }
  PM_ASSIGN_OR_RETURN(const federation::UseDecision use, received_.MayPassOn(stored, asker));
  if (!use.allowed) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s: %s Refuse with THIRD_PARTY_DATA", use.code, use.reason));
  }
  wire::ReleasedExhibit exhibit;
  exhibit.handle = handle;
  exhibit.kind = stored.exhibit.kind;
  if (released(wire::Material::kCoreData)) {
    PM_ASSIGN_OR_RETURN(const std::optional<records::ExhibitIdentity> identity,
                        rooms_.registry.IdentityOf(stored));
    wire::CoreData core{.incident_date = "",
                        .place = terms.place,
                        .offence = terms.offence,
                        .case_reference = "",
                        .authority = terms.authority};
    if (identity.has_value()) {
      core.incident_date = identity->incident_date;
      core.case_reference = identity->case_reference;
    }
    exhibit.core = std::move(core);
  }
  if (released(wire::Material::kSignature)) {
    exhibit.characteristics = stored.exhibit.characteristics;
    exhibit.signature = stored.signature;
  }
  if (released(wire::Material::kScans)) {
    for (const records::Mark& mark : stored.exhibit.marks) {
      PM_ASSIGN_OR_RETURN(const std::string scan, rooms_.registry.LoadScan(stored, mark));
      exhibit.scans.push_back({.place = mark.place,
                               .format = mark.format,
                               .sha256 = mark.scan_sha256,
                               .size_bytes = std::ssize(scan)});
    }
  }
  return exhibit;
}

// By the name that a look-up's hit told, or by the one that the partner itself was given when it
// asked by name.
absl::StatusOr<std::optional<registry::FirearmRegistry::Held>> Details::FindReferred(
    std::string_view agency, std::string_view reference) const {
  const absl::StatusOr<std::string> raw = base::ParseHex(reference);
  if (!raw.ok() || raw->size() != registry::kHandleBytes) {
    return rooms_.firearms.FindByReference(reference);
  }
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> id, rooms_.firearms.FindReference(*raw));
  if (!id) return std::optional<registry::FirearmRegistry::Held>();
  PM_ASSIGN_OR_RETURN(registry::FirearmRegistry::Held held, rooms_.firearms.Load(*id));
  PM_ASSIGN_OR_RETURN(const auto disclosures, rooms_.firearms.DisclosuresOf(held));
  const bool told = std::any_of(disclosures.begin(), disclosures.end(), [&](const auto& one) {
    return one.agency == agency && one.reference == *raw;
  });
  if (!told) return std::optional<registry::FirearmRegistry::Held>();
  return std::optional(std::move(held));
}

absl::StatusOr<wire::ReleasedFirearm> Details::CompileFirearm(const wire::DetailsFile& file) const {
  PM_ASSIGN_OR_RETURN(const registry::FirearmRegistry::Held held,
                      rooms_.firearms.Load(file.firearm_id));
  if (!held.kept.deactivation) {
    return absl::FailedPreconditionError(
        "the firearm has no deactivation record any more: refuse with INACCURATE");
  }
  wire::ReleasedFirearm released{.reference = file.request.firearm_reference,
                                 .state = held.kept.state(),
                                 .deactivation = *held.kept.deactivation};
  // Who signed stays here, and so do references to pictures and what this agency keeps how long.
  if (released.deactivation.certificate) {
    firearm::DeactivationCertificate& certificate = *released.deactivation.certificate;
    certificate.signatory.clear();
    certificate.mark_image.clear();
    certificate.retain_until.reset();
  }
  for (firearm::ComponentWork& work : released.deactivation.components) work.mark_image.clear();
  for (firearm::OperationOutcome& outcome : released.deactivation.outcomes) outcome.image.clear();
  return released;
}

absl::StatusOr<std::string> Details::ObjectOf(const wire::DetailsFile& file) const {
  if (!file.firearm_id.empty()) {
    const absl::StatusOr<registry::FirearmRegistry::Held> held =
        rooms_.firearms.Load(file.firearm_id);
    if (absl::IsNotFound(held.status())) return std::string();  // Erased meanwhile.
    PM_RETURN_IF_ERROR(held.status());
    return rooms_.firearms.CommitmentTo(*held);
  }
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit,
                      rooms_.registry.Load(file.exhibit_ids.front()));
  return rooms_.registry.CommitmentTo(exhibit.exhibit);
}

absl::StatusOr<wire::ReleasedDetails> Details::Compile(const wire::DetailsFile& file,
                                                       const wire::ReleaseTerms& terms) const {
  for (const wire::Material material : terms.materials) {
    const auto& wanted = file.request.wanted;
    if (std::find(wanted.begin(), wanted.end(), material) == wanted.end()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("release.materials: %s was not asked for", wire::MaterialText(material)));
    }
  }
  if (!terms.offence.empty()) {
    PM_RETURN_IF_ERROR(
        records::CheckListed("release.offence", records::OffenceCodes(), terms.offence));
  }
  wire::ReleasedDetails released;
  released.handling = terms.handling;
  if (!file.firearm_id.empty()) {
    PM_ASSIGN_OR_RETURN(released.firearm, CompileFirearm(file));
  }
  for (std::size_t i = 0; i < file.request.handles.size(); ++i) {
    PM_ASSIGN_OR_RETURN(
        wire::ReleasedExhibit exhibit,
        CompileOne(file.request.handles[i], file.exhibit_ids[i], file.agency, terms));
    released.exhibits.push_back(std::move(exhibit));
  }
  return released;
}

// What the verdict makes of `file`, and what is told of it.
absl::Status Details::Apply(const wire::DetailsVerdict& verdict, const federation::Caller& caller,
                            wire::DetailsFile& file, wire::DetailsDecision& decision,
                            records::EntryKind& kind) const {
  const std::int64_t now = rooms_.clock.UnixMillis();
  PM_ASSIGN_OR_RETURN(decision.request_exchange_id, base::ParseHex(file.request_id));
  decision.decided_by = caller.pseudonym;
  decision.decide_unix_ms = now;
  file.decided_by = caller.pseudonym;
  file.decide_unix_ms = now;
  file.reasons = verdict.reasons;
  if (const auto* terms = std::get_if<wire::ReleaseTerms>(&verdict.verdict)) {
    PM_ASSIGN_OR_RETURN(wire::ReleasedDetails released, Compile(file, *terms));
    absl::StatusOr<std::string> plain = wire::Serialise(released);
    if (!plain.ok()) return absl::OutOfRangeError(plain.status().message());
    const federation::Partner* const partner = rooms_.partners.FindByDomain(file.agency);
    PM_ASSIGN_OR_RETURN(std::string box,
                        crypto::HpkeSeal(file.request.sealing_key, kSealingInfo,
                                         SealingContext(file.request_id, rooms_.identity.node_id(),
                                                        partner->node_id),
                                         *plain, rooms_.store.random()));
    decision.decision = wire::SealedRelease{std::move(box)};
    file.released = std::move(released);
    file.state = DetailsState::kReleased;
  } else if (const auto* refusal = std::get_if<wire::Refusal>(&verdict.verdict)) {
    PM_RETURN_IF_ERROR(
        records::CheckListed("refusal.code", records::RefusalCodes(), refusal->code));
    decision.decision = *refusal;
    file.refusal = *refusal;
    file.state = DetailsState::kRefused;
  } else if (const auto* stop = std::get_if<wire::ClockStop>(&verdict.verdict)) {
    PM_RETURN_IF_ERROR(records::CheckListed("stop.code", records::RefusalCodes(), stop->code));
    if (file.state == DetailsState::kStopped || std::ssize(file.stops) >= wire::kStopsMax) {
      return absl::FailedPreconditionError("the clock stands still already, or stood too often");
    }
    decision.decision = *stop;
    StopClock(*stop, now, file);
  } else {
    if (file.state != DetailsState::kStopped) {
      return absl::FailedPreconditionError("the clock runs already");
    }
    const std::int64_t due = *file.due_unix_ms + (now - file.stops.back().from_unix_ms);
    decision.decision = wire::ClockStart{due};
    StartClock(now, due, file);
  }
  kind = KindOf(decision);
  return absl::OkStatus();
}

absl::StatusOr<DetailsActed> Details::Decide(const federation::Caller& caller,
                                             const wire::DetailsVerdict& verdict) {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, ParseRequestId(verdict.request_id));
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, book_.Load(raw_id));
  if (!kept.has_value() || kept->stored.file.side != wire::DetailsSide::kReceived) {
    return absl::NotFoundError("no request that was received has this id");
  }
  wire::StoredDetails stored = kept->stored;
  if (!stored.file.IsWaiting()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the request was %s before", wire::DetailsStateText(stored.file.state)));
  }
  const federation::Partner* const partner = rooms_.partners.FindByDomain(stored.file.agency);
  if (partner == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is no partner any more", stored.file.agency));
  }
  wire::DetailsDecision decision;
  records::EntryKind kind = records::EntryKind::kDecision;
  PM_RETURN_IF_ERROR(Apply(verdict, caller, stored.file, decision, kind));
  PM_ASSIGN_OR_RETURN(std::string payload, wire::Serialise(decision));
  store::WriteRequest changes;
  PM_RETURN_IF_ERROR(book_.AddChange(*kept, stored, changes));
  const bool scans_follow =
      stored.file.released &&
      std::any_of(stored.file.released->exhibits.begin(), stored.file.released->exhibits.end(),
                  [](const auto& exhibit) { return !exhibit.scans.empty(); });
  if (scans_follow) rooms_.scans.AddDue(raw_id, changes);
  if (kind == records::EntryKind::kRelease) {
    // Whoever withdraws an exhibit tells everybody who has something of it: nobody gets it later.
    PM_RETURN_IF_ERROR(rooms_.registry.AddStillActive(stored.file.exhibit_ids, changes));
  }
  records::EntryDraft act = DraftOf(kind, stored.file.request, caller.pseudonym);
  PM_ASSIGN_OR_RETURN(act.object, ObjectOf(stored.file));
  PM_ASSIGN_OR_RETURN(
      const ledger::Receipt receipt,
      rooms_.outbox.Send({.partner = *partner,
                          .exchange_id = crypto::NewExchangeId(rooms_.store.random()),
                          .type = wire::kDetailsDecisionType,
                          .payload = std::move(payload)},
                         std::move(act), std::move(changes)));
  if (scans_follow) {
    if (const absl::Status sent = rooms_.scans.SendDue(); !sent.ok()) {
      base::Log(base::LogSeverity::kWarning,
                absl::StrFormat("scans that were released wait: %s", sent.message()));
    }
  }
  return DetailsActed{.file = std::move(stored.file), .receipt = federation::ToRecord(receipt)};
}

absl::StatusOr<wire::DetailsFile> Details::Get(const federation::Caller& caller,
                                               std::string_view request_id) {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, ParseRequestId(request_id));
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, book_.Load(raw_id));
  if (!kept.has_value()) return absl::NotFoundError("no request has this id");
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller,
      {.read = "DETAILS_READ", .case_commitment = CaseOf(kept->stored.file)}));
  Withhold(caller, rooms_.clock.UnixMillis(), kept->stored.file);
  return std::move(kept->stored.file);
}

absl::StatusOr<Details::Kept> Details::LoadReleased(std::string_view request_id) const {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, ParseRequestId(request_id));
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, book_.Load(raw_id));
  if (!kept.has_value() || kept->stored.file.side != wire::DetailsSide::kSent) {
    return absl::NotFoundError("no request of this agency has this id");
  }
  if (!kept->stored.file.released.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("nothing that was released is held: the request is %s",
                        wire::DetailsStateText(kept->stored.file.state)));
  }
  return *std::move(kept);
}

absl::StatusOr<DetailsActed> Details::Acknowledge(const federation::Caller& caller,
                                                  std::string_view request_id) {
  PM_ASSIGN_OR_RETURN(Kept kept, LoadReleased(request_id));
  const wire::DetailsFile& file = kept.stored.file;
  if (!file.released->handling.Has("H3")) {
    return absl::FailedPreconditionError("it was released without H3: there is nothing to read");
  }
  const federation::UseDecision reading = federation::DecideUse(
      file.released->handling, file.handling_steps, federation::MaterialUse::kReading,
      caller.pseudonym, rooms_.clock.UnixMillis());
  if (reading.allowed) return absl::FailedPreconditionError("you acknowledged it before");
  if (reading.code != "H3") {
    return absl::FailedPreconditionError(absl::StrFormat("%s: %s", reading.code, reading.reason));
  }
  return AddStep(caller, std::move(kept), {.act = wire::HandlingAct::kAcknowledged},
                 "HANDLING_ACKNOWLEDGED");
}

absl::StatusOr<DetailsActed> Details::Permit(const federation::Caller& caller,
                                             const wire::Permission& permission) {
  PM_ASSIGN_OR_RETURN(Kept kept, LoadReleased(permission.request_id));
  const wire::DetailsFile& file = kept.stored.file;
  const wire::Handling& handling = file.released->handling;
  const bool evidence = permission.act == wire::HandlingAct::kEvidencePermitted;
  const bool needed = evidence ? handling.Has("H1") || !handling.evidence : handling.Has("H2");
  if (!needed) {
    return absl::FailedPreconditionError("its handling codes allow that without a permission");
  }
  if (std::ranges::find(file.handling_steps, permission.act, &wire::HandlingStep::act) !=
      file.handling_steps.end()) {
    return absl::FailedPreconditionError("that permission is recorded already");
  }
  return AddStep(
      caller, std::move(kept),
      {.act = permission.act, .reference = permission.reference, .reasons = permission.reasons},
      evidence ? "PERMITTED:EVIDENCE" : "PERMITTED:ONWARD");
}

absl::StatusOr<DetailsActed> Details::AddStep(const federation::Caller& caller, Kept kept,
                                              wire::HandlingStep step, std::string outcome) {
  wire::DetailsFile& file = kept.stored.file;
  if (std::ssize(file.handling_steps) >= wire::kHandlingStepsMax) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%d such acts are recorded already, the most there may be", wire::kHandlingStepsMax));
  }
  step.by = caller.pseudonym;
  step.unix_ms = rooms_.clock.UnixMillis();
  file.handling_steps.push_back(std::move(step));
  store::WriteRequest changes;
  PM_RETURN_IF_ERROR(book_.AddChange(kept, kept.stored, changes));
  // Its peer is the owner, and no exchange: nothing was sent.
  records::EntryDraft act = DraftOf(records::EntryKind::kDecision, file.request, caller.pseudonym);
  act.outcome = std::move(outcome);
  if (const federation::Partner* const owner = rooms_.partners.FindByDomain(file.agency)) {
    act.peer = owner->node_id;
  }
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      rooms_.ledger.Append(std::move(act), std::move(changes)));
  Withhold(caller, rooms_.clock.UnixMillis(), file);
  return DetailsActed{.file = std::move(file), .receipt = federation::ToRecord(receipt)};
}

absl::StatusOr<DetailsExported> Details::Export(const federation::Caller& caller,
                                                std::string_view request_id, wire::ResultUse use) {
  PM_ASSIGN_OR_RETURN(Kept kept, LoadReleased(request_id));
  wire::DetailsFile& file = kept.stored.file;
  const federation::UseDecision decision = federation::DecideUse(
      file.released->handling, file.handling_steps,
      use == wire::ResultUse::kEvidence ? federation::MaterialUse::kEvidence
                                        : federation::MaterialUse::kIntelligence,
      caller.pseudonym, rooms_.clock.UnixMillis());
  records::EntryDraft act =
      DraftOf(decision.allowed ? records::EntryKind::kExport : records::EntryKind::kDeny,
              file.request, caller.pseudonym);
  act.count = file.released->exhibits.size();
  if (const federation::Partner* const owner = rooms_.partners.FindByDomain(file.agency)) {
    act.peer = owner->node_id;
  }
  act.outcome = decision.allowed ? std::string(wire::ResultUseText(use))
                                 : absl::StrFormat("EXPORT_REFUSED:%s", decision.code);
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt, rooms_.ledger.Append(std::move(act)));
  if (!decision.allowed) {
    return absl::FailedPreconditionError(absl::StrFormat("%s: %s", decision.code, decision.reason));
  }
  return DetailsExported{.acted = {.file = file, .receipt = federation::ToRecord(receipt)},
                         .read_scans = [&scans = rooms_.scans, stored = std::move(kept.stored)](
                                           const auto& take) { return scans.Read(stored, take); }};
}

absl::StatusOr<TakenCertificate> Details::TakeCertificate(const federation::Caller& caller,
                                                          std::string_view request_id) {
  PM_ASSIGN_OR_RETURN(Kept kept, LoadReleased(request_id));
  wire::DetailsFile& file = kept.stored.file;
  if (!file.released->firearm) {
    return absl::FailedPreconditionError("no certificate was released on this request");
  }
  const federation::UseDecision decision = federation::DecideUse(
      file.released->handling, file.handling_steps, federation::MaterialUse::kOnward,
      caller.pseudonym, rooms_.clock.UnixMillis());
  if (!decision.allowed) {
    records::EntryDraft denied = DraftOf(records::EntryKind::kDeny, file.request, caller.pseudonym);
    denied.outcome = absl::StrFormat("ATTACH_REFUSED:%s", decision.code);
    PM_RETURN_IF_ERROR(rooms_.ledger.Append(std::move(denied)).status());
    return absl::FailedPreconditionError(absl::StrFormat("%s: %s", decision.code, decision.reason));
  }
  return TakenCertificate{.agency = file.agency,
                          .deactivation = std::move(file.released->firearm->deactivation)};
}

absl::StatusOr<DetailsPage> Details::List(const federation::Caller& caller, std::int32_t page_size,
                                          std::string_view page_token,
                                          const DetailsFilter& filter) {
  PM_ASSIGN_OR_RETURN(const std::size_t wanted,
                      registry::PageSize(page_size, kDetailsPageSizeDefault));
  PM_ASSIGN_OR_RETURN(DetailsBook::Page found,
                      book_.List(wanted, page_token, [&](const wire::DetailsFile& file) {
                        return (!filter.side || file.side == *filter.side) &&
                               (!filter.open_only || file.IsWaiting());
                      }));
  DetailsPage page;
  for (Kept& kept : found.files) {
    kept.stored.file.released.reset();
    page.files.push_back(std::move(kept.stored.file));
  }
  page.next_page_token = std::move(found.next_page_token);
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "DETAILS_LISTED", .count = page.files.size()}));
  return page;
}

absl::StatusOr<std::int32_t> Details::AddTakingBack(std::string_view agency,
                                                    const wire::CorrectedExchange& exchange,
                                                    store::WriteRequest& request) {
  const bool question = exchange.part == wire::CorrectedPart::kQuestion;
  const wire::DetailsSide side = question ? wire::DetailsSide::kReceived : wire::DetailsSide::kSent;
  std::int32_t concerned = 0;
  PM_RETURN_IF_ERROR(book_.ForEach([&](const Kept& kept) -> absl::Status {
    wire::StoredDetails stored = kept.stored;
    wire::DetailsFile& file = stored.file;
    if (file.side != side || file.agency != agency ||
        file.request.question_exchange_id != exchange.exchange_id) {
      return absl::OkStatus();
    }
    if (question) {
      file.request.facts = kFactsTakenBack;
      if (file.IsWaiting()) file.state = DetailsState::kTakenBack;
    } else if (TakeBack(exchange.handles, file)) {
      DropScansTakenBack(stored);
    } else {
      return absl::OkStatus();
    }
    ++concerned;
    return book_.AddReplacement(kept, stored, request);
  }));
  return concerned;
}

absl::StatusOr<Details::ReleasedDates> Details::CollectReleasedDates() const {
  ReleasedDates dates;
  PM_RETURN_IF_ERROR(book_.ForEach([&](const Kept& kept) {
    const wire::DetailsFile& file = kept.stored.file;
    if (file.side != wire::DetailsSide::kSent || !file.released) return absl::OkStatus();
    for (const wire::ReleasedExhibit& exhibit : file.released->exhibits) {
      if (!exhibit.core) continue;
      const auto date = records::ParsePartialDate(exhibit.core->incident_date);
      if (date) dates[{file.request.question_exchange_id, exhibit.handle}] = *date;
    }
    return absl::OkStatus();
  }));
  return dates;
}

absl::StatusOr<Details::Queue> Details::CountQueue() const {
  Queue queue;
  const std::int64_t now = rooms_.clock.UnixMillis();
  PM_RETURN_IF_ERROR(book_.ForEach([&](const Kept& kept) {
    const wire::DetailsFile& file = kept.stored.file;
    if (file.side != wire::DetailsSide::kReceived) return absl::OkStatus();
    queue.waiting += file.IsWaiting() ? 1 : 0;
    queue.late += IsLate(file, now) ? 1 : 0;
    return absl::OkStatus();
  }));
  return queue;
}

absl::Status Details::LogMissedClocks() {
  std::vector<Kept> missed;
  const std::int64_t now = rooms_.clock.UnixMillis();
  PM_RETURN_IF_ERROR(book_.ForEach([&](const Kept& kept) {
    if (IsLate(kept.stored.file, now) && !kept.stored.miss_logged) missed.push_back(kept);
    return absl::OkStatus();
  }));
  for (Kept& kept : missed) {
    const wire::DetailsFile& file = kept.stored.file;
    records::EntryDraft alarm = DraftOf(records::EntryKind::kAlarm, file.request, "");
    alarm.exchange = file.request_id;
    if (const federation::Partner* const partner = rooms_.partners.FindByDomain(file.agency)) {
      alarm.peer = partner->node_id;
    }
    const bool ours = file.side == wire::DetailsSide::kReceived;
    alarm.outcome = absl::StrFormat("%sCLOCK_MISSED:%s", ours ? "" : "PARTNER_", file.clock);
    kept.stored.miss_logged = true;
    store::WriteRequest changes;
    PM_RETURN_IF_ERROR(book_.AddChange(kept, kept.stored, changes));
    const absl::Status logged = rooms_.ledger.Append(std::move(alarm), std::move(changes)).status();
    // Somebody was faster, who decides or stops the clock: the next look tells what is left.
    if (!logged.ok() && !absl::IsFailedPrecondition(logged)) return logged;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Details::AddErasure(const CaseToErase& gone,
                                                 store::WriteRequest& request) const {
  std::int64_t count = 0;
  PM_RETURN_IF_ERROR(book_.ForEach([&](const Kept& kept) -> absl::Status {
    const wire::DetailsFile& file = kept.stored.file;
    const bool received = file.side == wire::DetailsSide::kReceived;
    const bool of_case = received ? std::any_of(file.exhibit_ids.begin(), file.exhibit_ids.end(),
                                                [&](const auto& id) { return gone.Has(id); })
                                  : gone.IsMeantBy(CaseOf(file));
    if (!of_case) return absl::OkStatus();
    if (received && file.IsWaiting()) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "%s waits for a decision on request %s about this case: release or refuse it first",
          file.agency, file.request_id));
    }
    ++count;
    return book_.AddErasure(kept, request);
  }));
  return count;
}

absl::Status Details::AddErasureOfFirearm(std::string_view firearm_id,
                                          store::WriteRequest& request) const {
  return book_.ForEach([&](const Kept& kept) -> absl::Status {
    const wire::DetailsFile& file = kept.stored.file;
    if (file.firearm_id != firearm_id) return absl::OkStatus();
    if (file.IsWaiting()) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "%s waits for a decision on request %s about this firearm: release or refuse it first",
          file.agency, file.request_id));
    }
    return book_.AddErasure(kept, request);
  });
}

absl::StatusOr<std::int64_t> Details::AddExpired(store::WriteRequest& request) const {
  std::int64_t count = 0;
  const std::int64_t now = rooms_.clock.UnixMillis();
  PM_RETURN_IF_ERROR(book_.ForEach([&](const Kept& kept) {
    const wire::DetailsFile& file = kept.stored.file;
    if (file.side != wire::DetailsSide::kSent || !file.released) return absl::OkStatus();
    if (!federation::IsToBeDeleted(file.released->handling, now)) return absl::OkStatus();
    ++count;
    return book_.AddErasure(kept, request);
  }));
  return count;
}

}  // namespace proofmark::journeys
