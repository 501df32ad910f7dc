// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/envelope/envelope.h"
#include "server/exchange/desk.h"
#include "server/exchange/notice.h"
#include "server/exchange/outbox.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/journeys/details_book.h"
#include "server/registry/exhibit_registry.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// How scans that were released travel: a release names them, and their bytes follow in letters of
// one part each, sealed to the key of the request. At the owner one letter of a release is under
// way at a time, the next is made when it was acknowledged; at the asker parts lie as blobs under a
// key of each scan, which stands in the request's file and goes with it. Thread-safe.
class ReleasedScans {
 public:
  struct Rooms {
    store::Store& store;
    const registry::ExhibitRegistry& registry;
    const federation::NodeIdentity& identity;
    const federation::Partners& partners;
    exchange::Outbox& outbox;
    const base::Clock& clock;
  };
  // All must outlive it. Registers its letters with the outbox.
  explicit ReleasedScans(const Rooms& rooms);
  ~ReleasedScans();

  // Takes partners' parts.
  exchange::Desk& desk();

  // What a release must carry so that its scans follow.
  void AddDue(std::string_view raw_id, store::WriteRequest& request);

  // Sends the next part of every release that has one, and none under way. Ends a release whose
  // exhibit was withdrawn, whose asker refused a part, or which was to be deleted by now.
  //   Cost  reads and opens a whole scan for each part.
  absl::Status SendDue();

  // The bytes of the scans that have arrived whole, in the order of the file, in pieces of at most
  // wire::kScanPartBytes.
  //   kDataLoss  a part is damaged.
  //   others     of `take`, which ends it.
  absl::Status Read(const wire::StoredDetails& stored,
                    const std::function<absl::Status(std::string_view bytes)>& take) const;

 private:
  class Part;
  class Sender;

  // The next part of a release: which of its parts, and of which scan.
  struct Next {
    const wire::ReleasedExhibit& exhibit;
    const wire::ReleasedScan& scan;
    records::ExhibitId exhibit_id;
    std::int64_t offset = 0;
  };
  static std::optional<Next> NextOf(const wire::StoredDetails& stored);

  // Whether nothing more is to be sent.
  absl::StatusOr<bool> Settle(std::string_view raw_id);
  absl::Status Send(const DetailsBook::Kept& kept, const federation::Partner& partner,
                    const Next& next, std::string_view scan);
  // Of the letters under way, the one of that exchange.
  absl::StatusOr<std::optional<DetailsBook::Kept>> FindUnderWay(
      const crypto::ExchangeId& exchange_id) const;
  // What the end of the letter under way changes: whoever did not take a part is sent no other.
  absl::Status AddEnd(DetailsBook::Kept kept, bool acknowledged, store::WriteRequest& request);
  // Whether the parts that have arrived and `last` are the scan that was announced.
  absl::StatusOr<bool> IsWhole(const wire::ReleasedScan& scan, const wire::StoredScan& parts,
                               std::string_view last) const;
  absl::Status ForEachPart(const wire::StoredScan& scan,
                           const std::function<absl::Status(std::string_view)>& take) const;

  // Constant after construction.
  const Rooms rooms_;
  // Do their own locking.
  DetailsBook book_;
  exchange::NoticeDesk desk_;
  std::unique_ptr<Sender> sender_;
  base::Mutex
      sending_;  // One sender at a time; taken before any lock of the outbox but delivering.
};

}  // namespace proofmark::journeys
