// SPDX-License-Identifier: Apache-2.0
#include <sys/timex.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/words.h"
#include "client/file.h"
#include "proofmark/admin/v1/node_service.pb.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kMsPerDay = 86'400'000;
constexpr std::int64_t kRenewDays = 7;

enum class Verdict { kOk, kFail, kWarning, kNotChecked };

std::string_view VerdictText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kFail:
      return "FAIL";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kNotChecked:
      return "not checked";
  }
  return "";
}

// Prints one line for each check and remembers whether one failed.
class Report {
 public:
  Report(Console& console, bool json) : console_(console), json_(json) {}

  void Add(std::string_view what, Verdict verdict, std::string_view detail,
           std::string_view next = "") {
    failed_ += verdict == Verdict::kFail ? 1 : 0;
    if (json_) {
      console_.out() << JsonLine({{"check", std::string(what)},
                                  {"verdict", std::string(VerdictText(verdict))},
                                  {"detail", std::string(detail)},
                                  {"next", std::string(next)}});
      return;
    }
    const Style style = verdict == Verdict::kOk        ? Style::kGood
                        : verdict == Verdict::kFail    ? Style::kBad
                        : verdict == Verdict::kWarning ? Style::kWarning
                                                       : Style::kDim;
    const std::string mark = absl::StrFormat("%-11s", VerdictText(verdict));
    console_.out() << console_.ForOut(style, mark) << "  " << what << ": " << Printable(detail)
                   << '\n';
    if (!next.empty()) console_.out() << "             next: " << next << '\n';
  }
  void Add(std::string_view what, const absl::Status& fault) {
    Add(what, Verdict::kFail, absl::StrFormat("%s %s", FaultName(FaultOf(fault)), fault.message()),
        FindFault(FaultOf(fault)).remedy);
  }

  std::int64_t failed() const { return failed_; }

 private:
  Console& console_;
  const bool json_;
  std::int64_t failed_ = 0;
};

void CheckClock(Report& report) {
  timex state{};
  const int clock = ::adjtimex(&state);
  const std::string now = TimeText(base::SystemClock().UnixMillis());
  if (clock < 0) {
    report.Add("clock", Verdict::kNotChecked, now + ", the system does not say how good it is");
  } else if (clock == TIME_ERROR) {
    report.Add("clock", Verdict::kWarning, now + ", not synchronised as far as the system knows",
               "Run a time service; more than 5 minutes off, partners refuse what the node signs.");
  } else {
    report.Add("clock", Verdict::kOk, now + ", synchronised");
  }
}

void CheckIdentity(const ConnectionProfile& profile, const Identity& identity, Report& report) {
  const crypto::X509Certificate& leaf = identity.leaf.certificate();
  report.Add("certificate", Verdict::kOk,
             absl::StrFormat("%s, issued by the CA of the profile, and the key belongs to it",
                             identity.leaf.name().uri()));
  const std::int64_t left_ms = leaf.not_after_unix_s() * 1000 - base::SystemClock().UnixMillis();
  const std::string until = absl::StrFormat(
      "until %s, %d days left", TimeText(leaf.not_after_unix_s() * 1000), left_ms / kMsPerDay);
  if (left_ms < kRenewDays * kMsPerDay) {
    report.Add("expiry", Verdict::kWarning, until, "Renew it: proofmark pki issue-role --force.");
  } else {
    report.Add("expiry", Verdict::kOk, until);
  }
  if (IsOpenToOthers(profile.key_file)) {
    report.Add("private key", Verdict::kFail,
               absl::StrFormat("%s may be read by others", profile.key_file.string()),
               absl::StrFormat("chmod 600 %s", profile.key_file.string()));
  } else {
    report.Add("private key", Verdict::kOk, "readable by its owner only");
  }
}

void CheckPartners(NodeClient& node, Report& report) {
  admin::v1::ListPartnersRequest request;
  request.set_probe(true);
  const absl::StatusOr<admin::v1::ListPartnersResponse> partners = node.ListPartners(request);
  if (!partners.ok()) {
    report.Add("partners", partners.status());
    return;
  }
  if (partners->partners().empty()) report.Add("partners", Verdict::kOk, "none are configured");
  for (const admin::v1::Partner& partner : partners->partners()) {
    const bool serving = partner.probe_result() == "serving";
    report.Add("partner " + Printable(partner.domain()), serving ? Verdict::kOk : Verdict::kWarning,
               absl::StrFormat("%s %s", partner.probe_result(), partner.probe_detail()),
               serving ? "" : "The node goes on without it; ask that agency's administrator.");
  }
}

void CheckIndexFiles(const admin::v1::SearchIndexStatus& index, Report& report) {
  report.Add(
      "search index on disk", index.failure_count() == 0 ? Verdict::kOk : Verdict::kWarning,
      index.failure_count() == 0
          ? "kept"
          : absl::StrFormat("failed %s times", CountText(index.failure_count())),
      index.failure_count() == 0
          ? ""
          : "Searches are not affected, the next start takes longer. The node's log says why; "
            "its folder is `index` in the state folder.");
  if (index.unread_signature_count() == 0) return;
  report.Add("signatures at rest", Verdict::kWarning,
             absl::StrFormat("%s could not be read by a search",
                             CountText(index.unread_signature_count())),
             "The node's log names the exhibits; their rows are damaged.");
}

void CheckNode(const Arguments& arguments, Report& report) {
  const absl::StatusOr<std::unique_ptr<NodeClient>> node = OpenNode(arguments);
  if (!node.ok()) {
    report.Add("node", node.status());
    return;
  }
  const absl::StatusOr<admin::v1::GetStatusResponse> status = (*node)->GetStatus();
  if (!status.ok()) {
    report.Add("node", status.status());
    report.Add("partners", Verdict::kNotChecked, "the node did not answer");
    return;
  }
  report.Add("node", Verdict::kOk,
             absl::StrFormat("%s, version %s, %s exhibits", status->node_id(), status->version(),
                             CountText(status->exhibit_count())));
  report.Add(
      "search index",
      status->indexed_count() >= status->exhibit_count() ? Verdict::kOk : Verdict::kWarning,
      absl::StrFormat("%s of %s active exhibits are searchable", CountText(status->indexed_count()),
                      CountText(status->exhibit_count())));
  CheckIndexFiles(status->search_index(), report);
  for (const admin::v1::Calibration& calibration : status->calibrations()) {
    std::string text = calibration.version() + (calibration.provisional() ? ", PROVISIONAL" : "");
    if (!calibration.unused_version().empty()) {
      text += absl::StrFormat("; %s is installed and holds for another method",
                              calibration.unused_version());
    }
    const bool fit = !calibration.provisional() && calibration.unused_version().empty();
    report.Add(absl::StrFormat("calibration (%s)", Printable(calibration.mark())),
               fit ? Verdict::kOk : Verdict::kWarning, Printable(text));
  }
  for (const admin::v1::CertificateStatus& certificate : status->certificates()) {
    const std::int64_t until_ms = certificate.expire_time().seconds() * 1000;
    const bool soon = until_ms - base::SystemClock().UnixMillis() < kRenewDays * kMsPerDay;
    report.Add(absl::StrFormat("node's %s-port certificate", Printable(certificate.port())),
               soon ? Verdict::kWarning : Verdict::kOk, "until " + TimeText(until_ms),
               soon ? "Renew it: proofmark pki issue-node --force." : "");
  }
  for (const admin::v1::TokenKeyStatus& key : status->token_keys()) {
    report.Add(
        "token key " + Printable(key.name()), key.has_away_since() ? Verdict::kFail : Verdict::kOk,
        key.has_away_since() ? "away since " + TimeText(key.away_since().seconds() * 1000)
                             : "signs",
        key.has_away_since() ? "Start the token's service; the node goes on by itself." : "");
  }
  CheckPartners(**node, report);
}

// Whether `program` is found along $PATH.
bool IsInstalled(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  Report report(session.console, arguments.On("--json"));
  const absl::StatusOr<ConnectionProfile> profile = ProfileOf(arguments);
  if (!profile.ok()) {
    report.Add("profile", profile.status());
  } else {
    report.Add("profile", Verdict::kOk, absl::StrFormat("node at %s", profile->address));
  }
  CheckClock(report);
  if (IsInstalled("gnuplot")) {
    report.Add("gnuplot", Verdict::kOk, "installed");
  } else {
    report.Add("gnuplot", Verdict::kWarning, "absent; only `proofmark plot` needs it",
               "apt-get install gnuplot-nox");
  }
  bool reachable = false;
  if (profile.ok()) {
    const absl::StatusOr<Identity> identity =
        LoadIdentity(*profile, base::SystemClock().UnixMillis());
    reachable = identity.ok();
    if (identity.ok()) {
      CheckIdentity(*profile, *identity, report);
    } else {
      report.Add("certificate", identity.status());
    }
  }
  if (reachable) {
    CheckNode(arguments, report);
  } else {
    report.Add("node", Verdict::kNotChecked, "without a profile and a certificate");
  }
  session.console.Note(report.failed() == 0
                           ? "Nothing is wrong."
                           : absl::StrFormat("%d check(s) failed.", report.failed()));
  return report.failed() == 0 ? 0 : 1;
}

}  // namespace

Command DoctorCommand() {
  return {
      .name = "doctor",
      .summary = "Check everything this machine needs to talk to its node.",
      .description =
          "Profile, certificate, key, expiry, clock, node, search index, "
          "calibration, partners. Each line says ok, FAIL, warning or not checked, "
          "and what to do. Ends with 1 when a check failed.",
      .options = WithNodeOptions({}),
      .places = {},
      .examples = {{"proofmark doctor", "The first thing to run when something does not work."}},
      .children = {},
      .run = Run};
}

}  // namespace proofmark::client::cli
