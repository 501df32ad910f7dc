// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/firearm_notices.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "proto/wire/details.h"
#include "server/federation/consultation.h"
#include "server/registry/paging.h"
#include "server/registry/tables.h"

namespace proofmark::journeys {
namespace {

constexpr std::int32_t kPageSizeDefault = 50;
constexpr registry::SealedRecords::Tables kTables = {
    .records = registry::kFirearmNoticeTable,
    .listing = registry::kFirearmNoticeListingTable,
    .name = "firearm notice"};

records::EntryDraft NoticeDraft() {
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kCorrect;
  draft.count = 1;
  return draft;
}

}  // namespace

// What partners tell.
class FirearmNotices::Told final : public exchange::Notice {
 public:
  Told(FirearmNotices& notices, const exchange::Believed& believed, wire::FirearmNotice notice)
      : notices_(notices), believed_(believed), notice_(std::move(notice)) {}

  static absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      FirearmNotices& notices, const exchange::Believed& message) {
    PM_ASSIGN_OR_RETURN(wire::FirearmNotice notice,
                        wire::ParseFirearmNotice(message.envelope.payload()));
    return std::make_unique<Told>(notices, message, std::move(notice));
  }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    PM_ASSIGN_OR_RETURN(const bool supported,
                        notices_.grounds_.Supports(believed_.partner.domain, notice_.exchange_id,
                                                   notice_.reference));
    if (!supported) {
      return Refuse("NOT_HELD", "exchange_id, reference: no answer here told of such a firearm.");
    }
    const std::string raw_id(
        base::AsText(base::ByteSpan(believed_.envelope.envelope().exchange_id)));
    const wire::ReceivedFirearmNotice received{
        .id = base::ToHex(raw_id),
        .agency = believed_.partner.domain,
        .notice = notice_,
        .receive_unix_ms = notices_.rooms_.clock.UnixMillis()};
    PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(received));
    PM_ASSIGN_OR_RETURN(exchange::Reply reply, Acknowledge());
    PM_ASSIGN_OR_RETURN(const bool counted,
                        notices_.grounds_.AddTaken(believed_.partner.domain, notice_.exchange_id,
                                                   received.receive_unix_ms, reply.changes));
    if (!counted) {
      return Refuse("CAPACITY", absl::StrFormat("exchange_id: %d notices rest on this answer "
                                                "already, as many as are taken.",
                                                kNoticesPerGroundMax));
    }
    PM_RETURN_IF_ERROR(
        notices_.received_.AddNew(raw_id, received.receive_unix_ms, plain, reply.changes));
    return reply;
  }

 private:
  records::EntryDraft Draft() const override { return NoticeDraft(); }

  FirearmNotices& notices_;
  const exchange::Believed& believed_;
  const wire::FirearmNotice notice_;
};

FirearmNotices::FirearmNotices(const Rooms& rooms)
    : rooms_(rooms),
      received_(rooms.store, kTables),
      grounds_(rooms.store),
      desk_(wire::kFirearmNoticeType,
            [this](const exchange::Believed& message) { return Told::Read(*this, message); }),
      sender_(wire::kFirearmNoticeType) {
  rooms_.outbox.Register(sender_);
}

FirearmNotices::~FirearmNotices() = default;

exchange::Desk& FirearmNotices::desk() { return desk_; }

absl::Status FirearmNotices::Tell(const registry::FirearmRegistry::Held& held) {
  const std::optional<wire::FirearmNoticeCause> cause = wire::NoticeCauseOf(held.kept.state());
  if (!cause) return absl::OkStatus();
  PM_ASSIGN_OR_RETURN(std::vector<registry::FirearmRegistry::Disclosure> disclosures,
                      rooms_.registry.DisclosuresOf(held));
  for (registry::FirearmRegistry::Disclosure& disclosure : disclosures) {
    const federation::Partner* const partner = rooms_.partners.FindByDomain(disclosure.agency);
    if (partner == nullptr || disclosure.told == cause) continue;
    disclosure.told = cause;
    store::WriteRequest changes;
    PM_RETURN_IF_ERROR(rooms_.registry.AddDisclosure(held, disclosure, changes));
    PM_ASSIGN_OR_RETURN(std::string payload,
                        wire::Serialise(wire::FirearmNotice{
                            .cause = *cause,
                            .exchange_id = disclosure.exchange_id,
                            .reference = disclosure.reference,
                            .state_group = firearm::GroupOf(held.kept.state()),
                            .change_unix_ms = held.kept.history.back().at_unix_ms}));
    PM_RETURN_IF_ERROR(rooms_.outbox
                           .Send({.partner = *partner,
                                  .exchange_id = crypto::NewExchangeId(rooms_.store.random()),
                                  .type = wire::kFirearmNoticeType,
                                  .payload = std::move(payload)},
                                 NoticeDraft(), std::move(changes))
                           .status());
  }
  return absl::OkStatus();
}

absl::Status FirearmNotices::TellDue() {
  PM_ASSIGN_OR_RETURN(const std::vector<std::string> ids, rooms_.registry.DisclosedIds());
  for (const std::string& id : ids) {
    const absl::StatusOr<registry::FirearmRegistry::Held> held = rooms_.registry.Load(id);
    if (absl::IsNotFound(held.status())) continue;  // Erased meanwhile.
    PM_RETURN_IF_ERROR(held.status());
    const absl::Status told = Tell(*held);
    // Somebody changed the record meanwhile: it is looked at again the next time.
    if (!absl::IsFailedPrecondition(told)) PM_RETURN_IF_ERROR(told);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> FirearmNotices::AddExpired(std::int64_t before_unix_ms,
                                                        store::WriteRequest& request) const {
  std::int64_t count = 0;
  PM_RETURN_IF_ERROR(received_.ForEach([&](const registry::SealedRecords::Held& held) {
    const absl::StatusOr<wire::ReceivedFirearmNotice> notice =
        wire::ParseReceivedFirearmNotice(held.plain);
    if (!notice.ok()) return absl::Status(absl::DataLossError(notice.status().message()));
    if (notice->receive_unix_ms >= before_unix_ms) return absl::OkStatus();
    ++count;
    return received_.AddErasure(held, request);
  }));
  PM_RETURN_IF_ERROR(grounds_.AddExpired(before_unix_ms, request.mutations));
  return count;
}

absl::StatusOr<FirearmNotices::Page> FirearmNotices::List(const federation::Caller& caller,
                                                          std::int32_t page_size,
                                                          std::string_view page_token) const {
  PM_ASSIGN_OR_RETURN(const std::size_t wanted, registry::PageSize(page_size, kPageSizeDefault));
  PM_ASSIGN_OR_RETURN(registry::SealedRecords::Page found,
                      received_.List(wanted, page_token, nullptr));
  Page page{.notices = {}, .next_page_token = std::move(found.next_page_token)};
  for (const registry::SealedRecords::Held& held : found.records) {
    absl::StatusOr<wire::ReceivedFirearmNotice> notice =
        wire::ParseReceivedFirearmNotice(held.plain);
    if (!notice.ok()) return absl::DataLossError(notice.status().message());
    page.notices.push_back(*std::move(notice));
  }
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "FIREARM_NOTICES_LISTED", .count = page.notices.size()}));
  return page;
}

}  // namespace proofmark::journeys
