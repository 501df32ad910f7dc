// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "proto/wire/firearm_check.h"
#include "server/exchange/desk.h"
#include "server/exchange/notice.h"
#include "server/exchange/outbox.h"
#include "server/federation/caller.h"
#include "server/federation/partner.h"
#include "server/journeys/notice_grounds.h"
#include "server/ledger/ledger.h"
#include "server/registry/firearm_registry.h"
#include "server/registry/sealed_records.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// Whoever was told of a firearm is told by letter when its certificate is withdrawn, when it is
// suspected to fire again, and when it is destroyed; and what partners tell so is kept, where it
// rests on a question of ours that they may have answered with a record (NoticeGrounds). Entries
// `correct`. Thread-safe.
class FirearmNotices {
 public:
  struct Rooms {
    store::Store& store;
    ledger::Ledger& ledger;
    registry::FirearmRegistry& registry;
    const federation::Partners& partners;
    exchange::Outbox& outbox;
    const base::Clock& clock;
  };
  // All must outlive it. Registers its letters with the outbox.
  explicit FirearmNotices(const Rooms& rooms);
  ~FirearmNotices();

  // Takes what partners tell, as it comes.
  exchange::Desk& desk();

  // Sends what is to be told and was not yet: once for each state and question, also after a crash.
  //   Cost  opens every record that a partner was told of.
  absl::Status TellDue();

  struct Page {
    std::vector<wire::ReceivedFirearmNotice> notices;  // Newest first.
    std::string next_page_token;                       // Empty after the last page.
  };
  // What the erasure of what came before must carry: notices, of which it says how many, and what
  // later ones could have rested on.
  //   Cost  opens every notice.
  absl::StatusOr<std::int64_t> AddExpired(std::int64_t before_unix_ms,
                                          store::WriteRequest& request) const;

  // What partners told. Entry `admin-read`.
  //   kInvalidArgument  a size out of bounds, or a token that is none.
  absl::StatusOr<Page> List(const federation::Caller& caller, std::int32_t page_size,
                            std::string_view page_token) const;

 private:
  class Told;

  absl::Status Tell(const registry::FirearmRegistry::Held& held);

  // Constant after construction.
  const Rooms rooms_;
  // Do their own locking.
  registry::SealedRecords received_;
  const NoticeGrounds grounds_;
  exchange::NoticeDesk desk_;
  exchange::NoticeSender sender_;
};

}  // namespace proofmark::journeys
