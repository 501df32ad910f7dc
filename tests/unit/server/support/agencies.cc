// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/support/agencies.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "crypto/sign/key_id.h"
#include "proto/wire/envelope.h"
#include "server/store/key_file.h"
#include "tests/support/node_keys.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::testing {

WireInTheMiddle::~WireInTheMiddle() {
  std::vector<std::jthread> threads;
  {
    base::MutexLock lock(mutex_);
    threads.swap(threads_);
  }
}

void WireInTheMiddle::Connect(node::Node& node) {
  base::MutexLock lock(mutex_);
  nodes_[node.identity().node_id()] = &node;
}

void WireInTheMiddle::Disconnect(const std::string& node_id) {
  base::MutexLock lock(mutex_);
  nodes_.erase(node_id);
}

void WireInTheMiddle::Exchange(const federation::Partner& partner, const crypto::Envelope& message,
                               std::chrono::steady_clock::time_point deadline, Callback done) {
  Record(message);
  base::MutexLock lock(mutex_);
  ++sent_count_;
  if (swallow) {
    swallowed_.push_back(std::move(done));
    return;
  }
  const auto at = nodes_.find(partner.node_id);
  node::Node* const node = at == nodes_.end() ? nullptr : at->second;
  threads_.emplace_back([this, node, deadline, sender = message.sender, envelope = message,
                         done = std::move(done)]() mutable {
    absl::StatusOr<federation::PeerAnswer> answer = absl::UnavailableError("nobody listens there");
    if (node != nullptr) {
      const auto name = crypto::SpiffeName::Parse(sender);
      PM_CHECK(name.ok());
      if (on_question) on_question(envelope);
      absl::StatusOr<exchange::ReleasedAnswer> released = node->reception().Receive(
          {.domain = name->domain(), .node_id = sender}, std::move(envelope),
          {.deadline = deadline, .cancelled = nullptr});
      if (released.ok()) {
        answer = federation::PeerAnswer{.envelope = std::move(released->envelope),
                                        .receipt = std::move(released->receipt)};
      } else {
        answer = released.status();
      }
    }
    if (on_answer) on_answer(answer);
    if (answer.ok()) Record(answer->envelope);
    done(std::move(answer));
  });
}

void WireInTheMiddle::Record(const crypto::Envelope& envelope) {
  const absl::StatusOr<std::string> bytes = wire::Serialise(envelope);
  PM_CHECK(bytes.ok());
  Record(*bytes);
}

void WireInTheMiddle::Record(std::string_view bytes) {
  base::MutexLock lock(mutex_);
  crossed_ += bytes;
}

node::Node* WireInTheMiddle::Find(const std::string& node_id) const {
  base::MutexLock lock(mutex_);
  const auto at = nodes_.find(node_id);
  return at == nodes_.end() ? nullptr : at->second;
}

void WireInTheMiddle::AddCheckpoint(const federation::Partner& partner, const std::string& body,
                                    std::chrono::steady_clock::time_point /*deadline*/,
                                    WitnessCallback done) {
  node::Node* const node = Find(partner.node_id);
  if (node == nullptr) return done(absl::UnavailableError("nobody listens there"));
  auto answer = node->witness().AddCheckpoint(body);
  if (!answer.ok()) return done(answer.status());
  Record(body);
  Record(answer->body);
  done(federation::WitnessAnswer{.status = static_cast<int>(answer->status),
                                 .body = std::move(answer->body)});
}

void WireInTheMiddle::GetWitnessedCheckpoint(const federation::Partner& partner,
                                             const std::string& origin,
                                             std::chrono::steady_clock::time_point /*deadline*/,
                                             NoteCallback done) {
  node::Node* const node = Find(partner.node_id);
  if (node == nullptr) return done(absl::UnavailableError("nobody listens there"));
  auto note = node->witness().Cosigned(origin);
  if (!note.ok()) return done(note.status());
  Record(note->value_or(""));
  done(note->value_or(""));
}

void WireInTheMiddle::ListSharedEntries(const federation::Partner& partner, std::uint64_t from,
                                        std::int64_t count,
                                        std::chrono::steady_clock::time_point /*deadline*/,
                                        EntriesCallback done) {
  static_cast<void>(partner);
  static_cast<void>(from);
  static_cast<void>(count);
  done(absl::UnimplementedError("shared entries are read over gRPC"));
}

void WireInTheMiddle::GetDescriptors(const federation::Partner& partner, std::uint64_t have,
                                     std::chrono::steady_clock::time_point /*deadline*/,
                                     DescriptorsCallback done) {
  node::Node* const node = Find(partner.node_id);
  if (node == nullptr) return done(absl::UnavailableError("nobody listens there"));
  done(node->federation().book().NotesFrom(have));
}

void WireInTheMiddle::ReadLookupTable(const federation::Partner& partner,
                                      const crypto::Sha256Digest& hash, std::uint64_t offset,
                                      std::chrono::steady_clock::time_point /*deadline*/,
                                      PieceCallback done) {
  node::Node* const node = Find(partner.node_id);
  if (node == nullptr) return done(absl::UnavailableError("nobody listens there"));
  // There are two nodes: who asks the one is the other.
  std::string asker;
  {
    base::MutexLock lock(mutex_);
    for (const auto& one : nodes_) {
      if (one.first != partner.node_id) asker = one.first;
    }
  }
  absl::StatusOr<std::string> piece =
      node->lookup_tables().ReadPiece(asker, hash, offset, wire::kLookupPieceBytesMax);
  if (piece.ok() && on_table_piece) on_table_piece(*piece);
  done(std::move(piece));
}

void WireInTheMiddle::ReportFork(const federation::Partner& partner, const std::string& first_note,
                                 const std::string& second_note,
                                 std::chrono::steady_clock::time_point /*deadline*/,
                                 ReportCallback done) {
  node::Node* const node = Find(partner.node_id);
  if (node == nullptr) return done(absl::UnavailableError("nobody listens there"));
  done(node->witness().TakeReport(first_note, second_note));
}

std::string WireInTheMiddle::CrossedBytes() const {
  base::MutexLock lock(mutex_);
  return crossed_;
}

int WireInTheMiddle::sent_count() const {
  base::MutexLock lock(mutex_);
  return sent_count_;
}

Agency::Agency(const std::string& name, FakeClock& clock, WireInTheMiddle& wire)
    : name_(name),
      clock_(clock),
      wire_(wire),
      random_(std::hash<std::string>()(name)),
      exchange_key_(crypto::SigningKey::Generate(random_)) {}

Agency::~Agency() { Crash(); }

federation::Partner Agency::AsPartner(std::set<std::string, std::less<>> answered,
                                      std::set<std::string, std::less<>> asked) const {
  federation::Partner partner;
  partner.domain = domain();
  partner.node_id = node_id();
  partner.endpoint = name_ + ".test:7443";
  const crypto::VerifyingKey& key = exchange_key_.verifying_key();
  partner.exchange_keys.emplace(crypto::ExchangeKeyId(domain(), key), key);
  AddNoteKeys(key, partner);
  partner.answered_purposes = std::move(answered);
  partner.asked_purposes = std::move(asked);
  return partner;
}

node::Node& Agency::Start() {
  PM_CHECK(TryStart().ok());
  return *node_;
}

absl::Status Agency::TryStart() {
  PM_ASSIGN_OR_RETURN(
      federation::NodeIdentity identity,
      federation::NodeIdentity::Create(node_id(), NodeKeysOf(exchange_key_, node_id())));
  PM_ASSIGN_OR_RETURN(federation::Partners partners,
                      federation::Partners::Create(domain(), partners_));
  PM_ASSIGN_OR_RETURN(node_, node::Node::Open({.state_folder = kStateFolder,
                                               .master_key_path = folder_.MasterKeyPath(),
                                               .config_sha256_hex = std::string(64, 'c'),
                                               .search_threads = 2,
                                               .partners_at_once = partners_at_once,
                                               .publishing = publishing,
                                               .letters = letters,
                                               .shared_firearms = shared_firearms,
                                               .statistics = statistics,
                                               .on_store_failure = nullptr},
                                              std::move(identity), std::move(partners), disk_,
                                              clock_, random_, wire_));
  wire_.Connect(*node_);
  return absl::OkStatus();
}

crypto::SecretBytes Agency::MasterKey() const {
  auto key = store::LoadMasterKey(folder_.MasterKeyPath());
  PM_CHECK(key.ok());
  return *std::move(key);
}

void Agency::Crash() {
  wire_.Disconnect(node_id());
  node_.reset();
  disk_.Reboot();
}

namespace {

// The exhibit's id.
std::string SubmitTo(node::Node& node, const Brought& brought) {
  const auto result = node.submissions().Submit(kLab, brought.header, brought.scans);
  PM_CHECK(result.ok());
  return result->exhibit.exhibit.id;
}

}  // namespace

std::string Agency::Submit(std::uint32_t barrel, std::uint32_t shot, const std::string& label) {
  return SubmitTo(*node_, GeneratedBullet(barrel, shot, label));
}

std::string Agency::SubmitCase(std::uint32_t slide, std::uint32_t shot, const std::string& label) {
  return SubmitTo(*node_, GeneratedCaseExhibit(slide, shot, label));
}

TwoAgencies::TwoAgencies() {
  north.AddPartner(south.AsPartner({kPurpose}, {kPurpose}));
  south.AddPartner(north.AsPartner({kPurpose}, {kPurpose}));
  north.Start();
  south.Start();
}

wire::SearchRequest AskAll(const std::string& exhibit_id, bool local) {
  wire::SearchRequest request;
  request.exhibit_id = exhibit_id;
  request.purpose = kPurpose;
  request.case_reference = "CASE-4711/26";
  request.offence = "HOMICIDE";
  request.subject_role = "OBJECT_ONLY";
  request.include_local = local;
  request.all_partners = true;
  return request;
}

}  // namespace proofmark::testing
