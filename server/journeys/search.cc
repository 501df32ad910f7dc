// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/search.h"

#include <utility>

#include "base/status.h"
#include "server/federation/consultation.h"
#include "server/journeys/search_run.h"
#include "server/registry/paging.h"

namespace proofmark::journeys {

Searches::Searches(const SearchRooms& rooms)
    : rooms_(rooms),
      questions_(rooms.store, rooms.ledger),
      archive_(rooms.store),
      received_(rooms.store, rooms.clock) {}

absl::Status Searches::CloseAbandoned() { return questions_.CloseAbandoned(); }

absl::StatusOr<wire::Search> Searches::Run(const federation::Caller& caller,
                                           const wire::SearchRequest& request,
                                           const std::function<void(const SearchEvent&)>& on_event,
                                           const std::function<bool()>& cancelled) {
  absl::StatusOr<wire::Search> search =
      SearchRun(rooms_, questions_, received_, caller, request, on_event, cancelled).Run();
  PM_RETURN_IF_ERROR(search.status());
  return archive_.Keep(*std::move(search));
}

absl::StatusOr<wire::Search> Searches::RunStanding(const federation::Caller& caller,
                                                   const wire::SearchRequest& request,
                                                   const StandingOrigin& origin,
                                                   const std::function<bool()>& cancelled) {
  const std::function<void(const SearchEvent&)> nobody_listens = [](const SearchEvent&) {};
  absl::StatusOr<wire::Search> search =
      SearchRun(rooms_, questions_, received_, caller, request, nobody_listens, cancelled).Run();
  PM_RETURN_IF_ERROR(search.status());
  search->standing_id = origin.standing_id;
  for (wire::PartnerResult& partner : search->partners) {
    PM_RETURN_IF_ERROR(MarkNew(origin, partner));
  }
  return archive_.Keep(*std::move(search));
}

// What was taken back since is in the archive no more, so what came in its place counts as new.
absl::Status Searches::MarkNew(const StandingOrigin& origin, wire::PartnerResult& partner) const {
  if (!partner.result.has_value()) return absl::OkStatus();
  using Sort = std::pair<forensics::Level, records::ExhibitKind>;
  std::map<Sort, std::int32_t> more;
  for (const wire::MatchCandidate& candidate : partner.result->candidates) {
    ++more[{candidate.level, candidate.kind}];
  }
  const auto before = origin.search_before.find(partner.agency);
  if (before != origin.search_before.end() && !before->second.empty()) {
    const absl::StatusOr<wire::Search> search = archive_.Load(before->second);
    if (!search.ok() && !absl::IsNotFound(search.status())) return search.status();
    for (const wire::PartnerResult& old :
         search.ok() ? search->partners : std::vector<wire::PartnerResult>()) {
      if (old.agency != partner.agency || !old.result.has_value()) continue;
      for (const wire::MatchCandidate& candidate : old.result->candidates) {
        --more[{candidate.level, candidate.kind}];
      }
    }
  }
  for (const auto& [sort, count] : more) {
    if (count > 0) {
      partner.news.push_back({.level = sort.first, .kind = sort.second, .count = count});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<wire::Search> Searches::Get(const federation::Caller& caller,
                                           std::string_view search_id) {
  PM_ASSIGN_OR_RETURN(wire::Search search, archive_.Load(search_id));
  if (search.local.has_value()) {
    PM_ASSIGN_OR_RETURN(search.local, JoinLabels(rooms_.registry, *std::move(search.local)));
  }
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit, rooms_.registry.Load(search.exhibit_id));
  federation::Consultation consultation{.read = "SEARCH_READ"};
  PM_ASSIGN_OR_RETURN(consultation.object, rooms_.registry.CommitmentTo(exhibit.exhibit));
  PM_ASSIGN_OR_RETURN(consultation.case_commitment, rooms_.registry.CaseCommitmentTo(exhibit));
  PM_RETURN_IF_ERROR(federation::LogConsultation(rooms_.ledger, caller, std::move(consultation)));
  return search;
}

absl::StatusOr<SearchPage> Searches::List(const federation::Caller& caller, std::int32_t page_size,
                                          std::string_view page_token) {
  PM_ASSIGN_OR_RETURN(const std::size_t count,
                      registry::PageSize(page_size, kSearchPageSizeDefault));
  PM_ASSIGN_OR_RETURN(ArchivePage page, archive_.List(count, page_token));
  for (wire::Search& search : page.searches) {
    if (search.local.has_value()) search.local->candidates.clear();
    for (wire::PartnerResult& partner : search.partners) {
      if (partner.result.has_value()) partner.result->candidates.clear();
    }
  }
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "SEARCHES_LISTED", .count = page.searches.size()}));
  return SearchPage{.searches = std::move(page.searches),
                    .next_page_token = std::move(page.next_page_token)};
}

}  // namespace proofmark::journeys
