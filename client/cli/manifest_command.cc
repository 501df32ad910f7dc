// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/fault.h"
#include "client/file.h"
#include "records/manifest.h"

namespace proofmark::client::cli {
namespace {

// What one line says of an exhibit, or of a row that is none.
struct Listed {
  std::string label;
  std::string kind;
  std::string item;  // "bullet", "case", or empty.
  std::int64_t marks = 0;
  std::string firearm;
  std::string study;
};

// Bullets, then cases, whose marks share a label.
std::vector<Listed> ExhibitsOf(const records::Manifest& manifest) {
  std::vector<Listed> listed;
  for (const records::ManifestExhibit& exhibit : manifest.exhibits) {
    listed.push_back({.label = exhibit.label,
                      .kind = std::string(records::ExhibitKindCode(exhibit.kind)),
                      .item = "bullet",
                      .marks = std::ssize(exhibit.rows),
                      .firearm = exhibit.source_firearm,
                      .study = exhibit.study});
  }
  std::map<std::string, std::size_t> at;
  for (const records::ManifestCase& mark : manifest.cases) {
    if (!mark.region) continue;
    const auto [place, is_new] = at.try_emplace(mark.label, listed.size());
    if (is_new) {
      listed.push_back({.label = mark.label,
                        .kind = std::string(records::ExhibitKindCode(mark.kind)),
                        .item = "case",
                        .marks = 0,
                        .firearm = mark.source_firearm,
                        .study = mark.study});
    }
    ++listed[place->second].marks;
  }
  return listed;
}

// Rows that no exhibit is made of.
std::vector<records::ManifestRow> OthersOf(const records::Manifest& manifest) {
  std::vector<records::ManifestRow> others;
  for (const records::ManifestCase& mark : manifest.cases) {
    if (!mark.region) others.push_back(mark.row);
  }
  others.insert(others.end(), manifest.unsupported.begin(), manifest.unsupported.end());
  return others;
}

void PrintJson(Console& console, const Listed& listed, bool supported) {
  console.out() << JsonLine({{"label", listed.label},
                             {"kind", listed.kind},
                             {"item", listed.item},
                             {"marks", listed.marks},
                             {"firearm", listed.firearm},
                             {"study", listed.study},
                             {"supported", supported}});
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  const std::string file = arguments.Text("FILE");
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, records::kManifestBytesMax));
  const absl::StatusOr<records::Manifest> manifest = records::ParseManifest(text);
  if (!manifest.ok()) {
    return MakeFault(FaultCode::kManifest,
                     absl::StrFormat("%s: %s", file, manifest.status().message()));
  }
  const std::vector<Listed> exhibits = ExhibitsOf(*manifest);
  const std::vector<records::ManifestRow> others = OthersOf(*manifest);
  if (arguments.On("--json")) {
    for (const Listed& listed : exhibits) PrintJson(session.console, listed, true);
    for (const records::ManifestRow& row : others) {
      PrintJson(session.console, {.label = row.specimen, .kind = row.kind}, false);
    }
    return 0;
  }
  Table table({{"label"}, {"kind"}, {"marks", Align::kRight}, {"firearm"}, {"study"}});
  for (const Listed& listed : exhibits) {
    table.AddRow(
        {listed.label, listed.kind, std::to_string(listed.marks), listed.firearm, listed.study});
  }
  session.console.out() << table.Text(session.console);
  if (!others.empty()) {
    session.console.Note(
        absl::StrFormat("%d rows are of kinds that this version does not take.", others.size()));
  }
  return 0;
}

}  // namespace

Command ManifestCommand() {
  return {.name = "manifest",
          .summary = "List the exhibits a manifest names, with their truth where it states one.",
          .description =
              "Reads the manifest alone, not the scans. What `submit --manifest` would "
              "send has one line each; truth columns are shown and never sent.",
          .options = {JsonOption()},
          .places = {{.name = "FILE",
                      .help = "A manifest (docs/formats/manifest.md).",
                      .kind = ValueKind::kFile,
                      .required = true}},
          .examples = {{"proofmark manifest demo/manifest.csv", "What the generator wrote."}},
          .children = {},
          .run = Run};
}

}  // namespace proofmark::client::cli
