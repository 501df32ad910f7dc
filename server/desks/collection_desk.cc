// SPDX-License-Identifier: Apache-2.0
#include "server/desks/collection_desk.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/cartridge/case_evidence.h"
#include "proto/wire/standing.h"
#include "server/federation/budget.h"
#include "server/journeys/tables.h"
#include "server/registry/roster.h"

namespace proofmark::desks {
namespace {

// The row: u64 day, digest of the bullets, digest of the cases.
constexpr std::size_t kDigestBytes = std::tuple_size_v<crypto::Sha256Digest>;
constexpr std::size_t kRowBytes = sizeof(std::uint64_t) + 2 * kDigestBytes;

std::string RowKey() { return store::StoreKey(journeys::kCollectionTable).Build(); }

// The records, and how they are compared.
std::string StateOf(const crypto::Sha256Digest& records, std::string_view method,
                    std::string_view calibration) {
  std::string state(crypto::AsText(records));
  base::AppendLp2(state, method);
  base::AppendLp2(state, calibration);
  return std::string(crypto::AsText(crypto::Sha256(state)));
}

}  // namespace

absl::Status CollectionDesk::Publish() {
  const auto day = static_cast<std::uint64_t>(rooms_.clock.UnixMillis() / federation::kDayMs);
  PM_ASSIGN_OR_RETURN(std::optional<std::string> before, rooms_.store.Get(RowKey()));
  if (before.has_value()) {
    if (before->size() != kRowBytes) {
      return absl::DataLossError("the row of the collection's version is damaged");
    }
    if (base::ParseU64Be(before->substr(0, sizeof(day))) >= day) return absl::OkStatus();
  }
  PM_ASSIGN_OR_RETURN(const registry::RosterDigests digests, registry::DigestRoster(rooms_.store));
  const auto calibration = [&](forensics::MarkKind mark) {
    return forensics::InfoOf(*rooms_.collection.calibration(mark)).version;
  };
  std::string row;
  base::AppendU64Be(row, day);
  row += StateOf(digests.bullets, forensics::CurrentMethod(forensics::MarkKind::kBullet),
                 calibration(forensics::MarkKind::kBullet));
  row += StateOf(digests.cases, forensics::CaseMethodVersion(),
                 calibration(forensics::MarkKind::kBreechFace));
  store::WriteRequest request;
  request.preconditions.push_back({.key = RowKey(), .value = std::move(before)});
  request.mutations.Put(RowKey(), std::move(row));
  return rooms_.store.Commit(std::move(request));
}

absl::StatusOr<std::string> CollectionDesk::VersionFor(std::string_view agency,
                                                       records::ItemKind item) const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, rooms_.store.Get(RowKey()));
  if (!row.has_value()) return absl::UnavailableError("no version was published yet");
  if (row->size() != kRowBytes) {
    return absl::DataLossError("the row of the collection's version is damaged");
  }
  const std::size_t begin =
      sizeof(std::uint64_t) + (item == records::ItemKind::kBullet ? 0 : kDigestBytes);
  const crypto::Sha256Digest version =
      rooms_.answer_key.CollectionOf(agency, std::string_view(*row).substr(begin, kDigestBytes));
  return std::string(crypto::AsText(version).substr(0, wire::kCollectionVersionBytes));
}

class CollectionDesk::Question final : public exchange::Message {
 public:
  Question(const CollectionDesk& desk, const exchange::Believed& believed,
           wire::CollectionQuestion question)
      : desk_(desk), believed_(believed), question_(std::move(question)) {}

  // Who may search may know when it is worth while.
  federation::AskedFor asked_for() const override {
    return {.service = federation::Service::kMatch,
            .purpose = question_.purpose,
            .offence = question_.offence,
            .item = records::ItemOf(question_.kind)};
  }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    PM_ASSIGN_OR_RETURN(std::string version, desk_.VersionFor(believed_.partner.domain,
                                                              records::ItemOf(question_.kind)));
    exchange::Reply reply;
    reply.logged = Draft("ANSWERED");
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::CollectionAnswer(
                            wire::CollectionVersion{.version = std::move(version)})));
    return reply;
  }

  absl::StatusOr<exchange::Reply> Refuse(std::string_view code, std::string_view reason) override {
    exchange::Reply reply;
    reply.logged = Draft(exchange::OutcomeOfRefusal(code));
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::CollectionAnswer(wire::MakeRefusal(code, reason))));
    return reply;
  }

 private:
  records::EntryDraft Draft(std::string outcome) const {
    records::EntryDraft draft;
    draft.kind = records::EntryKind::kQueryIn;
    draft.purpose = question_.purpose;
    draft.offence = question_.offence;
    draft.actor = question_.actor;
    draft.outcome = std::move(outcome);
    return draft;
  }

  const CollectionDesk& desk_;
  const exchange::Believed& believed_;
  const wire::CollectionQuestion question_;
};

exchange::MessageType CollectionDesk::type() const {
  return {.message = wire::kCollectionQuestionType, .answer = wire::kCollectionAnswerType};
}

absl::StatusOr<std::unique_ptr<exchange::Message>> CollectionDesk::Read(
    const exchange::Believed& message) {
  PM_ASSIGN_OR_RETURN(wire::CollectionQuestion question,
                      wire::ParseCollectionQuestion(message.envelope.payload()));
  PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "actor", question.actor));
  return std::make_unique<Question>(*this, message, std::move(question));
}

}  // namespace proofmark::desks
