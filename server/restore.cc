// SPDX-License-Identifier: Apache-2.0
#include "server/restore.h"

#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status.h"
#include "crypto/secret/system_random.h"
#include "crypto/sign/ed25519.h"
#include "server/config.h"
#include "server/federation/node_identity.h"
#include "server/store/high_water_file.h"
#include "server/store/key_file.h"
#include "server/store/storage_env.h"
#include "server/store/store.h"

namespace proofmark::server {
namespace {

std::string DescribeActs(const ledger::Restoration& found) {
  if (found.acts.empty()) return "";
  std::string text =
      "Their data are gone. These acts must be done again, from the exhibits and files "
      "themselves:\n";
  for (const ledger::Restoration::Act& act : found.acts) {
    text += absl::StrFormat("  entry %d  %s  %s%s%s\n", act.index, records::ToText(act.kind),
                            base::UtcText(act.unix_ms), act.object.empty() ? "" : "  object ",
                            act.object);
  }
  if (found.acts_left_off > 0) text += absl::StrFormat("  and %d more\n", found.acts_left_off);
  return text;
}

}  // namespace

absl::StatusOr<ledger::Restoration> RestoreLedger(const RestoreArguments& arguments) {
  PM_ASSIGN_OR_RETURN(Config config, LoadConfig(arguments.config));
  PM_ASSIGN_OR_RETURN(const federation::NodeIdentity identity,
                      federation::NodeIdentity::Create(config.node_uri, *std::move(config.keys)));
  ledger::RestoreOptions options{.origin = identity.origin(),
                                 .node_name = identity.node_id(),
                                 .log_key = {},
                                 .witness_keys = {},
                                 .dry_run = arguments.dry_run};
  PM_ASSIGN_OR_RETURN(options.log_key,
                      crypto::MakeVerifierKey(identity.origin(), crypto::NoteKeyType::kNote,
                                              identity.log_key().verifying_key()));
  for (const federation::Partner& partner : config.partners) {
    if (partner.witness_key) options.witness_keys.push_back(*partner.witness_key);
  }
  crypto::SystemRandom random;
  PM_ASSIGN_OR_RETURN(crypto::SecretBytes master_key,
                      store::LoadMasterKey(config.master_key_file.string()));
  PM_ASSIGN_OR_RETURN(const auto store,
                      store::Store::Open(config.state_folder.string(), store::PosixStorage(),
                                         random, std::move(master_key), {}));
  return ledger::RestoreFrom(arguments.from, *store, base::SystemClock(), options);
}

std::string DescribeRestoration(const ledger::Restoration& found, bool dry_run) {
  std::string text = absl::StrFormat(
      "ledger here         %d entries\n"
      "copy                %d entries, verified: the ledger here is its beginning\n"
      "known to have been  %d entries (high-water file, own checkpoints)\n",
      found.size_before, found.copy_size, found.known_size);
  if (found.entries() == 0) {
    text += "The copy has nothing that is missing here.\n";
  } else {
    text += absl::StrFormat("%s  %d entries, %d checkpoints\n",
                            dry_run ? "would restore     " : "restored          ", found.entries(),
                            found.checkpoints);
    for (const auto& [kind, count] : found.kinds) {
      text += absl::StrFormat("  %-17s %d\n", records::ToText(kind), count);
    }
    text += DescribeActs(found);
    text +=
        "What this node knew as a witness of its partners is as old as the ledger was: give it a "
        "new "
        "node.witness_key\nbefore it starts, and tell the partners (docs/operations/ledger.md).\n";
  }
  return text;
}

absl::Status CheckComplete(const ledger::Restoration& found) {
  if (found.still_missing() == 0) return absl::OkStatus();
  return store::RollbackDetected(
      absl::StrFormat("%d entries, %d to %d, are still missing: the node does not start without "
                      "them. Is there a newer copy, of an auditor or a partner?",
                      found.still_missing(), found.size_after, found.known_size - 1));
}

}  // namespace proofmark::server
