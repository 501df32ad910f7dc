// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/founding.h"

#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/synthetic/scale_bullet.h"
#include "server/node/node.h"
#include "server/registry/exhibit_registry.h"
#include "server/store/key_file.h"
#include "tests/support/fake_clock.h"
#include "tests/support/node_keys.h"
#include "tests/support/seeded_random.h"
#include "tests/support/store_on_sim_disk.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::sim {
namespace {

constexpr std::array<std::string_view, kAgenciesMax> kNames = {"north", "south", "east",  "west",
                                                               "upper", "lower", "middle"};
constexpr int kLands = 3;              // Comparing takes the square of it.
constexpr std::uint32_t kBarrels = 3;  // So that every bullet has relatives elsewhere.

// Nobody is there: a founding agency has no partners.
class NoPeers final : public federation::PeerClient {
  static absl::Status Nobody() { return absl::UnavailableError("nobody is there"); }
  using Time = std::chrono::steady_clock::time_point;

 public:
  void Exchange(const federation::Partner&, const crypto::Envelope&, Time, Callback done) override {
    done(Nobody());
  }
  void AddCheckpoint(const federation::Partner&, const std::string&, Time,
                     WitnessCallback done) override {
    done(Nobody());
  }
  void GetWitnessedCheckpoint(const federation::Partner&, const std::string&, Time,
                              NoteCallback done) override {
    done(Nobody());
  }
  void ListSharedEntries(const federation::Partner&, std::uint64_t, std::int64_t, Time,
                         EntriesCallback done) override {
    done(Nobody());
  }
  void ReportFork(const federation::Partner&, const std::string&, const std::string&, Time,
                  ReportCallback done) override {
    done(Nobody());
  }
  void ReadLookupTable(const federation::Partner&, const crypto::Sha256Digest&, std::uint64_t, Time,
                       PieceCallback done) override {
    done(Nobody());
  }
  void GetDescriptors(const federation::Partner&, std::uint64_t, Time,
                      DescriptorsCallback done) override {
    done(Nobody());
  }
};

std::string LabelOf(int agency, int exhibit) {
  return absl::StrFormat("SERIAL-%d%d-PLANTED", agency, exhibit);
}

// As a laboratory's scans would have become, without reading any.
registry::NewExhibit ExhibitOf(int agency, int exhibit, const std::vector<std::string>& scans) {
  const std::string label = LabelOf(agency, exhibit);
  const auto barrel = static_cast<std::uint32_t>(agency + exhibit) % kBarrels;
  const auto shot = static_cast<std::uint32_t>(agency * kExhibitsEach + exhibit);
  const forensics::BulletSignature signature =
      forensics::GenerateScaleBullet({.seed = 11, .barrel = barrel, .land_count = kLands}, shot);
  registry::NewExhibit made;
  made.submission_id = std::string(crypto::AsText(crypto::Sha256(label)).substr(0, 16));
  made.identity = {.label = label,
                   .case_reference = "CASE-" + label,
                   .incident_date = "2026-03-14",
                   .note = "note about " + label};
  made.characteristics.bullet_class = "9";
  made.characteristics.land_count = static_cast<std::int32_t>(signature.lands.size());
  made.characteristics.land_width_mean_um = forensics::MeanLandWidthUm(signature);
  for (std::size_t land = 0; land < scans.size(); ++land) {
    made.marks.push_back({.place = {.land_number = static_cast<std::int32_t>(land + 1)},
                          .format = std::string(records::kFormatX3p),
                          .scan_sha256 = std::string(crypto::AsText(crypto::Sha256(scans[land]))),
                          .scan = scans[land],
                          .remarks = {},
                          .usable = true});
  }
  made.signature = signature;
  return made;
}

// Puts the exhibits of agencies [begin, end) on the disk; their ids.
std::vector<std::string> Submit(const Founded& founded, testing::SimDisk& disk,
                                base::Random& random, int begin, int end) {
  const testing::FakeClock clock(kBeginUnixMs - 3'600'000);
  auto key = store::LoadMasterKey(MasterKeyPath());
  PM_CHECK(key.ok());
  auto store = testing::OpenStore(disk, random, {}, *std::move(key));
  PM_CHECK(store.ok());
  auto ledger = ledger::Ledger::Open(**store, clock,
                                     {.origin = founded.origin, .node_name = founded.node_id});
  PM_CHECK(ledger.ok());
  auto commitments = ledger::CaseCommitments::Open(**store);
  PM_CHECK(commitments.ok());
  registry::ExhibitRegistry registry(**store, **ledger, **commitments, clock);
  std::vector<std::string> ids;
  for (int agency = begin; agency < end; ++agency) {
    for (int i = 0; i < kExhibitsEach; ++i) {
      const std::vector<std::string> scans = {"a scan of " + LabelOf(agency, i)};
      const auto kept =
          registry.Keep({crypto::StaffRole::kLab, "lab-1"}, ExhibitOf(agency, i, scans));
      PM_CHECK(kept.ok());
      ids.push_back(kept->view.exhibit.id);
    }
  }
  return ids;
}

Founded Found(int number) {
  const std::string domain = std::string(kNames[static_cast<std::size_t>(number)]) + ".test";
  testing::SeededRandom random(static_cast<std::uint64_t>(number) + 1);
  Founded founded{.domain = domain,
                  .node_id = "spiffe://" + domain + "/proofmark/node/n1",
                  .origin = domain + "/proofmark/n1/log",
                  .exchange_key = crypto::SigningKey::Generate(random),
                  .disk = {},
                  .exhibits = {}};
  testing::SimDisk disk;
  founded.exhibits = Submit(founded, disk, random, number, number + 1);
  founded.disk = disk.Backup();
  return founded;
}

// The bytes of a score as they would stand in a message.
std::string BytesOf(double value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

// Every bullet against every other, as if one agency held them all.
std::vector<std::string> RawScores() {
  const Founded everybody = Found(0);
  const testing::FakeClock clock(kBeginUnixMs);
  testing::SeededRandom random(99);
  NoPeers nobody;
  testing::SimDisk disk;
  const std::vector<std::string> ids = Submit(everybody, disk, random, 0, kAgenciesMax);
  auto node = node::Node::Open({.state_folder = testing::kStateFolder,
                                .master_key_path = MasterKeyPath(),
                                .config_sha256_hex = std::string(64, 'c'),
                                .search_threads = 1,
                                .index = {.own_thread = false},
                                .letters = {.own_thread = false}},
                               everybody.Identity(), {}, disk, clock, random, nobody);
  PM_CHECK(node.ok());
  std::vector<std::string> scores;
  for (const std::string& id : ids) {
    const auto search = (*node)->searches().Run(
        {crypto::StaffRole::kExaminer, "examiner-1"},
        {.exhibit_id = id,
         .purpose = kPurpose,
         .case_reference = "reference",
         .include_local = true,
         .exhaustive = true},
        [](const journeys::SearchEvent&) {}, nullptr);
    PM_CHECK(search.ok());
    for (const wire::LocalCandidate& candidate : search->local->candidates) {
      for (const double score : {candidate.score, candidate.log10_lr, candidate.margin}) {
        // A round value, such as a bound, may stand anywhere.
        if (score != static_cast<double>(static_cast<float>(score))) {
          scores.push_back(BytesOf(score));
        }
      }
    }
  }
  PM_CHECK(!scores.empty());
  return scores;
}

}  // namespace

federation::NodeIdentity Founded::Identity() const {
  auto identity =
      federation::NodeIdentity::Create(node_id, testing::NodeKeysOf(exchange_key, node_id));
  PM_CHECK(identity.ok());
  return *std::move(identity);
}

federation::Partner Founded::AsPartner() const {
  federation::Partner partner;
  partner.domain = domain;
  partner.node_id = node_id;
  partner.endpoint = "node." + domain + ":7443";
  const crypto::VerifyingKey& key = exchange_key.verifying_key();
  partner.exchange_keys.emplace(crypto::ExchangeKeyId(domain, key), key);
  testing::AddNoteKeys(key, partner);
  partner.answered_purposes = {kPurpose};
  partner.asked_purposes = {kPurpose};
  return partner;
}

const std::vector<Founded>& Founders() {
  static const std::vector<Founded>* const founders = [] {
    auto* made = new std::vector<Founded>();
    for (int i = 0; i < kAgenciesMax; ++i) made->push_back(Found(i));
    return made;
  }();
  return *founders;
}

const std::string& MasterKeyPath() {
  static const testing::ScratchFolder folder;
  static const std::string path = folder.MasterKeyPath();
  return path;
}

std::string CaseReferenceOf(int number) {
  return absl::StrFormat("CASE-REFERENCE-%d-PLANTED", number);
}

const std::vector<std::string>& Secrets() {
  static const std::vector<std::string>* const secrets = [] {
    auto* made = new std::vector<std::string>(RawScores());
    for (int agency = 0; agency < kAgenciesMax; ++agency) {
      made->push_back(CaseReferenceOf(agency));
      // Label, case number and note of an exhibit: all of them contain the label.
      for (int i = 0; i < kExhibitsEach; ++i) made->push_back(LabelOf(agency, i));
    }
    return made;
  }();
  return *secrets;
}

}  // namespace proofmark::sim
