// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "proto/wire/firearm.h"
#include "records/receipt.h"
#include "server/federation/caller.h"
#include "server/ledger/ledger.h"
#include "server/registry/firearm_registry.h"
#include "server/registry/sealed_records.h"
#include "server/store/store.h"

namespace proofmark::journeys {

inline constexpr std::int32_t kAlertPageSizeDefault = 50;

struct AlertPage {
  std::vector<wire::FirearmAlert> alerts;  // Newest first.
  std::string next_page_token;             // Empty after the last page.
};

struct AlertActed {
  wire::FirearmAlert alert;
  records::LedgerReceipt receipt;
};

struct AlertFilter {
  std::optional<wire::AlertState> state;
  bool all = false;  // Without a state: closed ones too.
};

// What the checks D15 to D17 find, until a person has taken notice and until they find it no more.
// One alert for a firearm and check: it is raised by a finding, raised again when that is another
// than was acknowledged, and closed when there is none. Every step is one ledger entry, `alarm`
// where it is new. Thread-safe.
//   Source  docs/formats/registry.md#alerts
class Alerts {
 public:
  struct Rooms {
    store::Store& store;
    ledger::Ledger& ledger;
    const registry::FirearmRegistry& registry;
    const base::Clock& clock;
  };
  // All must outlive it.
  explicit Alerts(const Rooms& rooms);

  // Brings the alerts to what was found since: of every firearm that is due (AddAlertDue).
  absl::Status SettleDue();

  //   kInvalidArgument     a field out of its bounds.
  //   kNotFound            no such alert.
  //   kFailedPrecondition  it is not new, or somebody else was faster.
  absl::StatusOr<AlertActed> Acknowledge(const federation::Caller& caller,
                                         const wire::AlertAcknowledgement& said);

  // Logged as consultations.
  absl::StatusOr<wire::FirearmAlert> Get(const federation::Caller& caller,
                                         std::string_view alert_id);
  absl::StatusOr<AlertPage> List(const federation::Caller& caller, std::int32_t page_size,
                                 std::string_view page_token, const AlertFilter& filter);

  // Those that nobody has acknowledged.
  //   Cost  reads every alert.
  absl::StatusOr<std::int64_t> CountNew() const;

  // What the erasure of a firearm, or of what its findings name, must carry. With `again` what is
  // still found is raised anew.
  absl::Status AddErasure(std::string_view firearm_id, bool again, store::WriteRequest& request);

 private:
  struct Kept {
    registry::SealedRecords::Held held;
    wire::FirearmAlert alert;
  };
  absl::StatusOr<std::optional<Kept>> Load(std::string_view raw_id) const;
  absl::StatusOr<Kept> LoadKnown(std::string_view alert_id) const;
  absl::Status Settle(const registry::FirearmRegistry::Held& firearm);
  absl::Status SettleOne(const registry::FirearmRegistry::Held& firearm, firearm::CheckId check);
  // Adds `step` and makes it durable with its entry.
  absl::StatusOr<records::LedgerReceipt> Write(std::optional<Kept> before,
                                               wire::FirearmAlert& alert, wire::AlertStep step,
                                               std::string object);

  // Constant after construction.
  const Rooms rooms_;
  // Does its own locking.
  registry::SealedRecords records_;

  base::Mutex settling_;  // One at a time.
};

}  // namespace proofmark::journeys
