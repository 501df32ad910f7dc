// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/erasures.h"

#include <set>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/federation/receipt.h"

namespace proofmark::journeys {

absl::StatusOr<Erased> Erasures::Commit(const federation::Caller& caller,
                                        std::string case_commitment, std::string_view outcome,
                                        store::WriteRequest request, Erased erased) {
  records::EntryDraft draft{.kind = records::EntryKind::kErase};
  draft.actor = caller.pseudonym;
  draft.case_commitment = std::move(case_commitment);
  draft.outcome = std::string(outcome);
  draft.count = static_cast<std::uint64_t>(erased.records());
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      rooms_.ledger.Append(std::move(draft), std::move(request)));
  erased.receipt = federation::ToRecord(receipt);
  return erased;
}

absl::StatusOr<Erased> Erasures::EraseCase(const federation::Caller& caller,
                                           std::string_view case_reference, std::string_view reason,
                                           bool dry_run) {
  if (case_reference.empty()) return absl::InvalidArgumentError("case_reference: missing");
  if (reason.empty()) return absl::InvalidArgumentError("reason: missing");
  Erased erased;
  CaseToErase gone;
  store::WriteRequest request;
  PM_RETURN_IF_ERROR(rooms_.registry.ForEachIdentity(
      [&](const records::ExhibitId& id, const records::ExhibitIdentity& identity) -> absl::Status {
        if (identity.case_reference != case_reference) return absl::OkStatus();
        ++erased.exhibits;
        gone.exhibits.insert(id);
        return rooms_.registry.AddErasure(id, request);
      }));
  const absl::Status of_case = rooms_.commitments.AddErasure(case_reference, request);
  if (!of_case.ok() && !absl::IsNotFound(of_case)) return of_case;
  if (of_case.ok()) {
    ++erased.cases;
    PM_ASSIGN_OR_RETURN(gone.commitment, rooms_.commitments.CommitCase(case_reference));
  }
  PM_ASSIGN_OR_RETURN(erased.links, rooms_.links.AddErasure(gone, request));
  PM_ASSIGN_OR_RETURN(erased.details, rooms_.details.AddErasure(gone, request));
  PM_ASSIGN_OR_RETURN(erased.standing, rooms_.standing.AddErasure(gone, case_reference, request));
  PM_ASSIGN_OR_RETURN(erased.firearms, rooms_.firearms.AddUnlinking(gone, request));
  if (erased.records() + erased.cases == 0) {
    return absl::NotFoundError("nothing here belongs to this case");
  }
  if (dry_run) return erased;
  return Commit(caller, std::move(gone.commitment), reason, std::move(request), erased);
}

absl::StatusOr<Erased> Erasures::EraseFirearm(const federation::Caller& caller, std::string_view id,
                                              std::string_view reason, bool dry_run) {
  if (reason.empty()) return absl::InvalidArgumentError("reason: missing");
  store::WriteRequest request;
  PM_RETURN_IF_ERROR(rooms_.firearms.AddErasure(id, request));
  PM_RETURN_IF_ERROR(rooms_.details.AddErasureOfFirearm(id, request));
  const Erased erased{.firearms = 1, .receipt = std::nullopt};
  return dry_run ? erased : Commit(caller, "", reason, std::move(request), erased);
}

absl::StatusOr<std::set<std::string>> Erasures::CasesSince(std::int64_t unix_ms) const {
  std::set<std::string> cases;
  std::optional<std::uint64_t> next = 0;
  while (next) {
    PM_ASSIGN_OR_RETURN(
        const ledger::EntryPage page,
        rooms_.ledger.ReadMatching({.unix_ms_min = unix_ms}, *next, ledger::kReadEntriesMax));
    for (const ledger::StoredEntry& stored : page.entries) {
      if (!stored.entry.draft.case_commitment.empty()) {
        cases.insert(stored.entry.draft.case_commitment);
      }
    }
    next = page.next_index;
  }
  return cases;
}

absl::StatusOr<Erased> Erasures::RunRetention(const federation::Caller& caller, bool dry_run) {
  const std::int64_t oldest_kept = rooms_.clock.UnixMillis() - kQueryLogKeptMs;
  Erased erased;
  store::WriteRequest request;
  PM_RETURN_IF_ERROR(
      archive_.ForEachBefore(oldest_kept, [&](const std::string& search_id, std::int64_t asked) {
        ++erased.searches;
        return SearchArchive::AddErasure(search_id, asked, request);
      }));
  PM_ASSIGN_OR_RETURN(erased.details, rooms_.details.AddExpired(request));
  PM_ASSIGN_OR_RETURN(erased.firearms, rooms_.firearms.AddExpired(request));
  PM_ASSIGN_OR_RETURN(erased.notices, rooms_.notices.AddExpired(oldest_kept, request));
  PM_ASSIGN_OR_RETURN(const std::set<std::string> in_use, CasesSince(oldest_kept));
  PM_ASSIGN_OR_RETURN(const std::vector<ledger::CaseCommitments::KnownCase> cases,
                      rooms_.commitments.Cases());
  for (const ledger::CaseCommitments::KnownCase& known : cases) {
    if (in_use.contains(known.commitment)) continue;
    ++erased.cases;
    ledger::CaseCommitments::AddErasure(known, request);
  }
  if (dry_run) return erased;
  if (erased.records() + erased.cases == 0) {
    // What notices could have rested on is no record of anybody.
    if (!request.mutations.list().empty()) {
      PM_RETURN_IF_ERROR(rooms_.store.Commit(std::move(request)));
    }
    return erased;
  }
  return Commit(caller, "", "RETENTION", std::move(request), erased);
}

}  // namespace proofmark::journeys
