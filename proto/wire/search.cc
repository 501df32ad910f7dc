// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/search.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/search.pb.h"
#include "proofmark/v1/search_service.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/rules.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr double kLog10LrMax = 100.0;
constexpr double kLagUmMax = 100'000.0;
constexpr double kTurnDegreesMax = 360.0;
constexpr double kFalseLeadsMax = 1e15;
constexpr std::int64_t kCountMax = std::int64_t{1} << 53;  // Exact in JSON readers too.
constexpr std::int64_t kExchangeIdBytes = 16;

static_assert(static_cast<int>(v1::SearchStage_MAX) == static_cast<int>(SearchStage::kRefine));
static_assert(static_cast<int>(v1::PartnerOutcome_MAX) ==
              static_cast<int>(PartnerOutcome::kForked));

v1::LocalCandidate ToProto(const LocalCandidate& candidate) {
  v1::LocalCandidate message;
  message.set_exhibit_id(candidate.exhibit_id);
  message.set_label(candidate.label);
  message.set_rank(candidate.rank);
  message.set_level(ToProto(candidate.level));
  message.set_log10_lr(candidate.log10_lr);
  message.set_log10_lr_low(candidate.log10_lr_low);
  message.set_log10_lr_high(candidate.log10_lr_high);
  message.set_score(candidate.score);
  message.set_margin(candidate.margin);
  message.set_expected_false_leads(candidate.expected_false_leads);
  message.set_lands_compared(candidate.lands_compared);
  for (const AlignedLands& pair : candidate.pairs) {
    v1::LandPair& entry = *message.add_pairs();
    entry.set_query_land(pair.query_land);
    entry.set_candidate_land(pair.candidate_land);
    entry.set_ccf(pair.ccf);
    entry.set_cmps_share(pair.cmps_share);
    entry.set_lag_um(pair.lag_um);
  }
  message.set_kind(ToProto(candidate.kind));
  for (const ComparedRegion& region : candidate.regions) {
    v1::ComparedRegion& entry = *message.add_regions();
    entry.set_region(ToProto(region.region));
    entry.set_congruent_cells(region.congruent_cells);
    entry.set_eligible_cells(region.eligible_cells);
    entry.set_correlation(region.correlation);
    entry.set_turn_degrees(region.turn_degrees);
    entry.set_log10_lr(region.log10_lr);
    entry.set_contributes(region.contributes);
  }
  return message;
}

absl::StatusOr<ComparedRegion> FromProto(const v1::ComparedRegion& message,
                                         std::string_view field) {
  ComparedRegion region;
  PM_ASSIGN_OR_RETURN(region.region, FromProto(message.region(), At(field, "region")));
  if (region.region == records::MarkRegion::kLand) {
    return Refuse(field, "region", "must be a mark of a case");
  }
  PM_RETURN_IF_ERROR(CheckInteger(field, "eligible_cells", message.eligible_cells(), 0, kCellsMax));
  PM_RETURN_IF_ERROR(CheckInteger(field, "congruent_cells", message.congruent_cells(), 0,
                                  message.eligible_cells()));
  PM_RETURN_IF_ERROR(CheckNumber(field, "correlation", message.correlation(), -1.0, 1.0));
  PM_RETURN_IF_ERROR(CheckNumber(field, "turn_degrees", message.turn_degrees(), -kTurnDegreesMax,
                                 kTurnDegreesMax));
  PM_RETURN_IF_ERROR(CheckNumber(field, "log10_lr", message.log10_lr(), -kLog10LrMax, kLog10LrMax));
  region.congruent_cells = message.congruent_cells();
  region.eligible_cells = message.eligible_cells();
  region.correlation = message.correlation();
  region.turn_degrees = message.turn_degrees();
  region.log10_lr = message.log10_lr();
  region.contributes = message.contributes();
  return region;
}

absl::StatusOr<AlignedLands> FromProto(const v1::LandPair& message, std::string_view field) {
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "query_land", message.query_land(), 1, records::kLandsMax));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "candidate_land", message.candidate_land(), 1, records::kLandsMax));
  PM_RETURN_IF_ERROR(CheckNumber(field, "ccf", message.ccf(), -1.0, 1.0));
  PM_RETURN_IF_ERROR(CheckNumber(field, "cmps_share", message.cmps_share(), 0.0, 1.0));
  PM_RETURN_IF_ERROR(CheckNumber(field, "lag_um", message.lag_um(), -kLagUmMax, kLagUmMax));
  return AlignedLands{.query_land = message.query_land(),
                      .candidate_land = message.candidate_land(),
                      .ccf = message.ccf(),
                      .cmps_share = message.cmps_share(),
                      .lag_um = message.lag_um()};
}

absl::Status ReadLands(const v1::LocalCandidate& message, std::string_view field,
                       LocalCandidate& candidate) {
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "lands_compared", message.lands_compared(), 1, records::kLandsMax));
  PM_RETURN_IF_ERROR(CheckCount(field, "pairs", message.pairs_size(), 0, records::kLandsMax));
  PM_RETURN_IF_ERROR(CheckCount(field, "regions", message.regions_size(), 0, 0));
  candidate.lands_compared = message.lands_compared();
  for (int i = 0; i < message.pairs_size(); ++i) {
    PM_ASSIGN_OR_RETURN(const AlignedLands pair,
                        FromProto(message.pairs(i), At(field, "pairs", i)));
    candidate.pairs.push_back(pair);
  }
  return absl::OkStatus();
}

absl::Status ReadRegions(const v1::LocalCandidate& message, std::string_view field,
                         LocalCandidate& candidate) {
  PM_RETURN_IF_ERROR(CheckInteger(field, "lands_compared", message.lands_compared(), 0, 0));
  PM_RETURN_IF_ERROR(CheckCount(field, "pairs", message.pairs_size(), 0, 0));
  PM_RETURN_IF_ERROR(CheckCount(field, "regions", message.regions_size(), 1, kRegionsMax));
  for (int i = 0; i < message.regions_size(); ++i) {
    PM_ASSIGN_OR_RETURN(const ComparedRegion region,
                        FromProto(message.regions(i), At(field, "regions", i)));
    if (i > 0 && region.region <= candidate.regions.back().region) {
      return Refuse(field, "regions", "must ascend, each region once");
    }
    candidate.regions.push_back(region);
  }
  return absl::OkStatus();
}

absl::Status CheckNumbers(const v1::LocalCandidate& message, std::string_view field) {
  const auto check = [field](std::string_view name, double value, double min, double max) {
    return CheckNumber(field, name, value, min, max);
  };
  PM_RETURN_IF_ERROR(check("log10_lr", message.log10_lr(), -kLog10LrMax, kLog10LrMax));
  PM_RETURN_IF_ERROR(check("log10_lr_low", message.log10_lr_low(), -kLog10LrMax, kLog10LrMax));
  PM_RETURN_IF_ERROR(check("log10_lr_high", message.log10_lr_high(), -kLog10LrMax, kLog10LrMax));
  PM_RETURN_IF_ERROR(check("score", message.score(), 0.0, 1.0));
  PM_RETURN_IF_ERROR(check("margin", message.margin(), 0.0, 1.0));
  return check("expected_false_leads", message.expected_false_leads(), 0.0, kFalseLeadsMax);
}

absl::StatusOr<LocalCandidate> FromProto(const v1::LocalCandidate& message, std::int32_t rank,
                                         std::string_view field) {
  LocalCandidate candidate;
  PM_RETURN_IF_ERROR(CheckId(field, "exhibit_id", message.exhibit_id()));
  PM_RETURN_IF_ERROR(CheckText(field, "label", message.label(), 0, records::kLabelBytesMax));
  PM_RETURN_IF_ERROR(CheckInteger(field, "rank", message.rank(), rank, rank));
  PM_RETURN_IF_ERROR(CheckNumbers(message, field));
  candidate.exhibit_id = message.exhibit_id();
  candidate.label = message.label();
  candidate.rank = message.rank();
  PM_ASSIGN_OR_RETURN(candidate.level, FromProto(message.level(), At(field, "level")));
  candidate.log10_lr = message.log10_lr();
  candidate.log10_lr_low = message.log10_lr_low();
  candidate.log10_lr_high = message.log10_lr_high();
  candidate.score = message.score();
  candidate.margin = message.margin();
  candidate.expected_false_leads = message.expected_false_leads();
  PM_ASSIGN_OR_RETURN(candidate.kind, FromProto(message.kind(), At(field, "kind")));
  PM_RETURN_IF_ERROR(records::ItemOf(candidate.kind) == records::ItemKind::kBullet
                         ? ReadLands(message, field, candidate)
                         : ReadRegions(message, field, candidate));
  return candidate;
}

v1::SearchedCounts ToProto(const SearchedCounts& searched) {
  v1::SearchedCounts message;
  message.set_held_count(searched.held_count);
  message.set_eligible_count(searched.eligible_count);
  message.set_compared_count(searched.compared_count);
  message.set_failed_count(searched.failed_count);
  for (const RuleRemovalCount& removal : searched.removals) {
    v1::RuleRemovalCount& entry = *message.add_removals();
    entry.set_rule(ToProto(removal.rule));
    entry.set_removed_count(removal.removed_count);
  }
  message.set_complete(searched.complete);
  message.set_method_version(searched.method_version);
  message.set_calibration_version(searched.calibration_version);
  message.set_provisional(searched.provisional);
  message.set_coarse_scored_count(searched.coarse_scored_count);
  message.set_refined_count(searched.refined_count);
  message.set_missed_probability(searched.missed_probability);
  return message;
}

absl::StatusOr<SearchedCounts> FromProto(const v1::SearchedCounts& message,
                                         std::string_view field) {
  PM_RETURN_IF_ERROR(CheckInteger(field, "held_count", message.held_count(), 0, kCountMax));
  PM_RETURN_IF_ERROR(CheckInteger(field, "eligible_count", message.eligible_count(), 0, kCountMax));
  PM_RETURN_IF_ERROR(CheckInteger(field, "compared_count", message.compared_count(), 0, kCountMax));
  PM_RETURN_IF_ERROR(CheckInteger(field, "failed_count", message.failed_count(), 0, kCountMax));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "coarse_scored_count", message.coarse_scored_count(), 0, kCountMax));
  PM_RETURN_IF_ERROR(CheckInteger(field, "refined_count", message.refined_count(), 0, kCountMax));
  PM_RETURN_IF_ERROR(
      CheckNumber(field, "missed_probability", message.missed_probability(), 0.0, 1.0));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "method_version", message.method_version(), 1, kVersionBytesMax));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "calibration_version", message.calibration_version(), 1, kVersionBytesMax));
  SearchedCounts searched{.held_count = message.held_count(),
                          .eligible_count = message.eligible_count(),
                          .compared_count = message.compared_count(),
                          .failed_count = message.failed_count(),
                          .removals = {},
                          .complete = message.complete(),
                          .method_version = message.method_version(),
                          .calibration_version = message.calibration_version(),
                          .provisional = message.provisional(),
                          .coarse_scored_count = message.coarse_scored_count(),
                          .refined_count = message.refined_count(),
                          .missed_probability = message.missed_probability()};
  std::vector<records::ClassRule> rules;
  for (int i = 0; i < message.removals_size(); ++i) {
    const v1::RuleRemovalCount& entry = message.removals(i);
    const std::string path = At(field, "removals", i);
    PM_RETURN_IF_ERROR(AddRuleOnce(entry.rule(), At(path, "rule"), rules));
    PM_RETURN_IF_ERROR(CheckInteger(path, "removed_count", entry.removed_count(), 0, kCountMax));
    searched.removals.push_back({.rule = rules.back(), .removed_count = entry.removed_count()});
  }
  return searched;
}

v1::LocalResult ToProto(const LocalResult& local) {
  v1::LocalResult message;
  for (const LocalCandidate& candidate : local.candidates) {
    *message.add_candidates() = ToProto(candidate);
  }
  *message.mutable_searched() = ToProto(local.searched);
  message.set_use(MachineResultUse());
  return message;
}

absl::StatusOr<LocalResult> FromProto(const v1::LocalResult& message, std::string_view field) {
  LocalResult local;
  PM_RETURN_IF_ERROR(
      CheckCount(field, "candidates", message.candidates_size(), 0, kLocalCandidatesMax));
  for (int i = 0; i < message.candidates_size(); ++i) {
    PM_ASSIGN_OR_RETURN(LocalCandidate candidate,
                        FromProto(message.candidates(i), i + 1, At(field, "candidates", i)));
    local.candidates.push_back(std::move(candidate));
  }
  PM_RETURN_IF_ERROR(CheckPresent(field, "searched", message.has_searched()));
  PM_ASSIGN_OR_RETURN(local.searched, FromProto(message.searched(), At(field, "searched")));
  PM_RETURN_IF_ERROR(CheckMachineResult(field, message.use()));
  return local;
}

// What must and must not be there for each outcome.
absl::Status CheckOutcome(const PartnerResult& result, std::string_view field) {
  if (result.result.has_value() != (result.outcome == PartnerOutcome::kAnswered)) {
    return Refuse(field, "result", "must be there exactly when answered");
  }
  if (result.refusal_code.empty() == (result.outcome == PartnerOutcome::kRefused)) {
    return Refuse(field, "refusal_code", "must be there exactly when refused");
  }
  // Of a forked ledger it may have been known before anything was sent, or not.
  if (result.outcome != PartnerOutcome::kForked &&
      result.exchange_id.empty() != (result.outcome == PartnerOutcome::kNotAsked)) {
    return Refuse(field, "exchange_id", "must be there exactly when asked");
  }
  if (!result.news.empty() && !result.result.has_value()) {
    return Refuse(field, "news", "must be there only when answered");
  }
  return absl::OkStatus();
}

absl::Status ReadNews(const v1::PartnerResult& message, std::string_view field,
                      PartnerResult& result) {
  PM_RETURN_IF_ERROR(CheckCount(field, "news", message.news_size(), 0, kMatchCandidatesMax));
  for (int i = 0; i < message.news_size(); ++i) {
    const v1::NewCandidates& entry = message.news(i);
    const std::string path = At(field, "news", i);
    NewCandidates news;
    PM_ASSIGN_OR_RETURN(news.level, FromProto(entry.level(), At(path, "level")));
    if (news.level == forensics::Level::kNone) return Refuse(path, "level", "must not be NONE");
    PM_ASSIGN_OR_RETURN(news.kind, FromProto(entry.kind(), At(path, "kind")));
    PM_RETURN_IF_ERROR(CheckInteger(path, "count", entry.count(), 1, kMatchCandidatesMax));
    news.count = entry.count();
    for (const NewCandidates& other : result.news) {
      if (other.level == news.level && other.kind == news.kind) {
        return Refuse(path, "", "its level and kind come twice");
      }
    }
    result.news.push_back(news);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> ReadDeadline(const v1::SearchCandidatesRequest& message,
                                          std::string_view field) {
  if (!message.has_deadline()) return kPartnerDeadlineMsDefault;
  const google::protobuf::Duration& deadline = message.deadline();
  const std::string path = At(field, "deadline");
  // Each part before their sum, which could overflow.
  PM_RETURN_IF_ERROR(
      CheckInteger(path, "seconds", deadline.seconds(), 0, kPartnerDeadlineMsMax / 1'000));
  PM_RETURN_IF_ERROR(CheckInteger(path, "nanos", deadline.nanos(), 0, 999'999'999));
  const std::int64_t deadline_ms = deadline.seconds() * 1'000 + deadline.nanos() / 1'000'000;
  if (deadline_ms < kPartnerDeadlineMsMin || deadline_ms > kPartnerDeadlineMsMax) {
    return Refuse(path, "", "must be 1 s..10 min");
  }
  return deadline_ms;
}

absl::StatusOr<std::vector<std::string>> ReadPartners(const v1::SearchCandidatesRequest& message,
                                                      std::string_view field) {
  PM_RETURN_IF_ERROR(CheckCount(field, "partners", message.partners_size(), 0, kPartnersMax));
  std::vector<std::string> partners;
  for (int i = 0; i < message.partners_size(); ++i) {
    const std::string path = At(field, "partners", i);
    PM_RETURN_IF_ERROR(CheckDomain(path, "", message.partners(i)));
    if (std::find(partners.begin(), partners.end(), message.partners(i)) != partners.end()) {
      return Refuse(path, "", "a partner comes twice");
    }
    partners.push_back(message.partners(i));
  }
  return partners;
}

}  // namespace

std::string_view PartnerOutcomeName(PartnerOutcome outcome) {
  switch (outcome) {
    case PartnerOutcome::kAnswered:
      return "answered";
    case PartnerOutcome::kRefused:
      return "refused";
    case PartnerOutcome::kUnreachable:
      return "unreachable";
    case PartnerOutcome::kTooLate:
      return "too late";
    case PartnerOutcome::kInvalid:
      return "invalid";
    case PartnerOutcome::kNotAsked:
      return "not asked";
    case PartnerOutcome::kForked:
      return "forked ledger";
  }
  PM_CHECK(false);
}

v1::PartnerResult ToProto(const PartnerResult& result) {
  v1::PartnerResult message;
  message.set_agency(result.agency);
  message.set_outcome(WriteEnum<v1::PartnerOutcome>(result.outcome));
  message.set_refusal_code(result.refusal_code);
  message.set_detail(result.detail);
  if (result.result) *message.mutable_result() = ToProto(*result.result);
  message.set_elapsed_ms(result.elapsed_ms);
  message.set_exchange_id(result.exchange_id);
  if (result.receipt) *message.mutable_receipt() = ToProto(*result.receipt);
  if (result.peer_receipt) *message.mutable_peer_receipt() = ToProto(*result.peer_receipt);
  for (const NewCandidates& news : result.news) {
    v1::NewCandidates& entry = *message.add_news();
    entry.set_level(ToProto(news.level));
    entry.set_kind(ToProto(news.kind));
    entry.set_count(news.count);
  }
  return message;
}

absl::StatusOr<PartnerResult> FromProto(const v1::PartnerResult& message, std::string_view field) {
  PartnerResult result;
  PM_RETURN_IF_ERROR(CheckDomain(field, "agency", message.agency()));
  result.agency = message.agency();
  PM_ASSIGN_OR_RETURN(result.outcome,
                      ReadEnum<PartnerOutcome>(At(field, "outcome"), message.outcome(),
                                               v1::PartnerOutcome_IsValid));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "refusal_code", message.refusal_code()));
  result.refusal_code = message.refusal_code();
  PM_RETURN_IF_ERROR(CheckText(field, "detail", message.detail(), 0, kPartnerDetailBytesMax));
  result.detail = message.detail();
  if (message.has_result()) {
    PM_ASSIGN_OR_RETURN(result.result, FromProto(message.result(), At(field, "result")));
  }
  PM_RETURN_IF_ERROR(CheckInteger(field, "elapsed_ms", message.elapsed_ms(), 0, kCountMax));
  result.elapsed_ms = message.elapsed_ms();
  if (!message.exchange_id().empty()) {
    PM_RETURN_IF_ERROR(CheckBytes(field, "exchange_id", message.exchange_id(), kExchangeIdBytes,
                                  kExchangeIdBytes));
    result.exchange_id = message.exchange_id();
  }
  if (message.has_receipt()) {
    PM_ASSIGN_OR_RETURN(result.receipt, FromProto(message.receipt(), At(field, "receipt")));
  }
  if (message.has_peer_receipt()) {
    PM_ASSIGN_OR_RETURN(result.peer_receipt,
                        FromProto(message.peer_receipt(), At(field, "peer_receipt")));
  }
  PM_RETURN_IF_ERROR(ReadNews(message, field, result));
  PM_RETURN_IF_ERROR(CheckOutcome(result, field));
  return result;
}

v1::Search ToProto(const Search& search) {
  v1::Search message;
  message.set_search_id(search.search_id);
  message.set_exhibit_id(search.exhibit_id);
  *message.mutable_ask_time() = ToTimestamp(search.ask_unix_ms);
  message.set_asked_by(search.asked_by);
  message.set_purpose(search.purpose);
  if (search.local) *message.mutable_local() = ToProto(*search.local);
  for (const PartnerResult& partner : search.partners) *message.add_partners() = ToProto(partner);
  for (const records::ClassRule rule : search.rules_off) message.add_rules_off(ToProto(rule));
  message.set_exhaustive(search.exhaustive);
  message.set_full_circle(search.full_circle);
  message.set_standing_id(search.standing_id);
  return message;
}

absl::StatusOr<Search> FromProto(const v1::Search& message, std::string_view field) {
  Search search;
  PM_RETURN_IF_ERROR(CheckId(field, "search_id", message.search_id()));
  PM_RETURN_IF_ERROR(CheckId(field, "exhibit_id", message.exhibit_id()));
  search.search_id = message.search_id();
  search.exhibit_id = message.exhibit_id();
  PM_RETURN_IF_ERROR(CheckPresent(field, "ask_time", message.has_ask_time()));
  PM_ASSIGN_OR_RETURN(search.ask_unix_ms, FromTimestamp(message.ask_time(), At(field, "ask_time")));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "asked_by", message.asked_by(), 1, records::kPseudonymBytesMax));
  search.asked_by = message.asked_by();
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  search.purpose = message.purpose();
  if (message.has_local()) {
    PM_ASSIGN_OR_RETURN(search.local, FromProto(message.local(), At(field, "local")));
  }
  PM_RETURN_IF_ERROR(CheckCount(field, "partners", message.partners_size(), 0, kPartnersMax));
  for (int i = 0; i < message.partners_size(); ++i) {
    PM_ASSIGN_OR_RETURN(PartnerResult partner,
                        FromProto(message.partners(i), At(field, "partners", i)));
    if (i > 0 && partner.agency <= search.partners.back().agency) {
      return Refuse(field, "partners", "must come by domain, each once");
    }
    search.partners.push_back(std::move(partner));
  }
  PM_ASSIGN_OR_RETURN(search.rules_off, ReadRules(message.rules_off(), At(field, "rules_off")));
  search.exhaustive = message.exhaustive();
  search.full_circle = message.full_circle();
  if (!message.standing_id().empty()) {
    PM_RETURN_IF_ERROR(CheckId(field, "standing_id", message.standing_id()));
  }
  search.standing_id = message.standing_id();
  return search;
}

v1::SearchProgress ToProto(const SearchProgress& progress) {
  v1::SearchProgress message;
  message.set_stage(WriteEnum<v1::SearchStage>(progress.stage));
  message.set_done_count(progress.done_count);
  message.set_of_count(progress.of_count);
  return message;
}

absl::StatusOr<SearchProgress> FromProto(const v1::SearchProgress& message,
                                         std::string_view field) {
  SearchProgress progress;
  PM_ASSIGN_OR_RETURN(progress.stage, ReadEnum<SearchStage>(At(field, "stage"), message.stage(),
                                                            v1::SearchStage_IsValid));
  PM_RETURN_IF_ERROR(CheckInteger(field, "of_count", message.of_count(), 0, kCountMax));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "done_count", message.done_count(), 0, message.of_count()));
  progress.done_count = message.done_count();
  progress.of_count = message.of_count();
  return progress;
}

v1::SearchCandidatesRequest ToProto(const SearchRequest& request) {
  v1::SearchCandidatesRequest message;
  message.set_exhibit_id(request.exhibit_id);
  message.set_purpose(request.purpose);
  message.set_case_reference(request.case_reference);
  message.set_offence(request.offence);
  message.set_subject_role(request.subject_role);
  message.set_include_local(request.include_local);
  for (const std::string& partner : request.partners) message.add_partners(partner);
  message.set_all_partners(request.all_partners);
  for (const records::ClassRule rule : request.rules_off) message.add_rules_off(ToProto(rule));
  message.mutable_deadline()->set_seconds(request.deadline_ms / 1'000);
  message.mutable_deadline()->set_nanos(static_cast<std::int32_t>(request.deadline_ms % 1'000) *
                                        1'000'000);
  message.set_candidates_max(request.candidates_max);
  message.set_exhaustive(request.exhaustive);
  message.set_full_circle(request.full_circle);
  return message;
}

absl::StatusOr<SearchRequest> FromProto(const v1::SearchCandidatesRequest& message,
                                        std::string_view field) {
  SearchRequest request;
  PM_RETURN_IF_ERROR(CheckId(field, "exhibit_id", message.exhibit_id()));
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  PM_RETURN_IF_ERROR(CheckText(field, "case_reference", message.case_reference(), 1,
                               records::kCaseReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "offence", message.offence()));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "subject_role", message.subject_role()));
  request.exhibit_id = message.exhibit_id();
  request.purpose = message.purpose();
  request.case_reference = message.case_reference();
  request.offence = message.offence();
  request.subject_role = message.subject_role();
  request.include_local = message.include_local();
  PM_ASSIGN_OR_RETURN(request.partners, ReadPartners(message, field));
  request.all_partners = message.all_partners();
  if (request.all_partners && !request.partners.empty()) {
    return Refuse(field, "partners", "must be empty with all_partners");
  }
  if (!request.include_local && !request.all_partners && request.partners.empty()) {
    return Refuse(field, "include_local",
                  "nothing to search: say include_local, partners or "
                  "all_partners");
  }
  PM_ASSIGN_OR_RETURN(request.rules_off, ReadRules(message.rules_off(), At(field, "rules_off")));
  PM_ASSIGN_OR_RETURN(request.deadline_ms, ReadDeadline(message, field));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "candidates_max", message.candidates_max(), 0, kLocalCandidatesMax));
  request.candidates_max =
      message.candidates_max() == 0 ? kLocalCandidatesDefault : message.candidates_max();
  request.exhaustive = message.exhaustive();
  request.full_circle = message.full_circle();
  return request;
}

absl::StatusOr<std::string> Serialise(const Search& search) {
  const v1::Search message = ToProto(search);
  PM_RETURN_IF_ERROR(FromProto(message, "search").status());
  return WriteBytes(message, kSearchBytesMax, "search");
}

absl::StatusOr<Search> ParseSearch(std::string_view bytes) {
  v1::Search message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kSearchBytesMax, "search", message));
  return FromProto(message, "search");
}

}  // namespace proofmark::wire
