// SPDX-License-Identifier: Apache-2.0
#include "server/node/node.h"

#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/striated/land_extraction.h"
#include "server/ledger/restoring.h"
#include "server/store/key_file.h"

namespace proofmark::node {
namespace {

constexpr std::int64_t kProgressEvery = 10'000;

bool IsSearchableBullet(const wire::StoredRosterRow& row) {
  return records::ItemOf(row.kind) == records::ItemKind::kBullet &&
         row.extractor_versions == forensics::LandExtractorVersion();
}

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
  PM_RETURN_IF_ERROR(node->LoadCollection(disk));
  // Before any entry: one in the place of an entry that was lost could never be taken back.
  PM_RETURN_IF_ERROR(node->publishing_->CheckWitnesses(node->options_.witnesses_wait));
  PM_RETURN_IF_ERROR(ledger::LogRestoration(*node->store_, *node->ledger_));
  PM_RETURN_IF_ERROR(node->witness_->Recover());
  PM_RETURN_IF_ERROR(node->searches_->CloseAbandoned());
  PM_RETURN_IF_ERROR(node->LogStart());
  PM_RETURN_IF_ERROR(node->corrections_->SettleOpen());
  PM_RETURN_IF_ERROR(node->federation_->RaiseAlarms());
  PM_RETURN_IF_ERROR(node->federation_->WatchLife());
  node->housekeeping_->RunNow();
  node->publishing_->Start();
  node->federation_->Start();
  node->fork_reports_->Start();
  node->outbox_->Start();
  node->index_keeper_->Start();
  node->housekeeping_->Start();
  node->lookup_work_->Start();
  node->standing_work_->Start();
  return node;
}

Node::Node(Options options, federation::NodeIdentity identity, federation::Partners partners,
           const base::Clock& clock, base::Random& random, federation::PeerClient& peers)
    : options_(std::move(options)),
      identity_(std::move(identity)),
      configured_(std::move(partners)),
      start_unix_ms_(clock.UnixMillis()),
      clock_(clock),
      random_(random),
      peers_(peers),
      collection_(options_.search_threads,
                  [this](std::string_view id) { return LoadSignature(id); }) {}

Node::~Node() {
  // Its thread uses rooms that go before it.
  if (outbox_ != nullptr) outbox_->Stop();
  if (lookup_tables_ != nullptr) lookup_tables_->Stop();
  if (standing_questions_ != nullptr) standing_questions_->StopAsking();
}

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
  PM_ASSIGN_OR_RETURN(federation_,
                      exchange::FederationKeeper::Create(options_.federation, *store_, *ledger_,
                                                         identity_, configured_, peers_, clock_));
  PM_ASSIGN_OR_RETURN(partners_, federation_->AdmitAtStart());
  PM_RETURN_IF_ERROR(AssembleLedger(disk));
  PM_ASSIGN_OR_RETURN(commitments_, ledger::CaseCommitments::Open(*store_));
  PM_ASSIGN_OR_RETURN(match::AnswerKey answer_key, match::AnswerKey::Open(*store_));
  answer_key_ = std::make_unique<match::AnswerKey>(std::move(answer_key));
  registry_ = std::make_unique<registry::ExhibitRegistry>(*store_, *ledger_, *commitments_, clock_);
  PM_ASSIGN_OR_RETURN(code_tables_, registry::CodeTables::Open(*store_, *ledger_));
  PM_ASSIGN_OR_RETURN(firearm_registry_,
                      registry::FirearmRegistry::Open(*store_, *ledger_, clock_));
  alarm_tests_ = std::make_unique<registry::AlarmTests>(*store_, *ledger_, clock_);
  statistics_ =
      std::make_unique<registry::StatisticsBook>(*store_, *ledger_, clock_, options_.statistics);
  PM_ASSIGN_OR_RETURN(calibrations_,
                      journeys::Calibrations::Open(*store_, *ledger_, collection_, clock_));
  submissions_ = std::make_unique<journeys::Submissions>(*registry_, collection_);
  search_rooms_ = std::make_unique<journeys::SearchRooms>(
      journeys::SearchRooms{.store = *store_,
                            .ledger = *ledger_,
                            .commitments = *commitments_,
                            .registry = *registry_,
                            .collection = collection_,
                            .identity = identity_,
                            .partners = partners_,
                            .federation = *federation_,
                            .witness = *witness_,
                            .peers = peers_,
                            .clock = clock_,
                            .random = random_,
                            .partners_at_once = options_.partners_at_once});
  searches_ = std::make_unique<journeys::Searches>(*search_rooms_);
  standing_questions_ = std::make_unique<journeys::StandingQuestions>(
      journeys::StandingQuestions::Rooms{.search = *search_rooms_, .searches = *searches_});
  share_triggers_ = std::make_unique<journeys::ShareTriggers>(
      journeys::ShareTriggers::Rooms{.store = *store_,
                                     .registry = *registry_,
                                     .firearms = *firearm_registry_,
                                     .partners = configured_,
                                     .standing = *standing_questions_,
                                     .clock = clock_});
  PM_RETURN_IF_ERROR(AssembleLookup(disk));
  PM_RETURN_IF_ERROR(AssembleExchange());
  exhibits_ = std::make_unique<journeys::Exhibits>(*registry_, collection_, *corrections_);
  alerts_ = std::make_unique<journeys::Alerts>(journeys::Alerts::Rooms{
      .store = *store_, .ledger = *ledger_, .registry = *firearm_registry_, .clock = clock_});
  firearms_ = std::make_unique<journeys::Firearms>(
      journeys::Firearms::Rooms{.ledger = *ledger_,
                                .registry = *firearm_registry_,
                                .codes = *code_tables_,
                                .exhibits = *registry_,
                                .links = *links_,
                                .details = *details_,
                                .alerts = *alerts_,
                                .questions = *firearm_questions_,
                                .identity = identity_});
  cross_checks_->Serve(
      [this](const records::ExhibitId& exhibit_id) { return firearms_->CrossCheck(exhibit_id); });
  erasures_ = std::make_unique<journeys::Erasures>(
      journeys::Erasures::Rooms{.store = *store_,
                                .ledger = *ledger_,
                                .commitments = *commitments_,
                                .registry = *registry_,
                                .links = *links_,
                                .details = *details_,
                                .standing = *standing_questions_,
                                .firearms = *firearms_,
                                .notices = *firearm_notices_,
                                .clock = clock_});
  housekeeping_ = std::make_unique<journeys::Housekeeping>(
      std::vector<journeys::Housekeeping::Chore>{
          {"answers kept for repetitions", [this] { return reception_->ForgetOldAnswers(); }},
          {"clocks of requests for details", [this] { return details_->LogMissedClocks(); }},
          {"scans that were released", [this] { return released_scans_->SendDue(); }},
          {"the collection's version", [this] { return collection_desk_->Publish(); }},
          {"cross-checks of firearms", [this] { return cross_checks_->RunDue(); }},
          {"alerts of firearms", [this] { return alerts_->SettleDue(); }},
          {"checks of firearms", [this] { return firearms_->RecheckWhenDue().status(); }},
          {"notices of firearms", [this] { return firearm_notices_->TellDue(); }},
          {"statistics of firearms", [this] { return PublishStatistics(); }}},
      options_.housekeeping);
  // On a thread of its own: a table may take minutes.
  lookup_work_ = std::make_unique<journeys::Housekeeping>(
      std::vector<journeys::Housekeeping::Chore>{
          {"look-up keys of ended epochs", [this] { return lookup_keys_->EraseEnded(); }},
          {"look-up tables", [this] { return lookup_tables_->MakeDue(); }}},
      options_.lookup_work);
  // Likewise: partners may take their time.
  standing_work_ = std::make_unique<journeys::Housekeeping>(
      std::vector<journeys::Housekeeping::Chore>{
          {"share triggers", [this] { return share_triggers_->SettleDue(); }},
          {"standing questions", [this] { return standing_questions_->AskDue(); }}},
      options_.standing_work);
  return absl::OkStatus();
}

// Both sides of private look-ups: our tables and their desks, and our questions.
absl::Status Node::AssembleLookup(store::StorageEnv& disk) {
  PM_ASSIGN_OR_RETURN(lookup_keys_, lookup::KeyBook::Open(*store_, *ledger_, clock_,
                                                          std::string(identity_.node_id())));
  canaries_ = std::make_unique<lookup::CanaryBook>(*store_, *ledger_);
  PM_ASSIGN_OR_RETURN(
      lookup_tables_,
      lookup::TableKeeper::Open(
          {.store = *store_,
           .ledger = *ledger_,
           .keys = *lookup_keys_,
           .canaries = *canaries_,
           .partners = partners_,
           .disk = disk,
           .clock = clock_},
          options_.state_folder + "/lookup-own", std::string(identity_.node_id()),
          options_.shared_firearms ? options_.shared_firearms
                                   : journeys::SharedFirearmsOf(*firearm_registry_)));
  PM_ASSIGN_OR_RETURN(evaluations_, lookup::EvaluationBook::Open(*store_, clock_.UnixMillis()));
  PM_ASSIGN_OR_RETURN(
      held_tables_, lookup::HeldTables::Open(*store_, disk, options_.state_folder + "/lookup-held",
                                             std::string(identity_.node_id()), clock_));
  const desks::LookupDeskRooms desks{.keys = *lookup_keys_,
                                     .tables = *lookup_tables_,
                                     .budgets = *evaluations_,
                                     .publishing = *publishing_,
                                     .ledger = *ledger_,
                                     .clock = clock_,
                                     .random = random_};
  lookup_table_desk_ = std::make_unique<desks::LookupTableDesk>(desks);
  lookup_desk_ = std::make_unique<desks::LookupDesk>(desks);
  lookup_hit_desk_ = std::make_unique<desks::LookupHitDesk>(desks);
  const exchange::AskingRooms asking{.store = *store_,
                                     .ledger = *ledger_,
                                     .commitments = *commitments_,
                                     .identity = identity_,
                                     .partners = partners_,
                                     .federation = *federation_,
                                     .witness = *witness_,
                                     .peers = peers_,
                                     .clock = clock_,
                                     .random = random_,
                                     .partners_at_once = options_.partners_at_once};
  lookups_ = std::make_unique<journeys::Lookups>(
      journeys::LookupRooms{.asking = asking, .tables = *held_tables_});
  firearm_questions_ = std::make_unique<journeys::FirearmQuestions>(asking);
  return absl::OkStatus();
}

// What partners and we say to each other besides a search's questions.
absl::Status Node::AssembleExchange() {
  PM_ASSIGN_OR_RETURN(outbox_, exchange::Outbox::Open({.store = *store_,
                                                       .ledger = *ledger_,
                                                       .identity = identity_,
                                                       .partners = partners_,
                                                       .federation = *federation_,
                                                       .peers = peers_,
                                                       .clock = clock_},
                                                      options_.letters));
  cross_checks_ = std::make_unique<journeys::CrossChecks>(*store_);
  links_ = std::make_unique<journeys::Links>(journeys::Links::Rooms{.store = *store_,
                                                                    .ledger = *ledger_,
                                                                    .commitments = *commitments_,
                                                                    .registry = *registry_,
                                                                    .partners = partners_,
                                                                    .outbox = *outbox_,
                                                                    .cross_checks = *cross_checks_,
                                                                    .clock = clock_});
  released_scans_ = std::make_unique<journeys::ReleasedScans>(
      journeys::ReleasedScans::Rooms{.store = *store_,
                                     .registry = *registry_,
                                     .identity = identity_,
                                     .partners = partners_,
                                     .outbox = *outbox_,
                                     .clock = clock_});
  details_ =
      std::make_unique<journeys::Details>(journeys::Details::Rooms{.store = *store_,
                                                                   .ledger = *ledger_,
                                                                   .commitments = *commitments_,
                                                                   .registry = *registry_,
                                                                   .firearms = *firearm_registry_,
                                                                   .links = *links_,
                                                                   .identity = identity_,
                                                                   .partners = partners_,
                                                                   .outbox = *outbox_,
                                                                   .scans = *released_scans_,
                                                                   .cross_checks = *cross_checks_,
                                                                   .clock = clock_});
  corrections_ =
      std::make_unique<journeys::Corrections>(journeys::Corrections::Rooms{.store = *store_,
                                                                           .ledger = *ledger_,
                                                                           .registry = *registry_,
                                                                           .links = *links_,
                                                                           .details = *details_,
                                                                           .partners = partners_,
                                                                           .outbox = *outbox_,
                                                                           .clock = clock_});
  PM_ASSIGN_OR_RETURN(budgets_, federation::BudgetBook::Open(*store_, clock_.UnixMillis()));
  received_material_ = std::make_unique<journeys::ReceivedMaterial>(*store_, clock_);
  match_desk_ =
      std::make_unique<desks::MatchDesk>(desks::MatchDesk::Rooms{.collection = collection_,
                                                                 .answer_key = *answer_key_,
                                                                 .registry = *registry_,
                                                                 .received = *received_material_,
                                                                 .budgets = *budgets_,
                                                                 .ledger = *ledger_,
                                                                 .clock = clock_});
  PM_ASSIGN_OR_RETURN(firearm_check_budgets_,
                      federation::BudgetBook::Open(*store_, clock_.UnixMillis(),
                                                   federation::BudgetOf::kFirearmChecks));
  firearm_check_desk_ = std::make_unique<desks::FirearmCheckDesk>(
      desks::FirearmCheckDesk::Rooms{.registry = *firearm_registry_,
                                     .alarm_tests = *alarm_tests_,
                                     .statistics = *statistics_,
                                     .answer_key = *answer_key_,
                                     .budgets = *firearm_check_budgets_,
                                     .ledger = *ledger_,
                                     .clock = clock_});
  firearm_notices_ = std::make_unique<journeys::FirearmNotices>(
      journeys::FirearmNotices::Rooms{.store = *store_,
                                      .ledger = *ledger_,
                                      .registry = *firearm_registry_,
                                      .partners = partners_,
                                      .outbox = *outbox_,
                                      .clock = clock_});
  collection_desk_ = std::make_unique<desks::CollectionDesk>(desks::CollectionDesk::Rooms{
      .store = *store_, .answer_key = *answer_key_, .collection = collection_, .clock = clock_});
  PM_ASSIGN_OR_RETURN(question_count_, federation::QuestionCount::Open(*store_));
  reception_ = std::make_unique<exchange::Reception>(
      exchange::ReceptionRooms{.store = *store_,
                               .ledger = *ledger_,
                               .identity = identity_,
                               .partners = partners_,
                               .federation = *federation_,
                               .publishing = *publishing_,
                               .clock = clock_,
                               .counts = *question_count_},
      std::vector<exchange::Desk*>{
          match_desk_.get(), collection_desk_.get(), &links_->desk(), &details_->request_desk(),
          &details_->decision_desk(), &released_scans_->desk(), &corrections_->desk(),
          lookup_table_desk_.get(), lookup_desk_.get(), lookup_hit_desk_.get(),
          firearm_check_desk_.get(), &firearm_notices_->desk()});
  return absl::OkStatus();
}

absl::Status Node::AssembleLedger(store::StorageEnv& disk) {
  PM_ASSIGN_OR_RETURN(checkpoints_,
                      ledger::CheckpointBook::Open(*store_, *ledger_, clock_, identity_.log_key()));
  ledger::WitnessBook::Options witnessed{.name = identity_.witness_name(), .origins = {}};
  // Who witnesses whom is the configuration's business: a ledger must not lose its witnesses
  // because a descriptor ended.
  for (const federation::Partner& partner : configured_.all()) {
    witnessed.told.push_back(partner.domain);
    if (partner.log_key) witnessed.origins.push_back({*partner.log_key, partner.node_id});
  }
  PM_ASSIGN_OR_RETURN(witnessed_notes_,
                      store::DerivedFiles::Open(disk, options_.state_folder + "/witnessed"));
  PM_ASSIGN_OR_RETURN(witness_,
                      ledger::WitnessBook::Create(*store_, *ledger_, *witnessed_notes_, clock_,
                                                  identity_.witness_key(), std::move(witnessed)));
  PM_ASSIGN_OR_RETURN(publishing_, exchange::Publishing::Create(
                                       *store_, *ledger_, *checkpoints_, configured_, peers_,
                                       clock_, options_.publishing, options_.outside_witnesses));
  fork_reports_ = std::make_unique<exchange::ForkReports>(
      *witness_, configured_, peers_, clock_,
      exchange::ForkReports::Options{.interval = options_.publishing.interval,
                                     .wait = options_.publishing.wait,
                                     .retry = options_.publishing.refresh});
  return absl::OkStatus();
}

// Reads the store without any lock of the index: no writer waits for it.
absl::StatusOr<forensics::BulletSignature> Node::LoadSignature(std::string_view id) const {
  absl::StatusOr<wire::StoredExhibit> stored = registry_->Load(id);
  if (stored.ok()) {
    if (auto* bullet = std::get_if<forensics::BulletSignature>(&*stored->signature)) {
      return std::move(*bullet);
    }
    stored = absl::DataLossError("an exhibit in the index of bullets is none");
  }
  ++unread_signatures_;
  base::Log(base::LogSeverity::kError,
            absl::StrFormat("a search lacks a signature: %s", stored.status().message()));
  return stored.status();
}

absl::Status Node::LoadCollection(store::StorageEnv& disk) {
  const auto begin = clock_.Steady();
  PM_ASSIGN_OR_RETURN(registry::Roster roster, registry_->ReadRoster());
  index_keeper_ = std::make_unique<match::IndexKeeper>(
      disk, options_.state_folder + "/index", collection_.bullets(), clock_, options_.index);
  absl::Status fault;
  index_keeper_->Load([&](const records::ExhibitId& id) -> std::optional<match::ClassData> {
    absl::StatusOr<std::optional<wire::StoredRosterRow>> row = roster.Find(id);
    if (!row.ok()) fault = row.status();
    if (!row.ok() || !row->has_value() || !IsSearchableBullet(**row)) return std::nullopt;
    roster.Take(id);
    return match::ClassData{.kind = (*row)->kind,
                            .characteristics = std::move((*row)->characteristics)};
  });
  PM_RETURN_IF_ERROR(fault);
  PM_RETURN_IF_ERROR(InsertLeft(roster));
  ready_ms_ =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.Steady() - begin).count();
  base::Log(base::LogSeverity::kInfo,
            absl::StrFormat("%d exhibits searchable after %d ms: %d from index files, %d read",
                            collection_.size(), ready_ms_,
                            index_keeper_->counters().adopted_records, loaded_from_store_));
  return absl::OkStatus();
}

absl::Status Node::InsertLeft(const registry::Roster& roster) {
  std::int64_t of_other_method = 0;
  PM_RETURN_IF_ERROR(roster.ForEachLeft([&](const records::ExhibitId& id) -> absl::Status {
    absl::StatusOr<wire::StoredExhibit> stored = registry_->Load(id);
    if (absl::IsNotFound(stored.status())) {
      return absl::DataLossError(absl::StrFormat("exhibit %s is in the roster alone", id));
    }
    if (!stored.ok()) return stored.status();
    if (!forensics::IsOfCurrentMethod(*stored->signature)) {
      ++of_other_method;
      return absl::OkStatus();
    }
    collection_.Insert(
        id, {.kind = stored->exhibit.kind, .characteristics = stored->exhibit.characteristics},
        *std::move(stored->signature));
    if (++loaded_from_store_ % kProgressEvery == 0) {
      base::Log(base::LogSeverity::kInfo,
                absl::StrFormat("%d exhibits read so far", loaded_from_store_));
    }
    return absl::OkStatus();
  }));
  if (of_other_method > 0) {
    base::Log(base::LogSeverity::kWarning,
              absl::StrFormat("%d exhibits are not searched: their signatures are of another "
                              "method than this program's; submit their scans again",
                              of_other_method));
  }
  return absl::OkStatus();
}

Node::IndexReport Node::index_report() const {
  const match::IndexKeeper::Counters files = index_keeper_->counters();
  return {.from_files = files.adopted_records,
          .from_store = loaded_from_store_,
          .ready_ms = ready_ms_,
          .unread_signatures = unread_signatures_,
          .files = files};
}

// By all that any partner may ask by: they are safe together, whoever compares them.
absl::Status Node::PublishStatistics() {
  federation::Words breakdowns;
  for (const federation::Partner& partner : partners_.all()) {
    breakdowns.insert(partner.statistics.begin(), partner.statistics.end());
  }
  return statistics_->PublishWhenDue(
      breakdowns, [this](const registry::StatisticsBook::Visitor& visit) {
        return firearms_->ForEachDeactivated(journeys::Firearms::CountedFor::kPartners, visit);
      });
}

absl::Status Node::LogStart() {
  records::EntryDraft start;
  start.kind = records::EntryKind::kStart;
  start.outcome = "STARTED";
  start.count = static_cast<std::uint64_t>(collection_.size());
  PM_RETURN_IF_ERROR(ledger_->Append(std::move(start)).status());
  records::EntryDraft config;
  config.kind = records::EntryKind::kConfig;
  config.object = options_.config_sha256_hex;
  config.outcome = "LOADED";
  return ledger_->Append(std::move(config)).status();
}

absl::Status Node::Stop() {
  records::EntryDraft stop;
  stop.kind = records::EntryKind::kStop;
  stop.outcome = "STOPPED";
  lookup_tables_->Stop();
  lookup_work_->Stop();
  standing_questions_->StopAsking();
  standing_work_->Stop();
  housekeeping_->Stop();
  outbox_->Stop();
  const absl::Status logged = ledger_->Append(std::move(stop)).status();
  publishing_->Stop();
  federation_->Stop();
  fork_reports_->Stop();
  // Last: who has no patience for it loses nothing but time.
  index_keeper_->Stop();
  return logged;
}

absl::StatusOr<std::vector<Node::PartnerBudget>> Node::Budgets() const {
  PM_ASSIGN_OR_RETURN(const std::vector<federation::ToldBudget> told,
                      federation::ListToldBudgets(*store_));
  PM_ASSIGN_OR_RETURN(const std::vector<federation::ToldBudget> told_lookups,
                      federation::ListToldBudgets(*store_, federation::BudgetOf::kLookups));
  PM_ASSIGN_OR_RETURN(const std::vector<federation::ToldBudget> told_checks,
                      federation::ListToldBudgets(*store_, federation::BudgetOf::kFirearmChecks));
  std::vector<PartnerBudget> budgets;
  for (const federation::Partner& partner : partners_.all()) {
    PartnerBudget budget{
        .agency = partner.domain,
        .here = budgets_->StatementOf(partner.domain, partner.budget, clock_.UnixMillis()),
        .there = std::nullopt,
        .lookups_here = std::nullopt,
        .lookups_at_once_here = {},
        .lookups_there = std::nullopt,
        .firearm_checks_here = std::nullopt,
        .firearm_checks_there = std::nullopt};
    if (partner.lookup_budget) {
      budget.lookups_here =
          evaluations_->StatementOf(partner.node_id, *partner.lookup_budget, clock_.UnixMillis());
      for (const std::string& purpose : partner.answered_purposes) {
        budget.lookups_at_once_here[purpose] =
            evaluations_->LeftAtOnce(partner.node_id, purpose, *partner.lookup_budget,
                                     partner.lookup_burst, clock_.UnixMillis());
      }
    }
    if (partner.firearm_check_budget) {
      budget.firearm_checks_here = firearm_check_budgets_->StatementOf(
          partner.domain, *partner.firearm_check_budget, clock_.UnixMillis());
    }
    for (const federation::ToldBudget& candidate : told_checks) {
      if (candidate.agency == partner.domain) budget.firearm_checks_there = candidate;
    }
    for (const federation::ToldBudget& candidate : told_lookups) {
      if (candidate.agency == partner.domain) budget.lookups_there = candidate;
    }
    for (const federation::ToldBudget& candidate : told) {
      if (candidate.agency == partner.domain) budget.there = candidate;
    }
    budgets.push_back(std::move(budget));
  }
  return budgets;
}

absl::StatusOr<std::int64_t> Node::CountActiveExhibits() const {
  std::int64_t count = 0;
  PM_RETURN_IF_ERROR(registry_->ForEachActive([&](const wire::StoredExhibit& /*stored*/) {
    ++count;
    return absl::OkStatus();
  }));
  return count;
}

}  // namespace proofmark::node
