// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "server/node/node.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/server/support/generated_exhibits.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::testing {

inline const federation::Caller kLab{crypto::StaffRole::kLab, "lab-1"};
inline const federation::Caller kExaminer{crypto::StaffRole::kExaminer, "examiner-7"};
inline constexpr char kPurpose[] = "CRIMINAL_INVESTIGATION";

// Carries questions between nodes of one process, each on a thread of its own as a network would,
// and lets a test stand in the middle.
class WireInTheMiddle final : public federation::PeerClient {
 public:
  ~WireInTheMiddle() override;

  // Questions whose sender is `from` and recipient `node`'s id reach it.
  void Connect(node::Node& node);
  void Disconnect(const std::string& node_id);

  void Exchange(const federation::Partner& partner, const crypto::Envelope& message,
                std::chrono::steady_clock::time_point deadline, Callback done) override;
  // These are answered before they return.
  void AddCheckpoint(const federation::Partner& partner, const std::string& body,
                     std::chrono::steady_clock::time_point deadline, WitnessCallback done) override;
  void GetWitnessedCheckpoint(const federation::Partner& partner, const std::string& origin,
                              std::chrono::steady_clock::time_point deadline,
                              NoteCallback done) override;
  void ListSharedEntries(const federation::Partner& partner, std::uint64_t from, std::int64_t count,
                         std::chrono::steady_clock::time_point deadline,
                         EntriesCallback done) override;
  void ReportFork(const federation::Partner& partner, const std::string& first_note,
                  const std::string& second_note, std::chrono::steady_clock::time_point deadline,
                  ReportCallback done) override;
  void GetDescriptors(const federation::Partner& partner, std::uint64_t have,
                      std::chrono::steady_clock::time_point deadline,
                      DescriptorsCallback done) override;
  void ReadLookupTable(const federation::Partner& partner, const crypto::Sha256Digest& hash,
                       std::uint64_t offset, std::chrono::steady_clock::time_point deadline,
                       PieceCallback done) override;

  // Set before anything is asked.
  std::function<void(crypto::Envelope&)> on_question;
  std::function<void(absl::StatusOr<federation::PeerAnswer>&)> on_answer;
  std::function<void(std::string&)> on_table_piece;
  bool swallow = false;  // Questions are kept, and nothing ever comes back.

  // Everything that went to anyone and came back, as it would travel.
  std::string CrossedBytes() const;
  int sent_count() const;

 private:
  node::Node* Find(const std::string& node_id) const;
  void Record(const crypto::Envelope& envelope);
  void Record(std::string_view bytes);

  mutable base::Mutex mutex_;
  std::map<std::string, node::Node*> nodes_ ABSL_GUARDED_BY(mutex_);
  std::string crossed_ ABSL_GUARDED_BY(mutex_);
  int sent_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Callback> swallowed_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_ ABSL_GUARDED_BY(mutex_);
};

// One agency: its node on a simulated disk.
class Agency {
 public:
  // "spiffe://<name>.test/proofmark/node/n1"; knows nobody yet.
  Agency(const std::string& name, FakeClock& clock, WireInTheMiddle& wire);
  ~Agency();

  std::string domain() const { return name_ + ".test"; }
  std::string node_id() const { return "spiffe://" + domain() + "/proofmark/node/n1"; }

  // How this agency stands in another's configuration.
  federation::Partner AsPartner(std::set<std::string, std::less<>> answered,
                                std::set<std::string, std::less<>> asked) const;

  void AddPartner(federation::Partner partner) { partners_.push_back(std::move(partner)); }
  // Opens the node (again).
  node::Node& Start();
  // The same where it may be refused.
  absl::Status TryStart();
  // Ends it without a word and drops what was not synced, as a power cut would.
  void Crash();
  node::Node& node() { return *node_; }
  SimDisk& disk() { return disk_; }
  crypto::SecretBytes MasterKey() const;

  exchange::PublishingOptions publishing{};  // For the next start. No thread: tests publish.
  int partners_at_once = journeys::kPartnersAtOnceDefault;
  exchange::Outbox::Options letters{.own_thread = false};  // Likewise: tests deliver.
  lookup::RecordSource shared_firearms{};                  // Likewise: what partners may find.
  registry::StatisticsBook::Options statistics{};          // Likewise: what counts are published.
  const crypto::SigningKey& exchange_key() const { return exchange_key_; }

  // Submits a generated bullet; returns its exhibit id.
  std::string Submit(std::uint32_t barrel, std::uint32_t shot, const std::string& label);
  // The same of a generated cartridge case.
  std::string SubmitCase(std::uint32_t slide, std::uint32_t shot, const std::string& label);

 private:
  const std::string name_;
  FakeClock& clock_;
  WireInTheMiddle& wire_;
  SeededRandom random_;
  crypto::SigningKey exchange_key_;
  ScratchFolder folder_;  // Holds the master key alone.
  SimDisk disk_;
  std::vector<federation::Partner> partners_;
  std::unique_ptr<node::Node> node_;
};

// Two agencies that may ask each other for kPurpose.
struct TwoAgencies {
  FakeClock clock;
  WireInTheMiddle wire;
  Agency north{"north", clock, wire};
  Agency south{"south", clock, wire};

  TwoAgencies();
};

// A question to every partner, and to the agency's own records when `local`.
wire::SearchRequest AskAll(const std::string& exhibit_id, bool local = false);

}  // namespace proofmark::testing
