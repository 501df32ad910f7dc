// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/people.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace proofmark::sim {
namespace {

const federation::Caller kExaminer{crypto::StaffRole::kExaminer, "examiner-1"};
const federation::Caller kSecond{crypto::StaffRole::kExaminer, "examiner-2"};
const federation::Caller kOfficer{crypto::StaffRole::kOfficer, "officer-1"};

wire::SearchRequest QuestionOf(World& world, Machine& machine) {
  const std::vector<std::string>& exhibits = machine.founded().exhibits;
  return {.exhibit_id = exhibits[static_cast<std::size_t>(world.Between(0, kExhibitsEach - 1))],
          .purpose = kPurpose,
          .case_reference = CaseReferenceOf(machine.number()),
          .offence = "HOMICIDE",
          .subject_role = "OBJECT_ONLY"};
}

}  // namespace

void People::Begin() {
  // At first everybody starts, which takes two ways through the network.
  world_.scheduler.After(world_.Between(200, 2'500), [this] {
    if (done()) return;
    Act();
    --acts_left_;
    Begin();
  });
}

void People::Did(int agency, std::string_view act, const absl::Status& status) {
  Tally::Count(world_.tally.acts, act);
  world_.scheduler.Trace(absl::StrFormat("%d: %s: %s", agency, std::string(act),
                                         std::string(absl::StatusCodeToString(status.code()))));
}

void People::Act() {
  const std::int64_t what = world_.Between(1, 100);
  Machine& machine = world_.Any();
  Candidate* const candidate = candidates_.empty()
                                   ? nullptr
                                   : &candidates_[static_cast<std::size_t>(world_.Between(
                                         0, static_cast<std::int64_t>(candidates_.size()) - 1))];
  if (what <= 5) return SearchAtHome(machine);
  if (what <= 10) return ReadSearches(machine);
  if (what <= 25) return Decide(machine);
  if (what <= 55 || candidate == nullptr) return Ask(machine);
  if (!world_.IsUp(world_.At(candidate->asker))) return;
  if (candidate->link_id.empty() || what <= 60) return Review(*candidate);
  if (what <= 78) return Request(*candidate);
  if (what <= 96) return Conclude(*candidate);
  Withdraw(*candidate);
}

void People::Ask(Machine& machine) {
  wire::SearchRequest request = QuestionOf(world_, machine);
  request.all_partners = true;
  request.deadline_ms = world_.Between(1'000, 20'000);
  world_.Work(machine, [this, &machine, request = std::move(request)](node::Node& node) {
    const auto search = node.searches().Run(
        kExaminer, request, [](const journeys::SearchEvent&) {},
        [this, &machine] {
          world_.scheduler.Hear();
          return machine.IsSilent();
        });
    Did(machine.number(), "ask partners", search.status());
    if (!search.ok()) return;
    for (const wire::PartnerResult& partner : search->partners) {
      Tally::Count(
          world_.tally.acts,
          absl::StrFormat("  partner %s", std::string(PartnerOutcomeName(partner.outcome))));
      if (!partner.result) continue;
      for (const wire::MatchCandidate& shown : partner.result->candidates) {
        candidates_.push_back({.asker = machine.number(),
                               .search_id = search->search_id,
                               .agency = partner.agency,
                               .handle = shown.handle,
                               .link_id = {}});
      }
    }
  });
}

void People::SearchAtHome(Machine& machine) {
  wire::SearchRequest request = QuestionOf(world_, machine);
  request.include_local = true;
  world_.Work(machine, [this, &machine, &request](node::Node& node) {
    const auto search = node.searches().Run(
        kExaminer, request, [](const auto&) {}, nullptr);
    Did(machine.number(), "search at home", search.status());
  });
}

void People::ReadSearches(Machine& machine) {
  world_.Work(machine, [this, &machine](node::Node& node) {
    const auto page = node.searches().List(kExaminer, 10, "");
    Did(machine.number(), "list searches", page.status());
    if (!page.ok() || page->searches.empty()) return;
    const auto read = node.searches().Get(kExaminer, page->searches.front().search_id);
    Did(machine.number(), "read a search", read.status());
  });
}

void People::Review(Candidate& candidate) {
  node::Node& node = *world_.At(candidate.asker).node();
  const auto acted =
      node.links().Review(kExaminer, {.search_id = candidate.search_id,
                                      .agency = candidate.agency,
                                      .handle = candidate.handle,
                                      .candidate_exhibit_id = "",
                                      .lead = !world_.OneIn(5),
                                      .case_reference = CaseReferenceOf(candidate.asker),
                                      .reasons = "striae run through"});
  Did(candidate.asker, "review a candidate", acted.status());
  if (acted.ok()) candidate.link_id = acted->link.link_id;
}

void People::Conclude(Candidate& candidate) {
  node::Node& node = *world_.At(candidate.asker).node();
  const auto acted = node.links().Conclude(world_.OneIn(2) ? kExaminer : kSecond,
                                           {.link_id = candidate.link_id,
                                            .conclusion = world_.OneIn(6) ? "ELIM" : "ID",
                                            .report = "R-1",
                                            .reasons = "on the items"});
  Did(candidate.asker, "conclude", acted.status());
}

void People::Withdraw(Candidate& candidate) {
  node::Node& node = *world_.At(candidate.asker).node();
  Did(candidate.asker, "withdraw a link",
      node.links().Withdraw(kExaminer, candidate.link_id, "wrong item").status());
}

void People::Request(Candidate& candidate) {
  node::Node& node = *world_.At(candidate.asker).node();
  const auto acted = node.details().Request(
      kExaminer, {.search_id = candidate.search_id,
                  .agency = candidate.agency,
                  .handles = {candidate.handle},
                  .case_reference = CaseReferenceOf(candidate.asker),
                  .offence = "HOMICIDE",
                  .subject_role = "OBJECT_ONLY",
                  .facts = "Shots were fired at a house.",
                  .wanted = {wire::Material::kCoreData, wire::Material::kSignature},
                  .urgency = world_.OneIn(4) ? "a life is at risk" : ""});
  Did(candidate.asker, "request details", acted.status());
}

wire::DetailsVerdict People::VerdictOn(const wire::DetailsFile& file, std::int64_t now_unix_ms) {
  wire::DetailsVerdict verdict{.request_id = file.request_id,
                               .reasons = "by the agreement",
                               .verdict = wire::MakeRefusal("POLICY", "not in this case")};
  if (world_.OneIn(4)) return verdict;
  wire::ReleaseTerms terms{.materials = {wire::Material::kCoreData, wire::Material::kSignature},
                           .place = "Harbour district",
                           .offence = "ROBBERY",
                           .authority = "Regional Court"};
  terms.handling.delete_unix_ms = now_unix_ms + 1'000'000;
  verdict.verdict = std::move(terms);
  return verdict;
}

void People::Decide(Machine& machine) {
  world_.Work(machine, [this, &machine](node::Node& node) {
    const auto page = node.details().List(
        kOfficer, 10, "", {.side = wire::DetailsSide::kReceived, .open_only = true});
    Did(machine.number(), "look at requests", page.status());
    if (!page.ok() || page->files.empty()) return;
    const auto acted = node.details().Decide(
        kOfficer, VerdictOn(page->files.back(), machine.clock().UnixMillis()));
    const bool released = acted.ok() && acted->file.state == wire::DetailsState::kReleased;
    Did(machine.number(), released ? "release details" : "refuse details", acted.status());
  });
}

}  // namespace proofmark::sim
