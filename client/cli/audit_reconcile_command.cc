// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/audit/folder.h"
#include "client/audit/reconcile.h"
#include "client/cli/audit_commands.h"
#include "client/cli/json.h"
#include "client/cli/ledger_text.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/v1/audit_service.pb.h"

namespace proofmark::client::cli {
namespace {

using audit::DifferenceKind;

struct Sides {
  audit::Side here;
  audit::Side there;
};

// The entries of a verified copy. Nothing if the copy cannot be trusted; `exit_code` says why.
absl::StatusOr<std::optional<audit::Side>> SideOfFolder(const std::string& folder,
                                                        const std::string& policy,
                                                        const std::string& domain,
                                                        const std::string& other_domain,
                                                        Console& console, int& exit_code) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<audit::VerifyResult> verified,
                      TrustedFolder(folder, policy, console, exit_code));
  if (verified == nullptr) return std::nullopt;
  const crypto::Checkpoint& head = verified->head->checkpoint;
  const std::string owner = AgencyOf(head.origin);
  if (!domain.empty() && owner != domain) {
    return MakeFault(FaultCode::kUsage, absl::StrFormat("%s holds the ledger of %s, not of %s",
                                                        folder, owner, domain));
  }
  audit::Side side(owner, other_domain);
  PM_RETURN_IF_ERROR(audit::VisitEntries(
      folder, head.size,
      [&side](std::uint64_t index, std::string_view bytes) { return side.Add(index, bytes); }));
  return side;
}

absl::StatusOr<std::optional<Sides>> SidesOfFolders(const Arguments& arguments,
                                                    const std::string& partner, Console& console,
                                                    int& exit_code) {
  if (!arguments.Has("--theirs") || !arguments.Has("--policy")) {
    return MakeFault(FaultCode::kUsage, "--own needs --theirs and --policy as well");
  }
  const std::string policy = arguments.Text("--policy");
  const std::string their_policy =
      arguments.Has("--their-policy") ? arguments.Text("--their-policy") : policy;
  PM_ASSIGN_OR_RETURN(
      std::optional<audit::Side> here,
      SideOfFolder(arguments.Text("--own"), policy, "", partner, console, exit_code));
  if (!here.has_value()) return std::nullopt;
  PM_ASSIGN_OR_RETURN(std::optional<audit::Side> there,
                      SideOfFolder(arguments.Text("--theirs"), their_policy, partner,
                                   here->domain(), console, exit_code));
  if (!there.has_value()) return std::nullopt;
  return Sides{*std::move(here), *std::move(there)};
}

absl::StatusOr<Sides> SidesOnline(const Arguments& arguments, const std::string& partner) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetLedgerResponse ledger, node->GetLedger());
  const std::string own = AgencyOf(ledger.origin());
  Sides sides{audit::Side(own, partner), audit::Side(partner, own)};
  // Their entries first: what happens meanwhile is then missing there only as pending.
  const std::int64_t asked_ms = base::SystemClock().UnixMillis();
  v1::ListPartnerEntriesRequest request;
  request.set_domain(partner);
  request.set_page_size(1'000);
  for (bool more = true; more;) {
    PM_ASSIGN_OR_RETURN(const v1::ListPartnerEntriesResponse page,
                        node->ListPartnerEntries(request));
    for (const v1::LedgerEntry& entry : page.entries()) {
      PM_RETURN_IF_ERROR(CheckLeafHash(entry.index(), entry.entry(), entry.leaf_hash()));
      PM_RETURN_IF_ERROR(sides.there.Add(entry.index(), entry.entry()));
    }
    more = page.has_next_index() && page.next_index() > request.from_index();
    request.set_from_index(page.next_index());
  }
  sides.there.KnownUntil(asked_ms);
  v1::ListEntriesRequest own_request;
  own_request.set_peer(partner);
  PM_RETURN_IF_ERROR(VisitNodeEntries(
      *node, own_request,
      [&](std::uint64_t index, const std::string& bytes) { return sides.here.Add(index, bytes); }));
  sides.here.KnownUntil(asked_ms);
  return sides;
}

std::string IndexText(const std::optional<std::uint64_t>& index) {
  return index.has_value() ? std::to_string(*index) : "-";
}

void Print(const audit::Reconciliation& result, const Sides& sides, bool json, Console& console) {
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  if (json) {
    for (const audit::Difference& difference : result.differences) {
      console.out() << JsonLine(
          {{"kind", std::string(audit::ToText(difference.kind))},
           {"exchange", difference.exchange},
           {"asker", difference.asker},
           {"time", TimeText(difference.unix_ms)},
           {"here", difference.here ? number(*difference.here) : std::int64_t{-1}},
           {"there", difference.there ? number(*difference.there) : std::int64_t{-1}},
           {"words", difference.words}});
    }
    return;
  }
  Table table({{"finding"},
               {"time"},
               {"asked by"},
               {"exchange"},
               {"here", Align::kRight},
               {"there", Align::kRight},
               {"what"}});
  for (const audit::Difference& difference : result.differences) {
    const bool open = difference.kind == DifferenceKind::kPending ||
                      difference.kind == DifferenceKind::kNeverAnswered;
    table.AddRow({Cell(audit::ToText(difference.kind), open ? Style::kWarning : Style::kBad),
                  TimeText(difference.unix_ms), difference.asker, difference.exchange,
                  IndexText(difference.here), IndexText(difference.there), difference.words});
  }
  console.out() << table.Text(console) << (table.empty() ? "" : "\n");
  Facts facts;
  facts.Add("here", sides.here.domain());
  facts.Add("there", sides.there.domain());
  facts.Add("exchanges", CountText(number(result.exchanges)));
  facts.Add("agreed", CountText(number(result.agreed)),
            result.sound() ? Style::kGood : Style::kPlain);
  for (const DifferenceKind kind :
       {DifferenceKind::kMissingHere, DifferenceKind::kMissingThere, DifferenceKind::kDiffers,
        DifferenceKind::kNeverAnswered, DifferenceKind::kPending}) {
    facts.Add(audit::ToText(kind), CountText(number(result.Count(kind))));
  }
  console.out() << facts.Text(console);
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  const std::string partner = arguments.Text("PARTNER");
  std::optional<Sides> sides;
  int exit_code = 0;
  if (arguments.Has("--own")) {
    PM_ASSIGN_OR_RETURN(sides, SidesOfFolders(arguments, partner, session.console, exit_code));
    if (!sides.has_value()) return exit_code;
  } else {
    PM_ASSIGN_OR_RETURN(sides, SidesOnline(arguments, partner));
  }
  const audit::Reconciliation result = audit::Reconcile(sides->here, sides->there, {});
  Print(result, *sides, arguments.On("--json"), session.console);
  return result.sound() ? 0 : 1;
}

}  // namespace

Command AuditReconcileCommand() {
  return {
      .name = "reconcile",
      .summary = "Compare two ledgers' view of every exchange between them.",
      .description =
          "Pairs each question with the partner's entry about it, and the receipt in each answer "
          "with the bytes the partner logged. Names what is missing or differs on either side, and "
          "what is unanswered or too young to tell. Ends with 1 if anything is missing or differs. "
          "From two copies (--own, --theirs), each verified first, or asked of the node and "
          "through "
          "it of the partner. Roles online: auditor, administrator.",
      .options = WithNodeOptions({{.name = "--own",
                                   .help = "Copy of the own ledger; no node is asked.",
                                   .kind = ValueKind::kFolder,
                                   .value_name = "FOLDER"},
                                  {.name = "--theirs",
                                   .help = "Copy of the partner's ledger.",
                                   .kind = ValueKind::kFolder,
                                   .value_name = "FOLDER"},
                                  {.name = "--policy",
                                   .help = "By which the copies are verified.",
                                   .kind = ValueKind::kFile,
                                   .value_name = "FILE"},
                                  {.name = "--their-policy",
                                   .help = "Another one for the partner's copy.",
                                   .kind = ValueKind::kFile,
                                   .value_name = "FILE"}}),
      .places = {{.name = "PARTNER", .help = "The partner's domain.", .required = true}},
      .examples = {{"proofmark audit reconcile police.example", "Now, both nodes being there."},
                   {"proofmark audit reconcile police.example --own ours --theirs theirs --policy "
                    "ours.policy --their-policy theirs.policy",
                    "From two copies."}},
      .children = {},
      .run = Run};
}

}  // namespace proofmark::client::cli
