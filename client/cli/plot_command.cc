// SPDX-License-Identifier: Apache-2.0
#include <variant>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/fault.h"
#include "client/file.h"
#include "client/picture/pictures.h"
#include "forensics/striated/bullet_comparison.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/striated/profile_csv.h"
#include "forensics/x3p/x3p.h"
#include "records/submission.h"

namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;

struct ReadScan {
  std::string name;  // Of the file, for titles.
  std::variant<forensics::HeightMap, forensics::CrosscutProfile> heights;
};

// `status` with the file's name in front, and the fault it is for a file of the user's own.
absl::Status About(std::string_view file, const absl::Status& status) {
  return MakeFault(FaultCode::kUnusableScan, absl::StrFormat("%s: %s", file, status.message()));
}

absl::StatusOr<ReadScan> Read(const fs::path& path, Console& console) {
  PM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, records::kScanBytesMax));
  const std::string name = path.filename().string();
  if (path.extension() == ".csv") {
    absl::StatusOr<forensics::CrosscutProfile> profile =
        forensics::ParseProfileCsv(base::AsBytes(bytes));
    if (!profile.ok()) return About(name, profile.status());
    return ReadScan{name, *std::move(profile)};
  }
  absl::StatusOr<forensics::X3pScan> scan = forensics::ReadX3p(base::AsBytes(bytes));
  if (!scan.ok()) return About(name, scan.status());
  for (const std::string& warning : scan->warnings) {
    console.Warn(Printable(absl::StrFormat("%s: %s", name, warning)));
  }
  if (scan->map.height_um.empty()) {
    return About(name, absl::InvalidArgumentError("it holds a point cloud, not a surface"));
  }
  return ReadScan{name, std::move(scan->map)};
}

absl::StatusOr<forensics::LandExtraction> Extract(const ReadScan& read) {
  const auto* profile = std::get_if<forensics::CrosscutProfile>(&read.heights);
  absl::StatusOr<forensics::LandExtraction> land =
      profile != nullptr ? forensics::ExtractLandFromProfile(profile->x_um, profile->height_um, {})
                         : forensics::ExtractLand(std::get<forensics::HeightMap>(read.heights), {});
  if (!land.ok()) return About(read.name, land.status());
  return land;
}

absl::StatusOr<picture::Format> FormatOf(const fs::path& out) {
  if (out.extension() == ".png") return picture::Format::kPng;
  if (out.extension() == ".svg") return picture::Format::kSvg;
  return MakeFault(
      FaultCode::kUsage,
      absl::StrFormat("--out: \"%s\" ends neither with .png nor with .svg", out.string()));
}

// What each of the four commands draws from its files.
using Draw = absl::StatusOr<std::string> (*)(const std::vector<ReadScan>&, picture::Format);

absl::StatusOr<std::string> Surface(const std::vector<ReadScan>& scans, picture::Format format) {
  const auto* map = std::get_if<forensics::HeightMap>(&scans[0].heights);
  if (map == nullptr || map->height < 2) {
    return About(scans[0].name, absl::InvalidArgumentError("it is a profile, not a surface"));
  }
  return picture::DrawSurface(*map, scans[0].name, format);
}

absl::StatusOr<std::string> Profile(const std::vector<ReadScan>& scans, picture::Format format) {
  PM_ASSIGN_OR_RETURN(const forensics::LandExtraction land, Extract(scans[0]));
  return picture::DrawProfile(land, scans[0].name, format);
}

absl::StatusOr<std::string> Signature(const std::vector<ReadScan>& scans, picture::Format format) {
  PM_ASSIGN_OR_RETURN(const forensics::LandExtraction land, Extract(scans[0]));
  return picture::DrawSignature(land.signature, scans[0].name, format);
}

absl::StatusOr<std::string> Aligned(const std::vector<ReadScan>& scans, picture::Format format) {
  PM_ASSIGN_OR_RETURN(const forensics::LandExtraction query, Extract(scans[0]));
  PM_ASSIGN_OR_RETURN(const forensics::LandExtraction reference, Extract(scans[1]));
  const absl::StatusOr<forensics::LandComparison> comparison =
      forensics::CompareLands(query.signature, reference.signature, {});
  if (!comparison.ok()) {
    return About(scans[0].name + " and " + scans[1].name, comparison.status());
  }
  return picture::DrawAligned(query.signature, scans[0].name, reference.signature, scans[1].name,
                              *comparison, format);
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session, Draw draw) {
  const fs::path out = arguments.Text("--out");
  PM_ASSIGN_OR_RETURN(const picture::Format format, FormatOf(out));
  std::vector<ReadScan> scans;
  for (const char* place : {"FILE", "QUERY", "REFERENCE"}) {
    if (!arguments.Has(place)) continue;
    PM_ASSIGN_OR_RETURN(ReadScan scan, Read(arguments.Text(place), session.console));
    scans.push_back(std::move(scan));
  }
  PM_ASSIGN_OR_RETURN(const std::string picture, draw(scans, format));
  PM_RETURN_IF_ERROR(WriteFile(out, picture, Privacy::kPublic,
                               arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
  session.console.Note(absl::StrFormat("%s written", out.string()));
  return 0;
}

template <Draw kDraw>
absl::StatusOr<int> RunWith(const Arguments& arguments, Session& session) {
  return Run(arguments, session, kDraw);
}

Parameter Place(std::string name, std::string help) {
  return {
      .name = std::move(name), .help = std::move(help), .kind = ValueKind::kFile, .required = true};
}

std::vector<Parameter> Options() {
  return {{.name = "--out",
           .help = "Picture to write: .png or .svg.",
           .kind = ValueKind::kFile,
           .value_name = "FILE",
           .required = true},
          {.name = "--force", .help = "Overwrite it if it exists.", .kind = ValueKind::kFlag}};
}

Command SurfacePlot() {
  return {.name = "surface",
          .summary = "Draw a scan as relief with a colour scale.",
          .description =
              "The form of the bullet (a surface of second order) is taken off and the "
              "rest lit from the left, so that striae show.",
          .options = Options(),
          .places = {Place("FILE", "An X3P scan.")},
          .examples = {{"proofmark plot surface L1.x3p --out l1.png", "How the land looks."}},
          .children = {},
          .run = RunWith<Surface>};
}

Command ProfilePlot() {
  return {.name = "profile",
          .summary = "Draw a land's mean profile with its shoulders.",
          .description = "",
          .options = Options(),
          .places = {Place("FILE", "An X3P scan of one land, or a profile (.csv).")},
          .examples = {{"proofmark plot profile L1.x3p --out profile.svg",
                        "Where extraction found the shoulders."}},
          .children = {},
          .run = RunWith<Profile>};
}

Command SignaturePlot() {
  return {.name = "signature",
          .summary = "Draw a land's ballistic signature.",
          .description = "",
          .options = Options(),
          .places = {Place("FILE", "An X3P scan of one land, or a profile (.csv).")},
          .examples = {{"proofmark plot signature L1.x3p --out signature.png",
                        "What is kept and compared."}},
          .children = {},
          .run = RunWith<Signature>};
}

Command AlignedPlot() {
  return {.name = "aligned",
          .summary = "Draw two lands' signatures over each other at their best lag.",
          .description =
              "Lag and cross-correlation stand in the title. They are scores, no "
              "probabilities; two lands alone have no level.",
          .options = Options(),
          .places = {Place("QUERY", "An X3P scan of one land, or a profile (.csv)."),
                     Place("REFERENCE", "Another.")},
          .examples = {{"proofmark plot aligned a/L1.x3p b/L3.x3p --out aligned.png",
                        "How alike two lands are."}},
          .children = {},
          .run = RunWith<Aligned>};
}

}  // namespace

Command PlotCommand() {
  return {.name = "plot",
          .summary = "Draw a surface, profile, signature or two aligned signatures.",
          .description = "Pictures are drawn by gnuplot, a separate program (package gnuplot-nox).",
          .options = {},
          .places = {},
          .examples = {{"proofmark plot surface L1.x3p --out l1.png", "How the land looks."}},
          .children = {SurfacePlot(), ProfilePlot(), SignaturePlot(), AlignedPlot()}};
}

}  // namespace proofmark::client::cli
