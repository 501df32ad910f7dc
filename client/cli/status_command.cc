// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/admin/v1/node_service.pb.h"
#include "proto/wire/common.h"

namespace proofmark::client::cli {
namespace {

std::string Moment(const google::protobuf::Timestamp& time) {
  return TimeText(time.seconds() * 1000);
}

std::string IndexText(const admin::v1::SearchIndexStatus& index) {
  std::string text = absl::StrFormat(
      "ready %.1f s after the start: %s exhibits from its files, %s read",
      static_cast<double>(index.ready_after().seconds()) + 1e-9 * index.ready_after().nanos(),
      CountText(index.from_files_count()), CountText(index.from_store_count()));
  if (index.failure_count() > 0) {
    text += absl::StrFormat("; %s times not kept on disk, see the node's log",
                            CountText(index.failure_count()));
  }
  if (index.unread_signature_count() > 0) {
    text += absl::StrFormat("; %s signatures could not be read, see the node's log",
                            CountText(index.unread_signature_count()));
  }
  return text;
}

std::string CalibrationText(const admin::v1::Calibration& calibration) {
  std::string text = calibration.version();
  if (calibration.built_in()) text += ", built in";
  if (calibration.provisional()) text += ", PROVISIONAL";
  if (!calibration.unused_version().empty()) {
    text += absl::StrFormat("; %s is installed and not used: it holds for another method",
                            calibration.unused_version());
  }
  return text;
}

std::string CheckpointText(const admin::v1::LedgerStatus& ledger) {
  if (ledger.signed_size() == 0) return "none signed yet";
  std::string text = absl::StrFormat("%s entries signed, %s",
                                     CountText(static_cast<std::int64_t>(ledger.signed_size())),
                                     ledger.standing());
  if (ledger.has_unwitnessed_since()) {
    text += absl::StrFormat("; unwitnessed since %s", Moment(ledger.unwitnessed_since()));
  }
  return text;
}

// What is said, and how loudly, of one CA's revocation list.
std::pair<std::string, Style> ListText(const admin::v1::RevocationListStatus& list) {
  std::string text = absl::StrFormat("%s: ", list.label());
  Style style = Style::kWarning;
  switch (list.state()) {
    case admin::v1::REVOCATION_LIST_STATE_FRESH:
      text += "fresh";
      style = Style::kGood;
      break;
    case admin::v1::REVOCATION_LIST_STATE_STALE:
      text += "STALE";
      break;
    case admin::v1::REVOCATION_LIST_STATE_EXPIRED:
      text += "EXPIRED, nobody of this CA is let in";
      style = Style::kBad;
      break;
    default:
      text += "of a state that this program does not know";
      break;
  }
  if (list.has_missing_since()) {
    text += absl::StrFormat(", missing since %s", Moment(list.missing_since()));
  }
  if (list.has_number()) {
    text += absl::StrFormat(", list %s, %s revoked, next update %s", CountText(list.number()),
                            CountText(list.revoked_count()), Moment(list.next_update()));
  }
  return {text, style};
}

void AddDescriptor(const admin::v1::GetStatusResponse& status, Facts& facts) {
  if (!status.has_federation_descriptor()) {
    facts.Add("federation", "no descriptor: the partners are those of the configuration");
    return;
  }
  const admin::v1::DescriptorStatus& descriptor = status.federation_descriptor();
  std::string text =
      absl::StrFormat("descriptor %d, %s, until %s", descriptor.version(),
                      Printable(descriptor.stage()), Moment(descriptor.expire_time()));
  const bool in_force = descriptor.stage() == "in-force";
  if (descriptor.left_out_count() > 0) {
    text += absl::StrFormat("; %s partners left out", CountText(descriptor.left_out_count()));
  }
  const bool settled =
      in_force && descriptor.left_out_count() == 0 && !descriptor.needs_attention();
  if (!settled) text += "; see `proofmark federation show`";
  facts.Add("federation", text,
            settled                         ? Style::kGood
            : descriptor.stage() == "ended" ? Style::kBad
                                            : Style::kWarning);
}

void AddStanding(const admin::v1::StandingStatus& standing, Facts& facts) {
  std::string text =
      absl::StrFormat("%s active, %s of them by share triggers; %s due, %s failing",
                      CountText(standing.active_count()), CountText(standing.automatic_count()),
                      CountText(standing.due_count()), CountText(standing.failing_count()));
  if (standing.failing_count() > 0) text += "; `proofmark standing list --active`";
  facts.Add("standing questions", text,
            standing.failing_count() > 0 ? Style::kWarning : Style::kPlain);
}

// What waits for people or partners: alerts, and the second step of exchanges.
void AddWaiting(const admin::v1::GetStatusResponse& status, Facts& facts) {
  if (status.firearm_alert_count() > 0) {
    facts.Add("alerts",
              absl::StrFormat("%s of firearms, not acknowledged; `proofmark firearm alerts list`",
                              CountText(status.firearm_alert_count())),
              Style::kBad);
  }
  if (status.details_waiting_count() > 0) {
    facts.Add(
        "to be decided",
        absl::StrFormat(
            "%s requests for details, %s late; `proofmark requests list --received --open`",
            CountText(status.details_waiting_count()), CountText(status.details_late_count())),
        status.details_late_count() > 0 ? Style::kBad : Style::kWarning);
  }
  for (const admin::v1::LettersWaiting& waiting : status.letters_waiting()) {
    std::string text =
        absl::StrFormat("%s for %s, the oldest of %s", CountText(waiting.letter_count()),
                        waiting.agency(), Moment(waiting.oldest_time()));
    if (!waiting.fault().empty()) text += absl::StrFormat(": %s", waiting.fault());
    facts.Add("letters", text, waiting.fault().empty() ? Style::kPlain : Style::kWarning);
  }
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const admin::v1::GetStatusResponse status, node->GetStatus());
  Console& console = session.console;
  if (arguments.On("--json")) {
    console.out() << JsonLine(status);
    return 0;
  }
  Facts facts;
  facts.Add("node", status.node_id(), Style::kBold);
  facts.Add("version", status.version());
  facts.Add("started", Moment(status.start_time()));
  facts.Add("exhibits",
            absl::StrFormat("%s active, %s in the search index", CountText(status.exhibit_count()),
                            CountText(status.indexed_count())));
  if (status.has_search_index()) facts.Add("search index", IndexText(status.search_index()));
  facts.Add("ledger", absl::StrFormat("%s entries, root %s",
                                      CountText(static_cast<std::int64_t>(status.ledger_size())),
                                      base::ToHex(status.ledger_root())));
  facts.Add("checkpoint", CheckpointText(status.ledger()));
  facts.Add("method", status.method_version());
  bool provisional = false;
  for (const admin::v1::Calibration& calibration : status.calibrations()) {
    facts.Add("calibration", CalibrationText(calibration));
    provisional = provisional || calibration.provisional();
  }
  for (const admin::v1::CertificateStatus& certificate : status.certificates()) {
    facts.Add("certificate", absl::StrFormat("%s port, good until %s", certificate.port(),
                                             Moment(certificate.expire_time())));
  }
  for (const admin::v1::RevocationListStatus& list : status.revocation_lists()) {
    const auto [text, style] = ListText(list);
    facts.Add("revocation", text, style);
  }
  for (const admin::v1::TokenKeyStatus& key : status.token_keys()) {
    facts.Add(
        "token key",
        key.has_away_since()
            ? absl::StrFormat("%s, AWAY since %s", Printable(key.name()), Moment(key.away_since()))
            : absl::StrFormat("%s, %s signatures, %s on the second attempt", Printable(key.name()),
                              CountText(key.signature_count()), CountText(key.retried_count())),
        key.has_away_since() ? Style::kBad : Style::kPlain);
  }
  if (status.denied_count() > 0) {
    facts.Add("denied", absl::StrFormat("%s names and certificates on the node's own list",
                                        CountText(status.denied_count())));
  }
  AddDescriptor(status, facts);
  AddStanding(status.standing(), facts);
  AddWaiting(status, facts);
  facts.Add("disk", BytesText(status.disk_free_bytes()) + " free");
  console.out() << facts.Text(console);
  if (provisional) console.Warn(kProvisional);
  if (status.ledger().fork_alarms() > 0) {
    console.Warn(absl::StrFormat(
        "ALARM: %d pieces of evidence that a partner's ledger forked; see the entries of "
        "`proofmark audit list --kind alarm` and tell the partner's auditor by other means.",
        status.ledger().fork_alarms()));
  }
  if (status.ledger().fork_reports_waiting() > 0) {
    console.Warn(absl::StrFormat(
        "%d reports of a fork have not reached their partners yet; the node keeps trying.",
        status.ledger().fork_reports_waiting()));
  }
  return 0;
}

}  // namespace

Command StatusCommand() {
  return {.name = "status",
          .summary = "Show how the agency's node stands.",
          .description =
              "Records held and searchable, the ledger's size, root and witnesses, versions of "
              "method and calibration, when the node's certificates and the federation "
              "descriptor end, and how the standing questions go.",
          .options = WithNodeOptions({}),
          .places = {},
          .examples = {{"proofmark status", "The node of the profile, for people."},
                       {"proofmark status --json", "The same for a program."}},
          .children = {},
          .run = Run};
}

}  // namespace proofmark::client::cli
