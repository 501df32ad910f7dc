// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/version.h"
#include "client/cli/commands.h"
#include "client/cli/interrupt.h"
#include "client/cli/node_session.h"
#include "client/cli/staged_progress.h"
#include "client/cli/table.h"
#include "client/file.h"
#include "client/validation/calibration_choice.h"
#include "client/validation/parallel.h"
#include "client/validation/peer_counts.h"
#include "client/validation/report_html.h"
#include "client/validation/results.h"

namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;
using validation::EvaluatedTable;
using validation::Results;
using validation::Subset;

void PrintTable(const EvaluatedTable& table, Console& console) {
  console.out() << '\n' << console.ForOut(Style::kBold, table.comparisons.title) << '\n';
  Table figures({{"pairs"},
                 {"same", Align::kRight},
                 {"different", Align::kRight},
                 {"AUC [5-95 %]", Align::kRight},
                 {"EER [5-95 %]", Align::kRight},
                 {"false", Align::kRight},
                 {"missed", Align::kRight}});
  for (const Subset& subset : table.evaluation.subsets) {
    std::vector<Cell> row = {validation::SubsetTitle(subset), std::to_string(subset.same),
                             std::to_string(subset.different)};
    if (subset.figures) {
      row.emplace_back(validation::FigureText(subset.figures->auc));
      row.emplace_back(validation::FigureText(subset.figures->eer));
      row.emplace_back(std::to_string(subset.figures->errors.false_above));
      row.emplace_back(std::to_string(subset.figures->errors.missed_below));
    } else {
      row.insert(row.end(), {"-", "-", "-", "-"});
    }
    figures.AddRow(std::move(row));
  }
  console.out() << figures.Text(console, 2);
  Table evidence({{"likelihood ratios"},
                  {"Cllr [5-95 %]", Align::kRight},
                  {"Cllr_cal [5-95 %]", Align::kRight},
                  {"LR>1 different", Align::kRight},
                  {"LR<1 same", Align::kRight}});
  for (const validation::EvidenceRow& row : table.evaluation.evidence) {
    if (!row.figures) {
      evidence.AddRow({row.name, "too few firearms", "-", "-", "-"});
      continue;
    }
    evidence.AddRow(
        {row.name, validation::FigureText(row.figures->cllr),
         validation::FigureText(row.figures->cllr_cal),
         validation::ShareText(row.figures->misleading.different_above_one, row.different),
         validation::ShareText(row.figures->misleading.same_below_one, row.same)});
  }
  console.out() << evidence.Text(console, 2);
  const validation::Retrieval& retrieval = table.evaluation.retrieval;
  console.out() << absl::StrFormat("  retrieval: rank 1 %s, mean average precision %.3f\n",
                                   validation::ShareText(retrieval.first, retrieval.queries),
                                   retrieval.mean_average_precision);
}

void PrintSummary(const Results& results, Console& console) {
  for (const EvaluatedTable& table : results.tables) PrintTable(table, console);
  if (results.not_processed.empty()) return;
  console.out() << '\n' << console.ForOut(Style::kBold, "Not processed") << '\n';
  Table files({{"file"}, {"reason", Align::kLeft, 90}});
  for (const validation::NotProcessed& file : results.not_processed) {
    files.AddRow({file.file, file.reason});
  }
  console.out() << files.Text(console, 2);
}

absl::Status WriteResults(const Results& results, const fs::path& folder, Overwrite overwrite) {
  PM_RETURN_IF_ERROR(MakeFolder(folder, Privacy::kPublic));
  for (const EvaluatedTable& table : results.tables) {
    PM_RETURN_IF_ERROR(WriteFile(folder / absl::StrFormat("scores-%s.csv", table.comparisons.name),
                                 validation::ScoresCsv(table.comparisons), Privacy::kPublic,
                                 overwrite));
  }
  PM_RETURN_IF_ERROR(WriteFile(folder / "metrics.json", validation::MetricsJson(results),
                               Privacy::kPublic, overwrite));
  PM_ASSIGN_OR_RETURN(const std::string page, validation::ReportHtml(results));
  return WriteFile(folder / "report.html", page, Privacy::kPublic, overwrite);
}

// Reads, compares and evaluates.
absl::StatusOr<Results> Validate(const Arguments& arguments,
                                 const validation::RunOptions& options) {
  PM_ASSIGN_OR_RETURN(const validation::CalibrationChoice choice,
                      validation::CalibrationChoice::Read(arguments.All("--calibration")));
  Results results;
  results.manifest = arguments.Text("--manifest");
  results.version = base::kVersion;
  PM_ASSIGN_OR_RETURN(validation::ScanSet set, validation::ReadScanSet(results.manifest, options));
  results.files = set.files;
  results.not_processed = std::move(set.not_processed);
  std::optional<validation::ScanSet> gallery;
  if (arguments.Has("--gallery")) {
    results.gallery = arguments.Text("--gallery");
    PM_ASSIGN_OR_RETURN(gallery, validation::ReadScanSet(results.gallery, options));
    results.files += gallery->files;
    results.not_processed.insert(results.not_processed.end(), gallery->not_processed.begin(),
                                 gallery->not_processed.end());
  }
  const validation::Calibrations calibrations = choice.get();
  PM_ASSIGN_OR_RETURN(
      std::vector<validation::Comparisons> tables,
      validation::CompareAll(set, gallery ? &*gallery : nullptr, calibrations, options));
  results.tables.resize(tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    results.tables[i].comparisons = std::move(tables[i]);
    results.tables[i].evaluation = validation::Evaluate(results.tables[i].comparisons);
  }
  if (arguments.Has("--peer-counts")) {
    PM_ASSIGN_OR_RETURN(results.peer_lines,
                        validation::ComparePeerCounts(arguments.Text("--peer-counts"), results));
  }
  results.methods = {
      {"lands", std::string(forensics::LandExtractorVersion())},
      {"bullets", std::string(forensics::BulletComparisonVersion())},
      {"breech faces", absl::StrFormat("%s; %s", forensics::ImpressionExtractorVersion(),
                                       forensics::ImpressionComparisonVersion())}};
  for (const forensics::Calibration* used : {calibrations.bullets, calibrations.breech_faces}) {
    const forensics::CalibrationInfo& info = forensics::InfoOf(*used);
    results.methods.emplace_back(
        absl::StrFormat("calibration (%s)", forensics::MarkKindName(info.mark)), info.version);
    results.calibration_statements.push_back(info.version + ": " + info.statement);
  }
  return results;
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  const fs::path folder = arguments.Text("--out");
  const Overwrite overwrite = arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever;
  Interrupt interrupt;
  StagedProgress progress(session.console);
  const validation::RunOptions options = {
      .threads = static_cast<int>(arguments.Integer("--threads")),
      .turns = arguments.On("--full-circle") ? forensics::TurnSearch::kFullCircle
                                             : forensics::TurnSearch::kDirected,
      .on_progress = [&](const validation::Progress& p) { progress.Show(p); },
      .stop = interrupt.token()};
  PM_ASSIGN_OR_RETURN(const Results results, Validate(arguments, options));
  progress.Finish();
  PM_RETURN_IF_ERROR(WriteResults(results, folder, overwrite));
  if (arguments.On("--json")) {
    session.console.out() << validation::MetricsJson(results);
  } else if (arguments.On("--markdown")) {
    session.console.out() << validation::ReportMarkdown(results);
  } else {
    PrintSummary(results, session.console);
  }
  session.console.Note(absl::StrFormat("%s written", folder.string()));
  return 0;
}

}  // namespace

Command ValidateCommand() {
  return {
      .name = "validate",
      .summary = "Measure how well the method works on scans of known source.",
      .description =
          "Extracts every scan of a manifest that states the truth, compares all pairs (or, "
          "with --gallery, every questioned one with every one of the gallery) and says how "
          "well same and different sources are told apart. Writes the scores, all figures as "
          "JSON and one report (HTML) to a folder. Nothing is sent to a node.",
      .options = {{.name = "--manifest",
                   .help = "The labelled set (docs/formats/manifest.md).",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE",
                   .required = true},
                  {.name = "--gallery",
                   .help = "Compare with the items of this manifest instead.",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE"},
                  {.name = "--out",
                   .help = "Folder to write to.",
                   .kind = ValueKind::kFolder,
                   .value_name = "DIR",
                   .required = true},
                  {.name = "--threads",
                   .help = "Scans and pairs worked on at once.",
                   .kind = ValueKind::kInteger,
                   .fallback = "2",
                   .min = 1,
                   .max = validation::kThreadsMax},
                  {.name = "--calibration",
                   .help = "Evaluate with this calibration, not the built-in one.",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE",
                   .repeated = true},
                  {.name = "--full-circle",
                   .help = "Breech faces: try every turn, not 30 degrees either way.",
                   .kind = ValueKind::kFlag},
                  {.name = "--peer-counts",
                   .help = "Other people's congruent cells for the same pairs (CSV).",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE"},
                  {.name = "--force", .help = "Overwrite what exists.", .kind = ValueKind::kFlag},
                  {.name = "--markdown",
                   .help = "Print the tables as Markdown.",
                   .kind = ValueKind::kFlag},
                  JsonOption()},
      .places = {},
      .examples = {{"proofmark validate --manifest lab/manifest.csv --out validation",
                    "All pairs of a laboratory's own set."},
                   {"proofmark validate --manifest questioned.csv --gallery known.csv --out v",
                    "Questioned items against known ones."}},
      .children = {},
      .run = Run};
}

}  // namespace proofmark::client::cli
