// SPDX-License-Identifier: Apache-2.0
#include "client/cli/search_report.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "proto/wire/common.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kLabelWidth = 28;

Style OutcomeStyle(wire::PartnerOutcome outcome) {
  switch (outcome) {
    case wire::PartnerOutcome::kAnswered:
      return Style::kGood;
    case wire::PartnerOutcome::kRefused:
    case wire::PartnerOutcome::kNotAsked:
      return Style::kWarning;
    case wire::PartnerOutcome::kUnreachable:
    case wire::PartnerOutcome::kTooLate:
    case wire::PartnerOutcome::kInvalid:
    case wire::PartnerOutcome::kForked:
      return Style::kBad;
  }
  return Style::kPlain;
}

std::string Why(const wire::PartnerResult& result) {
  if (result.refusal_code.empty()) return result.detail;
  return result.detail.empty() ? result.refusal_code : result.refusal_code + ": " + result.detail;
}

std::string ProvisionalLine(const Console& console) {
  return console.ForOut(Style::kWarning, kProvisional) + '\n';
}

std::string Heading(const Console& console, const std::string& title) {
  return '\n' + console.ForOut(Style::kBold, title) + '\n';
}

std::string CompleteText(bool complete) {
  return complete ? "every eligible record was scored, and the likeliest compared in full"
                  : "NOT complete: some eligible records were not compared";
}

// "new", or how many of those of its level and kind are: which of them is not known.
std::string NewsText(const wire::PartnerResult& partner, const wire::MatchCandidate& candidate) {
  const auto alike = [&](const auto& other) {
    return other.level == candidate.level && other.kind == candidate.kind;
  };
  const auto news = std::ranges::find_if(partner.news, alike);
  if (news == partner.news.end()) return "";
  const std::ptrdiff_t all = std::ranges::count_if(partner.result->candidates, alike);
  if (news->count >= all) return "new";
  return absl::StrFormat("%d of these %d new", news->count, all);
}

std::string PartnerText(const Console& console, const wire::PartnerResult& partner) {
  std::string text = Heading(console, Printable(partner.agency));
  const wire::MatchResult& result = *partner.result;
  std::vector<Column> columns = {{"level"}, {"kind"}, {"handle"}};
  if (!partner.news.empty()) columns.push_back({"since the search before"});
  Table candidates(std::move(columns));
  for (const wire::MatchCandidate& candidate : result.candidates) {
    std::vector<Cell> row = {Cell(LevelText(candidate.level), LevelStyle(candidate.level)),
                             records::ExhibitKindCode(candidate.kind),
                             base::ToHex(crypto::AsText(candidate.handle))};
    if (!partner.news.empty()) row.emplace_back(NewsText(partner, candidate), Style::kBold);
    candidates.AddRow(std::move(row));
  }
  text += candidates.empty() ? "  no candidates\n" : candidates.Text(console, 2);
  const wire::SearchedBands& searched = result.searched;
  Facts facts;
  facts.Add("held", wire::CountBandText(searched.held));
  facts.Add("eligible", wire::CountBandText(searched.eligible));
  for (const wire::RuleRemoval& removal : searched.removals) {
    facts.Add("removed by " + RuleText(removal.rule), wire::CountBandText(removal.removed));
  }
  facts.Add("search", CompleteText(searched.complete),
            searched.complete ? Style::kPlain : Style::kWarning);
  facts.Add("expected false leads", wire::FalseLeadBandText(searched.false_leads));
  AddConditions(result.handling, wire::ResultUse::kIntelligence, facts);
  facts.Add("method", searched.method_version);
  facts.Add("calibration", searched.calibration_version);
  text += facts.Text(console, 2);
  if (searched.provisional) text += "  " + ProvisionalLine(console);
  return text;
}

// "6 lands", "27 of 43 cells".
std::string ComparedText(const wire::LocalCandidate& candidate) {
  if (candidate.regions.empty()) return absl::StrFormat("%d lands", candidate.lands_compared);
  std::int32_t congruent = 0;
  std::int32_t eligible = 0;
  for (const wire::ComparedRegion& region : candidate.regions) {
    congruent += region.congruent_cells;
    eligible += region.eligible_cells;
  }
  return absl::StrFormat("%d of %d cells", congruent, eligible);
}

// The marks of the cases among the candidates, one a line; empty without cases.
std::string RegionsText(const Console& console, const wire::LocalResult& local) {
  Table regions({{"rank", Align::kRight},
                 {"mark"},
                 {"congruent cells", Align::kRight},
                 {"correlation", Align::kRight},
                 {"turn", Align::kRight},
                 {"likelihood ratio"}});
  for (const wire::LocalCandidate& candidate : local.candidates) {
    for (const wire::ComparedRegion& region : candidate.regions) {
      const bool impressed = region.eligible_cells > 0;
      regions.AddRow(
          {std::to_string(candidate.rank), records::MarkPlaceText({.region = region.region}),
           impressed ? absl::StrFormat("%d of %d", region.congruent_cells, region.eligible_cells)
                     : "-",
           absl::StrFormat("%.3f", region.correlation),
           impressed ? absl::StrFormat("%.0f deg", region.turn_degrees) : "-",
           region.contributes ? absl::StrFormat("10^%.1f", region.log10_lr)
                              : "method untested: not counted"});
    }
  }
  return regions.empty() ? "" : regions.Text(console, 2);
}

std::string LocalText(const Console& console, const wire::LocalResult& local) {
  std::string text = Heading(console, "Own records");
  Table candidates({{"rank", Align::kRight},
                    {"label", Align::kLeft, kLabelWidth},
                    {"kind"},
                    {"level"},
                    {"likelihood ratio (5 to 95 %)"},
                    {"score", Align::kRight},
                    {"margin", Align::kRight},
                    {"compared", Align::kRight},
                    {"exp. false leads", Align::kRight},
                    {"exhibit"}});
  for (const wire::LocalCandidate& candidate : local.candidates) {
    candidates.AddRow(
        {std::to_string(candidate.rank), candidate.label.empty() ? "(erased)" : candidate.label,
         records::ExhibitKindCode(candidate.kind),
         Cell(LevelText(candidate.level), LevelStyle(candidate.level)),
         RatioText(candidate.log10_lr, candidate.log10_lr_low, candidate.log10_lr_high),
         absl::StrFormat("%.3f", candidate.score), absl::StrFormat("%.3f", candidate.margin),
         ComparedText(candidate), absl::StrFormat("%.2g", candidate.expected_false_leads),
         candidate.exhibit_id});
  }
  text += candidates.empty() ? "  no candidates\n" : candidates.Text(console, 2);
  text += RegionsText(console, local);
  const wire::SearchedCounts& searched = local.searched;
  Facts facts;
  facts.Add("held", CountText(searched.held_count));
  facts.Add("eligible", CountText(searched.eligible_count));
  facts.Add("searched", CountText(searched.compared_count));
  if (searched.coarse_scored_count > 0) {
    facts.Add("scored coarsely", CountText(searched.coarse_scored_count));
  }
  facts.Add("compared in full", CountText(searched.refined_count));
  if (searched.missed_probability > 0.0) {
    facts.Add("a better one missed",
              absl::StrFormat("with probability %.2g", searched.missed_probability));
  }
  if (searched.failed_count > 0) {
    facts.Add("not comparable", CountText(searched.failed_count), Style::kWarning);
  }
  for (const wire::RuleRemovalCount& removal : searched.removals) {
    facts.Add("removed by " + RuleText(removal.rule), CountText(removal.removed_count));
  }
  facts.Add("search", CompleteText(searched.complete),
            searched.complete ? Style::kPlain : Style::kWarning);
  facts.Add("use", wire::ResultUseText(wire::ResultUse::kIntelligence));
  facts.Add("method", searched.method_version);
  facts.Add("calibration", searched.calibration_version);
  text += facts.Text(console, 2);
  if (searched.provisional) text += "  " + ProvisionalLine(console);
  return text;
}

bool HasOutcome(const wire::Search& search, wire::PartnerOutcome outcome) {
  return std::ranges::any_of(search.partners, [outcome](const wire::PartnerResult& partner) {
    return partner.outcome == outcome;
  });
}

}  // namespace

std::string OutcomeLine(const wire::PartnerResult& result) {
  std::string line =
      absl::StrFormat("%s: %s", result.agency, wire::PartnerOutcomeName(result.outcome));
  if (result.result.has_value()) {
    line += absl::StrFormat(", %d candidate(s)", result.result->candidates.size());
  } else if (const std::string why = Why(result); !why.empty()) {
    line += ", " + why;
  }
  return Printable(line);
}

std::string SearchText(const Console& console, const wire::Search& search) {
  Facts facts;
  facts.Add("search", search.search_id, Style::kBold);
  facts.Add("exhibit", search.exhibit_id);
  facts.Add("asked", absl::StrFormat("%s by %s for %s", TimeText(search.ask_unix_ms),
                                     search.asked_by, search.purpose));
  std::string rules;
  for (const records::ClassRule rule : search.rules_off) {
    rules += (rules.empty() ? "" : ", ") + RuleText(rule);
  }
  if (!rules.empty()) facts.Add("rules not applied", rules, Style::kWarning);
  if (search.exhaustive) facts.Add("asked for", "every eligible record compared in full");
  if (search.full_circle) facts.Add("orientation", "every turn tried");
  std::string text = facts.Text(console);

  if (!search.partners.empty()) {
    text += Heading(console, "Partners");
    Table outcomes({{"agency"},
                    {"outcome"},
                    {"candidates", Align::kRight},
                    {"time", Align::kRight},
                    {"our entry", Align::kRight},
                    {"its entry", Align::kRight},
                    {"reason"}});
    for (const wire::PartnerResult& partner : search.partners) {
      const auto entry = [](const std::optional<records::LedgerReceipt>& receipt) {
        return receipt.has_value() ? std::to_string(receipt->index) : std::string("-");
      };
      outcomes.AddRow(
          {Cell(partner.agency, Style::kBold),
           Cell(wire::PartnerOutcomeName(partner.outcome), OutcomeStyle(partner.outcome)),
           partner.result ? std::to_string(partner.result->candidates.size()) : "-",
           DurationText(std::chrono::milliseconds(partner.elapsed_ms)), entry(partner.receipt),
           entry(partner.peer_receipt), Why(partner)});
    }
    text += outcomes.Text(console, 2);
  }
  for (const wire::PartnerResult& partner : search.partners) {
    if (partner.result.has_value()) text += PartnerText(console, partner);
  }
  if (search.local.has_value()) text += LocalText(console, *search.local);
  return text;
}

absl::StatusOr<int> SearchExit(const wire::Search& search) {
  const auto above_none = [](const auto& candidate) {
    return candidate.level >= forensics::Level::kL1;
  };
  if (search.local && std::ranges::any_of(search.local->candidates, above_none)) return 0;
  for (const wire::PartnerResult& partner : search.partners) {
    if (partner.result && std::ranges::any_of(partner.result->candidates, above_none)) return 0;
  }
  if (search.partners.empty() || HasOutcome(search, wire::PartnerOutcome::kAnswered)) return 1;
  std::string outcomes;
  for (const wire::PartnerResult& partner : search.partners) {
    outcomes += (outcomes.empty() ? "" : "; ") + OutcomeLine(partner);
  }
  if (HasOutcome(search, wire::PartnerOutcome::kInvalid) ||
      HasOutcome(search, wire::PartnerOutcome::kForked)) {
    return MakeFault(FaultCode::kAnswerInvalid, outcomes);
  }
  if (HasOutcome(search, wire::PartnerOutcome::kUnreachable) ||
      HasOutcome(search, wire::PartnerOutcome::kTooLate)) {
    return MakeFault(FaultCode::kPartnersAway, outcomes);
  }
  return MakeFault(FaultCode::kPartnersRefused, outcomes);
}

}  // namespace proofmark::client::cli
