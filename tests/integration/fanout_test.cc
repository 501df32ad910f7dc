// SPDX-License-Identifier: Apache-2.0
// One search and twenty partners, each a whole node over real gRPC with mutual TLS: what the search
// says of each, and how its time stands to that of the slowest. With --gtest_filter=*Time* it
// prints the ratio.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/witness.h"
#include "google/protobuf/duration.pb.h"
#include "proofmark/v1/witness_service.grpc.pb.h"
#include "tests/integration/scans.h"
#include "tests/support/loopback_node.h"
#include "tests/support/node_keys.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;
using std::chrono::milliseconds;

constexpr int kPartners = 20;
// By number: what is the matter with them. All others answer.
constexpr int kDead = 3;
constexpr int kSlow = 7;
constexpr int kRefusing = 11;
constexpr int kLying = 15;
// Of every burst of bytes on the way to the slow one.
constexpr milliseconds kSlowBy{1'500};

// A door to a node, behind which everything takes longer.
class SlowDoor {
 public:
  SlowDoor(int port, milliseconds delay) : port_(port), delay_(delay) {
    listening_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = Loopback(0);
    EXPECT_EQ(bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(listening_, 16), 0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    endpoint_ = absl::StrFormat("127.0.0.1:%d", ntohs(address.sin_port));
    acceptor_ = std::jthread([this](const std::stop_token& stop) { Accept(stop); });
  }
  ~SlowDoor() {
    acceptor_ = {};
    pumps_.clear();
    close(listening_);
  }

  const std::string& endpoint() const { return endpoint_; }

 private:
  static sockaddr_in Loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }

  static bool Readable(int of) {
    pollfd wait{.fd = of, .events = POLLIN, .revents = 0};
    return poll(&wait, 1, 50) > 0;
  }

  void Accept(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!Readable(listening_)) continue;
      const int caller = accept(listening_, nullptr, nullptr);
      const int node = socket(AF_INET, SOCK_STREAM, 0);
      const sockaddr_in address = Loopback(port_);
      if (connect(node, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        close(caller);
        close(node);
        continue;
      }
      pumps_.emplace_back([this, caller, node](const std::stop_token& ending) {
        std::jthread back([&] { Pump(ending, node, caller, milliseconds(0)); });
        Pump(ending, caller, node, delay_);
        back = {};
        close(caller);
        close(node);
      });
    }
  }

  static void Pump(const std::stop_token& stop, int from, int to, milliseconds delay) {
    std::array<char, 65'536> bytes{};
    while (!stop.stop_requested()) {
      if (!Readable(from)) continue;
      const ssize_t count = read(from, bytes.data(), bytes.size());
      if (count <= 0) break;
      std::this_thread::sleep_for(delay);
      if (send(to, bytes.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) != count) break;
    }
    shutdown(to, SHUT_WR);
  }

  const int port_;
  const milliseconds delay_;
  int listening_ = -1;
  std::string endpoint_;
  std::vector<std::jthread> pumps_;  // The acceptor's, and after its end the destructor's.
  std::jthread acceptor_;
};

class FanoutTest : public ::testing::Test {
 protected:
  FanoutTest()
      : random_(17),
        asker_({.domain = "asker.example", .now_unix_ms = RealUnixMillis()}),
        asker_key_(crypto::SigningKey::Generate(random_)) {
    for (int i = 0; i < kPartners; ++i) {
      agencies_.push_back(std::make_unique<TestAgency>(
          TestAgency::Options{.domain = Domain(i), .now_unix_ms = RealUnixMillis()}));
      keys_.push_back(crypto::SigningKey::Generate(random_));
      folders_.push_back(std::make_unique<TemporaryFolder>());
    }
    std::vector<LoopbackNode::Partner> partners;
    for (int i = 0; i < kPartners; ++i) partners.push_back(StartPartner(i));
    node_ = std::make_unique<LoopbackNode>(asker_, asker_key_, folder_.path(), partners,
                                           LoopbackNode::Options{});
    v1::SubmissionService::Stub lab(node_->StaffChannel(StaffRole::kLab));
    asked_ = SubmitOrFail(lab, "ASKED", GeneratedScans(1, 1));
  }

  static std::string Domain(int number) { return absl::StrFormat("p%02d.example", number); }

  // How the asker reaches it. Two hold another bullet of the barrel that is asked about.
  LoopbackNode::Partner StartPartner(int number) {
    LoopbackNode::Partner partner{.agency = agencies_[static_cast<std::size_t>(number)].get(),
                                  .exchange_key = Key(number).verifying_key()};
    if (number == kDead) return partner;
    LoopbackNode::Partner asker{.agency = &asker_, .exchange_key = asker_key_.verifying_key()};
    if (number == kRefusing) asker.answered_purposes = {"TRAINING"};
    auto& node = nodes_[number];
    node = std::make_unique<LoopbackNode>(*partner.agency, Key(number),
                                          folders_[static_cast<std::size_t>(number)]->path(),
                                          std::vector<LoopbackNode::Partner>{asker});
    if (number < 2) {
      v1::SubmissionService::Stub lab(node->StaffChannel(StaffRole::kLab));
      SubmitOrFail(lab, "HELD", GeneratedScans(1, static_cast<std::uint32_t>(number) + 2));
    }
    partner.endpoint = node->partner_endpoint();
    if (number == kSlow) {
      door_ = std::make_unique<SlowDoor>(node->server().partner_port(), kSlowBy);
      partner.endpoint = door_->endpoint();
    }
    return partner;
  }
  const crypto::SigningKey& Key(int number) { return keys_[static_cast<std::size_t>(number)]; }

  // The liar's node has its ledger cosigned twice, as it never was both times.
  void Lie() {
    const TestAgency& liar = *agencies_[kLying];
    v1::WitnessService::Stub witness(node_->PartnerChannel(liar));
    for (std::uint64_t cosigned = 0; cosigned < 2; ++cosigned) {
      const std::vector<crypto::Sha256Digest> leaves = {
          crypto::LeafHash(cosigned == 0 ? "one history" : "another")};
      const auto note =
          crypto::SignCheckpoint({.origin = nodes_[kLying]->node().ledger().origin(),
                                  .size = 1,
                                  .root = *crypto::RootFrom(1, crypto::ReadLeaves(leaves))},
                                 NodeKeysOf(Key(kLying), liar.NodeUri()).log);
      ASSERT_THAT(note, IsOk());
      grpc::ClientContext context;
      v1::AddCheckpointRequest request;
      request.set_body(*crypto::FormatAddCheckpoint(cosigned, {}, *note));
      v1::AddCheckpointResponse response;
      ASSERT_TRUE(witness.AddCheckpoint(&context, request, &response).ok());
    }
  }

  // Asks everybody; how long it took.
  milliseconds AskAll(std::int64_t deadline_s, v1::Search& search) {
    v1::SearchService::Stub examiner(node_->StaffChannel(StaffRole::kExaminer));
    v1::SearchCandidatesRequest request = QuestionAbout(asked_);
    request.clear_partners();
    request.set_all_partners(true);
    request.mutable_deadline()->set_seconds(deadline_s);
    const auto begin = std::chrono::steady_clock::now();
    const grpc::Status status = Search(examiner, request, search);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  }

  std::map<std::string, v1::PartnerResult> ByDomain(const v1::Search& search) {
    std::map<std::string, v1::PartnerResult> results;
    for (const v1::PartnerResult& partner : search.partners()) {
      results.emplace(partner.agency(), partner);
    }
    return results;
  }

  SeededRandom random_;
  TestAgency asker_;
  const crypto::SigningKey asker_key_;
  std::vector<std::unique_ptr<TestAgency>> agencies_;
  std::vector<crypto::SigningKey> keys_;
  std::vector<std::unique_ptr<TemporaryFolder>> folders_;
  TemporaryFolder folder_;
  std::map<int, std::unique_ptr<LoopbackNode>> nodes_;
  std::unique_ptr<SlowDoor> door_;  // After the node behind it.
  std::unique_ptr<LoopbackNode> node_;
  std::string asked_;
};

TEST_F(FanoutTest, EachOfTwentyPartnersIsNamedForWhatItIsAndTheTimeIsThatOfTheSlowest) {
  Lie();
  v1::Search search;

  const milliseconds total = AskAll(60, search);

  auto results = ByDomain(search);
  ASSERT_EQ(results.size(), static_cast<std::size_t>(kPartners));
  std::int64_t slowest_ms = 0;
  std::int64_t sum_ms = 0;
  for (int i = 0; i < kPartners; ++i) {
    const v1::PartnerResult& partner = results.at(Domain(i));
    SCOPED_TRACE(partner.DebugString());
    slowest_ms = std::max(slowest_ms, partner.elapsed_ms());
    sum_ms += partner.elapsed_ms();
    switch (i) {
      case kDead:
        EXPECT_EQ(partner.outcome(), v1::PARTNER_OUTCOME_UNREACHABLE);
        break;
      case kRefusing:
        EXPECT_EQ(partner.outcome(), v1::PARTNER_OUTCOME_REFUSED);
        EXPECT_EQ(partner.refusal_code(), "PURPOSE");
        break;
      case kLying:
        EXPECT_EQ(partner.outcome(), v1::PARTNER_OUTCOME_FORKED);
        EXPECT_THAT(partner.detail(), ::testing::HasSubstr("lied about its ledger"));
        EXPECT_FALSE(partner.has_result());
        break;
      default:
        EXPECT_EQ(partner.outcome(), v1::PARTNER_OUTCOME_ANSWERED);
        EXPECT_EQ(partner.result().candidates_size(), i < 2 ? 1 : 0);
    }
  }
  EXPECT_EQ(slowest_ms, results.at(Domain(kSlow)).elapsed_ms());
  EXPECT_GE(slowest_ms, kSlowBy.count());
  const double ratio = static_cast<double>(total.count()) / static_cast<double>(slowest_ms);
  std::printf(
      "%d partners: %lld ms in all, slowest partner %lld ms, ratio %.2f; one after another "
      "%lld ms\n",
      kPartners, static_cast<long long>(total.count()), static_cast<long long>(slowest_ms), ratio,
      static_cast<long long>(sum_ms));
  // Twenty in a row would take several times as long as the slowest.
  EXPECT_LT(ratio, 1.5);
  // The liar was sent nothing, and our ledger says why.
  const auto denied = node_->node().ledger().ReadNewestFirst(
      {.kind = records::EntryKind::kDeny, .outcome = "NOT_ASKED"}, 10);
  ASSERT_THAT(denied, IsOk());
  ASSERT_THAT(*denied, ::testing::SizeIs(1));
  EXPECT_EQ(denied->front().entry.draft.outcome, "NOT_ASKED:LEDGER_FORKED");
  EXPECT_EQ(denied->front().entry.draft.peer, agencies_[kLying]->NodeUri());

  // In less time than it needs the slow one is named too, and holds nobody up.
  const milliseconds hurried = AskAll(1, search);
  results = ByDomain(search);
  EXPECT_EQ(results.at(Domain(kSlow)).outcome(), v1::PARTNER_OUTCOME_TOO_LATE);
  EXPECT_LT(hurried.count(), slowest_ms);
}

}  // namespace
}  // namespace proofmark::testing
