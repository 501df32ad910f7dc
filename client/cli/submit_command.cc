// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/class_options.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/submission.h"
#include "client/uploader.h"
#include "proofmark/v1/exhibit.pb.h"
#include "records/codes.h"

namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;

absl::Status Usage(std::string_view what) { return MakeFault(FaultCode::kUsage, what); }

absl::StatusOr<SubmissionDefaults> DefaultsOf(const Arguments& arguments) {
  SubmissionDefaults defaults;
  const std::optional<records::ExhibitKind> kind =
      records::FindExhibitKind(arguments.Text("--kind"));
  if (!kind.has_value()) return Usage("--kind is unknown");
  defaults.kind = *kind;
  defaults.case_reference = arguments.Text("--case");
  defaults.incident_date = arguments.Text("--date");
  defaults.note = arguments.Text("--note");
  defaults.circumstances = Ascending(arguments.All("--circumstance"));
  PM_RETURN_IF_ERROR(ReadClass(arguments, defaults.characteristics));
  return defaults;
}

// What --land or --region say of the files, in their order; empty when neither does.
absl::StatusOr<std::vector<records::MarkPlace>> PlacesOf(const Arguments& arguments) {
  std::vector<records::MarkPlace> places;
  for (const std::string& land : arguments.All("--land")) {
    places.push_back({.land_number = static_cast<std::int32_t>(std::stoi(land))});  // 1..24.
  }
  if (!places.empty() && arguments.Has("--region")) {
    return Usage("--land is for bullets, --region for cases: give one of them");
  }
  for (const std::string& code : arguments.All("--region")) {
    places.push_back({.region = *records::FindMarkRegion(code), .land_number = 0});  // Of the list.
  }
  return places;
}

// Files on the command line: with --label one exhibit of all, else one exhibit of each.
absl::StatusOr<SubmissionPlan> PlanFiles(const Arguments& arguments,
                                         const std::vector<fs::path>& files,
                                         const SubmissionDefaults& defaults) {
  SubmissionPlan plan;
  PM_ASSIGN_OR_RETURN(const std::vector<records::MarkPlace> places, PlacesOf(arguments));
  if (arguments.Has("--label")) {
    PM_ASSIGN_OR_RETURN(Submission one,
                        PlanExhibit(files, places, arguments.Text("--label"), defaults));
    plan.submissions.push_back(std::move(one));
    return plan;
  }
  if (!places.empty() && places.size() != files.size()) {
    return Usage(
        absl::StrFormat("%d --land or --region for %d files", places.size(), files.size()));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::span<const records::MarkPlace> place =
        places.empty() ? std::span<const records::MarkPlace>() : std::span(places).subspan(i, 1);
    PM_ASSIGN_OR_RETURN(Submission one, PlanExhibit(std::span(files).subspan(i, 1), place,
                                                    files[i].stem().string(), defaults));
    plan.submissions.push_back(std::move(one));
  }
  return plan;
}

// Keeps of a manifest's exhibits those that --only and --except leave. A label that is not in the
// manifest is a mistake worth an error, not an empty answer.
absl::Status Choose(const Arguments& arguments, SubmissionPlan& plan) {
  const std::vector<std::string> only = arguments.All("--only");
  const std::vector<std::string> except = arguments.All("--except");
  const auto is_in = [](const std::vector<std::string>& labels, const std::string& label) {
    return std::ranges::find(labels, label) != labels.end();
  };
  for (const std::vector<std::string>* labels : {&only, &except}) {
    for (const std::string& label : *labels) {
      if (std::ranges::none_of(plan.submissions, [&label](const Submission& submission) {
            return submission.header.identity.label == label;
          })) {
        return Usage(absl::StrFormat("the manifest names no exhibit \"%s\"", label));
      }
    }
  }
  std::erase_if(plan.submissions, [&](const Submission& submission) {
    const std::string& label = submission.header.identity.label;
    return (!only.empty() && !is_in(only, label)) || is_in(except, label);
  });
  // Rows of other kinds have no label, so nobody chose them.
  if (!only.empty()) plan.skipped.clear();
  return absl::OkStatus();
}

absl::StatusOr<SubmissionPlan> PlanOf(const Arguments& arguments) {
  PM_ASSIGN_OR_RETURN(const SubmissionDefaults defaults, DefaultsOf(arguments));
  const std::vector<std::string> given = arguments.All("FILE");
  const bool manifest = arguments.Has("--manifest");
  if (manifest != given.empty()) {
    return Usage("give either files, one folder, or --manifest FILE");
  }
  const bool grouped =
      arguments.Has("--label") || arguments.Has("--land") || arguments.Has("--region");
  if (manifest) {
    if (grouped) return Usage("--label, --land and --region come from the manifest");
    PM_ASSIGN_OR_RETURN(SubmissionPlan plan, PlanManifest(arguments.Text("--manifest"), defaults));
    PM_RETURN_IF_ERROR(Choose(arguments, plan));
    return plan;
  }
  if (arguments.Has("--only") || arguments.Has("--except")) {
    return Usage("--only and --except choose from a manifest");
  }
  std::vector<fs::path> files(given.begin(), given.end());
  std::error_code error;
  const auto is_folder = [&error](const fs::path& path) { return fs::is_directory(path, error); };
  if (std::ranges::none_of(files, is_folder)) return PlanFiles(arguments, files, defaults);
  if (files.size() != 1) return Usage("give one folder alone, or files");
  if (grouped)
    return Usage("--label, --land and --region are for files; a folder's name is the label");
  return PlanFolder(files[0], defaults);
}

std::string Message(const absl::Status& status) {
  return absl::StrFormat("%s %s", FaultName(FaultOf(status)), status.message());
}

std::string MarksText(const records::Exhibit& exhibit) {
  const auto usable = std::ranges::count_if(exhibit.marks, &records::Mark::usable);
  return absl::StrFormat("%d of %d", usable, exhibit.marks.size());
}

std::string RemarksText(const records::Exhibit& exhibit) {
  std::string text;
  for (const records::Mark& mark : exhibit.marks) {
    for (const std::string& remark : mark.remarks) {
      text += absl::StrFormat("%s%s: %s", text.empty() ? "" : "; ",
                              records::MarkPlaceText(mark.place), remark);
    }
  }
  return text;
}

void PrintPlan(Console& console, const SubmissionPlan& plan) {
  Table table({{"label"}, {"kind"}, {"mark"}, {"file"}});
  for (const Submission& submission : plan.submissions) {
    for (std::size_t i = 0; i < submission.files.size(); ++i) {
      table.AddRow({i == 0 ? submission.header.identity.label : "",
                    i == 0 ? records::ExhibitKindCode(submission.header.kind) : "",
                    records::MarkPlaceText(submission.header.scans[i].place),
                    submission.files[i].string()});
    }
  }
  console.out() << table.Text(console);
}

void PrintSkipped(Console& console, const std::vector<Skipped>& skipped, bool json) {
  for (const Skipped& skip : skipped) {
    if (json) {
      console.out() << JsonLine(
          {{"state", std::string("skipped")}, {"what", skip.what}, {"reason", skip.reason}});
    } else {
      console.Warn(absl::StrFormat("skipped %s: %s", Printable(skip.what), Printable(skip.reason)));
    }
  }
}

std::string_view StateText(const UploadResult& result) {
  if (!result.status.ok()) return "not taken";
  return result.already_held ? "held already" : "submitted";
}

void PrintResults(Console& console, const SubmissionPlan& plan,
                  const std::vector<UploadResult>& results, bool json) {
  Table table({{"exhibit"}, {"label", Align::kLeft, 32}, {"state"}, {"marks usable"}, {"remarks"}});
  for (std::size_t i = 0; i < results.size(); ++i) {
    const UploadResult& result = results[i];
    const std::string& label = plan.submissions[i].header.identity.label;
    const std::string remarks =
        result.status.ok() ? RemarksText(result.exhibit->exhibit) : Message(result.status);
    const std::string id = result.status.ok() ? result.exhibit->exhibit.id : "-";
    const std::string marks = result.status.ok() ? MarksText(result.exhibit->exhibit) : "-";
    if (json) {
      console.out() << JsonLine({{"exhibitId", result.status.ok() ? id : std::string()},
                                 {"label", label},
                                 {"state", std::string(StateText(result))},
                                 {"marksUsable", marks},
                                 {"remarks", remarks}});
      continue;
    }
    const Style style = !result.status.ok()   ? Style::kBad
                        : result.already_held ? Style::kDim
                                              : Style::kGood;
    table.AddRow({id, label, Cell(StateText(result), style), marks, remarks});
  }
  if (json) return;
  const auto held = std::ranges::count_if(results, &UploadResult::already_held);
  const auto failed = std::ranges::count_if(
      results, [](const UploadResult& result) { return !result.status.ok(); });
  console.out() << table.Text(console)
                << absl::StrFormat(
                       "%d exhibits: %d submitted, %d held already, %d not taken, %d "
                       "rows or files skipped\n",
                       results.size(), static_cast<std::int64_t>(results.size()) - held - failed,
                       held, failed, plan.skipped.size());
}

// How the whole ends: a cause that every failure shares names the exit code, else 1.
absl::StatusOr<int> Verdict(const SubmissionPlan& plan, const std::vector<UploadResult>& results) {
  std::vector<FaultCode> faults;
  for (const UploadResult& result : results) {
    if (!result.status.ok()) faults.push_back(FaultOf(result.status));
  }
  if (std::ranges::find(faults, FaultCode::kInterrupted) != faults.end()) {
    return MakeFault(FaultCode::kInterrupted,
                     absl::StrFormat("%d of %d exhibits are at the node; run the same command "
                                     "again to send the rest, nothing is sent twice",
                                     results.size() - faults.size(), results.size()));
  }
  if (faults.empty()) return plan.skipped.empty() ? 0 : 1;
  const bool all_failed = faults.size() == results.size();
  const bool same = std::ranges::all_of(faults, [&](FaultCode f) { return f == faults[0]; });
  if (all_failed && same) {
    const auto first = std::ranges::find_if(
        results, [](const UploadResult& result) { return !result.status.ok(); });
    return first->status;
  }
  return MakeFault(FaultCode::kSomeNotSubmitted, absl::StrFormat("%d of %d exhibits were not taken",
                                                                 faults.size(), results.size()));
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  Console& console = session.console;
  const bool json = arguments.On("--json");
  PM_ASSIGN_OR_RETURN(SubmissionPlan plan, PlanOf(arguments));
  PrintSkipped(console, plan.skipped, json);
  if (plan.submissions.empty()) {
    return MakeFault(FaultCode::kNothingToSubmit, "everything that was found was skipped");
  }
  if (arguments.On("--dry-run")) {
    PrintPlan(console, plan);
    console.Note(
        absl::StrFormat("Would submit %d exhibit(s). Nothing was sent.", plan.submissions.size()));
    return plan.skipped.empty() ? 0 : 1;
  }
  Interrupt interrupt;
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  // One call first: a node that is away or does not know us is said once, not for every exhibit.
  PM_RETURN_IF_ERROR(node->Probe());
  Progress progress(console, base::SystemClock());
  const std::vector<UploadResult> results = Upload(
      *node, plan.submissions, {.parallel = static_cast<int>(arguments.Integer("--parallel"))},
      [&progress](const UploadProgress& p) {
        progress.Show({.what = "exhibits",
                       .done = p.exhibits_done,
                       .total = p.exhibits_total,
                       .bytes_done = p.bytes_done,
                       .bytes_total = p.bytes_total});
      },
      interrupt.token());
  progress.Finish();
  PrintResults(console, plan, results, json);
  return Verdict(plan, results);
}

std::vector<std::string> KindCodes() {
  std::vector<std::string> codes;
  for (const records::ExhibitKind kind : records::kExhibitKinds) {
    codes.emplace_back(records::ExhibitKindCode(kind));
  }
  return codes;
}

std::vector<std::string> CaseRegionCodes() {
  std::vector<std::string> codes;
  for (const records::MarkRegion region : records::kMarkRegions) {
    if (region != records::MarkRegion::kLand) codes.emplace_back(records::MarkRegionCode(region));
  }
  return codes;
}

std::vector<Parameter> Options() {
  std::vector<Parameter> own = {
      {.name = "--manifest",
       .help = "A manifest that names files and exhibits (docs/formats/manifest.md).",
       .kind = ValueKind::kFile,
       .value_name = "FILE"},
      {.name = "--only",
       .help = "Of a manifest, only the exhibit with this label.",
       .value_name = "LABEL",
       .repeated = true},
      {.name = "--except",
       .help = "Of a manifest, not the exhibit with this label.",
       .value_name = "LABEL",
       .repeated = true},
      {.name = "--label",
       .help = "The laboratory's item number: all files are marks of this one exhibit.",
       .value_name = "TEXT"},
      {.name = "--land",
       .help = "Number of the land, once for each file, in their order; without it 1, 2, 3...",
       .kind = ValueKind::kInteger,
       .min = 1,
       .max = records::kLandsMax,
       .repeated = true},
      {.name = "--region",
       .help = "Mark of a case, once for each file, in their order; without it from the names, "
               "BREECH_FACE for a single file.",
       .value_name = "CODE",
       .choices = CaseRegionCodes(),
       .repeated = true},
      {.name = "--kind",
       .help = "What kind of item it is.",
       .value_name = "CODE",
       .fallback = "BU_EVIDENCE",
       .choices = KindCodes()},
      {.name = "--case", .help = "Case reference; stays in the agency.", .value_name = "TEXT"},
      {.name = "--date",
       .help = "Date of the incident: YYYY-MM-DD, YYYY-MM or YYYY.",
       .value_name = "DATE"},
      {.name = "--note", .help = "A remark; stays in the agency.", .value_name = "TEXT"},
      {.name = "--circumstance",
       .help = "How it was recovered, where a manifest's column `circumstances` says nothing; "
               "partners whose rule names it are asked by the node itself.",
       .value_name = "CODE",
       .choices = CodesOf(records::ShareTriggerCodes()),
       .repeated = true}};
  for (const Parameter& option : ClassOptions()) own.push_back(option);
  own.push_back({.name = "--parallel",
                 .help = "Exhibits sent at once.",
                 .kind = ValueKind::kInteger,
                 .fallback = "2",
                 .min = 1,
                 .max = kUploadsMax});
  own.push_back(
      {.name = "--dry-run", .help = "Show what would be sent.", .kind = ValueKind::kFlag});
  return WithNodeOptions(std::move(own));
}

}  // namespace

Command SubmitCommand() {
  return {
      .name = "submit",
      .summary = "Bring exhibits in: X3P scans or profiles.",
      .description =
          "Files: with --label they are the marks of one exhibit; without it each file is an "
          "exhibit of its own, named after the file. A bullet's files are its lands in the order "
          "given. A cartridge case's (--kind CC_EVIDENCE and the like) are its breech face, firing "
          "pin, aperture shear and ejector mark: say which with --region, or in their names.\n\n"
          "A folder: every direct sub-folder that holds scans is one exhibit named after it, its "
          "files sorted by name (L2 before L10); a folder without such sub-folders is one "
          "exhibit.\n\n"
          "--manifest: for many exhibits, with classes and cases.\n\n"
          "What cannot be sent is listed with its reason, never left out in silence. A run that "
          "was cut off goes on when it is started again: the node recognises content it holds. "
          "Ends with 0 when every exhibit was taken and nothing was skipped, else with 1, or with "
          "the code of the cause that stopped all.",
      .options = Options(),
      .places = {{.name = "FILE",
                  .help = "X3P files (.x3p), profiles (.csv), or one folder.",
                  .kind = ValueKind::kFile,
                  .repeated = true}},
      .examples = {{"proofmark submit --label 24-117/3 --case 24-117 --calibre 9LUGER "
                    "L1.x3p L2.x3p L3.x3p L4.x3p L5.x3p L6.x3p",
                    "One bullet of six lands."},
                   {"proofmark submit --kind CC_EVIDENCE --label 24-117/4 --case 24-117 --calibre "
                    "9LUGER --region BREECH_FACE --region FIRING_PIN bf.x3p fp.x3p",
                    "One cartridge case with two marks."},
                   {"proofmark submit --label 24-118/1 --case 24-118 --circumstance CUSTOMS "
                    "--circumstance URGENT L1.x3p L2.x3p",
                    "Seized by customs, and life is at risk: partners are asked at once, where the "
                    "node's configuration says so."},
                   {"proofmark submit --manifest demo/manifest.csv",
                    "Everything that the manifest names."},
                   {"proofmark submit --dry-run scans/",
                    "What a folder would become, without sending it."}},
      .children = {},
      .run = Run};
}

}  // namespace proofmark::client::cli
