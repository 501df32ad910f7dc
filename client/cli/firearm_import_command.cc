// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/firearm_commands.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "client/file.h"
#include "client/table_file.h"
#include "proofmark/v1/firearm_service.pb.h"
#include "records/firearm/import.h"

namespace proofmark::client::cli {
namespace {

// A batch is one change at the node; a call must stay well below its largest message.
constexpr int kBatchRows = 250;
constexpr std::size_t kBatchBytes = std::size_t{2} << 20;

// What an import came to.
struct Tally {
  std::int64_t rows = 0;
  std::int64_t created = 0;
  std::int64_t held = 0;
  std::int64_t refused = 0;
  std::int64_t with_findings = 0;  // Of those created.
};

// Tells what is wrong with rows: the first of them as a table, all of them as JSON.
class ErrorList {
 public:
  ErrorList(Console& console, bool json, std::int64_t shown_max)
      : console_(console), json_(json), shown_max_(shown_max) {}

  void Add(std::int64_t row, std::string_view column, std::string_view message) {
    ++count_;
    if (json_) {
      console_.out() << JsonLine(
          {{"row", row}, {"column", std::string(column)}, {"message", std::string(message)}});
    } else if (count_ <= shown_max_) {
      table_.AddRow({std::to_string(row), column.empty() ? "-" : column, message});
    }
  }
  void Print() {
    if (json_) return;
    console_.out() << table_.Text(console_);
    if (count_ > shown_max_) {
      console_.Note(absl::StrFormat("%s further errors; say --errors N to see more",
                                    CountText(count_ - shown_max_)));
    }
  }

 private:
  Console& console_;
  const bool json_;
  const std::int64_t shown_max_;
  std::int64_t count_ = 0;
  Table table_{{{"row", Align::kRight}, {"column"}, {"what is wrong"}}};
};

absl::StatusOr<firearm::ImportMapping> ReadMapping(const Arguments& arguments) {
  if (!arguments.Has("--mapping")) return firearm::ImportMapping();
  const std::string path = arguments.Text("--mapping");
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, firearm::kMappingBytesMax));
  absl::StatusOr<firearm::ImportMapping> mapping = firearm::ParseImportMapping(text);
  if (mapping.ok()) return mapping;
  return MakeFault(FaultCode::kRefusedArgument,
                   absl::StrFormat("%s: %s", path, mapping.status().message()));
}

// Sends rows in batches and tells what became of them.
class Importer {
 public:
  Importer(const Arguments& arguments, NodeClient& node, ErrorList& errors)
      : node_(node), errors_(errors) {
    batch_.set_source(arguments.Text("--source"));
    batch_.set_authority(arguments.Text("--authority"));
    batch_.set_dry_run(arguments.On("--dry-run"));
    SetAccepted(arguments, batch_);
  }

  absl::Status Add(std::int64_t row, std::string key, const firearm::ImportedRecord& record) {
    v1::ImportFirearmRow& added = *batch_.add_rows();
    added.set_row(row);
    added.set_key(std::move(key));
    *added.mutable_firearm() = wire::ToProto(record.firearm);
    if (record.state) added.set_state(std::string(firearm::CodeOf(*record.state)));
    if (record.deactivation) *added.mutable_deactivation() = wire::ToProto(*record.deactivation);
    bytes_ += added.ByteSizeLong();
    return batch_.rows_size() == kBatchRows || bytes_ >= kBatchBytes ? Send() : absl::OkStatus();
  }

  void Refuse(std::int64_t row, std::string_view column, std::string_view message) {
    errors_.Add(row, column, message);
  }

  absl::Status Send() {
    if (batch_.rows_size() == 0) return absl::OkStatus();
    PM_ASSIGN_OR_RETURN(const v1::ImportFirearmsResponse answer, node_.ImportFirearms(batch_));
    if (answer.results_size() != batch_.rows_size()) {
      return MakeFault(FaultCode::kDamaged, "the node answered for another number of rows");
    }
    for (const v1::ImportFirearmResult& result : answer.results()) {
      switch (result.outcome()) {
        case v1::IMPORT_OUTCOME_CREATED:
          ++tally.created;
          tally.with_findings += result.findings().empty() ? 0 : 1;
          break;
        case v1::IMPORT_OUTCOME_HELD:
          ++tally.held;
          break;
        default:
          ++tally.refused;
          errors_.Add(result.row(), "", result.message());
      }
    }
    batch_.clear_rows();
    bytes_ = 0;
    return absl::OkStatus();
  }

  Tally tally;

 private:
  NodeClient& node_;
  ErrorList& errors_;
  v1::ImportFirearmsRequest batch_;
  std::size_t bytes_ = 0;
};

// Which column --row-key names; nullopt without it.
absl::StatusOr<std::optional<std::size_t>> KeyColumn(const Arguments& arguments,
                                                     const std::vector<std::string>& columns) {
  if (!arguments.Has("--row-key")) return std::optional<std::size_t>();
  const auto column = std::ranges::find(columns, arguments.Text("--row-key"));
  if (column == columns.end()) {
    return MakeFault(FaultCode::kUsage, "--row-key: the file has no column of that name");
  }
  return std::optional(static_cast<std::size_t>(column - columns.begin()));
}

absl::Status ImportRows(TableFile& file, const firearm::RowImporter& rows,
                        std::optional<std::size_t> key_column, const std::stop_token& stop,
                        Progress& progress, Importer& importer) {
  for (;;) {
    if (stop.stop_requested()) {
      PM_RETURN_IF_ERROR(importer.Send());
      return MakeFault(FaultCode::kInterrupted,
                       absl::StrFormat("%d rows were taken; the same command again goes on, no row "
                                       "is taken twice",
                                       importer.tally.created + importer.tally.held));
    }
    PM_ASSIGN_OR_RETURN(std::optional<TableFile::Row> next, file.Next());
    if (!next) return importer.Send();
    const std::int64_t read = ++importer.tally.rows;
    progress.Show({.what = "rows",
                   .done = read,
                   // As many as there would be if all were as long.
                   .total = read * std::max<std::int64_t>(file.bytes_total(), 1) /
                            std::max<std::int64_t>(file.bytes_done(), 1),
                   .bytes_done = file.bytes_done(),
                   .bytes_total = file.bytes_total()});
    std::vector<firearm::ImportError> errors;
    std::optional<firearm::ImportedRecord> record;
    std::string key;
    if (next->error) {
      errors.push_back(*std::move(next->error));
    } else {
      firearm::ImportResult result = rows.Import(next->row);
      errors = std::move(result.errors);
      record = std::move(result.record);
      if (record && key_column) {
        key = next->row.values[*key_column];
        if (key.empty()) {
          record.reset();
          errors.push_back({.row = next->row.number,
                            .column = file.columns()[*key_column],
                            .message = "must not be empty: it is the key"});
        }
      }
    }
    if (record) {
      PM_RETURN_IF_ERROR(importer.Add(next->row.number, std::move(key), *record));
      continue;
    }
    ++importer.tally.refused;
    for (const firearm::ImportError& error : errors) {
      importer.Refuse(error.row, error.column, error.message);
    }
  }
}

void PrintTally(Console& console, const Tally& tally, bool json, bool dry_run) {
  if (json) {
    console.out() << JsonLine({{"rows", tally.rows},
                               {"created", tally.created},
                               {"held", tally.held},
                               {"refused", tally.refused},
                               {"withFindings", tally.with_findings},
                               {"dryRun", dry_run}});
    return;
  }
  console.out() << absl::StrFormat(
      "%s rows: %s %s, %s held already, %s refused; the checks found something in %s\n",
      CountText(tally.rows), CountText(tally.created), dry_run ? "would be taken" : "taken",
      CountText(tally.held), CountText(tally.refused), CountText(tally.with_findings));
}

absl::StatusOr<int> RunImport(const Arguments& arguments, Session& session) {
  Console& console = session.console;
  const bool json = arguments.On("--json");
  PM_ASSIGN_OR_RETURN(const firearm::ImportMapping mapping, ReadMapping(arguments));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<TableFile> file,
                      TableFile::Open(arguments.Text("FILE"), mapping));
  const absl::StatusOr<firearm::RowImporter> rows =
      firearm::RowImporter::Create(file->columns(), mapping, nullptr);
  if (!rows.ok()) {
    return MakeFault(FaultCode::kRefusedArgument,
                     absl::StrFormat("%s: %s", arguments.Text("FILE"), rows.status().message()));
  }
  PM_ASSIGN_OR_RETURN(const std::optional<std::size_t> key_column,
                      KeyColumn(arguments, file->columns()));
  std::vector<std::string> ignored = rows->ignored_columns();
  if (key_column) std::erase(ignored, file->columns()[*key_column]);
  if (!ignored.empty()) {
    console.Warn(absl::StrFormat("columns that are not known and not taken: %s",
                                 Printable(absl::StrJoin(ignored, ", "))));
  }
  Interrupt interrupt;
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_RETURN_IF_ERROR(node->Probe());
  ErrorList errors(console, json, arguments.Integer("--errors"));
  Importer importer(arguments, *node, errors);
  Progress progress(console, base::SystemClock());
  const absl::Status done =
      ImportRows(*file, *rows, key_column, interrupt.token(), progress, importer);
  progress.Finish();
  errors.Print();
  PrintTally(console, importer.tally, json, arguments.On("--dry-run"));
  PM_RETURN_IF_ERROR(done);
  return importer.tally.refused == 0 ? 0 : 1;
}

absl::StatusOr<int> RunExport(const Arguments& arguments, Session& session) {
  const std::filesystem::path path = arguments.Text("--output");
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return MakeFault(FaultCode::kWouldOverwrite, path.string());
  }
  Interrupt interrupt;
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  // Written beside and renamed, so that a file of this name is whole; personal data: the owner's.
  const std::filesystem::path part = path.string() + ".part";
  PM_RETURN_IF_ERROR(WriteFile(part, "", Privacy::kPrivate, Overwrite::kAllowed));
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  const auto fail = [&](const absl::Status& why) {
    std::filesystem::remove(part, error);
    return why;
  };
  Progress progress(session.console, base::SystemClock());
  v1::ExportFirearmsRequest request;
  request.set_state(arguments.Text("--state"));
  std::int64_t count = 0;
  do {
    if (interrupt.token().stop_requested()) {
      return fail(MakeFault(FaultCode::kInterrupted, "nothing was written"));
    }
    const absl::StatusOr<v1::ExportFirearmsResponse> page = node->ExportFirearms(request);
    if (!page.ok()) return fail(page.status());
    for (const v1::FirearmRecord& record : page->records()) out << JsonLine(record);
    count += page->records_size();
    progress.Show({.what = "firearms", .done = count, .total = page->total_count()});
    request.set_page_token(page->records().empty() ? "" : page->next_page_token());
  } while (!request.page_token().empty());
  out.close();
  progress.Finish();
  if (!out) return fail(MakeFault(FaultCode::kCannotWrite, part.string()));
  std::filesystem::rename(part, path, error);
  if (error) return fail(MakeFault(FaultCode::kCannotWrite, path.string()));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine({{"file", path.string()}, {"count", count}});
  } else {
    session.console.Note(absl::StrFormat("%s firearms in %s", CountText(count), path.string()));
  }
  return count == 0 ? 1 : 0;
}

}  // namespace

Command FirearmImportCommand() {
  return {
      .name = "import",
      .summary = "Bring in firearms from a CSV or JSON file.",
      .description =
          "CSV with a head, or JSON with flat objects; columns go by a field's name or an alias in "
          "several languages, or as a mapping file has them (docs/operations/firearms.md). Every "
          "row that can be taken is taken; each error names row, column and bound. A row is taken "
          "once: it is known by --source and the value of the --row-key column, or by its content. "
          "A "
          "run that was cut off goes on when it is started again. The checks D01 to D20 run as "
          "for `firearm add`. Ends with 0 when no row was refused, else with 1. Roles: lab, "
          "officer.",
      .options = WithNodeOptions(
          {{.name = "--source",
            .help = "Name of the register that the rows come from.",
            .value_name = "NAME",
            .required = true},
           {.name = "--authority",
            .help = "Who answers for the states.",
            .value_name = "NAME",
            .required = true},
           {.name = "--row-key",
            .help = "Column whose value names a row in that register.",
            .value_name = "COLUMN"},
           {.name = "--mapping",
            .help = "What columns and values of the file mean (docs/formats/firearm.md).",
            .kind = ValueKind::kFile,
            .value_name = "FILE"},
           {.name = "--dry-run",
            .help = "Only say what would become of the rows.",
            .kind = ValueKind::kFlag},
           AcceptOption(),
           {.name = "--errors",
            .help = "How many errors to show.",
            .kind = ValueKind::kInteger,
            .value_name = "N",
            .fallback = "100",
            .min = 1,
            .max = 1'000'000}}),
      .places = {{.name = "FILE", .help = "The rows.", .kind = ValueKind::kFile, .required = true}},
      .examples = {{"proofmark firearm import --source NWR --authority 'Register office' --row-key "
                    "Waffen-ID --mapping nwr.csv --dry-run waffen.csv",
                    "Look first."},
                   {"proofmark firearm import --source NWR --authority 'Register office' --row-key "
                    "Waffen-ID --mapping nwr.csv waffen.csv",
                    "Take them in; again, after a crash."}},
      .children = {},
      .run = RunImport};
}

Command FirearmExportCommand() {
  std::vector<std::string> states;
  for (const auto& row : firearm::CodesOf<firearm::State>()) states.emplace_back(row.code);
  return {.name = "export",
          .summary = "Write the agency's own records into a file, one JSON object a line.",
          .description =
              "Whole records with what is personal, newest first; the file is the owner's alone "
              "(mode 0600). Each page is an entry `export` of the ledger. Role: officer.",
          .options = WithNodeOptions({{.name = "--output",
                                       .help = "The file; it must not exist.",
                                       .kind = ValueKind::kFile,
                                       .value_name = "FILE",
                                       .required = true},
                                      {.name = "--state",
                                       .help = "Only in this state.",
                                       .value_name = "STATE",
                                       .choices = std::move(states)}}),
          .places = {},
          .examples = {{"proofmark firearm export --output firearms.jsonl", "Everything."}},
          .children = {},
          .run = RunExport};
}

}  // namespace proofmark::client::cli
