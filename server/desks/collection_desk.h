// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "records/exhibit.h"
#include "server/exchange/desk.h"
#include "server/match/answer_key.h"
#include "server/match/exhibit_collection.h"
#include "server/store/store.h"

namespace proofmark::desks {

// Tells partners whether what they may search here has changed, so that they need not ask in vain:
// a version of the bullets and one of the cases, which change when an exhibit comes, goes or is
// corrected, or the method or calibration changes.
//
// What it gives away: that something changed, at most once a day (UTC) and whatever happened that
// day as one change. It is keyed for each asker, so that two of them cannot compare what they
// were told, and nobody recognises a state he saw elsewhere. Thread-safe.
class CollectionDesk final : public exchange::Desk {
 public:
  struct Rooms {
    store::Store& store;
    const match::AnswerKey& answer_key;
    const match::ExhibitCollection& collection;
    const base::Clock& clock;
  };
  // All must outlive the result.
  explicit CollectionDesk(const Rooms& rooms) : rooms_(rooms) {}

  // The version of the day, unless it was made. Before the first question, and now and then.
  //   Cost  once a day, reads every roster row.
  absl::Status Publish();

  // What `agency` is told of such items.
  //   kUnavailable  nothing was published yet.
  absl::StatusOr<std::string> VersionFor(std::string_view agency, records::ItemKind item) const;

  exchange::MessageType type() const override;
  absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      const exchange::Believed& message) override;

 private:
  class Question;

  // Constant after construction.
  const Rooms rooms_;
};

}  // namespace proofmark::desks
