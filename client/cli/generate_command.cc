// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/interrupt.h"
#include "client/cli/progress.h"
#include "client/fault.h"
#include "client/generate/synthetic_set.h"
#include "records/codes.h"

namespace proofmark::client::cli {
namespace {

using generate::SetProgress;
using generate::SyntheticSet;

absl::StatusOr<SyntheticSet> SetOf(const Arguments& arguments) {
  SyntheticSet set;
  set.barrels = arguments.Integer("--barrels");
  set.bullets = arguments.Integer("--bullets");
  set.barrel.seed = static_cast<std::uint64_t>(arguments.Integer("--seed"));
  set.barrel.land_count = arguments.Integer("--land-count");
  set.barrel.land_width_um = static_cast<double>(arguments.Integer("--land-width-um"));
  const std::string profile = arguments.Text("--quality");
  set.barrel.profile = profile == "clean"  ? forensics::SyntheticProfile::kClean
                       : profile == "hard" ? forensics::SyntheticProfile::kHard
                                           : forensics::SyntheticProfile::kRealistic;
  set.barrel.twist_deg = arguments.Number("--twist-deg");
  set.scan.pitch_um = arguments.Number("--pitch-um");
  set.scan.length_um = static_cast<double>(arguments.Integer("--length-um"));
  const std::optional<records::Calibre> calibre = records::FindCalibre(arguments.Text("--calibre"));
  if (!calibre.has_value()) {
    return MakeFault(FaultCode::kUsage,
                     absl::StrFormat("--calibre: \"%s\" is not in the list of calibres",
                                     arguments.Text("--calibre")));
  }
  set.calibre = calibre->code;
  set.bullet_class = calibre->bullet_class;
  return set;
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const SyntheticSet set, SetOf(arguments));
  const std::filesystem::path folder = arguments.Text("--out");
  if (arguments.On("--dry-run")) {
    session.console.Note(absl::StrFormat(
        "Would write %d scans of %d bullets and manifest.csv to %s. Nothing was written.",
        set.barrels * set.bullets * set.barrel.land_count, set.barrels * set.bullets,
        folder.string()));
    return 0;
  }
  Interrupt interrupt;
  Progress progress(session.console, base::SystemClock());
  std::int64_t bytes = 0;
  PM_RETURN_IF_ERROR(generate::WriteSet(
      set, folder, static_cast<int>(arguments.Integer("--threads")),
      arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever,
      [&](const SetProgress& p) {
        bytes = p.bytes_written;
        progress.Show({.what = "scans", .done = p.scans_done, .total = p.scans_total});
      },
      interrupt.token()));
  progress.Finish();
  session.console.Note(absl::StrFormat("%s written", BytesText(bytes)));
  session.console.out() << (folder / "manifest.csv").string() << '\n';
  return 0;
}

std::vector<Parameter> Options() {
  return {{.name = "--barrels",
           .help = "Firearms.",
           .kind = ValueKind::kInteger,
           .min = 1,
           .max = generate::kBarrelsMax,
           .required = true},
          {.name = "--bullets",
           .help = "Bullets of each; the first is a test fire.",
           .kind = ValueKind::kInteger,
           .min = 1,
           .max = generate::kBulletsMax,
           .required = true},
          {.name = "--out",
           .help = "Folder to write to.",
           .kind = ValueKind::kFolder,
           .value_name = "DIR",
           .required = true},
          {.name = "--seed",
           .help = "Another number, other firearms.",
           .kind = ValueKind::kInteger,
           .fallback = "1",
           .min = 0,
           .max = INT64_MAX},
          {.name = "--quality",
           .help = "How well marks reproduce from shot to shot.",
           .value_name = "PROFILE",
           .fallback = "realistic",
           .choices = {"clean", "realistic", "hard"}},
          {.name = "--land-count",
           .help = "Lands of each barrel.",
           .kind = ValueKind::kInteger,
           .fallback = "6",
           .min = 1,
           .max = forensics::kBulletLandsMax},
          {.name = "--land-width-um",
           .help = "Width of a land, micrometres.",
           .kind = ValueKind::kInteger,
           .fallback = "1900",
           .min = 600,
           .max = 6'000},
          {.name = "--twist-deg",
           .help = "Slope of the striae, degrees; right is positive.",
           .kind = ValueKind::kNumber,
           .value_name = "DEG",
           .fallback = "4.5",
           .min = -12,
           .max = 12},
          {.name = "--calibre",
           .help = "Calibre for the manifest: code or name.",
           .value_name = "TEXT",
           .fallback = "9LUGER"},
          {.name = "--pitch-um",
           .help = "Lateral step, micrometres.",
           .kind = ValueKind::kNumber,
           .value_name = "UM",
           .fallback = "3.125",
           .min = 0,
           .max = 10},
          {.name = "--length-um",
           .help = "Length of a scan along the bullet, micrometres.",
           .kind = ValueKind::kInteger,
           .fallback = "700",
           .min = 200,
           .max = 3'000},
          {.name = "--threads",
           .help = "Scans made at once.",
           .kind = ValueKind::kInteger,
           .fallback = "2",
           .min = 1,
           .max = generate::kThreadsMax},
          {.name = "--force", .help = "Overwrite what exists.", .kind = ValueKind::kFlag},
          {.name = "--dry-run", .help = "Say how much it would be.", .kind = ValueKind::kFlag}};
}

}  // namespace

Command GenerateCommand() {
  return {
      .name = "generate",
      .summary = "Write generated scans of bullets with known truth.",
      .description =
          "X3P scans of every land and manifest.csv, which says which bullet came from which "
          "barrel. The same options give the same bytes on every machine. Generated scans show "
          "that a system works; they say nothing of how well it does on real ones.",
      .options = Options(),
      .places = {},
      .examples = {{"proofmark generate --barrels 5 --bullets 3 --out demo",
                    "Ninety scans and their manifest, ready for `proofmark submit --manifest`."},
                   {"proofmark generate --barrels 2 --bullets 2 --out hard --quality hard --seed 7",
                    "Two firearms that mark badly."}},
      .children = {},
      .run = Run};
}

}  // namespace proofmark::client::cli
