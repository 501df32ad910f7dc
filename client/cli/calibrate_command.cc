// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/staged_progress.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "client/file.h"
#include "client/validation/calibrate.h"
#include "client/validation/calibration_choice.h"
#include "client/validation/parallel.h"

namespace proofmark::client::cli {
namespace {

using forensics::Calibration;
using forensics::MarkKind;

absl::StatusOr<Calibration> ReadBase(const std::string& file, MarkKind mark) {
  PM_ASSIGN_OR_RETURN(Calibration base, validation::ReadCalibration(file));
  if (base.info.mark != mark) {
    return MakeFault(
        FaultCode::kCalibration,
        absl::StrFormat("%s: is for the mark %s", file, forensics::MarkKindName(base.info.mark)));
  }
  return base;
}

// What the set is for when the user does not say: the one sort of marks it holds.
absl::StatusOr<MarkKind> MarkOf(const Arguments& arguments, const validation::ScanSet& set) {
  const std::string mark = arguments.Text("--mark");
  if (mark == "bullet") return MarkKind::kBullet;
  if (mark == "breech-face") return MarkKind::kBreechFace;
  if (set.bullets.empty() == set.cases.empty()) {
    return MakeFault(FaultCode::kUsage,
                     set.bullets.empty()
                         ? "the manifest names neither bullets nor breech faces that are usable"
                         : "the manifest names bullets and breech faces: say which with --mark");
  }
  return set.cases.empty() ? MarkKind::kBullet : MarkKind::kBreechFace;
}

void Print(const forensics::CalibrationInfo& info, Console& console) {
  Facts facts;
  facts.Add("calibration", info.version, Style::kBold);
  facts.Add("for", info.method);
  facts.Add("provisional", info.provisional ? "yes" : "no",
            info.provisional ? Style::kWarning : Style::kPlain);
  facts.Add("real same-source pairs", CountText(info.real_same_pairs));
  facts.Add("real different-source pairs", CountText(info.real_different_pairs));
  facts.Add("real firearms", CountText(info.real_firearms));
  facts.Add("pairs of firearms", CountText(info.real_firearm_pairs));
  facts.Add("supports log10 LR up to", absl::StrFormat("%.2f", info.log10_cap));
  facts.Add("and down to", absl::StrFormat("%.2f", info.log10_floor));
  facts.Add("highest level", forensics::LevelName(forensics::LevelOf(info.log10_cap)));
  console.out() << facts.Text(console) << '\n' << Printable(info.statement) << '\n';
}

void PrintJson(const forensics::CalibrationInfo& info, Console& console) {
  console.out() << JsonLine(
      {{"version", info.version},
       {"mark", std::string(forensics::MarkKindName(info.mark))},
       {"method", info.method},
       {"provisional", info.provisional},
       {"realSamePairs", info.real_same_pairs},
       {"realDifferentPairs", info.real_different_pairs},
       {"realFirearms", info.real_firearms},
       {"realFirearmPairs", info.real_firearm_pairs},
       {"realSameFirearms", info.real_same_firearms},
       {"log10Cap", info.log10_cap},
       {"log10Floor", info.log10_floor},
       {"levelMax", std::string(forensics::LevelName(forensics::LevelOf(info.log10_cap)))},
       {"statement", info.statement}});
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  Interrupt interrupt;
  StagedProgress progress(session.console);
  validation::CalibrateOptions options;
  options.run.threads = static_cast<int>(arguments.Integer("--threads"));
  options.run.on_progress = [&](const validation::Progress& p) { progress.Show(p); };
  options.run.stop = interrupt.token();
  PM_ASSIGN_OR_RETURN(const validation::ScanSet set,
                      validation::ReadScanSet(arguments.Text("--manifest"), options.run));
  PM_ASSIGN_OR_RETURN(const MarkKind mark, MarkOf(arguments, set));
  Calibration base;
  if (arguments.Has("--base")) {
    PM_ASSIGN_OR_RETURN(base, ReadBase(arguments.Text("--base"), mark));
    options.base = &base;
  }
  PM_ASSIGN_OR_RETURN(const Calibration calibration,
                      mark == MarkKind::kBullet ? validation::CalibrateBullets(set, options)
                                                : validation::CalibrateBreechFaces(set, options));
  progress.Finish();
  PM_RETURN_IF_ERROR(WriteFile(arguments.Text("--out"), forensics::CalibrationText(calibration),
                               Privacy::kPublic,
                               arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
  for (const validation::NotProcessed& file : set.not_processed) {
    session.console.Warn(Printable(absl::StrFormat("%s: %s", file.file, file.reason)));
  }
  if (arguments.On("--json")) {
    PrintJson(calibration.info, session.console);
  } else {
    Print(calibration.info, session.console);
  }
  session.console.Note(absl::StrFormat("%s written", arguments.Text("--out")));
  return 0;
}

}  // namespace

Command CalibrateCommand() {
  return {
      .name = "calibrate",
      .summary = "Make a calibration from a laboratory's own scans of known source.",
      .description =
          "Compares all pairs of the set, fits what a score is worth as a likelihood ratio, "
          "and bounds it by what the set supports: pairs of firearms count once each, however "
          "many items of theirs were compared. A set too small for a model is refused; with "
          "--base the model of another calibration is kept and the set decides how much of it "
          "may be said.",
      .options = {{.name = "--manifest",
                   .help = "The labelled set (docs/formats/manifest.md).",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE",
                   .required = true},
                  {.name = "--out",
                   .help = "Calibration to write (docs/formats/calibration.md).",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE",
                   .required = true},
                  {.name = "--mark",
                   .help = "What to calibrate, where the set holds both.",
                   .value_name = "MARK",
                   .choices = {"bullet", "breech-face"}},
                  {.name = "--base",
                   .help = "Keep the model of this calibration.",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE"},
                  {.name = "--threads",
                   .help = "Scans and pairs worked on at once.",
                   .kind = ValueKind::kInteger,
                   .fallback = "2",
                   .min = 1,
                   .max = validation::kThreadsMax},
                  {.name = "--force", .help = "Overwrite what exists.", .kind = ValueKind::kFlag},
                  JsonOption()},
      .places = {},
      .examples = {{"proofmark calibrate --manifest lab/manifest.csv --out lab.json",
                    "From a set with one sort of marks."},
                   {"proofmark calibrate --manifest lab/manifest.csv --mark bullet --base "
                    "generated.json --out lab.json",
                    "From a set too small for a model of its own."}},
      .children = {},
      .run = Run};
}

}  // namespace proofmark::client::cli
