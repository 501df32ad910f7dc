// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/progress.h"
#include "client/cli/search_report.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "crypto/x509/spiffe_name.h"
#include "proofmark/v1/search_service.pb.h"
#include "proto/wire/search.h"
#include "records/codes.h"

namespace proofmark::client::cli {
namespace {

constexpr std::string_view kAllRules = "all";

std::vector<std::string> RuleNames() {
  std::vector<std::string> names;
  for (const records::ClassRule rule : records::kClassRules) {
    names.emplace_back(records::ClassRuleName(rule));
  }
  names.emplace_back(kAllRules);
  return names;
}

std::vector<records::ClassRule> RulesOff(const std::vector<std::string>& names) {
  std::vector<records::ClassRule> off;
  const bool all = std::ranges::find(names, kAllRules) != names.end();
  for (const records::ClassRule rule : records::kClassRules) {
    if (all || std::ranges::find(names, records::ClassRuleName(rule)) != names.end()) {
      off.push_back(rule);
    }
  }
  return off;
}

absl::StatusOr<wire::SearchRequest> RequestOf(const Arguments& arguments) {
  wire::SearchRequest request;
  request.exhibit_id = arguments.Text("EXHIBIT");
  PM_RETURN_IF_ERROR(CheckId("EXHIBIT", request.exhibit_id));
  request.purpose = arguments.Text("--purpose");
  request.case_reference = arguments.Text("--case");
  request.offence = arguments.Text("--offence");
  request.subject_role = arguments.Text("--subject-role");
  request.include_local = arguments.On("--local");
  request.all_partners = arguments.On("--all-partners");
  request.partners = arguments.All("--partner");
  request.rules_off = RulesOff(arguments.All("--no-filter"));
  if (arguments.Has("--deadline")) request.deadline_ms = arguments.Duration("--deadline").count();
  request.candidates_max = static_cast<std::int32_t>(arguments.Integer("--candidates"));
  request.exhaustive = arguments.On("--exhaustive");
  request.full_circle = arguments.On("--full-circle");
  const auto usage = [](std::string_view what) { return MakeFault(FaultCode::kUsage, what); };
  if (request.all_partners && !request.partners.empty()) {
    return usage("--partner and --all-partners exclude each other");
  }
  if (!request.include_local && !request.all_partners && request.partners.empty()) {
    return usage("nowhere to search: --no-local without --partner or --all-partners");
  }
  std::ranges::sort(request.partners);
  if (std::ranges::adjacent_find(request.partners) != request.partners.end()) {
    return usage("--partner: a partner is named twice");
  }
  for (const std::string& partner : request.partners) {
    if (!crypto::CheckAgencyDomain(partner).ok()) {
      return usage(absl::StrFormat("--partner: \"%s\" is no agency domain", partner));
    }
  }
  return request;
}

// Shows what arrives and keeps the whole search. With `json` every message is one line.
class SearchListener {
 public:
  SearchListener(Console& console, bool json) : console_(console), json_(json) {}

  absl::Status On(const v1::SearchCandidatesResponse& event) {
    if (json_) console_.out() << JsonLine(event) << std::flush;
    switch (event.event_case()) {
      case v1::SearchCandidatesResponse::kProgress:
        Show(event.progress());
        return absl::OkStatus();
      case v1::SearchCandidatesResponse::kPartner: {
        PM_ASSIGN_OR_RETURN(const wire::PartnerResult partner, Checked(event.partner()));
        Finish();
        console_.Note(OutcomeLine(partner));
        return absl::OkStatus();
      }
      case v1::SearchCandidatesResponse::kSearch: {
        PM_ASSIGN_OR_RETURN(search_, Checked(event.search()));
        Finish();
        return absl::OkStatus();
      }
      case v1::SearchCandidatesResponse::EVENT_NOT_SET:
        return absl::OkStatus();  // Of a later version of the contract; the whole comes last.
    }
    return absl::OkStatus();
  }

  const std::optional<wire::Search>& search() const { return search_; }

 private:
  // Each stage has a pace and a line of its own.
  void Show(const v1::SearchProgress& progress) {
    if (progress_.has_value() && progress.stage() != stage_) Finish();
    if (!progress_.has_value()) progress_.emplace(console_, base::SystemClock());
    stage_ = progress.stage();
    const bool coarse = stage_ == v1::SEARCH_STAGE_COARSE;
    progress_->Show({.what = coarse ? "own records, coarsely" : "own records, in full",
                     .done = progress.done_count(),
                     .total = progress.of_count()});
  }
  void Finish() {
    if (progress_.has_value()) progress_->Finish();
    progress_.reset();
  }

  Console& console_;
  const bool json_;
  std::optional<Progress> progress_;  // While a stage is shown.
  v1::SearchStage stage_ = v1::SEARCH_STAGE_UNSPECIFIED;
  std::optional<wire::Search> search_;
};

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const wire::SearchRequest request, RequestOf(arguments));
  Interrupt interrupt;
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  const bool json = arguments.On("--json");
  SearchListener listener(session.console, json);
  PM_RETURN_IF_ERROR(node->SearchCandidates(
      wire::ToProto(request),
      [&listener](const v1::SearchCandidatesResponse& event) { return listener.On(event); },
      interrupt.token()));
  if (!listener.search().has_value()) {
    return MakeFault(FaultCode::kDamaged, "the node ended the search without its result");
  }
  if (!json) session.console.out() << SearchText(session.console, *listener.search());
  return SearchExit(*listener.search());
}

absl::StatusOr<int> ShowOne(NodeClient& node, const std::string& id, bool json, Session& session) {
  v1::GetSearchRequest request;
  request.set_search_id(id);
  PM_ASSIGN_OR_RETURN(const v1::GetSearchResponse answer, node.GetSearch(request));
  PM_ASSIGN_OR_RETURN(const wire::Search search, Checked(answer.search()));
  session.console.out() << (json ? JsonLine(answer.search()) : SearchText(session.console, search));
  return SearchExit(search);
}

absl::StatusOr<int> RunCandidates(const Arguments& arguments, Session& session) {
  const bool json = arguments.On("--json");
  if (arguments.Has("SEARCH")) PM_RETURN_IF_ERROR(CheckId("SEARCH", arguments.Text("SEARCH")));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  if (arguments.Has("SEARCH")) return ShowOne(*node, arguments.Text("SEARCH"), json, session);
  return PrintList(
      arguments, session, v1::ListSearchesRequest(),
      Table(
          {{"search"}, {"asked"}, {"by"}, {"purpose"}, {"exhibit"}, {"own records"}, {"partners"}}),
      [&](const v1::ListSearchesRequest& page) { return node->ListSearches(page); },
      [](const v1::ListSearchesResponse& page) -> auto& { return page.searches(); },
      [](const v1::Search& message) -> absl::StatusOr<std::vector<Cell>> {
        return std::vector<Cell>{message.search_id(),
                                 TimeText(message.ask_time().seconds() * 1000),
                                 message.asked_by(),
                                 message.purpose(),
                                 message.exhibit_id(),
                                 message.has_local() ? "searched" : "not searched",
                                 message.partners().empty()
                                     ? "none asked"
                                     : absl::StrFormat("%d asked", message.partners_size())};
      },
      "There are no searches.");
}

}  // namespace

Command SearchCommand() {
  return {
      .name = "search",
      .summary = "Search for candidates, here and at partners.",
      .description =
          "Searches the agency's own records and asks partners in parallel. A partner that is "
          "down, slow or refusing is shown as such and never hides the others. The question holds "
          "the ballistic signature and class characteristics, never the case reference or a "
          "person. Every question is in the ledger, here and there.\n\n"
          "Ends with 0 when there is a candidate, 1 when there is none; when partners were asked "
          "and none answered: 3 all refused, 5 one was away, 6 an answer failed verification.",
      .options = WithNodeOptions(
          {{.name = "--purpose",
            .help = "Why it is asked.",
            .value_name = "CODE",
            .choices = CodesOf(records::PurposeCodes()),
            .required = true},
           {.name = "--case",
            .help = "Case reference. Committed to in the ledger, never sent to a partner.",
            .value_name = "TEXT",
            .required = true},
           {.name = "--offence",
            .help = "What offence it concerns.",
            .value_name = "CODE",
            .choices = CodesOf(records::OffenceCodes())},
           {.name = "--subject-role",
            .help = "Whom it concerns.",
            .value_name = "CODE",
            .choices = CodesOf(records::SubjectRoleCodes())},
           {.name = "--partner",
            .help = "Ask this partner.",
            .value_name = "DOMAIN",
            .repeated = true},
           {.name = "--all-partners",
            .help = "Ask every partner whose agreement allows it.",
            .kind = ValueKind::kFlag},
           {.name = "--local",
            .help = "Search the own records (the default).",
            .kind = ValueKind::kSwitch,
            .fallback = "true"},
           {.name = "--no-filter",
            .help = "Do not apply a rule of the class filter, or any.",
            .value_name = "RULE",
            .choices = RuleNames(),
            .repeated = true},
           {.name = "--exhaustive",
            .help = "Compare every eligible record in full, here and at partners; takes longer.",
            .kind = ValueKind::kFlag},
           {.name = "--full-circle",
            .help =
                "Try every turn of a case's marks, also of scans that lie as the standard asks.",
            .kind = ValueKind::kFlag},
           {.name = "--candidates",
            .help = "List at most this many own records.",
            .kind = ValueKind::kInteger,
            .fallback = std::to_string(wire::kLocalCandidatesDefault),
            .min = 1,
            .max = wire::kLocalCandidatesMax}}),
      .places = {{.name = "EXHIBIT",
                  .help = "The own exhibit that is asked about: 32 hexadecimal digits.",
                  .required = true}},
      .examples = {{"proofmark search 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --purpose "
                    "CRIMINAL_INVESTIGATION --case 24-117 --offence HOMICIDE --all-partners",
                    "The own records and every partner that may be asked."},
                   {"proofmark search 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --purpose "
                    "TRAFFICKING_TRACE --case 24-117 --partner fr.example --no-local "
                    "--no-filter land_width --deadline 1m",
                    "One partner only, land widths not looked at, up to a minute."}},
      .children = {},
      .run = Run};
}

Command CandidatesCommand() {
  return {.name = "candidates",
          .summary = "Show an earlier search again, or list searches.",
          .description =
              "Without SEARCH: the searches, newest first. With SEARCH: its candidates "
              "as they were answered; ends like `search`. The node logs this as a "
              "consultation.",
          .options = WithNodeOptions({LimitOption(50)}),
          .places = {{.name = "SEARCH", .help = "The search's id: 32 hexadecimal digits."}},
          .examples = {{"proofmark candidates", "What was searched lately."},
                       {"proofmark candidates 5c1f0a9b8d7e4c3fa2b1908f7e6d5c4b",
                        "One search with all its candidates."}},
          .children = {},
          .run = RunCandidates};
}

}  // namespace proofmark::client::cli
