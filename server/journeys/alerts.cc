// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/alerts.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "records/exhibit.h"
#include "server/federation/consultation.h"
#include "server/federation/receipt.h"
#include "server/registry/due_rows.h"
#include "server/registry/paging.h"
#include "server/registry/tables.h"

namespace proofmark::journeys {
namespace {

using firearm::CheckId;
using firearm::Finding;
using registry::FirearmRegistry;
using wire::AlertState;
using wire::AlertStepKind;
using wire::FirearmAlert;

constexpr std::size_t kIdBytes = 16;
constexpr std::array kAlarmingChecks = {CheckId::kD15, CheckId::kD16, CheckId::kD17};

// Of a firearm's alert by one check: always the same, so that there is one.
std::string RawAlertId(std::string_view raw_firearm_id, CheckId check) {
  std::string message = "firearm alert";
  base::AppendLp2(message, raw_firearm_id);
  base::AppendLp2(message, firearm::RuleOf(check).code);
  return std::string(crypto::AsText(crypto::Sha256(message)).substr(0, kIdBytes));
}

std::vector<Finding> FindingsOf(const wire::KeptFirearm& kept, CheckId check) {
  std::vector<Finding> findings;
  for (const Finding& finding : kept.findings) {
    if (finding.check == check) findings.push_back(finding);
  }
  return findings;
}

}  // namespace

Alerts::Alerts(const Rooms& rooms)
    : rooms_(rooms),
      records_(rooms.store, {.records = registry::kAlertTable,
                             .listing = registry::kAlertListingTable,
                             .name = "alert"}) {}

absl::StatusOr<std::optional<Alerts::Kept>> Alerts::Load(std::string_view raw_id) const {
  PM_ASSIGN_OR_RETURN(std::optional<registry::SealedRecords::Held> held, records_.Find(raw_id));
  if (!held) return std::nullopt;
  absl::StatusOr<FirearmAlert> alert = wire::ParseFirearmAlert(held->plain);
  if (!alert.ok()) return absl::DataLossError(alert.status().message());
  return Kept{.held = *std::move(held), .alert = *std::move(alert)};
}

absl::StatusOr<Alerts::Kept> Alerts::LoadKnown(std::string_view alert_id) const {
  if (!records::IsId(alert_id)) {
    return absl::InvalidArgumentError("alert_id: not 32 lower-case hexadecimal digits");
  }
  PM_ASSIGN_OR_RETURN(const std::string raw_id, base::ParseHex(alert_id));
  PM_ASSIGN_OR_RETURN(std::optional<Kept> kept, Load(raw_id));
  if (!kept) return absl::NotFoundError("no alert has this id");
  return *std::move(kept);
}

absl::StatusOr<records::LedgerReceipt> Alerts::Write(std::optional<Kept> before,
                                                     FirearmAlert& alert, wire::AlertStep step,
                                                     std::string object) {
  records::EntryDraft draft;
  const bool news = step.kind == AlertStepKind::kRaised || step.kind == AlertStepKind::kChanged;
  draft.kind = news ? records::EntryKind::kAlarm : records::EntryKind::kRegistryChange;
  draft.actor = step.by;
  const std::string_view check = firearm::RuleOf(alert.check).code;
  draft.outcome = news ? absl::StrFormat("FIREARM_ALERT:%s", check)
                       : absl::StrFormat("ALERT_%s:%s", wire::AlertStepCode(step.kind), check);
  draft.object = std::move(object);
  draft.count = alert.findings.size();
  const std::int64_t unix_ms = step.unix_ms;
  // An alert that comes and goes for ever keeps how it began and what came last.
  if (std::ssize(alert.steps) >= wire::kAlertStepsMax) alert.steps.erase(alert.steps.begin() + 1);
  alert.steps.push_back(std::move(step));
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(alert));
  PM_ASSIGN_OR_RETURN(const std::string raw_id, base::ParseHex(alert.alert_id));
  store::WriteRequest request;
  PM_RETURN_IF_ERROR(before ? records_.AddChange(before->held, plain, request)
                            : records_.AddNew(raw_id, unix_ms, plain, request));
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      rooms_.ledger.Append(std::move(draft), std::move(request)));
  return federation::ToRecord(receipt);
}

absl::Status Alerts::SettleOne(const FirearmRegistry::Held& firearm, CheckId check) {
  PM_ASSIGN_OR_RETURN(const std::string raw_firearm_id, base::ParseHex(firearm.kept.id));
  const std::string raw_id = RawAlertId(raw_firearm_id, check);
  PM_ASSIGN_OR_RETURN(std::optional<Kept> before, Load(raw_id));
  std::vector<Finding> findings = FindingsOf(firearm.kept, check);
  const bool open = before && before->alert.state != AlertState::kClosed;
  if (open ? before->alert.findings == findings : findings.empty()) return absl::OkStatus();
  FirearmAlert alert;
  if (before) {
    alert = before->alert;
  } else {
    alert.alert_id = base::ToHex(raw_id);
    alert.firearm_id = firearm.kept.id;
    alert.check = check;
  }
  wire::AlertStep step{.kind = open ? AlertStepKind::kChanged : AlertStepKind::kRaised,
                       .unix_ms = rooms_.clock.UnixMillis(),
                       .by = "",
                       .reasons = ""};
  if (findings.empty()) {
    alert.state = AlertState::kClosed;
    step.kind = AlertStepKind::kClosed;
  } else {
    alert.state = AlertState::kNew;
    alert.findings = std::move(findings);
  }
  PM_ASSIGN_OR_RETURN(std::string object, rooms_.registry.CommitmentTo(firearm));
  return Write(std::move(before), alert, std::move(step), std::move(object)).status();
}

absl::Status Alerts::Settle(const FirearmRegistry::Held& firearm) {
  for (const CheckId check : kAlarmingChecks) {
    PM_RETURN_IF_ERROR(SettleOne(firearm, check));
  }
  return absl::OkStatus();
}

absl::Status Alerts::SettleDue() {
  const base::MutexLock lock(settling_);
  return registry::SettleDueRows(rooms_.store, registry::kAlertDueTable,
                                 [this](std::string_view raw_id) -> absl::StatusOr<bool> {
                                   const absl::StatusOr<FirearmRegistry::Held> firearm =
                                       rooms_.registry.Load(base::ToHex(raw_id));
                                   if (absl::IsNotFound(firearm.status())) return true;
                                   PM_RETURN_IF_ERROR(firearm.status());
                                   const absl::Status settled = Settle(*firearm);
                                   // Somebody acknowledged it this moment: it stays due.
                                   if (absl::IsFailedPrecondition(settled)) return false;
                                   PM_RETURN_IF_ERROR(settled);
                                   return true;
                                 });
}

absl::StatusOr<AlertActed> Alerts::Acknowledge(const federation::Caller& caller,
                                               const wire::AlertAcknowledgement& said) {
  PM_ASSIGN_OR_RETURN(Kept kept, LoadKnown(said.alert_id));
  if (kept.alert.state != AlertState::kNew) {
    return absl::FailedPreconditionError(
        absl::StrFormat("the alert is %s, not NEW", wire::AlertStateCode(kept.alert.state)));
  }
  PM_ASSIGN_OR_RETURN(const FirearmRegistry::Held firearm,
                      rooms_.registry.Load(kept.alert.firearm_id));
  PM_ASSIGN_OR_RETURN(std::string object, rooms_.registry.CommitmentTo(firearm));
  FirearmAlert alert = kept.alert;
  alert.state = AlertState::kAcknowledged;
  PM_ASSIGN_OR_RETURN(records::LedgerReceipt receipt, Write(std::move(kept), alert,
                                                            {.kind = AlertStepKind::kAcknowledged,
                                                             .unix_ms = rooms_.clock.UnixMillis(),
                                                             .by = caller.pseudonym,
                                                             .reasons = said.reasons},
                                                            std::move(object)));
  return AlertActed{.alert = std::move(alert), .receipt = std::move(receipt)};
}

absl::StatusOr<FirearmAlert> Alerts::Get(const federation::Caller& caller,
                                         std::string_view alert_id) {
  PM_ASSIGN_OR_RETURN(Kept kept, LoadKnown(alert_id));
  PM_RETURN_IF_ERROR(
      federation::LogConsultation(rooms_.ledger, caller, {.read = "FIREARM_ALERT_READ"}));
  return std::move(kept.alert);
}

absl::StatusOr<AlertPage> Alerts::List(const federation::Caller& caller, std::int32_t page_size,
                                       std::string_view page_token, const AlertFilter& filter) {
  PM_ASSIGN_OR_RETURN(const std::size_t wanted,
                      registry::PageSize(page_size, kAlertPageSizeDefault));
  absl::Status fault;
  PM_ASSIGN_OR_RETURN(
      registry::SealedRecords::Page found,
      records_.List(wanted, page_token, [&](const registry::SealedRecords::Held& held) {
        const absl::StatusOr<FirearmAlert> alert = wire::ParseFirearmAlert(held.plain);
        if (!alert.ok()) {
          fault = absl::DataLossError(alert.status().message());
          return false;
        }
        if (filter.state) return alert->state == *filter.state;
        return filter.all || alert->state != AlertState::kClosed;
      }));
  PM_RETURN_IF_ERROR(fault);
  AlertPage page;
  for (const registry::SealedRecords::Held& held : found.records) {
    PM_ASSIGN_OR_RETURN(FirearmAlert alert, wire::ParseFirearmAlert(held.plain));
    page.alerts.push_back(std::move(alert));
  }
  page.next_page_token = std::move(found.next_page_token);
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "FIREARM_ALERTS_LISTED", .count = page.alerts.size()}));
  return page;
}

absl::StatusOr<std::int64_t> Alerts::CountNew() const {
  std::int64_t count = 0;
  PM_RETURN_IF_ERROR(
      records_.ForEach([&](const registry::SealedRecords::Held& held) -> absl::Status {
        const absl::StatusOr<FirearmAlert> alert = wire::ParseFirearmAlert(held.plain);
        if (!alert.ok()) return absl::DataLossError(alert.status().message());
        if (alert->state == AlertState::kNew) ++count;
        return absl::OkStatus();
      }));
  return count;
}

absl::Status Alerts::AddErasure(std::string_view firearm_id, bool again,
                                store::WriteRequest& request) {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, base::ParseHex(firearm_id));
  for (const CheckId check : kAlarmingChecks) {
    PM_ASSIGN_OR_RETURN(const std::optional<Kept> kept, Load(RawAlertId(raw_id, check)));
    if (!kept) continue;
    PM_RETURN_IF_ERROR(records_.AddErasure(kept->held, request));
  }
  if (again) registry::AddAlertDue(raw_id, rooms_.store.random(), request);
  return absl::OkStatus();
}

}  // namespace proofmark::journeys
