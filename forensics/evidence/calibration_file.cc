// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "forensics/evidence/calibration_data.h"
#include "forensics/evidence/metrics.h"
#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "proofmark-calibration/1";
constexpr std::size_t kTextBytesMax = 4'096;  // Of a statement.
constexpr std::size_t kVersionBytesMax = 100;
constexpr std::size_t kMethodBytesMax = 128;  // Of both versions: what proto/wire has room for.
constexpr std::int64_t kCountMax = 1'000'000'000'000;
constexpr double kCoefficientMax = 1e6;
constexpr std::int64_t kLandModelsMax = 24;
constexpr std::size_t kHashDigits = 16;
// Ruling: generated pairs never raise a cap. Just below the second level, LR 99.77.
constexpr double kProvisionalLog10CapMax = 1.999;

absl::Status Refuse(const std::string& member, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrFormat("%s: %s", member, why));
}

double SixDigits(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", x);
  return std::strtod(text, nullptr);
}

template <typename Body>
void ForEachNumber(Calibration& c, const Body& body) {
  body(c.info.log10_cap);
  body(c.info.log10_floor);
  const auto null_tail = [&](NullTail& null) {
    for (double& score : null.score) body(score);
    body(null.shape);
    body(null.scale);
  };
  for (ScoreModel& m : c.models) {
    body(m.model.intercept);
    body(m.model.slope);
    for (double& x : m.log_lr.low) body(x);
    for (double& x : m.log_lr.high) body(x);
    null_tail(m.null);
  }
  for (EvidenceBound& bound : c.bounds) {
    body(bound.log10_from);
    body(bound.log10_lr);
  }
}

json ToJson(const NullTail& null) {
  return {{"score", null.score}, {"shape", null.shape}, {"scale", null.scale}};
}

json ToJson(const ScoreModel& m) {
  return {{"intercept", m.model.intercept},
          {"slope", m.model.slope},
          {"low", m.log_lr.low},
          {"high", m.log_lr.high},
          {"null", ToJson(m.null)}};
}

// Everything but the version.
json ContentOf(const Calibration& c) {
  json out = {{"format", kFormat},
              {"mark", MarkKindName(c.info.mark)},
              {"extractor", c.extractor_version},
              {"comparison", c.comparison_version},
              {"provisional", c.info.provisional},
              {"statement", c.info.statement},
              {"log10_cap", c.info.log10_cap},
              {"log10_floor", c.info.log10_floor}};
  out["fitted_to"] = {{"same_pairs", c.info.same_pairs},
                      {"different_pairs", c.info.different_pairs},
                      {"firearms", c.info.firearms}};
  out["real"] = {{"same_pairs", c.info.real_same_pairs},
                 {"different_pairs", c.info.real_different_pairs},
                 {"firearms", c.info.real_firearms},
                 {"firearm_pairs", c.info.real_firearm_pairs},
                 {"same_firearms", c.info.real_same_firearms}};
  out["bounds"] = json::array();
  for (const EvidenceBound& bound : c.bounds) {
    out["bounds"].push_back({bound.log10_from, bound.log10_lr});
  }
  if (c.info.mark == MarkKind::kBullet) {
    out["phases_tried"] = c.phases_tried;
    out["land_models"] = json::array();
    for (const ScoreModel& m : c.models) {
      out["land_models"].push_back(ToJson(m));
      out["land_models"].back()["lands"] = m.lands_compared;
    }
  } else if (!c.models.empty()) {
    out["score_model"] = ToJson(c.models.front());
  }
  return out;
}

std::string VersionOf(const Calibration& c) {
  return absl::StrFormat("%s-%s", MarkKindName(c.info.mark),
                         crypto::Sha256Hex(ContentOf(c).dump()).substr(0, kHashDigits));
}

// Takes members out of one JSON object, each checked, and refuses what is left at the end.
class Members {
 public:
  static absl::StatusOr<Members> Of(const json& value, std::string name) {
    if (!value.is_object()) return Refuse(name, "must be an object");
    return Members(value, std::move(name));
  }

  absl::StatusOr<const json*> Take(const std::string& key) {
    const auto found = object_->find(key);
    if (found == object_->end()) return Refuse(Path(key), "is missing");
    taken_.insert(key);
    return &*found;
  }
  absl::StatusOr<std::string> Text(const std::string& key, std::size_t bytes_max) {
    PM_ASSIGN_OR_RETURN(const json* const value, Take(key));
    if (!value->is_string()) return Refuse(Path(key), "must be a string");
    std::string text = value->get<std::string>();
    const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (text.empty() || text.size() > bytes_max || !plain) {
      return Refuse(Path(key),
                    absl::StrFormat("must have 1..%d bytes, no control characters", bytes_max));
    }
    return text;
  }
  absl::StatusOr<std::int64_t> Count(const std::string& key, std::int64_t min, std::int64_t max) {
    PM_ASSIGN_OR_RETURN(const json* const value, Take(key));
    // An unsigned number above int64's range would wrap in get().
    if (!value->is_number_integer() ||
        (value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) ||
        value->get<std::int64_t>() < min || value->get<std::int64_t>() > max) {
      return Refuse(Path(key), absl::StrFormat("must be a whole number %d..%d", min, max));
    }
    return value->get<std::int64_t>();
  }
  absl::StatusOr<double> Number(const std::string& key, double min, double max) {
    PM_ASSIGN_OR_RETURN(const json* const value, Take(key));
    return NumberIn(*value, Path(key), min, max);
  }
  template <std::size_t kSize>
  absl::Status Numbers(const std::string& key, double min, double max,
                       std::array<double, kSize>& to) {
    PM_ASSIGN_OR_RETURN(const json* const value, Take(key));
    if (!value->is_array() || value->size() != kSize) {
      return Refuse(Path(key), absl::StrFormat("must be a list of %d numbers", kSize));
    }
    for (std::size_t i = 0; i < kSize; ++i) {
      PM_ASSIGN_OR_RETURN(to[i], NumberIn((*value)[i], Path(key), min, max));
    }
    return absl::OkStatus();
  }
  absl::Status End() const {
    for (const auto& item : object_->items()) {
      if (!taken_.contains(item.key())) return Refuse(name_, "has a member the format lacks");
    }
    return absl::OkStatus();
  }
  std::string Path(const std::string& key) const { return name_.empty() ? key : name_ + "." + key; }

  static absl::StatusOr<double> NumberIn(const json& value, const std::string& path, double min,
                                         double max) {
    const double number = value.is_number() ? value.get<double>() : 0.0;
    if (!value.is_number() || !std::isfinite(number) || number < min || number > max) {
      return Refuse(path, absl::StrFormat("must be a number %g..%g", min, max));
    }
    return number;
  }

 private:
  Members(const json& object, std::string name) : object_(&object), name_(std::move(name)) {}

  const json* object_;
  std::string name_;
  std::set<std::string> taken_;
};

absl::StatusOr<NullTail> ReadNull(Members& parent) {
  PM_ASSIGN_OR_RETURN(const json* const value, parent.Take("null"));
  PM_ASSIGN_OR_RETURN(Members members, Members::Of(*value, parent.Path("null")));
  NullTail null;
  PM_RETURN_IF_ERROR(members.Numbers("score", -1.0, 1.0, null.score));
  if (!std::is_sorted(null.score.begin(), null.score.end())) {
    return Refuse(members.Path("score"), "must rise");
  }
  PM_ASSIGN_OR_RETURN(null.shape, members.Number("shape", 0.0, 0.9));
  PM_ASSIGN_OR_RETURN(null.scale, members.Number("scale", 1e-9, 1.0));
  PM_RETURN_IF_ERROR(members.End());
  return null;
}

absl::StatusOr<ScoreModel> ReadScoreModel(Members& members) {
  ScoreModel model;
  PM_ASSIGN_OR_RETURN(model.model.intercept,
                      members.Number("intercept", -kCoefficientMax, kCoefficientMax));
  PM_ASSIGN_OR_RETURN(model.model.slope, members.Number("slope", 0.0, kCoefficientMax));
  PM_RETURN_IF_ERROR(members.Numbers("low", -kCoefficientMax, kCoefficientMax, model.log_lr.low));
  PM_RETURN_IF_ERROR(members.Numbers("high", -kCoefficientMax, kCoefficientMax, model.log_lr.high));
  PM_ASSIGN_OR_RETURN(model.null, ReadNull(members));
  PM_RETURN_IF_ERROR(members.End());
  return model;
}

absl::StatusOr<ScoreModel> ReadLandModel(const json& value, std::int64_t lands) {
  PM_ASSIGN_OR_RETURN(Members members,
                      Members::Of(value, absl::StrFormat("land_models[%d]", lands - 1)));
  PM_RETURN_IF_ERROR(members.Count("lands", lands, lands).status());
  PM_ASSIGN_OR_RETURN(ScoreModel model, ReadScoreModel(members));
  model.lands_compared = lands;
  return model;
}

absl::Status ReadBounds(Members& members, Calibration& c) {
  PM_ASSIGN_OR_RETURN(const json* const value, members.Take("bounds"));
  if (!value->is_array() || static_cast<std::int64_t>(value->size()) > kBoundStepsMax) {
    return Refuse("bounds", absl::StrFormat("must be a list of at most %d", kBoundStepsMax));
  }
  for (const json& step : *value) {
    if (!step.is_array() || step.size() != 2) return Refuse("bounds", "must be pairs of numbers");
    EvidenceBound bound;
    PM_ASSIGN_OR_RETURN(bound.log10_from,
                        Members::NumberIn(step[0], "bounds", -kCoefficientMax, kCoefficientMax));
    PM_ASSIGN_OR_RETURN(bound.log10_lr,
                        Members::NumberIn(step[1], "bounds", -kLog10LrMax, kLog10LrMax));
    if (!c.bounds.empty() && (bound.log10_from <= c.bounds.back().log10_from ||
                              bound.log10_lr < c.bounds.back().log10_lr)) {
      return Refuse("bounds", "must rise");
    }
    c.bounds.push_back(bound);
  }
  return absl::OkStatus();
}

absl::Status ReadCounts(Members& members, CalibrationInfo& info) {
  PM_ASSIGN_OR_RETURN(const json* const fitted_value, members.Take("fitted_to"));
  PM_ASSIGN_OR_RETURN(Members fitted, Members::Of(*fitted_value, "fitted_to"));
  PM_ASSIGN_OR_RETURN(info.same_pairs, fitted.Count("same_pairs", 0, kCountMax));
  PM_ASSIGN_OR_RETURN(info.different_pairs, fitted.Count("different_pairs", 0, kCountMax));
  PM_ASSIGN_OR_RETURN(info.firearms, fitted.Count("firearms", 0, kCountMax));
  PM_RETURN_IF_ERROR(fitted.End());
  PM_ASSIGN_OR_RETURN(const json* const real_value, members.Take("real"));
  PM_ASSIGN_OR_RETURN(Members real, Members::Of(*real_value, "real"));
  PM_ASSIGN_OR_RETURN(info.real_same_pairs, real.Count("same_pairs", 0, kCountMax));
  PM_ASSIGN_OR_RETURN(info.real_different_pairs, real.Count("different_pairs", 0, kCountMax));
  PM_ASSIGN_OR_RETURN(info.real_firearms, real.Count("firearms", 0, kCountMax));
  PM_ASSIGN_OR_RETURN(info.real_firearm_pairs, real.Count("firearm_pairs", 0, kCountMax));
  PM_ASSIGN_OR_RETURN(info.real_same_firearms, real.Count("same_firearms", 0, kCountMax));
  return real.End();
}

absl::Status ReadModels(Members& members, Calibration& c) {
  if (c.info.mark == MarkKind::kBreechFace) {
    PM_ASSIGN_OR_RETURN(const json* const value, members.Take("score_model"));
    PM_ASSIGN_OR_RETURN(Members of_model, Members::Of(*value, "score_model"));
    PM_ASSIGN_OR_RETURN(const ScoreModel model, ReadScoreModel(of_model));
    c.models = {model};
    return absl::OkStatus();
  }
  PM_ASSIGN_OR_RETURN(c.phases_tried, members.Count("phases_tried", 1, 96));
  PM_ASSIGN_OR_RETURN(const json* const models, members.Take("land_models"));
  if (!models->is_array() || models->empty() ||
      static_cast<std::int64_t>(models->size()) > kLandModelsMax) {
    return Refuse("land_models", absl::StrFormat("must be a list of 1..%d", kLandModelsMax));
  }
  for (const json& model : *models) {
    const std::int64_t lands = static_cast<std::int64_t>(c.models.size()) + 1;
    PM_ASSIGN_OR_RETURN(const ScoreModel read, ReadLandModel(model, lands));
    c.models.push_back(read);
  }
  return absl::OkStatus();
}

// A file may say less than its counts support, never more.
absl::Status CheckCaps(const Calibration& c) {
  Calibration supported;
  supported.info = c.info;
  SetCaps(supported);
  constexpr double kRounding = 1e-4;
  if (c.info.log10_cap > supported.info.log10_cap + kRounding) {
    return Refuse("log10_cap", absl::StrFormat("%.3f is more than its counts support, %.3f",
                                               c.info.log10_cap, supported.info.log10_cap));
  }
  if (c.info.log10_floor < supported.info.log10_floor - kRounding) {
    return Refuse("log10_floor", absl::StrFormat("%.3f is less than its counts support, %.3f",
                                                 c.info.log10_floor, supported.info.log10_floor));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Calibration> ParseCalibration(std::string_view text) {
  if (static_cast<std::int64_t>(text.size()) > kCalibrationBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%d bytes, at most %d", text.size(), kCalibrationBytesMax));
  }
  const json parsed = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return absl::InvalidArgumentError("it is not JSON");
  PM_ASSIGN_OR_RETURN(Members members, Members::Of(parsed, ""));
  PM_ASSIGN_OR_RETURN(const std::string format, members.Text("format", kTextBytesMax));
  if (format != kFormat) {
    return Refuse("format", absl::StrFormat("must be \"%s\"", kFormat));
  }
  Calibration c;
  PM_ASSIGN_OR_RETURN(const std::string mark, members.Text("mark", kTextBytesMax));
  if (mark != MarkKindName(MarkKind::kBullet) && mark != MarkKindName(MarkKind::kBreechFace)) {
    return Refuse("mark", "must be \"bullet\" or \"breech_face\"");
  }
  c.info.mark = mark == MarkKindName(MarkKind::kBullet) ? MarkKind::kBullet : MarkKind::kBreechFace;
  PM_ASSIGN_OR_RETURN(const std::string version, members.Text("version", kVersionBytesMax));
  PM_ASSIGN_OR_RETURN(c.extractor_version, members.Text("extractor", kVersionBytesMax));
  PM_ASSIGN_OR_RETURN(c.comparison_version, members.Text("comparison", kVersionBytesMax));
  PM_ASSIGN_OR_RETURN(c.info.statement, members.Text("statement", kTextBytesMax));
  PM_ASSIGN_OR_RETURN(const json* const provisional, members.Take("provisional"));
  if (!provisional->is_boolean()) return Refuse("provisional", "must be true or false");
  c.info.provisional = provisional->get<bool>();
  PM_ASSIGN_OR_RETURN(c.info.log10_cap, members.Number("log10_cap", 0.0, kLog10LrMax));
  PM_ASSIGN_OR_RETURN(c.info.log10_floor, members.Number("log10_floor", -kLog10LrMax, 0.0));
  PM_RETURN_IF_ERROR(ReadCounts(members, c.info));
  PM_RETURN_IF_ERROR(ReadBounds(members, c));
  PM_RETURN_IF_ERROR(ReadModels(members, c));
  PM_RETURN_IF_ERROR(members.End());
  PM_RETURN_IF_ERROR(CheckCaps(c));
  Finish(c);
  if (c.info.method.size() > kMethodBytesMax) {
    return Refuse("extractor",
                  absl::StrFormat("with comparison more than %d bytes", kMethodBytesMax));
  }
  if (c.info.version != version) {
    return Refuse("version", absl::StrFormat("is %s, but the content hashes to %s: was it edited?",
                                             version, c.info.version));
  }
  return c;
}

std::string CalibrationText(const Calibration& calibration) {
  json content = ContentOf(calibration);
  content["version"] = calibration.info.version;
  return content.dump(1) + "\n";
}

void Finish(Calibration& calibration) {
  ForEachNumber(calibration, [](double& x) { x = SixDigits(x); });
  calibration.info.method =
      absl::StrFormat("%s; %s", calibration.extractor_version, calibration.comparison_version);
  calibration.info.version = VersionOf(calibration);
}

void SetCaps(Calibration& calibration) {
  CalibrationInfo& info = calibration.info;
  info.log10_cap = Log10(static_cast<double>(info.real_firearm_pairs) + 1.0);
  info.log10_floor = -Log10(static_cast<double>(info.real_same_firearms) + 1.0);
  if (info.provisional) info.log10_cap = std::min(info.log10_cap, kProvisionalLog10CapMax);
}

absl::StatusOr<ScoreModel> FitScoreModel(std::span<const ScoredPair> pairs,
                                         std::int64_t lands_compared, std::uint64_t seed) {
  ScoreModel fitted{.lands_compared = lands_compared};
  PM_ASSIGN_OR_RETURN(fitted.model, FitLogistic(pairs, {}));
  PM_ASSIGN_OR_RETURN(fitted.null, FitNullTail(pairs));
  PM_ASSIGN_OR_RETURN(fitted.log_lr, BootstrapFirearms(pairs, kBootstrapDraws, seed));
  return fitted;
}

std::vector<EvidenceBound> BoundFrom(std::span<const ScoredPair> log10_lrs) {
  const absl::StatusOr<Ranking> real = Ranking::Of(log10_lrs);
  if (!real.ok()) return {};
  std::vector<ScoredPair> pairs(log10_lrs.begin(), log10_lrs.end());
  const double above = real->pairs().back().score + 1.0;
  const double below = real->pairs().front().score - 1.0;
  pairs.push_back({above, 0, 0, false});
  pairs.push_back({below, 0, 0, true});
  const absl::StatusOr<Ranking> ranking = Ranking::Of(pairs);
  if (!ranking.ok()) return {};
  const double odds =
      static_cast<double>(ranking->different_count()) / static_cast<double>(ranking->same_count());
  std::vector<EvidenceBound> bounds;
  for (const PavStep& step : PoolAdjacentViolators(*ranking, {})) {
    // The added pairs keep both counts above zero in the outermost steps; a step between them is
    // pure only when it stands beside one that is not, and then bounds nothing of its own.
    if (step.same == 0.0 || step.different == 0.0) continue;
    // Where no pair lies neither step knows better than the other: they meet in the middle.
    const auto& sorted = ranking->pairs();
    const auto first =
        std::lower_bound(sorted.begin(), sorted.end(), step.score_from,
                         [](const ScoredPair& pair, double score) { return pair.score < score; });
    const double from = bounds.empty() || first == sorted.begin()
                            ? step.score_from
                            : 0.5 * (std::prev(first)->score + step.score_from);
    bounds.push_back({from, Log10(step.same / step.different * odds)});
    if (static_cast<std::int64_t>(bounds.size()) == kBoundStepsMax) break;
  }
  return bounds;
}

}  // namespace proofmark::forensics
