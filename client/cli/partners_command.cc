// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/admin/v1/node_service.pb.h"

namespace proofmark::client::cli {
namespace {

std::string Codes(const google::protobuf::RepeatedPtrField<std::string>& codes) {
  std::string text;
  for (const std::string& code : codes) text += (text.empty() ? "" : " ") + code;
  return text.empty() ? "none" : text;
}

Style ProbeStyle(const std::string& result) {
  if (result == "serving") return Style::kGood;
  return result.empty() ? Style::kPlain : Style::kBad;
}

std::string UseText(bool known, std::int64_t used, std::int64_t of) {
  return known ? absl::StrFormat("%s of %s", CountText(used), CountText(of)) : "not told yet";
}

int ShowBudgets(const Arguments& arguments, const admin::v1::ListPartnersResponse& answer,
                Session& session) {
  Table table({{"agency"},
               {"it used here, 24 h"},
               {"30 days"},
               {"we used there, 24 h"},
               {"30 days"},
               {"as told"}});
  for (const admin::v1::Partner& partner : answer.partners()) {
    if (arguments.On("--json")) {
      session.console.out() << JsonLine(partner);
      continue;
    }
    const admin::v1::BudgetUse& here = partner.budget_here();
    const admin::v1::BudgetUse& there = partner.budget_there();
    const bool told = partner.has_budget_there();
    table.AddRow({Cell(partner.domain(), Style::kBold),
                  UseText(true, here.used_today_count(), here.per_day()),
                  UseText(true, here.used_30_days_count(), here.per_30_days()),
                  UseText(told, there.used_today_count(), there.per_day()),
                  UseText(told, there.used_30_days_count(), there.per_30_days()),
                  told ? TimeText(partner.told_time().seconds() * 1'000) : ""});
  }
  session.console.out() << table.Text(session.console);
  if (answer.partners().empty()) session.console.Note("There are no partners.");
  return answer.partners().empty() ? 1 : 0;
}

// "CRIMINAL_INVESTIGATION 40 of 64".
std::string AtOnceText(const admin::v1::LookupBurst& burst) {
  std::string text;
  for (const admin::v1::LookupBucket& bucket : burst.buckets()) {
    text += absl::StrFormat("%s%s %s of %s", text.empty() ? "" : ", ", bucket.purpose(),
                            CountText(bucket.left_count()), CountText(burst.bound()));
  }
  return text.empty() ? "0 of " + CountText(burst.bound()) : text;
}

int ShowLookups(const Arguments& arguments, const admin::v1::ListPartnersResponse& answer,
                Session& session) {
  Table table({{"agency"},
               {"it used here, 24 h"},
               {"30 days"},
               {"left at once here"},
               {"we used there, 24 h"},
               {"30 days"},
               {"its table here"},
               {"records", Align::kRight},
               {"left out", Align::kRight}});
  for (const admin::v1::Partner& partner : answer.partners()) {
    if (arguments.On("--json")) {
      session.console.out() << JsonLine(partner);
      continue;
    }
    const admin::v1::BudgetUse& here = partner.lookups_here();
    const admin::v1::BudgetUse& there = partner.lookups_there();
    const auto use = [](bool known, std::string_view otherwise, std::int64_t used,
                        std::int64_t of) {
      return known ? UseText(true, used, of) : std::string(otherwise);
    };
    const bool may = partner.has_lookups_here();
    const bool told = partner.has_lookups_there();
    const admin::v1::LookupTableState& made = partner.lookup_table();
    table.AddRow(
        {Cell(partner.domain(), Style::kBold),
         use(may, "not agreed", here.used_today_count(), here.per_day()),
         use(may, "", here.used_30_days_count(), here.per_30_days()),
         may ? AtOnceText(partner.lookups_burst()) : "",
         use(told, "not told yet", there.used_today_count(), there.per_day()),
         use(told, "", there.used_30_days_count(), there.per_30_days()),
         partner.has_lookup_table() ? TimeText(made.make_time().seconds() * 1'000) : "none",
         partner.has_lookup_table() ? CountText(made.record_count()) : "",
         partner.has_lookup_table() ? CountText(made.left_out_count()) : ""});
  }
  if (!arguments.On("--json")) session.console.out() << table.Text(session.console);
  if (answer.partners().empty()) session.console.Note("There are no partners.");
  return answer.partners().empty() ? 1 : 0;
}

int ShowFirearmChecks(const Arguments& arguments, const admin::v1::ListPartnersResponse& answer,
                      Session& session) {
  Table table(
      {{"agency"}, {"it used here, 24 h"}, {"30 days"}, {"we used there, 24 h"}, {"30 days"}});
  for (const admin::v1::Partner& partner : answer.partners()) {
    if (arguments.On("--json")) {
      session.console.out() << JsonLine(partner);
      continue;
    }
    const admin::v1::BudgetUse& here = partner.firearm_checks_here();
    const admin::v1::BudgetUse& there = partner.firearm_checks_there();
    const bool may = partner.has_firearm_checks_here();
    const bool told = partner.has_firearm_checks_there();
    table.AddRow({Cell(partner.domain(), Style::kBold),
                  may ? UseText(true, here.used_today_count(), here.per_day()) : "not agreed",
                  may ? UseText(true, here.used_30_days_count(), here.per_30_days()) : "",
                  told ? UseText(true, there.used_today_count(), there.per_day()) : "not told yet",
                  told ? UseText(true, there.used_30_days_count(), there.per_30_days()) : ""});
  }
  if (!arguments.On("--json")) session.console.out() << table.Text(session.console);
  if (answer.partners().empty()) session.console.Note("There are no partners.");
  return answer.partners().empty() ? 1 : 0;
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  admin::v1::ListPartnersRequest request;
  request.set_probe(arguments.On("--probe"));
  PM_ASSIGN_OR_RETURN(const admin::v1::ListPartnersResponse answer, node->ListPartners(request));
  if (arguments.Text("WHAT") == "budget") return ShowBudgets(arguments, answer, session);
  if (arguments.Text("WHAT") == "lookups") return ShowLookups(arguments, answer, session);
  if (arguments.Text("WHAT") == "firearm-checks") {
    return ShowFirearmChecks(arguments, answer, session);
  }
  Console& console = session.console;
  Table table({{"agency"}, {"endpoint"}, {"we may ask"}, {"it may ask"}, {"state"}, {"detail"}});
  bool all_serving = true;
  for (const admin::v1::Partner& partner : answer.partners()) {
    all_serving = all_serving && partner.probe_result() == "serving";
    if (arguments.On("--json")) {
      console.out() << JsonLine(partner);
      continue;
    }
    table.AddRow({Cell(partner.domain(), Style::kBold), partner.endpoint(),
                  Codes(partner.asked_purposes()), Codes(partner.answered_purposes()),
                  Cell(partner.probe_result().empty() ? "not tried" : partner.probe_result(),
                       ProbeStyle(partner.probe_result())),
                  partner.probe_detail()});
  }
  console.out() << table.Text(console);
  if (answer.partners().empty()) console.Note("There are no partners.");
  return answer.partners().empty() || (request.probe() && !all_serving) ? 1 : 0;
}

}  // namespace

Command PartnersCommand() {
  return {
      .name = "partners",
      .summary = "List the partner agencies and what may be asked.",
      .description =
          "Ends with 1 when there are none, or when a partner that was tried does not serve. "
          "Budgets are in units: a fresh question costs one, near duplicates of earlier ones "
          "double each time; what we used at a partner is told in twentieths with every answer.",
      .options = WithNodeOptions({{.name = "--probe",
                                   .help = "Connect to each and say whether it answers.",
                                   .kind = ValueKind::kFlag}}),
      .places = {{.name = "WHAT",
                  .help = "\"budget\": what was used of the searches agreed; \"lookups\": of the "
                          "private look-ups, with what is left at once; \"firearm-checks\": of the "
                          "questions that name a "
                          "firearm.",
                  .choices = {"budget", "lookups", "firearm-checks"}}},
      .examples = {{"proofmark partners", "Who they are and for which purposes."},
                   {"proofmark partners budget",
                    "How many questions are left, in both directions."},
                   {"proofmark partners --probe", "Who answers just now."}},
      .children = {},
      .run = Run};
}

}  // namespace proofmark::client::cli
