// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/released_scans.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/hpke/hpke.h"
#include "crypto/seal/sealer.h"
#include "crypto/secret/secret_bytes.h"
#include "server/federation/handling.h"
#include "server/journeys/tables.h"
#include "server/registry/due_rows.h"

namespace proofmark::journeys {
namespace {

using wire::DetailsState;

// What the key of a part's box is derived for.
constexpr std::string_view kPartInfo = "proofmark/scan-part/v1";
constexpr std::size_t kScanKeyBytes = crypto::kSealKeyBytes;

std::string_view IdText(const crypto::ExchangeId& id) { return base::AsText(base::ByteSpan(id)); }

std::int64_t PartCount(const wire::ReleasedScan& scan) {
  return (scan.size_bytes + wire::kScanPartBytes - 1) / wire::kScanPartBytes;
}

std::int64_t PartBytes(const wire::ReleasedScan& scan, std::int64_t offset) {
  return std::min(wire::kScanPartBytes, scan.size_bytes - offset);
}

// The context of the release itself, and which part of which scan this is.
std::string PartContext(std::string_view request_id, std::string_view owner, std::string_view asker,
                        const crypto::Sha256Digest& handle, const wire::ReleasedScan& scan,
                        std::int64_t offset) {
  std::string context = SealingContext(request_id, owner, asker);
  base::AppendLp2(context, crypto::AsText(handle));
  base::AppendLp2(context, scan.sha256);
  base::AppendU64Be(context, static_cast<std::uint64_t>(offset));
  return context;
}

// Entries about a part count no item: the release itself did.
records::EntryDraft PartDraft(const wire::DetailsRequest& request, std::string_view released_by) {
  records::EntryDraft draft = DraftOf(records::EntryKind::kRelease, request, released_by);
  draft.count = 0;
  return draft;
}

std::string DueRow(std::string_view raw_id) {
  return store::StoreKey(kReleasedScansDueTable).Bytes(raw_id).Build();
}

std::string PartField(std::size_t number) { return absl::StrFormat("scan part %d", number); }

absl::StatusOr<crypto::Sealer> SealerOf(const wire::StoredScan& scan) {
  std::string copy = scan.key;
  return crypto::Sealer::Create(crypto::SecretBytes::TakeFrom(copy));
}

}  // namespace

// Partners' parts of what they released to us.
class ReleasedScans::Part final : public exchange::Notice {
 public:
  Part(ReleasedScans& scans, const exchange::Believed& believed, wire::ReleasedScanPart part)
      : scans_(scans), believed_(believed), part_(std::move(part)) {}

  static absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      ReleasedScans& scans, const exchange::Believed& message) {
    PM_ASSIGN_OR_RETURN(wire::ReleasedScanPart part,
                        wire::ParseReleasedScanPart(message.envelope.payload()));
    PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "released_by", part.released_by));
    return std::make_unique<Part>(scans, message, std::move(part));
  }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    PM_ASSIGN_OR_RETURN(const std::optional<DetailsBook::Kept> kept,
                        scans_.book_.Load(part_.request_exchange_id));
    if (!kept.has_value() || kept->stored.file.side != wire::DetailsSide::kSent ||
        kept->stored.file.agency != believed_.partner.domain) {
      return Refuse("NOT_HELD", "This node asked for no such details.");
    }
    wire::StoredDetails stored = kept->stored;
    request_ = stored.file.request;
    wire::ReleasedScan* const scan = FindScan(stored.file);
    if (scan == nullptr) return Refuse("NOT_HELD", "No such scan was released, or not any more.");
    if (part_.offset < scan->arrived_bytes) return Acknowledge();
    if (part_.offset > scan->arrived_bytes) {
      return Refuse("MALFORMED", "A part of the scan before this one is missing.");
    }
    const absl::StatusOr<std::string> bytes = OpenBox(stored, *scan);
    if (!bytes.ok()) return Refuse("MALFORMED", std::string(bytes.status().message()));
    wire::StoredScan& parts = PartsOf(stored);
    // Nothing is written for what is refused: a partner may send as much of that as it likes.
    if (scan->arrived_bytes + std::ssize(*bytes) == scan->size_bytes) {
      PM_ASSIGN_OR_RETURN(const bool whole, scans_.IsWhole(*scan, parts, *bytes));
      if (!whole) return Refuse("MALFORMED", "The parts make another scan than was released.");
    }
    PM_ASSIGN_OR_RETURN(const crypto::Sealer sealer, SealerOf(parts));
    PM_ASSIGN_OR_RETURN(const std::string sealed,
                        sealer.Seal({.record = "details", .field = PartField(parts.parts.size())},
                                    *bytes, scans_.rooms_.store.random()));
    PM_ASSIGN_OR_RETURN(parts.parts.emplace_back(), scans_.rooms_.store.blobs().Put(sealed));
    scan->arrived_bytes += std::ssize(*bytes);
    ForgetOpeningKeyWhenDone(stored);
    PM_ASSIGN_OR_RETURN(exchange::Reply reply, Acknowledge());
    PM_RETURN_IF_ERROR(scans_.book_.AddChange(*kept, stored, reply.changes));
    return reply;
  }

 private:
  records::EntryDraft Draft() const override { return PartDraft(request_, part_.released_by); }

  wire::ReleasedScan* FindScan(wire::DetailsFile& file) const {
    if (!file.released ||
        federation::IsToBeDeleted(file.released->handling, scans_.rooms_.clock.UnixMillis())) {
      return nullptr;
    }
    for (wire::ReleasedExhibit& exhibit : file.released->exhibits) {
      if (exhibit.handle != part_.handle) continue;
      for (wire::ReleasedScan& scan : exhibit.scans) {
        if (scan.place == part_.place) return &scan;
      }
    }
    return nullptr;
  }

  // Where this scan's parts are listed; the first one makes the key.
  wire::StoredScan& PartsOf(wire::StoredDetails& stored) const {
    for (wire::StoredScan& scan : stored.scans) {
      if (scan.handle == part_.handle && scan.place == part_.place) return scan;
    }
    const crypto::SecretBytes key =
        crypto::SecretBytes::Random(kScanKeyBytes, scans_.rooms_.store.random());
    return stored.scans.emplace_back(
        wire::StoredScan{.handle = part_.handle,
                         .place = part_.place,
                         .key = std::string(base::AsText(key.ExposeForOpenSsl())),
                         .parts = {}});
  }

  absl::StatusOr<std::string> OpenBox(const wire::StoredDetails& stored,
                                      const wire::ReleasedScan& scan) const {
    std::string copy = stored.opening_key;
    PM_ASSIGN_OR_RETURN(const crypto::HpkePrivateKey key,
                        crypto::HpkePrivateKey::FromRaw(crypto::SecretBytes::TakeFrom(copy)));
    PM_ASSIGN_OR_RETURN(
        std::string bytes,
        key.Open(kPartInfo,
                 PartContext(stored.file.request_id, believed_.partner.node_id,
                             scans_.rooms_.identity.node_id(), part_.handle, scan, part_.offset),
                 part_.box));
    if (std::ssize(bytes) != PartBytes(scan, part_.offset)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("the part has %d bytes, not the %d that belong there", bytes.size(),
                          PartBytes(scan, part_.offset)));
    }
    return bytes;
  }

  ReleasedScans& scans_;
  const exchange::Believed& believed_;
  const wire::ReleasedScanPart part_;
  wire::DetailsRequest request_;  // Once it is known.
};

// Our parts, one under way at a time.
class ReleasedScans::Sender final : public exchange::NoticeSender {
 public:
  explicit Sender(ReleasedScans& scans)
      : NoticeSender(wire::kReleasedScanPartType), scans_(scans) {}

  void GivenUp(const federation::Partner& partner, const crypto::ExchangeId& exchange_id) override {
    const absl::Status ended = [&]() -> absl::Status {
      PM_ASSIGN_OR_RETURN(std::optional<DetailsBook::Kept> kept, scans_.FindUnderWay(exchange_id));
      if (!kept.has_value()) return absl::OkStatus();
      store::WriteRequest changes;
      PM_RETURN_IF_ERROR(scans_.AddEnd(*std::move(kept), false, changes));
      return scans_.rooms_.store.Commit(std::move(changes));
    }();
    if (!ended.ok()) {
      base::Log(base::LogSeverity::kError,
                absl::StrFormat("that %s took no part of a scan is not noted: %s", partner.domain,
                                ended.message()));
    }
  }

  void Closed() override {
    if (const absl::Status sent = scans_.SendDue(); !sent.ok()) {
      base::Log(base::LogSeverity::kWarning,
                absl::StrFormat("the next part of a scan waits: %s", sent.message()));
    }
  }

 private:
  absl::Status AddAnswered(const federation::Partner& partner,
                           const crypto::ExchangeId& exchange_id, const wire::NoticeAnswer& answer,
                           store::WriteRequest& changes) override {
    const auto* const refusal = std::get_if<wire::Refusal>(&answer);
    if (refusal != nullptr) {
      base::Log(base::LogSeverity::kWarning,
                absl::StrFormat("%s takes no further part of a scan: %s: %s", partner.domain,
                                refusal->code, refusal->reason));
    }
    PM_ASSIGN_OR_RETURN(std::optional<DetailsBook::Kept> kept, scans_.FindUnderWay(exchange_id));
    if (!kept.has_value()) return absl::OkStatus();
    return scans_.AddEnd(*std::move(kept), refusal == nullptr, changes);
  }

  ReleasedScans& scans_;
};

ReleasedScans::ReleasedScans(const Rooms& rooms)
    : rooms_(rooms),
      book_(rooms.store),
      desk_(wire::kReleasedScanPartType,
            [this](const exchange::Believed& message) { return Part::Read(*this, message); }),
      sender_(std::make_unique<Sender>(*this)) {
  rooms_.outbox.Register(*sender_);
}

ReleasedScans::~ReleasedScans() = default;

exchange::Desk& ReleasedScans::desk() { return desk_; }

void ReleasedScans::AddDue(std::string_view raw_id, store::WriteRequest& request) {
  registry::AddDue(kReleasedScansDueTable, raw_id, rooms_.store.random(), request);
}

absl::Status ReleasedScans::SendDue() {
  const base::MutexLock lock(sending_);
  return registry::SettleDueRows(rooms_.store, kReleasedScansDueTable,
                                 [this](std::string_view raw_id) -> absl::StatusOr<bool> {
                                   absl::StatusOr<bool> settled = Settle(raw_id);
                                   // Somebody was faster: it is looked at again.
                                   if (absl::IsFailedPrecondition(settled.status())) return false;
                                   return settled;
                                 });
}

std::optional<ReleasedScans::Next> ReleasedScans::NextOf(const wire::StoredDetails& stored) {
  const wire::DetailsFile& file = stored.file;
  std::int64_t left = stored.parts_acknowledged;
  for (std::size_t i = 0; i < file.released->exhibits.size(); ++i) {
    const wire::ReleasedExhibit& exhibit = file.released->exhibits[i];
    for (const wire::ReleasedScan& scan : exhibit.scans) {
      const std::int64_t parts = PartCount(scan);
      if (left < parts) {
        return Next{.exhibit = exhibit,
                    .scan = scan,
                    .exhibit_id = file.exhibit_ids[i],
                    .offset = left * wire::kScanPartBytes};
      }
      left -= parts;
    }
  }
  return std::nullopt;
}

absl::StatusOr<bool> ReleasedScans::Settle(std::string_view raw_id) {
  PM_ASSIGN_OR_RETURN(const std::optional<DetailsBook::Kept> kept, book_.Load(raw_id));
  if (!kept.has_value() || !kept->stored.file.released) return true;
  if (!kept->stored.part_under_way.empty()) return false;
  const wire::DetailsFile& file = kept->stored.file;
  const std::optional<Next> next = NextOf(kept->stored);
  const federation::Partner* const partner = rooms_.partners.FindByDomain(file.agency);
  if (!next || partner == nullptr ||
      federation::IsToBeDeleted(file.released->handling, rooms_.clock.UnixMillis())) {
    return true;
  }
  const absl::StatusOr<wire::StoredExhibit> exhibit = rooms_.registry.Load(next->exhibit_id);
  if (absl::IsNotFound(exhibit.status())) return true;
  PM_RETURN_IF_ERROR(exhibit.status());
  if (exhibit->exhibit.state == records::ExhibitState::kWithdrawn) return true;
  for (const records::Mark& mark : exhibit->exhibit.marks) {
    if (mark.place != next->scan.place || mark.scan_sha256 != next->scan.sha256) continue;
    PM_ASSIGN_OR_RETURN(const std::string scan, rooms_.registry.LoadScan(*exhibit, mark));
    PM_RETURN_IF_ERROR(Send(*kept, *partner, *next, scan));
    return false;
  }
  return absl::DataLossError("a scan that was released is not that of the exhibit");
}

absl::Status ReleasedScans::Send(const DetailsBook::Kept& kept, const federation::Partner& partner,
                                 const Next& next, std::string_view scan) {
  const wire::DetailsFile& file = kept.stored.file;
  const crypto::ExchangeId exchange_id = crypto::NewExchangeId(rooms_.store.random());
  wire::ReleasedScanPart part{.request_exchange_id = kept.held.id,
                              .handle = next.exhibit.handle,
                              .place = next.scan.place,
                              .offset = next.offset,
                              .released_by = file.decided_by,
                              .box = ""};
  PM_ASSIGN_OR_RETURN(
      part.box,
      crypto::HpkeSeal(file.request.sealing_key, kPartInfo,
                       PartContext(file.request_id, rooms_.identity.node_id(), partner.node_id,
                                   next.exhibit.handle, next.scan, next.offset),
                       scan.substr(static_cast<std::size_t>(next.offset),
                                   static_cast<std::size_t>(wire::kScanPartBytes)),
                       rooms_.store.random()));
  PM_ASSIGN_OR_RETURN(std::string payload, wire::Serialise(part));
  // A refusal of the part before ends the transfer, at this moment too.
  store::WriteRequest changes;
  const std::string due = DueRow(kept.held.id);
  PM_ASSIGN_OR_RETURN(std::optional<std::string> chance, rooms_.store.Get(due));
  if (!chance.has_value()) return absl::FailedPreconditionError("nothing more is to be sent");
  changes.preconditions.push_back({.key = due, .value = std::move(chance)});
  wire::StoredDetails stored = kept.stored;
  stored.part_under_way = std::string(IdText(exchange_id));
  PM_RETURN_IF_ERROR(book_.AddChange(kept, stored, changes));
  PM_RETURN_IF_ERROR(rooms_.registry.AddStillActive({next.exhibit_id}, changes));
  return rooms_.outbox
      .Send({.partner = partner,
             .exchange_id = exchange_id,
             .type = wire::kReleasedScanPartType,
             .payload = std::move(payload)},
            PartDraft(file.request, file.decided_by), std::move(changes))
      .status();
}

absl::StatusOr<std::optional<DetailsBook::Kept>> ReleasedScans::FindUnderWay(
    const crypto::ExchangeId& exchange_id) const {
  const std::string prefix = store::StoreKey(kReleasedScansDueTable).Build();
  std::vector<std::string> due;
  PM_RETURN_IF_ERROR(rooms_.store.Scan({.prefix = prefix}, [&](std::string_view key, auto) {
    due.emplace_back(key.substr(prefix.size()));
    return true;
  }));
  for (const std::string& raw_id : due) {
    PM_ASSIGN_OR_RETURN(std::optional<DetailsBook::Kept> kept, book_.Load(raw_id));
    if (kept.has_value() && kept->stored.part_under_way == IdText(exchange_id)) return kept;
  }
  return std::nullopt;
}

absl::Status ReleasedScans::AddEnd(DetailsBook::Kept kept, bool acknowledged,
                                   store::WriteRequest& request) {
  wire::StoredDetails stored = kept.stored;
  stored.part_under_way.clear();
  if (acknowledged) {
    ++stored.parts_acknowledged;
  } else {
    request.mutations.Delete(DueRow(kept.held.id));
  }
  return book_.AddChange(kept, stored, request);
}

absl::StatusOr<bool> ReleasedScans::IsWhole(const wire::ReleasedScan& scan,
                                            const wire::StoredScan& parts,
                                            std::string_view last) const {
  crypto::Sha256Hasher hasher;
  PM_RETURN_IF_ERROR(ForEachPart(parts, [&](std::string_view bytes) {
    hasher.Update(bytes);
    return absl::OkStatus();
  }));
  hasher.Update(last);
  return crypto::AsText(hasher.Finish()) == scan.sha256;
}

absl::Status ReleasedScans::ForEachPart(
    const wire::StoredScan& scan, const std::function<absl::Status(std::string_view)>& take) const {
  PM_ASSIGN_OR_RETURN(const crypto::Sealer sealer, SealerOf(scan));
  for (std::size_t i = 0; i < scan.parts.size(); ++i) {
    PM_ASSIGN_OR_RETURN(const std::string sealed, rooms_.store.blobs().Get(scan.parts[i]));
    PM_ASSIGN_OR_RETURN(const std::string bytes,
                        sealer.Open({.record = "details", .field = PartField(i)}, sealed));
    PM_RETURN_IF_ERROR(take(bytes));
  }
  return absl::OkStatus();
}

absl::Status ReleasedScans::Read(
    const wire::StoredDetails& stored,
    const std::function<absl::Status(std::string_view bytes)>& take) const {
  for (const wire::ReleasedExhibit& exhibit : stored.file.released->exhibits) {
    for (const wire::ReleasedScan& scan : exhibit.scans) {
      if (scan.arrived_bytes != scan.size_bytes) continue;
      const auto parts = std::find_if(
          stored.scans.begin(), stored.scans.end(), [&](const wire::StoredScan& candidate) {
            return candidate.handle == exhibit.handle && candidate.place == scan.place;
          });
      if (parts == stored.scans.end()) return absl::DataLossError("a scan's parts are not listed");
      PM_RETURN_IF_ERROR(ForEachPart(*parts, take));
    }
  }
  return absl::OkStatus();
}

}  // namespace proofmark::journeys
