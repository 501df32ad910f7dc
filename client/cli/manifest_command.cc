// SPDX-License-Identifier: Apache-2.0
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

void PrintJson(Console& console, const records::Manifest& manifest) {
  for (const records::ManifestExhibit& exhibit : manifest.exhibits) {
    console.out() << JsonLine({{"label", exhibit.label},
                               {"kind", std::string(records::ExhibitKindCode(exhibit.kind))},
                               {"lands", static_cast<std::int64_t>(exhibit.rows.size())},
                               {"firearm", exhibit.source_firearm},
                               {"study", exhibit.study},
                               {"supported", true}});
  }
  for (const records::ManifestCase& mark : manifest.cases) {
    console.out() << JsonLine({{"label", mark.label},
                               {"kind", mark.row.kind},
                               {"lands", std::int64_t{0}},
                               {"firearm", mark.source_firearm},
                               {"study", mark.study},
                               {"supported", false}});
  }
  for (const records::ManifestRow& row : manifest.unsupported) {
    console.out() << JsonLine({{"label", row.specimen},
                               {"kind", row.kind},
                               {"lands", std::int64_t{0}},
                               {"firearm", std::string()},
                               {"study", std::string()},
                               {"supported", false}});
  }
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  const std::string file = arguments.Text("FILE");
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, records::kManifestBytesMax));
  const absl::StatusOr<records::Manifest> manifest = records::ParseManifest(text);
  if (!manifest.ok()) {
    return MakeFault(FaultCode::kManifest,
                     absl::StrFormat("%s: %s", file, manifest.status().message()));
  }
  if (arguments.On("--json")) {
    PrintJson(session.console, *manifest);
    return 0;
  }
  Table table({{"label"}, {"kind"}, {"lands", Align::kRight}, {"firearm"}, {"study"}});
  for (const records::ManifestExhibit& exhibit : manifest->exhibits) {
    table.AddRow({exhibit.label, records::ExhibitKindCode(exhibit.kind),
                  std::to_string(exhibit.rows.size()), exhibit.source_firearm, exhibit.study});
  }
  for (const records::ManifestCase& mark : manifest->cases) {
    table.AddRow({mark.label, mark.row.kind, "", mark.source_firearm, mark.study});
  }
  session.console.out() << table.Text(session.console);
  if (!manifest->cases.empty()) {
    session.console.Note(absl::StrFormat(
        "%d rows are marks of cartridge cases: for `validate`; `submit` does not take them.",
        manifest->cases.size()));
  }
  if (!manifest->unsupported.empty()) {
    session.console.Note(absl::StrFormat("%d rows are of kinds that this version does not take.",
                                         manifest->unsupported.size()));
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
