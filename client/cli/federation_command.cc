// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "client/federation/changes.h"
#include "client/federation/draft.h"
#include "client/file.h"
#include "crypto/federation/acceptance.h"
#include "crypto/sign/ed25519.h"
#include "proofmark/admin/v1/node_service.pb.h"
#include "records/codes.h"

namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;
using crypto::DescriptorStage;
using crypto::FederationAgency;
using crypto::FederationDescriptor;
using crypto::SignedDescriptor;

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kLateLifePercent = 80;  // From here the life left is shown as a warning.

std::int64_t NowS() { return base::SystemClock().UnixMillis() / 1000; }

absl::Status Usage(std::string_view what) { return MakeFault(FaultCode::kUsage, what); }

template <class Words>
std::string Joined(const Words& words, std::string_view none) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text.empty() ? std::string(none) : text;
}

std::string HashText(const SignedDescriptor& descriptor) { return base::ToHex(descriptor.hash()); }

absl::StatusOr<std::optional<SignedDescriptor>> ReadOptional(const Arguments& arguments,
                                                             std::string_view option) {
  if (!arguments.Has(option)) return std::optional<SignedDescriptor>();
  PM_ASSIGN_OR_RETURN(SignedDescriptor read, federation::ReadDescriptor(arguments.Text(option)));
  return std::optional<SignedDescriptor>(std::move(read));
}

const FederationDescriptor* DescriptorOf(const std::optional<SignedDescriptor>& read) {
  return read ? &read->descriptor() : nullptr;
}

// ---- create

absl::StatusOr<std::map<std::string, std::uint64_t, std::less<>>> ReadLimits(
    const Arguments& arguments) {
  std::map<std::string, std::uint64_t, std::less<>> limits;
  for (const std::string& text : arguments.All("--limit")) {
    const std::size_t equals = text.find('=');
    std::uint64_t count = 0;
    const char* const end = text.data() + text.size();
    if (equals == text.npos) return Usage("--limit: write SERVICE=NUMBER");
    const auto [stopped, error] = std::from_chars(text.data() + equals + 1, end, count);
    if (error != std::errc() || stopped != end) return Usage("--limit: write SERVICE=NUMBER");
    if (!limits.emplace(text.substr(0, equals), count).second) {
      return Usage("--limit: a service stands twice");
    }
  }
  return limits;
}

std::optional<std::set<std::string, std::less<>>> WordsOf(const Arguments& arguments,
                                                          std::string_view option) {
  if (!arguments.Has(option)) return std::nullopt;
  const std::vector<std::string> words = arguments.All(option);
  return std::set<std::string, std::less<>>(words.begin(), words.end());
}

absl::StatusOr<federation::Edit> ReadEdit(const Arguments& arguments) {
  federation::Edit edit;
  for (const std::string& path : arguments.All("--add")) {
    PM_ASSIGN_OR_RETURN(std::vector<FederationAgency> agencies, federation::ReadAgencies(path));
    std::ranges::move(agencies, std::back_inserter(edit.add));
  }
  edit.remove = arguments.All("--remove");
  edit.grantees = arguments.All("--for");
  edit.services = WordsOf(arguments, "--service");
  edit.purposes = WordsOf(arguments, "--purpose");
  if (arguments.Has("--limit")) {
    PM_ASSIGN_OR_RETURN(edit.limits, ReadLimits(arguments));
  }
  if (arguments.Has("--threshold")) {
    edit.threshold = static_cast<std::size_t>(arguments.Integer("--threshold"));
  }
  edit.begin_unix_s = NowS();
  edit.lifetime_s = arguments.Duration("--lifetime").count() / 1000;
  return edit;
}

absl::StatusOr<int> RunCreate(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::optional<SignedDescriptor> base,
                      ReadOptional(arguments, "--base"));
  PM_ASSIGN_OR_RETURN(const federation::Edit edit, ReadEdit(arguments));
  PM_ASSIGN_OR_RETURN(const std::string text, federation::MakeNext(DescriptorOf(base), edit));
  PM_ASSIGN_OR_RETURN(const SignedDescriptor made, SignedDescriptor::FromText(text));
  PM_RETURN_IF_ERROR(WriteFile(arguments.Text("--out"), text, Privacy::kPublic,
                               arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
  Console& console = session.console;
  for (const FederationAgency& agency : made.descriptor().agencies) {
    for (const std::string& purpose : agency.purposes) {
      if (records::IsCode(records::PurposeCodes(), purpose)) continue;
      console.Warn(
          absl::StrFormat("%s: this program's nodes know no purpose %s", agency.domain, purpose));
    }
    if (agency.services.empty() || agency.purposes.empty()) {
      console.Warn(
          absl::StrFormat("%s may ask for nothing: give --service and --purpose", agency.domain));
    }
  }
  if (arguments.On("--json")) {
    console.out() << JsonLine(
        {{"version", static_cast<std::int64_t>(made.descriptor().version)},
         {"hash", HashText(made)},
         {"threshold", static_cast<std::int64_t>(made.descriptor().threshold)},
         {"notAfterUnixS", made.descriptor().not_after_unix_s}});
    return 0;
  }
  console.out() << HashText(made) << '\n';
  console.Note(absl::StrFormat(
      "Version %d, to be signed by %d of %d governing agencies with `proofmark federation sign`",
      made.descriptor().version, made.descriptor().threshold,
      std::ranges::count_if(made.descriptor().agencies, [](const FederationAgency& agency) {
        return !agency.governance_keys.empty();
      })));
  return 0;
}

// ---- sign

absl::StatusOr<int> RunSign(const Arguments& arguments, Session& session) {
  const fs::path file = arguments.Text("FILE");
  PM_ASSIGN_OR_RETURN(const SignedDescriptor descriptor, federation::ReadDescriptor(file));
  PM_ASSIGN_OR_RETURN(const std::optional<SignedDescriptor> previous,
                      ReadOptional(arguments, "--previous"));
  PM_ASSIGN_OR_RETURN(std::string key_text,
                      ReadFile(arguments.Text("--key"), crypto::kKeyPemBytesMax));
  const crypto::SecretBytes key = crypto::SecretBytes::TakeFrom(key_text);
  PM_ASSIGN_OR_RETURN(
      const SignedDescriptor made,
      federation::Sign(descriptor, DescriptorOf(previous), key, arguments.Text("--key")));
  const bool in_place = !arguments.Has("--out");
  PM_RETURN_IF_ERROR(
      WriteFile(in_place ? file : fs::path(arguments.Text("--out")),
                federation::DescriptorBytes(made), Privacy::kPublic,
                in_place || arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
  session.console.out() << made.note().signatures.back().key_name << '\n';
  return 0;
}

// ---- show

// One descriptor's keys and the signatures under it that they made.
struct Count {
  std::uint64_t version = 0;
  crypto::GovernanceCount governance;
};

absl::StatusOr<Count> CountBy(const SignedDescriptor& descriptor,
                              const FederationDescriptor& listed) {
  auto count = crypto::CountGovernance(descriptor.note(), listed);
  if (!count.ok()) {
    return MakeFault(FaultCode::kDamaged, std::string(count.status().message()));
  }
  return Count{.version = listed.version, .governance = *std::move(count)};
}

absl::StatusOr<std::vector<Count>> CountSignatures(const SignedDescriptor& descriptor,
                                                   const FederationDescriptor* previous) {
  std::vector<Count> counts;
  if (previous != nullptr) {
    PM_ASSIGN_OR_RETURN(Count count, CountBy(descriptor, *previous));
    counts.push_back(std::move(count));
  }
  PM_ASSIGN_OR_RETURN(Count count, CountBy(descriptor, descriptor.descriptor()));
  counts.push_back(std::move(count));
  return counts;
}

std::string LifeText(const FederationDescriptor& descriptor, std::int64_t now_s) {
  const std::int64_t left_s = descriptor.not_after_unix_s - now_s;
  switch (crypto::StageAt(descriptor, now_s, /*grace_s=*/0)) {
    case DescriptorStage::kEarly:
      return absl::StrFormat("begins %s", TimeText(descriptor.not_before_unix_s * 1000));
    case DescriptorStage::kInForce:
      return absl::StrFormat("%d days left, until %s; %d %% passed", left_s / kSecondsPerDay,
                             TimeText(descriptor.not_after_unix_s * 1000),
                             crypto::LifePassedPercent(descriptor, now_s));
    case DescriptorStage::kGrace:
    case DescriptorStage::kEnded:
      break;
  }
  return absl::StrFormat("ended %s", TimeText(descriptor.not_after_unix_s * 1000));
}

Style LifeStyle(const FederationDescriptor& descriptor, std::int64_t now_s) {
  if (crypto::StageAt(descriptor, now_s, 0) != DescriptorStage::kInForce) return Style::kBad;
  return crypto::LifePassedPercent(descriptor, now_s) >= kLateLifePercent ? Style::kWarning
                                                                          : Style::kGood;
}

bool Governs(const std::vector<std::string>& domains, const std::string& domain) {
  return std::ranges::binary_search(domains, domain);
}

std::string LimitsText(const FederationAgency& agency) {
  std::vector<std::string> limits;
  for (const auto& [service, count] : agency.limits) {
    limits.push_back(absl::StrFormat("%s=%d", service, count));
  }
  return Joined(limits, "none");
}

void PrintDescriptor(const SignedDescriptor& signed_descriptor, const std::vector<Count>& counts,
                     std::int64_t now_s, Console& console) {
  const FederationDescriptor& descriptor = signed_descriptor.descriptor();
  Facts facts;
  facts.Add("version", absl::StrFormat("%d", descriptor.version), Style::kBold);
  facts.Add("hash", HashText(signed_descriptor));
  facts.Add("life", LifeText(descriptor, now_s), LifeStyle(descriptor, now_s));
  for (const Count& count : counts) {
    const crypto::GovernanceCount& g = count.governance;
    facts.Add(absl::StrFormat("keys of version %d", count.version),
              absl::StrFormat("%d of %d needed%s%s", g.signed_by.size(), g.threshold,
                              g.reached() ? "" : "; missing some of: ",
                              g.reached() ? "" : Joined(g.missing, "none")),
              g.reached() ? Style::kGood : Style::kBad);
  }
  console.out() << facts.Text(console) << '\n';
  const crypto::GovernanceCount& own = counts.back().governance;
  Table table({{"agency"}, {"node at"}, {"governs"}, {"services"}, {"purposes"}, {"a day"}});
  for (const FederationAgency& agency : descriptor.agencies) {
    const bool has_signed = Governs(own.signed_by, agency.domain);
    const char* governs = agency.governance_keys.empty() ? "-" : has_signed ? "signed" : "not yet";
    table.AddRow({Cell(agency.domain, Style::kBold), agency.endpoint,
                  Cell(governs, has_signed ? Style::kGood : Style::kPlain),
                  Joined(agency.services, "none"), Joined(agency.purposes, "none"),
                  LimitsText(agency)});
  }
  console.out() << table.Text(console);
}

void PrintJson(const SignedDescriptor& signed_descriptor, const std::vector<Count>& counts,
               std::int64_t now_s, Console& console) {
  const FederationDescriptor& descriptor = signed_descriptor.descriptor();
  console.out() << JsonLine(
      {{"version", static_cast<std::int64_t>(descriptor.version)},
       {"hash", HashText(signed_descriptor)},
       {"notBeforeUnixS", descriptor.not_before_unix_s},
       {"notAfterUnixS", descriptor.not_after_unix_s},
       {"lifePassedPercent",
        static_cast<std::int64_t>(crypto::LifePassedPercent(descriptor, now_s))},
       {"inForce", crypto::StageAt(descriptor, now_s, 0) == DescriptorStage::kInForce}});
  for (const Count& count : counts) {
    console.out() << JsonLine({{"keysOfVersion", static_cast<std::int64_t>(count.version)},
                               {"threshold", static_cast<std::int64_t>(count.governance.threshold)},
                               {"reached", count.governance.reached()},
                               {"signedBy", Joined(count.governance.signed_by, "")},
                               {"missing", Joined(count.governance.missing, "")}});
  }
  for (const FederationAgency& agency : descriptor.agencies) {
    console.out() << JsonLine({{"agency", agency.domain},
                               {"node", agency.node_id},
                               {"endpoint", agency.endpoint},
                               {"governs", !agency.governance_keys.empty()},
                               {"services", Joined(agency.services, "")},
                               {"purposes", Joined(agency.purposes, "")},
                               {"limits", LimitsText(agency)}});
  }
}

// 0 when it is in its life and signed as it must be.
int ShowCode(const SignedDescriptor& descriptor, const std::vector<Count>& counts,
             std::int64_t now_s) {
  const bool reached =
      std::ranges::all_of(counts, [](const Count& count) { return count.governance.reached(); });
  const bool alive =
      crypto::StageAt(descriptor.descriptor(), now_s, 0) == DescriptorStage::kInForce;
  return reached && alive ? 0 : 1;
}

void PrintStanding(const admin::v1::Federation& told, Console& console) {
  Facts facts;
  facts.Add("stage", told.stage(), told.stage() == "in-force" ? Style::kGood : Style::kBad);
  facts.Add("accepted", absl::StrFormat("%s, from %s; ledger entry %d",
                                        TimeText(told.accept_time().seconds() * 1000),
                                        told.source(), told.ledger_index()));
  if (!told.own_fault().empty()) facts.Add("own entry", told.own_fault(), Style::kBad);
  console.out() << '\n' << facts.Text(console);
  Table table({{"partner"}, {"standing"}, {"why not"}});
  for (const admin::v1::FederationPartner& partner : told.partners()) {
    table.AddRow({Cell(partner.domain(), Style::kBold),
                  Cell(partner.admitted() ? "admitted" : "gets nothing",
                       partner.admitted() ? Style::kGood : Style::kBad),
                  partner.fault()});
  }
  console.out() << '\n' << table.Text(console);
  if (told.restart_needed()) {
    console.Warn(
        "What this version grants beyond the last takes effect when the node is started again; "
        "what it takes away is gone already.");
  }
}

absl::StatusOr<int> ShowOfNode(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const admin::v1::GetFederationResponse answer, node->GetFederation());
  if (answer.federation().note().empty()) {
    session.console.Note(
        "The node has no federation descriptor: its partners are those of its configuration.");
    return 1;
  }
  const auto read = SignedDescriptor::Parse(answer.federation().note());
  if (!read.ok()) return MakeFault(FaultCode::kDamaged, std::string(read.status().message()));
  PM_ASSIGN_OR_RETURN(const std::vector<Count> counts, CountSignatures(*read, nullptr));
  if (arguments.On("--json")) {
    PrintJson(*read, counts, NowS(), session.console);
    session.console.out() << JsonLine(answer.federation());
  } else {
    PrintDescriptor(*read, counts, NowS(), session.console);
    PrintStanding(answer.federation(), session.console);
  }
  const bool all_well =
      answer.federation().own_fault().empty() &&
      std::ranges::all_of(answer.federation().partners(),
                          [](const admin::v1::FederationPartner& p) { return p.admitted(); });
  return all_well ? ShowCode(*read, counts, NowS()) : 1;
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  if (!arguments.Has("FILE")) return ShowOfNode(arguments, session);
  PM_ASSIGN_OR_RETURN(const SignedDescriptor descriptor,
                      federation::ReadDescriptor(arguments.Text("FILE")));
  PM_ASSIGN_OR_RETURN(const std::optional<SignedDescriptor> previous,
                      ReadOptional(arguments, "--previous"));
  PM_ASSIGN_OR_RETURN(const std::vector<Count> counts,
                      CountSignatures(descriptor, DescriptorOf(previous)));
  if (arguments.On("--json")) {
    PrintJson(descriptor, counts, NowS(), session.console);
  } else {
    PrintDescriptor(descriptor, counts, NowS(), session.console);
  }
  return ShowCode(descriptor, counts, NowS());
}

// ---- diff

absl::StatusOr<int> RunDiff(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const SignedDescriptor before,
                      federation::ReadDescriptor(arguments.Text("BEFORE")));
  PM_ASSIGN_OR_RETURN(const SignedDescriptor after,
                      federation::ReadDescriptor(arguments.Text("AFTER")));
  const std::vector<std::string> changes =
      federation::DescribeChanges(before.descriptor(), after.descriptor());
  for (const std::string& change : changes) {
    session.console.out() << (arguments.On("--json") ? JsonLine({{"change", change}})
                                                     : Printable(change) + "\n");
  }
  return changes.empty() ? 0 : 1;
}

// ---- apply

absl::StatusOr<std::optional<crypto::Sha256Digest>> ReadPin(const Arguments& arguments) {
  if (!arguments.Has("--pin")) return std::optional<crypto::Sha256Digest>();
  const absl::StatusOr<std::string> bytes = base::ParseHex(arguments.Text("--pin"));
  crypto::Sha256Digest pin;
  if (!bytes.ok() || bytes->size() != pin.size()) {
    return Usage("--pin: 64 hexadecimal digits, as `proofmark federation show` prints them");
  }
  std::ranges::copy(base::AsBytes(*bytes), pin.begin());
  return std::optional<crypto::Sha256Digest>(pin);
}

// What a node that has `--previous`, or nothing and this pin, would say now.
absl::Status CheckOffline(const SignedDescriptor& descriptor, const Arguments& arguments,
                          const std::optional<crypto::Sha256Digest>& pin) {
  PM_ASSIGN_OR_RETURN(const std::optional<SignedDescriptor> previous,
                      ReadOptional(arguments, "--previous"));
  if (previous.has_value() == pin.has_value()) {
    return Usage("--offline needs --previous FILE, or --pin HASH for a first descriptor");
  }
  absl::Status verdict;
  if (pin) {
    verdict = crypto::AcceptedDescriptor::First(descriptor, *pin, NowS()).status();
  } else {
    // The one before need not be in its life any more.
    const auto current =
        crypto::AcceptedDescriptor::Reopen(std::vector{federation::DescriptorBytes(*previous)});
    verdict = current.ok() ? current->Next(descriptor, NowS()).status() : current.status();
  }
  if (verdict.ok()) return verdict;
  return MakeFault(FaultCode::kCheckFailed, std::string(verdict.message()));
}

absl::StatusOr<int> RunApply(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const SignedDescriptor descriptor,
                      federation::ReadDescriptor(arguments.Text("FILE")));
  PM_ASSIGN_OR_RETURN(const std::optional<crypto::Sha256Digest> pin, ReadPin(arguments));
  if (arguments.On("--offline")) {
    PM_RETURN_IF_ERROR(CheckOffline(descriptor, arguments, pin));
    session.console.out() << HashText(descriptor) << '\n';
    session.console.Note("It would be accepted now. Nothing was sent.");
    return 0;
  }
  admin::v1::ApplyDescriptorRequest request;
  request.set_note(federation::DescriptorBytes(descriptor));
  if (pin) request.set_pinned_hash(std::string(crypto::AsText(*pin)));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const admin::v1::ApplyDescriptorResponse answer,
                      node->ApplyDescriptor(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  session.console.Note(absl::StrFormat("Version %d is in force; ledger entry %d",
                                       descriptor.descriptor().version, answer.receipt().index()));
  PrintStanding(answer.federation(), session.console);
  return 0;
}

// ---- the commands

const Parameter kPrevious = {.name = "--previous",
                             .help = "The version before, whose keys count as well.",
                             .kind = ValueKind::kFile,
                             .value_name = "FILE"};

Parameter FilePlace(bool required) {
  return {.name = "FILE",
          .help = "A federation descriptor (docs/formats/federation-descriptor.md).",
          .kind = ValueKind::kFile,
          .required = required};
}

std::vector<Parameter> CreateOptions() {
  return {
      {.name = "--base",
       .help = "The version to change; without it a first one is made.",
       .kind = ValueKind::kFile,
       .value_name = "FILE"},
      {.name = "--add",
       .help = "[[partner]] blocks of agencies to bring in or to renew: a file, or a folder "
               "of *.toml.",
       .kind = ValueKind::kFile,
       .value_name = "PATH",
       .repeated = true},
      {.name = "--remove",
       .help = "Domain of an agency that leaves.",
       .value_name = "DOMAIN",
       .repeated = true},
      {.name = "--for",
       .help = "Whose grants the next three options set; by default the agencies of --add.",
       .value_name = "DOMAIN",
       .repeated = true},
      {.name = "--service",
       .help = "What they may ask for: match, details.",
       .value_name = "WORD",
       .repeated = true},
      {.name = "--purpose", .help = "For which purpose.", .value_name = "CODE", .repeated = true},
      {.name = "--limit",
       .help = "At most so many questions to each other agency in 24 hours.",
       .value_name = "SERVICE=N",
       .repeated = true},
      {.name = "--threshold",
       .help = "Agencies that must sign; by default more than half of those that govern.",
       .kind = ValueKind::kInteger,
       .value_name = "N",
       .min = 1,
       .max = static_cast<std::int64_t>(crypto::kFederationAgenciesMax)},
      {.name = "--lifetime",
       .help = "How long it is good from now, 1h to 800d.",
       .kind = ValueKind::kDuration,
       .value_name = "TIME",
       .fallback = "365d",
       .min = crypto::kFederationLifeMin_s * 1000,
       .max = crypto::kFederationLifeMax_s * 1000},
      {.name = "--out",
       .help = "File to write.",
       .kind = ValueKind::kFile,
       .value_name = "FILE",
       .required = true},
      {.name = "--force", .help = "Overwrite what exists.", .kind = ValueKind::kFlag},
      JsonOption()};
}

Command CreateCommand() {
  return {.name = "create",
          .summary = "Make the next federation descriptor, for signing.",
          .description =
              "From [[partner]] blocks as `proofmark pki export-partner --out` hands them over, "
              "the own agency's among them, or by changing the descriptor before. An agency that "
              "is renewed keeps its grants; without grants it may ask for nothing. Prints the "
              "hash that all who sign should read to each other.",
          .options = CreateOptions(),
          .places = {},
          .examples = {{"proofmark federation create --add handover/ --service match --purpose "
                        "CRIMINAL_INVESTIGATION --out federation-1",
                        "A first descriptor of all agencies in the folder."},
                       {"proofmark federation create --base federation-1 --add fr.toml --remove "
                        "gone.example --out federation-2",
                        "The next: one agency in or renewed, one out."},
                       {"proofmark federation create --base federation-2 --for fr.example "
                        "--service match --purpose TRAINING --limit match=200 --out federation-3",
                        "Change what one agency may ask."}},
          .children = {},
          .run = RunCreate};
}

Command SignCommand() {
  return {
      .name = "sign",
      .summary = "Sign a descriptor with the agency's governance key.",
      .description =
          "Read `show` and `diff` first: the signature is the agency's vote. Needs no node and "
          "no network. A key that the new version no longer lists signs with --previous.",
      .options = {{.name = "--key",
                   .help = "The governance key, made by `proofmark pki governance-key`.",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE",
                   .required = true},
                  kPrevious,
                  {.name = "--out",
                   .help = "Write here; by default the file itself gets the signature.",
                   .kind = ValueKind::kFile,
                   .value_name = "FILE"},
                  {.name = "--force", .help = "Overwrite what exists.", .kind = ValueKind::kFlag}},
      .places = {FilePlace(/*required=*/true)},
      .examples = {{"proofmark federation sign federation-2 --previous federation-1 --key "
                    "pki/governance/governance.pem",
                    "Add one signature, then hand the file to the next agency."}},
      .children = {},
      .run = RunSign};
}

Command ShowCommand() {
  return {.name = "show",
          .summary = "Show a descriptor: who is in it, who signed, how long it lasts.",
          .description =
              "A file, or without one what is in force at the node and how it treats its partners. "
              "Ends with 1 when signatures are missing, when it is not in its life, or when a "
              "partner of the node is not admitted.",
          .options = WithNodeOptions({kPrevious}),
          .places = {FilePlace(/*required=*/false)},
          .examples = {{"proofmark federation show federation-2 --previous federation-1",
                        "What is missing to both thresholds."},
                       {"proofmark federation show", "What is in force at the agency's node."}},
          .children = {},
          .run = RunShow};
}

Command DiffCommand() {
  return {
      .name = "diff",
      .summary = "Say in words what changes from one descriptor to another.",
      .description = "Ends with 0 when nothing does and with 1 when something does.",
      .options = {JsonOption()},
      .places =
          {{.name = "BEFORE", .help = "A descriptor.", .kind = ValueKind::kFile, .required = true},
           {.name = "AFTER", .help = "Another.", .kind = ValueKind::kFile, .required = true}},
      .examples = {{"proofmark federation diff federation-1 federation-2",
                    "Read it before signing."}},
      .children = {},
      .run = RunDiff};
}

Command ApplyCommand() {
  return {
      .name = "apply",
      .summary = "Put a descriptor in force at the agency's node.",
      .description =
          "For administrators. The node accepts it by the signatures of the keys before and "
          "of its own; a node's first one also needs --pin, the hash that the agencies read to "
          "each other. Partners' nodes fetch it from there. With --offline nothing is sent: "
          "the same check is made here.",
      .options = WithNodeOptions(
          {{.name = "--pin",
            .help = "Hash of the first descriptor of this node.",
            .value_name = "HASH"},
           {.name = "--offline", .help = "Only check, without the node.", .kind = ValueKind::kFlag},
           kPrevious}),
      .places = {FilePlace(/*required=*/true)},
      .examples = {{"proofmark federation apply federation-2", "A further version."},
                   {"proofmark federation apply federation-1 --pin 9f86d0...0f00a08",
                    "The first one of a node."},
                   {"proofmark federation apply federation-2 --offline --previous federation-1",
                    "Would it be accepted?"}},
      .children = {},
      .run = RunApply};
}

}  // namespace

Command FederationCommand() {
  return {
      .name = "federation",
      .summary = "Who is in the federation, by which keys, and what each may ask.",
      .description =
          "The agencies govern it together: a descriptor counts when enough of them signed it. "
          "docs/operations/federation.md tells the whole procedure.",
      .options = {},
      .places = {},
      .examples = {{"proofmark federation show", "What is in force at the agency's node."}},
      .children = {CreateCommand(), SignCommand(), ShowCommand(), DiffCommand(), ApplyCommand()}};
}

}  // namespace proofmark::client::cli
