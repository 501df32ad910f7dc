// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"
#include "server/desks/collection_desk.h"
#include "server/desks/firearm_check_desk.h"
#include "server/desks/lookup_desks.h"
#include "server/desks/match_desk.h"
#include "server/exchange/federation_keeper.h"
#include "server/exchange/fork_reports.h"
#include "server/exchange/outbox.h"
#include "server/exchange/publishing.h"
#include "server/exchange/reception.h"
#include "server/federation/budget.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"
#include "server/federation/question_count.h"
#include "server/federation/witness_link.h"
#include "server/journeys/alerts.h"
#include "server/journeys/calibrations.h"
#include "server/journeys/corrections.h"
#include "server/journeys/cross_checks.h"
#include "server/journeys/details.h"
#include "server/journeys/erasures.h"
#include "server/journeys/exhibits.h"
#include "server/journeys/firearm_notices.h"
#include "server/journeys/firearm_questions.h"
#include "server/journeys/firearms.h"
#include "server/journeys/housekeeping.h"
#include "server/journeys/links.h"
#include "server/journeys/lookups.h"
#include "server/journeys/received_material.h"
#include "server/journeys/search.h"
#include "server/journeys/share_triggers.h"
#include "server/journeys/standing_questions.h"
#include "server/journeys/submission.h"
#include "server/ledger/case_commitments.h"
#include "server/ledger/checkpoint_book.h"
#include "server/ledger/ledger.h"
#include "server/ledger/witness_book.h"
#include "server/lookup/canary_book.h"
#include "server/lookup/evaluation_book.h"
#include "server/lookup/held_tables.h"
#include "server/lookup/key_book.h"
#include "server/lookup/table_keeper.h"
#include "server/match/answer_key.h"
#include "server/match/exhibit_collection.h"
#include "server/match/index_keeper.h"
#include "server/registry/alarm_tests.h"
#include "server/registry/code_tables.h"
#include "server/registry/exhibit_registry.h"
#include "server/registry/firearm_registry.h"
#include "server/registry/statistics_book.h"
#include "server/store/derived_files.h"
#include "server/store/store.h"

namespace proofmark::store {
class StorageEnv;
}  // namespace proofmark::store

namespace proofmark::node {

inline constexpr int kSearchThreadsMax = 64;

// One agency's node below the network: its state, its rooms, its journeys. main opens one with the
// machine's disk, clock and randomness; tests and the simulator bring their own. Thread-safe.
class Node {
 public:
  struct Options {
    std::string state_folder;
    std::string master_key_path;  // As store::LoadMasterKey reads it.
    // SHA-256 of the configuration, 64 hexadecimal digits: the entry `config` of this start.
    std::string config_sha256_hex;
    int search_threads = 2;  // Workers of one search; 1..kSearchThreadsMax.
    int partners_at_once = journeys::kPartnersAtOnceDefault;  // Of one search, >= 1.
    match::IndexKeeper::Options index;
    exchange::PublishingOptions publishing;
    exchange::FederationOptions federation;
    exchange::Outbox::Options letters;
    // The firearms that partners may look up; empty: those of the registry that may be shared.
    lookup::RecordSource shared_firearms;
    // How often look-up tables that are due are made and keys of ended epochs erased; 0: only when
    // lookup_work().RunNow() is called.
    std::chrono::milliseconds lookup_work{0};
    // How often stored answers that are kept no longer go and missed clocks are logged; 0: only at
    // the start and when Housekeeping::RunNow() is called.
    std::chrono::milliseconds housekeeping{0};
    // How often share triggers register questions and those that are due are asked; 0: only when
    // standing_work().RunNow() is called.
    std::chrono::milliseconds standing_work{0};
    // How counts of deactivated firearms are published for partners.
    registry::StatisticsBook::Options statistics;
    // Witnesses of the ledger beside the partners.
    std::vector<std::shared_ptr<federation::WitnessLink>> outside_witnesses;
    // How long the witnesses are asked at the start whether they have seen more than is here.
    std::chrono::milliseconds witnesses_wait{2'000};
    // The store has failed; main ends the process. Contract: store::Store::Options::on_failure.
    std::function<void(const absl::Status&)> on_store_failure;
  };

  // How a partner's questions here and ours there stand to what was agreed.
  struct PartnerBudget {
    std::string agency;
    federation::BudgetStatement here;
    std::optional<federation::ToldBudget> there;              // As it last told us.
    std::optional<federation::BudgetStatement> lookups_here;  // Absent: it may not look up here.
    // Evaluations left at once, by each purpose that is agreed; none when it may not look up here.
    std::map<std::string, std::int64_t> lookups_at_once_here;
    std::optional<federation::ToldBudget> lookups_there;
    std::optional<federation::BudgetStatement> firearm_checks_here;  // Absent: it may not ask.
    std::optional<federation::ToldBudget> firearm_checks_there;
  };

  // How the exhibits became searchable at this start, and how their index is kept.
  struct IndexReport {
    std::int64_t from_files = 0;  // Exhibits whose index entry was on disk.
    std::int64_t from_store = 0;  // Exhibits read whole: cases, and what the files lacked.
    std::int64_t ready_ms = 0;    // From the beginning of loading until all were searchable.
    // Signatures that a search needed and could not read: counted there as failed.
    std::int64_t unread_signatures = 0;
    match::IndexKeeper::Counters files;
  };

  // Opens the state, checks the ledger against it, makes every active exhibit searchable,
  // closes what a crash left open, and writes the entries `start` and `config`. The references
  // must outlive the node.
  //   kInvalidArgument     an option out of its bounds.
  //   kFailedPrecondition  the state belongs to another node, or as store::Store::Open.
  //   kDataLoss            damaged state, or store::IsRollbackDetected.
  static absl::StatusOr<std::unique_ptr<Node>> Open(Options options,
                                                    federation::NodeIdentity identity,
                                                    federation::Partners partners,
                                                    store::StorageEnv& disk,
                                                    const base::Clock& clock, base::Random& random,
                                                    federation::PeerClient& peers);

  // Writes nothing: call Stop() first in an orderly end.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // The entry `stop`, then the last save of the search index. Afterwards only destroying makes
  // sense; nobody may be inside a journey.
  absl::Status Stop();

  journeys::Submissions& submissions() { return *submissions_; }
  journeys::Searches& searches() { return *searches_; }
  exchange::Reception& reception() { return *reception_; }
  exchange::Outbox& outbox() { return *outbox_; }
  journeys::Links& links() { return *links_; }
  journeys::ReleasedScans& released_scans() { return *released_scans_; }
  journeys::Details& details() { return *details_; }
  journeys::Corrections& corrections() { return *corrections_; }
  journeys::Exhibits& exhibits() { return *exhibits_; }
  journeys::Calibrations& calibrations() { return *calibrations_; }
  exchange::Publishing& publishing() { return *publishing_; }
  ledger::WitnessBook& witness() { return *witness_; }
  journeys::Firearms& firearms() { return *firearms_; }
  journeys::Alerts& alerts() { return *alerts_; }
  registry::CodeTables& code_tables() { return *code_tables_; }
  const registry::FirearmRegistry& firearm_registry() const { return *firearm_registry_; }
  journeys::Erasures& erasures() { return *erasures_; }
  journeys::Lookups& lookups() { return *lookups_; }
  journeys::FirearmQuestions& firearm_questions() { return *firearm_questions_; }
  journeys::FirearmNotices& firearm_notices() { return *firearm_notices_; }
  registry::AlarmTests& alarm_tests() { return *alarm_tests_; }
  lookup::TableKeeper& lookup_tables() { return *lookup_tables_; }
  lookup::CanaryBook& canaries() { return *canaries_; }
  journeys::Housekeeping& lookup_work() { return *lookup_work_; }
  journeys::StandingQuestions& standing_questions() { return *standing_questions_; }
  desks::CollectionDesk& collection_desk() { return *collection_desk_; }
  journeys::Housekeeping& standing_work() { return *standing_work_; }
  journeys::Housekeeping& housekeeping() { return *housekeeping_; }
  exchange::ForkReports& fork_reports() { return *fork_reports_; }

  ledger::Ledger& ledger() { return *ledger_; }
  ledger::CheckpointBook& checkpoints() { return *checkpoints_; }
  federation::PeerClient& peers() { return peers_; }
  const federation::NodeIdentity& identity() const { return identity_; }
  exchange::FederationKeeper& federation() { return *federation_; }
  // Those of the configuration, and of them those that the federation descriptor admits, with what
  // both grant: the same without a descriptor.
  const federation::Partners& configured_partners() const { return configured_; }
  const federation::Partners& partners() const { return partners_; }

  // By agency.
  absl::StatusOr<std::vector<PartnerBudget>> Budgets() const;

  // Active exhibits at rest and in the collection: equal, or something is wrong.
  absl::StatusOr<std::int64_t> CountActiveExhibits() const;
  std::int64_t indexed_count() const { return collection_.size(); }
  IndexReport index_report() const;
  std::int64_t start_unix_ms() const { return start_unix_ms_; }
  // OK while the node can do its work, otherwise why not.
  absl::Status health() const { return store_->health(); }

 private:
  Node(Options options, federation::NodeIdentity identity, federation::Partners partners,
       const base::Clock& clock, base::Random& random, federation::PeerClient& peers);

  absl::Status Assemble(store::StorageEnv& disk);
  absl::Status AssembleLedger(store::StorageEnv& disk);
  absl::Status AssembleExchange();
  absl::Status AssembleLookup(store::StorageEnv& disk);
  absl::Status LoadCollection(store::StorageEnv& disk);
  absl::Status InsertLeft(const registry::Roster& roster);
  absl::StatusOr<forensics::BulletSignature> LoadSignature(std::string_view id) const;
  absl::Status LogStart();
  absl::Status PublishStatistics();

  // Constant after construction.
  const Options options_;
  const federation::NodeIdentity identity_;
  const federation::Partners configured_;
  const std::int64_t start_unix_ms_;
  // Constant after Open.
  std::int64_t loaded_from_store_ = 0;
  std::int64_t ready_ms_ = 0;
  federation::Partners partners_;
  // Do their own locking. In order of construction: each uses only what stands above it.
  const base::Clock& clock_;
  base::Random& random_;
  federation::PeerClient& peers_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<exchange::FederationKeeper> federation_;
  std::unique_ptr<ledger::CheckpointBook> checkpoints_;
  std::unique_ptr<store::DerivedFiles> witnessed_notes_;
  std::unique_ptr<ledger::WitnessBook> witness_;
  std::unique_ptr<exchange::Publishing> publishing_;
  std::unique_ptr<exchange::ForkReports> fork_reports_;
  std::unique_ptr<ledger::CaseCommitments> commitments_;
  std::unique_ptr<match::AnswerKey> answer_key_;
  std::unique_ptr<registry::ExhibitRegistry> registry_;
  std::unique_ptr<registry::CodeTables> code_tables_;
  std::unique_ptr<registry::FirearmRegistry> firearm_registry_;
  std::unique_ptr<registry::AlarmTests> alarm_tests_;
  std::unique_ptr<registry::StatisticsBook> statistics_;
  match::ExhibitCollection collection_;
  std::unique_ptr<match::IndexKeeper> index_keeper_;
  std::unique_ptr<journeys::Calibrations> calibrations_;
  mutable std::atomic<std::int64_t> unread_signatures_ = 0;
  std::unique_ptr<journeys::Submissions> submissions_;
  std::unique_ptr<journeys::SearchRooms> search_rooms_;
  std::unique_ptr<journeys::Searches> searches_;
  std::unique_ptr<journeys::StandingQuestions> standing_questions_;
  std::unique_ptr<journeys::ShareTriggers> share_triggers_;
  std::unique_ptr<exchange::Outbox> outbox_;
  std::unique_ptr<journeys::CrossChecks> cross_checks_;
  std::unique_ptr<journeys::Links> links_;
  std::unique_ptr<journeys::ReleasedScans> released_scans_;
  std::unique_ptr<journeys::Details> details_;
  std::unique_ptr<journeys::Corrections> corrections_;
  std::unique_ptr<federation::BudgetBook> budgets_;
  std::unique_ptr<journeys::ReceivedMaterial> received_material_;
  std::unique_ptr<desks::MatchDesk> match_desk_;
  std::unique_ptr<federation::BudgetBook> firearm_check_budgets_;
  std::unique_ptr<desks::FirearmCheckDesk> firearm_check_desk_;
  std::unique_ptr<journeys::FirearmNotices> firearm_notices_;
  std::unique_ptr<desks::CollectionDesk> collection_desk_;
  std::unique_ptr<lookup::KeyBook> lookup_keys_;
  std::unique_ptr<lookup::CanaryBook> canaries_;
  std::unique_ptr<lookup::TableKeeper> lookup_tables_;
  std::unique_ptr<lookup::EvaluationBook> evaluations_;
  std::unique_ptr<lookup::HeldTables> held_tables_;
  std::unique_ptr<desks::LookupTableDesk> lookup_table_desk_;
  std::unique_ptr<desks::LookupDesk> lookup_desk_;
  std::unique_ptr<desks::LookupHitDesk> lookup_hit_desk_;
  std::unique_ptr<journeys::Lookups> lookups_;
  std::unique_ptr<journeys::FirearmQuestions> firearm_questions_;
  std::unique_ptr<federation::QuestionCount> question_count_;
  std::unique_ptr<exchange::Reception> reception_;
  std::unique_ptr<journeys::Exhibits> exhibits_;
  std::unique_ptr<journeys::Alerts> alerts_;
  std::unique_ptr<journeys::Firearms> firearms_;
  std::unique_ptr<journeys::Erasures> erasures_;
  std::unique_ptr<journeys::Housekeeping> housekeeping_;
  std::unique_ptr<journeys::Housekeeping> lookup_work_;
  std::unique_ptr<journeys::Housekeeping> standing_work_;
};

}  // namespace proofmark::node
