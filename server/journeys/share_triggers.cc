// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/share_triggers.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/status.h"
#include "server/federation/share_rule.h"
#include "server/registry/circumstances.h"
#include "server/registry/due_rows.h"
#include "server/registry/tables.h"

namespace proofmark::journeys {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

}  // namespace

absl::Status ShareTriggers::SettleDue() {
  const base::MutexLock lock(settling_);
  return registry::SettleDueRows(rooms_.store, registry::kShareTriggerDueTable,
                                 [this](std::string_view raw_id) -> absl::StatusOr<bool> {
                                   const absl::Status settled = Settle(base::ToHex(raw_id));
                                   // Somebody was faster: it is looked at again.
                                   if (absl::IsFailedPrecondition(settled)) return false;
                                   PM_RETURN_IF_ERROR(settled);
                                   return true;
                                 });
}

absl::StatusOr<federation::Words> ShareTriggers::CircumstancesOf(
    const records::ExhibitId& id, const records::ExhibitIdentity& identity) const {
  federation::Words codes(identity.circumstances.begin(), identity.circumstances.end());
  PM_ASSIGN_OR_RETURN(const std::set<std::string> firearms, rooms_.firearms.index().Firing(id));
  for (const std::string& raw_id : firearms) {
    const absl::StatusOr<registry::FirearmRegistry::Held> held =
        rooms_.firearms.Load(base::ToHex(raw_id));
    if (absl::IsNotFound(held.status())) continue;  // Erased this moment.
    PM_RETURN_IF_ERROR(held.status());
    codes.merge(registry::CircumstancesOf(held->kept));
  }
  return codes;
}

absl::Status ShareTriggers::Settle(const records::ExhibitId& id) {
  const absl::StatusOr<wire::StoredExhibit> stored = rooms_.registry.Load(id);
  if (absl::IsNotFound(stored.status())) return absl::OkStatus();
  PM_RETURN_IF_ERROR(stored.status());
  if (stored->exhibit.state == records::ExhibitState::kWithdrawn) return absl::OkStatus();
  PM_ASSIGN_OR_RETURN(const std::optional<records::ExhibitIdentity> identity,
                      rooms_.registry.IdentityOf(*stored));
  if (!identity.has_value()) return absl::OkStatus();  // Erased, and its questions with it.
  PM_ASSIGN_OR_RETURN(const federation::Words circumstances, CircumstancesOf(id, *identity));
  for (const federation::Partner& partner : rooms_.partners.all()) {
    AutomaticOrder order{.exhibit_id = id,
                         .agency = partner.domain,
                         .purpose = partner.share.purpose,
                         .case_reference = identity->case_reference.empty()
                                               ? identity->label
                                               : identity->case_reference,
                         .submitted_by = stored->exhibit.submitted_by,
                         .expire_unix_ms = rooms_.clock.UnixMillis() + partner.share.days * kDayMs};
    if (std::optional<federation::FiredRule> fired =
            federation::Fire(partner.share, circumstances)) {
      order.triggers = std::move(fired->triggers);
      order.offence = std::move(fired->offence);
      order.urgent = fired->urgent;
    }
    PM_RETURN_IF_ERROR(rooms_.standing.SettleAutomatic(order));
  }
  return absl::OkStatus();
}

}  // namespace proofmark::journeys
