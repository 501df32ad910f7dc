// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/node.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "server/store/key_file.h"

namespace proofmark::journeys {
namespace {

constexpr int kSearchThreadsMax = 64;
constexpr std::int64_t kProgressEvery = 1'000;

}  // namespace

absl::StatusOr<std::unique_ptr<Node>> Node::Open(Options options, federation::NodeIdentity identity,
                                                 federation::Partners partners,
                                                 store::StorageEnv& disk, const base::Clock& clock,
                                                 base::Random& random,
                                                 federation::PeerClient& peers) {
  if (options.search_threads < 1 || options.search_threads > kSearchThreadsMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("search_threads is %d; 1..%d", options.search_threads, kSearchThreadsMax));
  }
  std::unique_ptr<Node> node(
      new Node(std::move(options), std::move(identity), std::move(partners), clock, random, peers));
  PM_RETURN_IF_ERROR(node->Assemble(disk));
  PM_RETURN_IF_ERROR(node->LoadCollection());
  PM_RETURN_IF_ERROR(node->searches_->CloseAbandoned());
  PM_RETURN_IF_ERROR(node->answering_->ForgetOldAnswers());
  PM_RETURN_IF_ERROR(node->LogStart());
  return node;
}

Node::Node(Options options, federation::NodeIdentity identity, federation::Partners partners,
           const base::Clock& clock, base::Random& random, federation::PeerClient& peers)
    : options_(std::move(options)),
      identity_(std::move(identity)),
      partners_(std::move(partners)),
      start_unix_ms_(clock.UnixMillis()),
      clock_(clock),
      random_(random),
      peers_(peers),
      collection_(options_.search_threads) {}

Node::~Node() = default;

absl::Status Node::Assemble(store::StorageEnv& disk) {
  PM_ASSIGN_OR_RETURN(crypto::SecretBytes master_key,
                      store::LoadMasterKey(options_.master_key_path));
  store::Store::Options store_options;
  store_options.on_failure = options_.on_store_failure;
  PM_ASSIGN_OR_RETURN(store_, store::Store::Open(options_.state_folder, disk, random_,
                                                 std::move(master_key), std::move(store_options)));
  PM_ASSIGN_OR_RETURN(ledger_, ledger::Ledger::Open(*store_, clock_,
                                                    {.origin = identity_.origin(),
                                                     .node_name = identity_.node_id()}));
  // The state of one node under the name of another would make evidence in the wrong name.
  if (ledger_->Head().size > 0) {
    PM_ASSIGN_OR_RETURN(const ledger::StoredEntry first, ledger_->Read(0));
    if (first.entry.node != identity_.node_id()) {
      return absl::FailedPreconditionError(
          absl::StrFormat("the state in %s belongs to %s, not to %s", options_.state_folder,
                          first.entry.node, identity_.node_id()));
    }
  }
  PM_ASSIGN_OR_RETURN(commitments_, ledger::CaseCommitments::Open(*store_));
  PM_ASSIGN_OR_RETURN(match::AnswerKey answer_key, match::AnswerKey::Open(*store_));
  answer_key_ = std::make_unique<match::AnswerKey>(std::move(answer_key));
  registry_ = std::make_unique<registry::ExhibitRegistry>(*store_, *ledger_, *commitments_, clock_);
  submissions_ = std::make_unique<Submissions>(*registry_, collection_);
  searches_ = std::make_unique<Searches>(SearchRooms{.store = *store_,
                                                     .ledger = *ledger_,
                                                     .commitments = *commitments_,
                                                     .registry = *registry_,
                                                     .collection = collection_,
                                                     .identity = identity_,
                                                     .partners = partners_,
                                                     .peers = peers_,
                                                     .clock = clock_,
                                                     .random = random_});
  answering_ = std::make_unique<Answering>(AnsweringRooms{.store = *store_,
                                                          .ledger = *ledger_,
                                                          .collection = collection_,
                                                          .answer_key = *answer_key_,
                                                          .identity = identity_,
                                                          .partners = partners_,
                                                          .clock = clock_});
  exhibits_ = std::make_unique<Exhibits>(*registry_, collection_);
  return absl::OkStatus();
}

absl::Status Node::LoadCollection() {
  std::int64_t loaded = 0;
  std::int64_t of_other_method = 0;
  PM_RETURN_IF_ERROR(registry_->ForEachActive([&](wire::StoredExhibit& stored) {
    if (!forensics::IsOfCurrentMethod(*stored.signature)) {
      ++of_other_method;
      return absl::OkStatus();
    }
    collection_.Insert(
        stored.exhibit.id,
        {.kind = stored.exhibit.kind, .characteristics = stored.exhibit.characteristics},
        *std::move(stored.signature));
    if (++loaded % kProgressEvery == 0) {
      base::Log(base::LogSeverity::kInfo, absl::StrFormat("%d exhibits loaded so far", loaded));
    }
    return absl::OkStatus();
  }));
  base::Log(base::LogSeverity::kInfo, absl::StrFormat("%d exhibits loaded", loaded));
  if (of_other_method > 0) {
    base::Log(base::LogSeverity::kWarning,
              absl::StrFormat("%d exhibits are not searched: their signatures are of another "
                              "method than this program's; submit their scans again",
                              of_other_method));
  }
  return absl::OkStatus();
}

absl::Status Node::LogStart() {
  ledger::EntryDraft start;
  start.kind = ledger::EntryKind::kStart;
  start.outcome = "STARTED";
  start.count = static_cast<std::uint64_t>(collection_.size());
  PM_RETURN_IF_ERROR(ledger_->Append(std::move(start)).status());
  ledger::EntryDraft config;
  config.kind = ledger::EntryKind::kConfig;
  config.object = options_.config_sha256_hex;
  config.outcome = "LOADED";
  return ledger_->Append(std::move(config)).status();
}

absl::Status Node::Stop() {
  ledger::EntryDraft stop;
  stop.kind = ledger::EntryKind::kStop;
  stop.outcome = "STOPPED";
  return ledger_->Append(std::move(stop)).status();
}

absl::StatusOr<std::int64_t> Node::CountActiveExhibits() const {
  std::int64_t count = 0;
  PM_RETURN_IF_ERROR(registry_->ForEachActive([&](const wire::StoredExhibit& /*stored*/) {
    ++count;
    return absl::OkStatus();
  }));
  return count;
}

}  // namespace proofmark::journeys
