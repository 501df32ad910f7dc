// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "client/file.h"
#include "client/picture/comparison_pictures.h"
#include "client/picture/pictures.h"
#include "client/validation/calibration_choice.h"
#include "client/validation/compare_two.h"

namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;
using validation::Side;
using validation::TwoCompared;

absl::StatusOr<Side> Load(const Arguments& arguments, const char* place) {
  if (arguments.Has("--manifest")) {
    return validation::LoadSide(fs::path(arguments.Text("--manifest")),
                                std::string_view(arguments.Text(place)));
  }
  const std::string kind = arguments.Text("--kind");
  return validation::LoadSide(fs::path(arguments.Text(place)),
                              kind == "land"          ? validation::SideKind::kLand
                              : kind == "breech-face" ? validation::SideKind::kBreechFace
                                                      : validation::SideKind::kAutomatic);
}

absl::StatusOr<std::string> Draw(const Side& query, const Side& reference,
                                 const TwoCompared& compared, picture::Format format) {
  if (const auto* land = std::get_if<forensics::LandSignature>(&query.mark)) {
    forensics::LandSignature shown = *land;
    if (compared.turned) std::reverse(shown.height_nm.begin(), shown.height_nm.end());
    return picture::DrawAligned(shown, query.name,
                                std::get<forensics::LandSignature>(reference.mark), reference.name,
                                std::get<forensics::LandComparison>(compared.comparison), format);
  }
  if (const auto* bullet = std::get_if<forensics::BulletSignature>(&query.mark)) {
    return picture::DrawAlignedBullets(
        *bullet, query.name, std::get<forensics::BulletSignature>(reference.mark), reference.name,
        std::get<forensics::BulletComparison>(compared.comparison), format);
  }
  return picture::DrawCellMap(
      std::get<forensics::ImpressedExtraction>(query.mark).signature, query.name,
      std::get<forensics::ImpressedExtraction>(reference.mark).signature, reference.name,
      std::get<forensics::ImpressedComparison>(compared.comparison), format);
}

using Fields = std::vector<std::pair<std::string, JsonValue>>;

// The numbers of a comparison: name for people, name in JSON, value in both forms.
struct Number {
  std::string words;
  std::string text;
  std::string json;
  JsonValue value;
};

std::vector<Number> NumbersOf(const forensics::LandComparison& c) {
  return {{"cross-correlation", absl::StrFormat("%.3f", c.ccf), "ccf", c.ccf},
          {"lag", absl::StrFormat("%.1f µm", c.lag_um), "lagUm", c.lag_um},
          {"compared over", absl::StrFormat("%.2f mm", c.overlap_um / 1000.0), "overlapUm",
           c.overlap_um},
          {"congruent segments", absl::StrFormat("%d of %d", c.cmps_count, c.segment_count),
           "cmpsShare", c.cmps_share},
          {"land score", absl::StrFormat("%.3f", c.score), "score", c.score}};
}

std::vector<Number> NumbersOf(const forensics::BulletComparison& c) {
  return {
      {"lands compared", std::to_string(c.lands_compared), "landsCompared", c.lands_compared},
      {"bullet score", absl::StrFormat("%.3f", c.score), "score", c.score},
      {"above the other rotations by", absl::StrFormat("%.3f", c.contrast), "contrast", c.contrast},
      {"chance of such a rotation", absl::StrFormat("10^%.1f", c.phase_log10_p), "phaseLog10P",
       c.phase_log10_p},
      {"rotation", std::to_string(c.phase), "phase", c.phase},
      {"rotations tried", std::to_string(c.phases_tried), "phasesTried", c.phases_tried}};
}

std::vector<Number> NumbersOf(const forensics::ImpressedComparison& c) {
  return {
      {"cell score", absl::StrFormat("%.3f", c.score), "score", c.score},
      {"support for one place and turn", absl::StrFormat("%.1f", c.support), "support", c.support},
      {"cells that agree on it", absl::StrFormat("%d of %d", c.cells_agreeing, c.cells_eligible),
       "cellsAgreeing", c.cells_agreeing},
      {"published count (CMC)", std::to_string(c.cmc), "cmc", c.cmc},
      {"by the original rule", std::to_string(c.cmc_original), "cmcOriginal", c.cmc_original},
      {"by the high rule", std::to_string(c.cmc_high), "cmcHigh", c.cmc_high},
      {"eligible cells", std::to_string(c.cells_eligible), "cellsEligible", c.cells_eligible},
      {"turn", absl::StrFormat("%.1f degrees", c.turn_degrees), "turnDegrees", c.turn_degrees},
      {"image correlation", absl::StrFormat("%.3f", c.features.image_correlation),
       "imageCorrelation", c.features.image_correlation}};
}

void PrintPairs(const forensics::BulletComparison& comparison, Console& console) {
  Table table({{"land", Align::kRight},
               {"on land", Align::kRight},
               {"CCF", Align::kRight},
               {"lag (µm)", Align::kRight},
               {"segments", Align::kRight},
               {"score", Align::kRight}});
  for (const forensics::LandPair& pair : comparison.pairs) {
    const forensics::LandComparison& c = pair.comparison;
    table.AddRow({std::to_string(pair.query_land + 1), std::to_string(pair.reference_land + 1),
                  absl::StrFormat("%.3f", c.ccf), absl::StrFormat("%.0f", c.lag_um),
                  absl::StrFormat("%d/%d", c.cmps_count, c.segment_count),
                  absl::StrFormat("%.3f", c.score)});
  }
  console.out() << '\n' << table.Text(console, 2);
}

void Print(const Side& query, const Side& reference, const TwoCompared& compared,
           Console& console) {
  const forensics::LikelihoodRatio& ratio = compared.ratio;
  Facts facts;
  facts.Add("query", query.name, Style::kBold);
  facts.Add("reference", reference.name, Style::kBold);
  const std::vector<Number> numbers =
      std::visit([](const auto& c) { return NumbersOf(c); }, compared.comparison);
  for (const Number& number : numbers) facts.Add(number.words, number.text);
  facts.Add("likelihood ratio", RatioText(ratio.log10_lr, ratio.log10_low, ratio.log10_high));
  facts.Add("level", LevelText(ratio.level), LevelStyle(ratio.level));
  facts.Add("may be said",
            absl::StrFormat("1/%.0f to %.0f", std::pow(10.0, -compared.calibration.log10_floor),
                            std::pow(10.0, compared.calibration.log10_cap)));
  facts.Add("calibration", compared.calibration.version +
                               (compared.calibration.provisional ? " PROVISIONAL" : ""));
  console.out() << facts.Text(console);
  if (const auto* bullets = std::get_if<forensics::BulletComparison>(&compared.comparison)) {
    PrintPairs(*bullets, console);
  }
  console.out() << '\n' << validation::MeaningOf(compared) << '\n';
  if (compared.calibration.provisional) console.Warn(kProvisional);
}

void PrintJson(const Side& query, const Side& reference, const TwoCompared& compared,
               Console& console) {
  Fields fields = {{"query", query.name}, {"reference", reference.name}};
  const std::vector<Number> numbers =
      std::visit([](const auto& c) { return NumbersOf(c); }, compared.comparison);
  for (const Number& number : numbers) fields.emplace_back(number.json, number.value);
  const forensics::LikelihoodRatio& ratio = compared.ratio;
  fields.insert(fields.end(), {{"log10Lr", ratio.log10_lr},
                               {"log10Low", ratio.log10_low},
                               {"log10High", ratio.log10_high},
                               {"log10LrModel", ratio.log10_lr_model},
                               {"level", std::string(forensics::LevelName(ratio.level))},
                               {"meaning", validation::MeaningOf(compared)},
                               {"calibration", compared.calibration.version},
                               {"provisional", compared.calibration.provisional},
                               {"log10Cap", compared.calibration.log10_cap},
                               {"log10Floor", compared.calibration.log10_floor}});
  console.out() << JsonLine(fields);
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const validation::CalibrationChoice choice,
                      validation::CalibrationChoice::Read(arguments.All("--calibration")));
  PM_ASSIGN_OR_RETURN(const Side query, Load(arguments, "QUERY"));
  PM_ASSIGN_OR_RETURN(const Side reference, Load(arguments, "REFERENCE"));
  for (const Side* side : {&query, &reference}) {
    for (const std::string& remark : side->remarks) {
      session.console.Warn(Printable(absl::StrFormat("%s: %s", side->name, remark)));
    }
  }
  PM_ASSIGN_OR_RETURN(
      const TwoCompared compared,
      validation::CompareTwo(query, reference, choice.get(),
                             arguments.On("--full-circle") ? forensics::TurnSearch::kFullCircle
                                                           : forensics::TurnSearch::kDirected));
  if (arguments.Has("--out")) {
    const fs::path out = arguments.Text("--out");
    const bool png = out.extension() == ".png";
    if (!png && out.extension() != ".svg") {
      return MakeFault(FaultCode::kUsage, absl::StrFormat("--out: \"%s\" ends neither with .png "
                                                          "nor with .svg",
                                                          out.string()));
    }
    PM_ASSIGN_OR_RETURN(
        const std::string picture,
        Draw(query, reference, compared, png ? picture::Format::kPng : picture::Format::kSvg));
    PM_RETURN_IF_ERROR(
        WriteFile(out, picture, Privacy::kPublic,
                  arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
    session.console.Note(absl::StrFormat("%s written", out.string()));
  }
  if (arguments.On("--json")) {
    PrintJson(query, reference, compared, session.console);
  } else {
    Print(query, reference, compared, session.console);
  }
  return 0;
}

}  // namespace

Command CompareCommand() {
  return {.name = "compare",
          .summary = "Lay two lands, bullets or breech faces side by side.",
          .description =
              "Says how alike they are, what that is worth under the calibration in force, and "
              "draws it. Two X3P files are two lands or two breech faces (told apart by size, or "
              "by --kind); two folders are two bullets; with --manifest the places name exhibits "
              "of it. Nothing is sent to a node.",
          .options = {{.name = "--manifest",
                       .help = "Take the two from this manifest, by their labels.",
                       .kind = ValueKind::kFile,
                       .value_name = "FILE"},
                      {.name = "--kind",
                       .help = "What the files are.",
                       .value_name = "KIND",
                       .fallback = "auto",
                       .choices = {"auto", "land", "breech-face"}},
                      {.name = "--calibration",
                       .help = "Evaluate with this calibration, not the built-in one.",
                       .kind = ValueKind::kFile,
                       .value_name = "FILE",
                       .repeated = true},
                      {.name = "--full-circle",
                       .help = "Breech faces: try every turn, not 30 degrees either way.",
                       .kind = ValueKind::kFlag},
                      {.name = "--out",
                       .help = "Picture to write: .png or .svg.",
                       .kind = ValueKind::kFile,
                       .value_name = "FILE"},
                      {.name = "--force",
                       .help = "Overwrite it if it exists.",
                       .kind = ValueKind::kFlag},
                      JsonOption()},
          .places = {{.name = "QUERY",
                      .help = "A scan, the folder of a bullet, or a label.",
                      .kind = ValueKind::kFile,
                      .required = true},
                     {.name = "REFERENCE",
                      .help = "The other.",
                      .kind = ValueKind::kFile,
                      .required = true}},
          .examples = {{"proofmark compare a/L1.x3p b/L3.x3p --out aligned.svg",
                        "Two lands over each other."},
                       {"proofmark compare case1.x3p case2.x3p --out cells.png",
                        "The cells of two breech faces that agree."},
                       {"proofmark compare --manifest lab/manifest.csv K-17/2 K-18/1",
                        "Two bullets of a manifest."}},
          .children = {},
          .run = Run};
}

}  // namespace proofmark::client::cli
