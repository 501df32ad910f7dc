// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/fault.h"
#include "client/file.h"
#include "client/picture/pictures.h"
#include "client/validation/compare_two.h"

namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;

// One file, extracted, or why it could not be.
struct Extracted {
  fs::path file;
  std::variant<absl::Status, validation::ExtractedScan, validation::ExtractedCase> result;
};

Extracted Extract(const fs::path& file, validation::SideKind kind) {
  if (kind == validation::SideKind::kAutomatic) {
    const absl::StatusOr<validation::SideKind> guess = validation::GuessKind(file);
    if (!guess.ok()) return {file, guess.status()};
    Extracted guessed = Extract(file, *guess);
    if (const auto* status = std::get_if<absl::Status>(&guessed.result)) {
      guessed.result = validation::OfGuessedKind(*status, *guess);
    }
    return guessed;
  }
  if (kind == validation::SideKind::kBreechFace) {
    absl::StatusOr<validation::ExtractedCase> scan = validation::ExtractCase(file);
    if (!scan.ok()) return {file, scan.status()};
    return {file, *std::move(scan)};
  }
  absl::StatusOr<validation::ExtractedScan> scan = validation::ExtractScan(file);
  if (!scan.ok()) return {file, scan.status()};
  return {file, *std::move(scan)};
}

void AddTo(const Extracted& one, Table& lands, Table& cases, Table& failed) {
  const std::string name = one.file.string();
  if (const auto* status = std::get_if<absl::Status>(&one.result)) {
    failed.AddRow({Cell(name), Cell(std::string(status->message()), Style::kBad)});
    return;
  }
  if (const auto* scan = std::get_if<validation::ExtractedScan>(&one.result)) {
    const forensics::LandSignature& s = scan->land.signature;
    const bool damaged = s.has(forensics::LandFlag::kDamaged);
    lands.AddRow({name, absl::StrFormat("%.2f", s.width_um() / 1000.0),
                  absl::StrFormat("%.2f", s.quality.consistency),
                  absl::StrFormat("%.0f %%", 100.0 * s.quality.consistent_share),
                  absl::StrFormat("%.2f", s.quality.coherence),
                  absl::StrFormat("%.0f %%", 100.0 * s.quality.missing_share),
                  absl::StrFormat("%.2f", s.quality.amplitude_um),
                  Cell(picture::FlagsText(s), damaged ? Style::kWarning : Style::kPlain)});
    return;
  }
  const auto& q = std::get<validation::ExtractedCase>(one.result).impression.signature;
  const bool small = q.has(forensics::ImpressedFlag::kSmallArea);
  cases.AddRow({name, absl::StrFormat("%.2f", q.quality.valid_area_mm2),
                absl::StrFormat("%.0f %%", 100.0 * q.quality.missing_share),
                absl::StrFormat("%.2f", q.quality.rms_um),
                absl::StrFormat("%.2f", q.quality.outer_radius_um / 1000.0),
                absl::StrFormat("%.2f", q.quality.inner_radius_um / 1000.0),
                Cell(validation::FlagsText(q), small ? Style::kWarning : Style::kPlain)});
}

void PrintTables(const std::vector<Extracted>& all, Console& console) {
  Table lands({{"land"},
               {"width mm", Align::kRight},
               {"consistency", Align::kRight},
               {"band", Align::kRight},
               {"coherence", Align::kRight},
               {"missing", Align::kRight},
               {"rms µm", Align::kRight},
               {"noticed"}});
  Table cases({{"breech face"},
               {"area mm²", Align::kRight},
               {"missing", Align::kRight},
               {"rms µm", Align::kRight},
               {"radius mm", Align::kRight},
               {"hole mm", Align::kRight},
               {"noticed"}});
  Table failed({{"not usable"}, {"reason"}});
  for (const Extracted& one : all) AddTo(one, lands, cases, failed);
  for (const Table* table : {&lands, &cases, &failed}) {
    if (!table->empty()) console.out() << table->Text(console) << '\n';
  }
}

void PrintJson(const std::vector<Extracted>& all, Console& console) {
  for (const Extracted& one : all) {
    std::vector<std::pair<std::string, JsonValue>> fields = {{"file", one.file.string()}};
    if (const auto* status = std::get_if<absl::Status>(&one.result)) {
      fields.insert(fields.end(), {{"usable", false}, {"reason", std::string(status->message())}});
    } else if (const auto* scan = std::get_if<validation::ExtractedScan>(&one.result)) {
      const forensics::LandSignature& s = scan->land.signature;
      fields.insert(fields.end(), {{"usable", true},
                                   {"kind", std::string("land")},
                                   {"instrument", scan->instrument},
                                   {"widthUm", s.width_um()},
                                   {"leftShoulderUm", s.left_shoulder_um},
                                   {"rightShoulderUm", s.right_shoulder_um},
                                   {"consistency", s.quality.consistency},
                                   {"consistentShare", s.quality.consistent_share},
                                   {"coherence", s.quality.coherence},
                                   {"missingShare", s.quality.missing_share},
                                   {"amplitudeUm", s.quality.amplitude_um},
                                   {"noticed", picture::FlagsText(s)}});
    } else {
      const auto& found = std::get<validation::ExtractedCase>(one.result);
      const forensics::ImpressedSignature& s = found.impression.signature;
      fields.insert(fields.end(), {{"usable", true},
                                   {"kind", std::string("breech face")},
                                   {"instrument", found.instrument},
                                   {"areaMm2", s.quality.valid_area_mm2},
                                   {"missingShare", s.quality.missing_share},
                                   {"rmsUm", s.quality.rms_um},
                                   {"outerRadiusUm", s.quality.outer_radius_um},
                                   {"innerRadiusUm", s.quality.inner_radius_um},
                                   {"noticed", validation::FlagsText(s)}});
    }
    console.out() << JsonLine(fields);
  }
}

// The mean profile with its shoulders for a land, the relief for a breech face.
absl::StatusOr<std::string> Draw(const Extracted& one, picture::Format format) {
  const std::string title = one.file.filename().string();
  if (const auto* scan = std::get_if<validation::ExtractedScan>(&one.result)) {
    return picture::DrawProfile(scan->land, title, format);
  }
  return picture::DrawSurface(
      std::get<validation::ExtractedCase>(one.result).impression.trace.levelled, title, format);
}

// Names of pictures: those of the files; with the place in the list where two files share one.
absl::Status WritePictures(const std::vector<Extracted>& all, const fs::path& folder,
                           Overwrite overwrite) {
  PM_RETURN_IF_ERROR(MakeFolder(folder, Privacy::kPublic));
  std::map<std::string, int> times;
  for (const Extracted& one : all) {
    if (std::holds_alternative<absl::Status>(one.result)) continue;
    std::string name = one.file.stem().string();
    if (const int n = ++times[name]; n > 1) name += absl::StrFormat("-%d", n);
    const bool land = std::holds_alternative<validation::ExtractedScan>(one.result);
    PM_ASSIGN_OR_RETURN(const std::string picture,
                        Draw(one, land ? picture::Format::kSvg : picture::Format::kPng));
    PM_RETURN_IF_ERROR(WriteFile(folder / (name + (land ? ".svg" : ".png")), picture,
                                 Privacy::kPublic, overwrite));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  const std::string kind = arguments.Text("--kind");
  const validation::SideKind side = kind == "land"          ? validation::SideKind::kLand
                                    : kind == "breech-face" ? validation::SideKind::kBreechFace
                                                            : validation::SideKind::kAutomatic;
  std::vector<Extracted> all;
  bool usable = true;
  for (const std::string& file : arguments.All("FILE")) {
    all.push_back(Extract(file, side));
    usable = usable && !std::holds_alternative<absl::Status>(all.back().result);
  }
  if (arguments.On("--json")) {
    PrintJson(all, session.console);
  } else {
    PrintTables(all, session.console);
  }
  if (arguments.Has("--out")) {
    PM_RETURN_IF_ERROR(
        WritePictures(all, arguments.Text("--out"),
                      arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
    session.console.Note(absl::StrFormat("%s written", arguments.Text("--out")));
  }
  return usable ? 0 : 1;
}

}  // namespace

Command ExtractCommand() {
  return {
      .name = "extract",
      .summary = "Say how good scans are, and draw what is taken from them.",
      .description =
          "Extracts the ballistic signature of every file as submitting it would, and reports "
          "its quality: how well the striae of a land repeat along the bullet, how much of a "
          "breech face was measured, and whatever was noticed. Ends with 1 when a file cannot "
          "be used. Nothing is sent to a node.",
      .options = {{.name = "--kind",
                   .help = "What the files are.",
                   .value_name = "KIND",
                   .fallback = "auto",
                   .choices = {"auto", "land", "breech-face"}},
                  {.name = "--out",
                   .help = "Folder for one picture a file.",
                   .kind = ValueKind::kFolder,
                   .value_name = "DIR"},
                  {.name = "--force", .help = "Overwrite what exists.", .kind = ValueKind::kFlag},
                  JsonOption()},
      .places = {{.name = "FILE",
                  .help = "X3P scans, or profiles (.csv).",
                  .kind = ValueKind::kFile,
                  .required = true,
                  .repeated = true}},
      .examples = {{"proofmark extract bullet/L*.x3p", "Are these lands good enough?"},
                   {"proofmark extract case.x3p --out pictures",
                    "What is taken of a breech face."}},
      .children = {},
      .run = Run};
}

}  // namespace proofmark::client::cli
