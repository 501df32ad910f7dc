// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/help.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/pki/agency_folder.h"
#include "crypto/secret/system_random.h"
#include "crypto/x509/certificate_authority.h"
#include "crypto/x509/revocation.h"
#include "crypto/x509/verify.h"

namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMsPerDay = 86'400'000;
constexpr std::int64_t kLifeCells = 20;
constexpr double kDueShare = 1.0 / 3.0;  // Renew in the last third of a certificate's life.
constexpr int kNotDue = 1;
constexpr int kDueFault = 255;

std::int64_t Now() { return base::SystemClock().UnixMillis(); }

// Writes a draft, or with --dry-run says what it would write. Prints the paths.
absl::StatusOr<int> Finish(const pki::Draft& draft, const Arguments& arguments, Session& session) {
  const bool dry = arguments.On("--dry-run");
  if (!dry) {
    PM_RETURN_IF_ERROR(
        draft.Write(arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
  }
  for (const fs::path& path : draft.Paths()) session.console.out() << path.string() << '\n';
  if (dry) session.console.Note("Would write these files. Nothing was written.");
  return 0;
}

absl::StatusOr<int> RunInitAgency(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(
      const pki::Draft draft,
      pki::DraftAgency(arguments.Text("--out"),
                       {.domain = arguments.Text("--domain"),
                        .ca_lifetime_s = arguments.Duration("--lifetime").count() / 1000},
                       Now()));
  return Finish(draft, arguments, session);
}

absl::StatusOr<int> RunIssueNode(const Arguments& arguments, Session& session) {
  crypto::SystemRandom random;
  PM_ASSIGN_OR_RETURN(const pki::Draft draft,
                      pki::DraftNode(arguments.Text("--dir"),
                                     {.id = arguments.Text("--id"),
                                      .dns_names = arguments.All("--dns"),
                                      .ip_addresses = arguments.All("--ip"),
                                      .lifetime_s = arguments.Duration("--lifetime").count() / 1000,
                                      .agency_listen = arguments.Text("--agency-listen"),
                                      .partner_listen = arguments.Text("--partner-listen")},
                                     Now(), random));
  return Finish(draft, arguments, session);
}

absl::StatusOr<int> RunIssueRole(const Arguments& arguments, Session& session) {
  pki::RoleRequest request;
  for (const crypto::StaffRole role : crypto::kStaffRoles) {
    if (crypto::ToText(role) == arguments.Text("--role")) request.role = role;
  }
  request.pseudonym = arguments.Text("--name");
  request.lifetime_s = arguments.Duration("--lifetime").count() / 1000;
  request.node_address = arguments.Text("--node");
  PM_ASSIGN_OR_RETURN(const pki::Draft draft,
                      pki::DraftRole(arguments.Text("--dir"), request, Now()));
  return Finish(draft, arguments, session);
}

absl::StatusOr<int> RunGovernanceKey(const Arguments& arguments, Session& session) {
  crypto::SystemRandom random;
  PM_ASSIGN_OR_RETURN(const pki::Draft draft,
                      pki::DraftGovernanceKey(arguments.Text("--dir"), random));
  return Finish(draft, arguments, session);
}

// How much of its life a certificate has left: "########------------".
std::string LifeBar(const pki::ListedCertificate& certificate, std::int64_t now_ms) {
  const auto life =
      static_cast<double>(certificate.not_after_unix_s - certificate.not_before_unix_s);
  const auto left = static_cast<double>(certificate.not_after_unix_s - now_ms / 1000);
  const double share = life > 0.0 ? std::clamp(left / life, 0.0, 1.0) : 0.0;
  const auto cells = static_cast<std::size_t>(share * static_cast<double>(kLifeCells) + 0.5);
  return std::string(cells, '#') + std::string(static_cast<std::size_t>(kLifeCells) - cells, '-');
}

std::string LeftText(std::int64_t left_ms) {
  if (left_ms < 0) return "expired";
  if (left_ms < kMsPerDay) return absl::StrFormat("%d h", left_ms / 3'600'000);
  return absl::StrFormat("%d d", left_ms / kMsPerDay);
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::vector<pki::ListedCertificate> list,
                      pki::ListCertificates(arguments.Text("--dir")));
  const std::int64_t now = Now();
  Table table({{"speaks for"}, {"file"}, {"until"}, {"left", Align::kRight}, {"life left"}});
  bool expired = false;
  for (const pki::ListedCertificate& certificate : list) {
    const std::int64_t left_ms = certificate.not_after_unix_s * 1000 - now;
    expired = expired || left_ms < 0;
    const bool due = pki::IsDue(certificate, now, kDueShare);
    if (arguments.On("--json")) {
      session.console.out() << JsonLine({{"file", certificate.file},
                                         {"speaksFor", certificate.speaks_for},
                                         {"notBeforeUnixS", certificate.not_before_unix_s},
                                         {"notAfterUnixS", certificate.not_after_unix_s},
                                         {"due", due}});
      continue;
    }
    const Style style = left_ms < 0 ? Style::kBad : due ? Style::kWarning : Style::kGood;
    table.AddRow({certificate.speaks_for, certificate.file,
                  DateText(certificate.not_after_unix_s * 1000), Cell(LeftText(left_ms), style),
                  Cell(LifeBar(certificate, now), style)});
  }
  session.console.out() << table.Text(session.console);
  return expired ? 1 : 0;
}

// For timers: 0 something is due, 1 nothing is, 255 for any fault.
absl::StatusOr<int> RunDue(const Arguments& arguments, Session& session) {
  const absl::StatusOr<std::vector<pki::ListedCertificate>> list =
      pki::ListCertificates(arguments.Text("--dir"));
  if (!list.ok()) {
    session.console.err() << FailureText(session.console, list.status());
    return kDueFault;
  }
  int exit_code = kNotDue;
  for (const pki::ListedCertificate& certificate : *list) {
    if (!pki::IsDue(certificate, Now(), kDueShare)) continue;
    exit_code = 0;
    session.console.out() << certificate.file << '\n';
  }
  return exit_code;
}

absl::StatusOr<int> RunExportPartner(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(
      const pki::PartnerBlock block,
      pki::ExportPartner(arguments.Text("--dir"), {.id = arguments.Text("--id"),
                                                   .endpoint = arguments.Text("--endpoint"),
                                                   .prefix = arguments.Text("--prefix"),
                                                   .answers = arguments.All("--answers"),
                                                   .asks = arguments.All("--asks")}));
  if (arguments.Has("--out")) {
    pki::Draft draft;
    const fs::path home = fs::path(arguments.Text("--out")) / block.domain;
    draft.Add(home / "federation-ca.pem", block.federation_ca_pem);
    draft.Add(home / "exchange.pub.pem", block.exchange_key_pem);
    if (!block.governance_vkey.empty()) draft.Add(home / "governance.vkey", block.governance_vkey);
    if (block.list_pem) draft.Add(home / "federation-ca.crl", *block.list_pem);
    if (!arguments.On("--dry-run")) {
      PM_RETURN_IF_ERROR(
          draft.Write(arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
    }
    for (const fs::path& path : draft.Paths()) {
      session.console.Note(absl::StrFormat(
          "%s %s", arguments.On("--dry-run") ? "would write" : "wrote", path.string()));
    }
  }
  session.console.out() << block.toml;
  return 0;
}

// Writes new lists, or with --dry-run says what it would write, and tells what each says.
absl::StatusOr<int> FinishLists(const pki::ListDraft& draft, const Arguments& arguments,
                                Session& session) {
  const bool dry = arguments.On("--dry-run");
  if (!dry) PM_RETURN_IF_ERROR(draft.files.Write(Overwrite::kAllowed));
  Table table(
      {{"CA"}, {"list", Align::kRight}, {"revoked", Align::kRight}, {"new"}, {"next update"}});
  for (const pki::DraftedList& list : draft.lists) {
    std::string added;
    for (const std::string& serial : list.added) added += (added.empty() ? "" : " ") + serial;
    if (arguments.On("--json")) {
      session.console.out() << JsonLine({{"ca", list.ca},
                                         {"number", list.number},
                                         {"revokedCount", list.revoked_count},
                                         {"added", added},
                                         {"nextUpdateUnixS", list.next_update_unix_s},
                                         {"written", !dry}});
      continue;
    }
    table.AddRow({list.ca, std::to_string(list.number), std::to_string(list.revoked_count),
                  added.empty() ? "-" : added, DateText(list.next_update_unix_s * 1000)});
  }
  session.console.out() << table.Text(session.console);
  if (dry) {
    session.console.Note("Nothing was written.");
    return 0;
  }
  for (const fs::path& path : draft.files.Paths()) {
    session.console.Note(absl::StrFormat("wrote %s", path.string()));
  }
  session.console.Note(
      "Put the staff list on your node and the federation list on every partner's; each takes it "
      "up within seconds.");
  return 0;
}

absl::StatusOr<int> RunRevoke(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(
      const pki::ListDraft draft,
      pki::DraftRevocation(arguments.Text("--dir"),
                           {.what = arguments.Text("NAME"),
                            .reason = *crypto::FindRevocationReason(arguments.Text("--reason")),
                            .list_lifetime_s = arguments.Duration("--next-update").count() / 1000},
                           Now()));
  return FinishLists(draft, arguments, session);
}

absl::StatusOr<int> RunCrl(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const pki::ListDraft draft,
                      pki::DraftLists(arguments.Text("--dir"),
                                      arguments.Duration("--next-update").count() / 1000, Now()));
  return FinishLists(draft, arguments, session);
}

absl::StatusOr<int> RunRenew(const Arguments& arguments, Session& session) {
  pki::RenewRequest request{.all = arguments.On("--all"), .due_share = kDueShare};
  if (arguments.Has("--lifetime")) {
    request.lifetime_s = arguments.Duration("--lifetime").count() / 1000;
  }
  PM_ASSIGN_OR_RETURN(const pki::RenewDraft draft,
                      pki::DraftRenewal(arguments.Text("--dir"), request, Now()));
  const bool dry = arguments.On("--dry-run");
  if (!dry) PM_RETURN_IF_ERROR(draft.files.Write(Overwrite::kAllowed));
  Table table({{"speaks for"}, {"file"}, {"until"}});
  for (const pki::Renewal& renewal : draft.renewed) {
    if (arguments.On("--json")) {
      session.console.out() << JsonLine({{"file", renewal.file},
                                         {"speaksFor", renewal.speaks_for},
                                         {"notAfterUnixS", renewal.not_after_unix_s},
                                         {"written", !dry}});
      continue;
    }
    table.AddRow({renewal.speaks_for, renewal.file, DateText(renewal.not_after_unix_s * 1000)});
  }
  for (const std::string& file : draft.revoked) {
    session.console.Note(absl::StrFormat(
        "%s is revoked and was left alone; whoever is to have one again gets it from "
        "`pki issue-role` or `pki issue-node`.",
        file));
  }
  if (draft.renewed.empty()) {
    session.console.Note("Nothing is due.");
    return kNotDue;
  }
  session.console.out() << table.Text(session.console);
  if (dry) session.console.Note("Nothing was written.");
  return 0;
}

const Parameter kDir = {.name = "--dir",
                        .help = "The agency's folder, made by `pki init-agency`.",
                        .kind = ValueKind::kFolder,
                        .value_name = "DIR",
                        .required = true};

Parameter LifetimeOption(std::string fallback, std::int64_t max_s) {
  return {.name = "--lifetime",
          .help = "How long it is good, 1h or more.",
          .kind = ValueKind::kDuration,
          .value_name = "TIME",
          .fallback = std::move(fallback),
          .min = 3'600'000,
          .max = max_s * 1000};
}

std::vector<Parameter> WithWriteOptions(std::vector<Parameter> own) {
  own.push_back({.name = "--force", .help = "Overwrite what exists.", .kind = ValueKind::kFlag});
  own.push_back(
      {.name = "--dry-run", .help = "Show what would be written.", .kind = ValueKind::kFlag});
  return own;
}

Command InitAgencyCommand() {
  return {.name = "init-agency",
          .summary = "Make an agency's two CAs.",
          .description =
              "One vouches on the agency port (staff), one on the partner port "
              "(federation); neither is believed on the other. Keep the folder off the "
              "network: a node needs only what `issue-node` puts under nodes/.",
          .options = WithWriteOptions({{.name = "--domain",
                                        .help = "The agency's domain, for instance gb.example.",
                                        .value_name = "DOMAIN",
                                        .required = true},
                                       {.name = "--out",
                                        .help = "Folder to make.",
                                        .kind = ValueKind::kFolder,
                                        .value_name = "DIR",
                                        .required = true},
                                       LifetimeOption("3650d", crypto::kCaLifetimeSecondsMax)}),
          .places = {},
          .examples = {{"proofmark pki init-agency --domain gb.example --out pki",
                        "Both CAs for gb.example."}},
          .children = {},
          .run = RunInitAgency};
}

Command IssueNodeCommand() {
  return {.name = "issue-node",
          .summary = "Issue a node's certificates, and its keys the first time.",
          .description =
              "The agency-port certificate comes from the staff CA, the partner-port "
              "certificate from the federation CA; both name the node. Exchange key, "
              "master key and proofmarkd.toml are made the first time and never "
              "replaced, --force or not: without its master key a node cannot read "
              "what it keeps. To renew, use `pki renew`.",
          .options = WithWriteOptions(
              {kDir,
               {.name = "--id", .help = "The node's id.", .value_name = "ID", .required = true},
               {.name = "--dns",
                .help = "A name it answers as.",
                .value_name = "NAME",
                .repeated = true},
               {.name = "--ip",
                .help = "An address it answers at.",
                .value_name = "IP",
                .repeated = true},
               {.name = "--agency-listen",
                .help = "Where the agency port will listen, for proofmarkd.toml.",
                .value_name = "HOST:PORT",
                .fallback = "0.0.0.0:27400"},
               {.name = "--partner-listen",
                .help = "Where the partner port will listen, for proofmarkd.toml.",
                .value_name = "HOST:PORT",
                .fallback = "0.0.0.0:27401"},
               LifetimeOption("30d", crypto::kLeafLifetimeSecondsMax)}),
          .places = {},
          .examples = {{"proofmark pki issue-node --dir pki --id node1 --dns localhost "
                        "--ip 127.0.0.1",
                        "Everything for one node, under pki/nodes/node1."},
                       {"proofmark pki issue-node --dir pki --id node1 --dns localhost "
                        "--ip 127.0.0.1 --force",
                        "Renew its certificates."}},
          .children = {},
          .run = RunIssueNode};
}

Command IssueRoleCommand() {
  return {.name = "issue-role",
          .summary = "Issue one person's certificate.",
          .description =
              "The name is a pseudonym: it stands in the ledger, so use one that says "
              "nothing outside the agency.",
          .options = WithWriteOptions(
              {kDir,
               {.name = "--role",
                .help = "What the person may do.",
                .value_name = "ROLE",
                .choices = {"lab", "examiner", "officer", "administrator", "auditor"},
                .required = true},
               {.name = "--name",
                .help = "Pseudonym: lower-case letters, digits, hyphens.",
                .value_name = "NAME",
                .required = true},
               {.name = "--node",
                .help = "Address of the agency's node: also write a connection profile.",
                .value_name = "HOST:PORT"},
               LifetimeOption("30d", crypto::kLeafLifetimeSecondsMax)}),
          .places = {},
          .examples = {{"proofmark pki issue-role --dir pki --role examiner --name a-martin "
                        "--node node1.gb.example:27400",
                        "Certificate, key and profile under pki/roles/examiner-a-martin."}},
          .children = {},
          .run = RunIssueRole};
}

Command ListCommand() {
  return {.name = "list",
          .summary = "List certificates and how much of their life is left.",
          .description = "Ends with 1 when one has expired.",
          .options = {kDir, JsonOption()},
          .places = {},
          .examples = {{"proofmark pki list --dir pki", "What has to be renewed next."}},
          .children = {},
          .run = RunList};
}

Command DueCommand() {
  return {.name = "due",
          .summary = "Say whether a certificate should be renewed now.",
          .description =
              "For timers. Due is a certificate in the last third of its life. Prints "
              "the files. Ends with 0 when one is due, 1 when none is, 255 for any "
              "fault.",
          .options = {kDir},
          .places = {},
          .examples = {{"proofmark pki due --dir pki && ./renew.sh", "Renew only when needed."}},
          .children = {},
          .run = RunDue};
}

Command GovernanceKeyCommand() {
  return {.name = "governance-key",
          .summary = "Make the key by which the agency signs federation descriptors.",
          .description =
              "Whoever has it votes for the agency about who is in the federation: keep it off "
              "every network, on a medium that needs two people if you can. To change it, make a "
              "new one with --force after copying the old: the next descriptor needs signatures "
              "by keys of both versions.",
          .options = WithWriteOptions({kDir}),
          .places = {},
          .examples = {{"proofmark pki governance-key --dir pki",
                        "pki/governance/governance.pem, and its public half governance.vkey."}},
          .children = {},
          .run = RunGovernanceKey};
}

Parameter NextUpdateOption() {
  return {.name = "--next-update",
          .help = "When the list after this one is due, at the latest.",
          .kind = ValueKind::kDuration,
          .value_name = "TIME",
          .fallback = "7d",
          .min = 3'600'000,
          .max = crypto::kListLifetimeSecondsMax * 1000};
}

const Parameter kDryRun = {
    .name = "--dry-run", .help = "Show what would be written.", .kind = ValueKind::kFlag};

Command RevokeCommand() {
  return {.name = "revoke",
          .summary = "Revoke certificates and issue the lists that say so.",
          .description =
              "NAME is a certificate's file, or a SPIFFE id, a node's id or ROLE-NAME of a person: "
              "then every certificate issued for that name that has not ended is revoked. The new "
              "lists replace the last ones in ca/ and for each node; bring the staff list to your "
              "node and the federation list to every partner. Nothing takes a revocation back: "
              "issue another certificate. Ends with 1 when there is nothing to revoke.",
          .options = {kDir,
                      {.name = "--reason",
                       .help = "What the list says of why.",
                       .value_name = "REASON",
                       .fallback = "unspecified",
                       .choices = {"unspecified", "key-compromise", "affiliation-changed",
                                   "superseded", "cessation-of-operation", "privilege-withdrawn"}},
                      NextUpdateOption(),
                      kDryRun,
                      JsonOption()},
          .places = {{.name = "NAME", .help = "A certificate's file, or whose.", .required = true}},
          .examples = {{"proofmark pki revoke --dir pki examiner-a-martin --reason "
                        "affiliation-changed",
                        "Somebody who left."},
                       {"proofmark pki revoke --dir pki node1 --reason key-compromise --dry-run",
                        "What revoking both certificates of a node would write."}},
          .children = {},
          .run = RunRevoke};
}

Command CrlCommand() {
  return {.name = "crl",
          .summary = "Issue the next revocation list of both CAs.",
          .description =
              "Says what the last one said, with the next number and a later next update; the "
              "first one is empty. Run it from a timer, well before the last list's next update: a "
              "list past that is stale, and after the grace of whoever reads it nobody of this "
              "agency is let in.",
          .options = {kDir, NextUpdateOption(), kDryRun, JsonOption()},
          .places = {},
          .examples = {{"proofmark pki crl --dir pki", "Lists that are good for a week."}},
          .children = {},
          .run = RunCrl};
}

Command RenewCommand() {
  return {
      .name = "renew",
      .summary = "Issue again the certificates that are due, with fresh keys.",
      .description =
          "Due is a certificate in the last third of its life, and one that does not fit its "
          "key. Names, uses and, without --lifetime, the length of its life stay. A node that "
          "watches these files shows the new ones within seconds, without a restart. Ends with "
          "1 when nothing is due.",
      .options = {kDir,
                  {.name = "--all", .help = "Also what is not due.", .kind = ValueKind::kFlag},
                  {.name = "--lifetime",
                   .help = "How long each is good, 1h or more; as before by default.",
                   .kind = ValueKind::kDuration,
                   .value_name = "TIME",
                   .min = 3'600'000,
                   .max = crypto::kLeafLifetimeSecondsMax * 1000},
                  kDryRun,
                  JsonOption()},
      .places = {},
      .examples = {{"proofmark pki renew --dir pki", "From a timer, once a day."},
                   {"proofmark pki renew --dir pki --all --dry-run", "What there is to renew."}},
      .children = {},
      .run = RunRenew};
}

Command ExportPartnerCommand() {
  return {.name = "export-partner",
          .summary = "Print what a partner needs to know of a node.",
          .description =
              "Prints the [[partner]] block for the partner's proofmarkd.toml; with "
              "--out it also writes the public files that the block names, into "
              "DIR/<domain>, and beside them the agency's governance key if it has one. Hand both "
              "over by a channel that cannot be forged: whoever "
              "replaces them becomes the agency.",
          .options = WithWriteOptions(
              {kDir,
               {.name = "--id", .help = "The node's id.", .value_name = "ID", .required = true},
               {.name = "--endpoint",
                .help = "Where partners reach its partner port.",
                .value_name = "HOST:PORT",
                .required = true},
               {.name = "--out",
                .help = "Also write the public files here.",
                .kind = ValueKind::kFolder,
                .value_name = "DIR"},
               {.name = "--prefix",
                .help = "Where the partner keeps such files, beside its proofmarkd.toml.",
                .value_name = "PATH",
                .fallback = "partners"},
               {.name = "--answers",
                .help = "A purpose for which the partner answers; it decides.",
                .value_name = "CODE",
                .repeated = true},
               {.name = "--asks",
                .help = "A purpose for which the partner may ask; it decides.",
                .value_name = "CODE",
                .repeated = true}}),
          .places = {},
          .examples = {{"proofmark pki export-partner --dir pki --id node1 --endpoint "
                        "node1.gb.example:27401 --out handover",
                        "The block on stdout, the files in handover/gb.example."}},
          .children = {},
          .run = RunExportPartner};
}

}  // namespace

Command PkiCommand() {
  return {.name = "pki",
          .summary = "Make an agency's CAs, certificates and keys.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark pki list --dir pki", "What there is and how long it lasts."}},
          .children = {InitAgencyCommand(), IssueNodeCommand(), IssueRoleCommand(), ListCommand(),
                       DueCommand(), RenewCommand(), RevokeCommand(), CrlCommand(),
                       GovernanceKeyCommand(), ExportPartnerCommand()}};
}

}  // namespace proofmark::client::cli
