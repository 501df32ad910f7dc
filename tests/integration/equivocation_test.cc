// SPDX-License-Identifier: Apache-2.0
// A node whose log key signs two histories, met by an honest witness over real gRPC with mutual
// TLS: it is refused, and both notes are kept, for anybody to judge. With PROOFMARK_EVIDENCE_FOLDER
// they are left there for tests/interop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/witness.h"
#include "proofmark/admin/v1/node_service.grpc.pb.h"
#include "proofmark/v1/audit_service.grpc.pb.h"
#include "proofmark/v1/witness_service.grpc.pb.h"
#include "tests/support/loopback_node.h"
#include "tests/support/node_keys.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::testing {
namespace {

using crypto::AddCheckpointStatus;
using crypto::StaffRole;
using ::testing::SizeIs;

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

class EquivocationTest : public ::testing::Test {
 protected:
  EquivocationTest()
      : random_(31),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        fr_({.domain = "fr.example", .now_unix_ms = RealUnixMillis()}),
        de_({.domain = "de.example", .now_unix_ms = RealUnixMillis()}),
        gb_key_(crypto::SigningKey::Generate(random_)),
        fr_key_(crypto::SigningKey::Generate(random_)),
        de_key_(crypto::SigningKey::Generate(random_)),
        witness_(gb_, gb_key_, gb_folder_.path(),
                 {{.agency = &fr_, .exchange_key = fr_key_.verifying_key()},
                  {.agency = &de_,
                   .exchange_key = de_key_.verifying_key(),
                   .endpoint = absl::StrFormat("127.0.0.1:%d", de_port_)}},
                 // What could not be delivered may be tried again at once.
                 {.publishing = {.refresh = std::chrono::milliseconds(0)}}),
        log_(fr_, fr_key_, fr_folder_.path(),
             {{.agency = &gb_,
               .exchange_key = gb_key_.verifying_key(),
               .endpoint = witness_.partner_endpoint()}}) {}

  ledger::Ledger& ledger() { return log_.node().ledger(); }
  const std::string& origin() { return ledger().origin(); }

  void Record(int entries) {
    for (int i = 0; i < entries; ++i) {
      ASSERT_THAT(ledger().Append({.kind = records::EntryKind::kDeny, .outcome = "NOT_AGREED"}),
                  IsOk());
    }
  }

  // What a log asks that has cosignatures for its first `old` leaves.
  std::string Ask(std::uint64_t old, const std::vector<crypto::Sha256Digest>& leaves) {
    const crypto::HashReader read = crypto::ReadLeaves(leaves);
    const auto note = crypto::SignCheckpoint(
        {.origin = origin(), .size = leaves.size(), .root = *crypto::RootFrom(leaves.size(), read)},
        NodeKeysOf(fr_key_, fr_.NodeUri()).log);
    EXPECT_THAT(note, IsOk());
    std::vector<crypto::Sha256Digest> proof;
    if (old > 0) proof = *crypto::BuildConsistencyProof(old, leaves.size(), read);
    return *crypto::FormatAddCheckpoint(old, proof, *note);
  }

  // As FR's node; the status of the witness protocol.
  AddCheckpointStatus Send(const std::string& body) {
    v1::WitnessService::Stub stub(witness_.PartnerChannel(fr_));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::AddCheckpointRequest request;
    request.set_body(body);
    v1::AddCheckpointResponse response;
    const grpc::Status status = stub.AddCheckpoint(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return static_cast<AddCheckpointStatus>(response.status());
  }

  std::vector<ledger::ForkEvidence> Evidence() { return EvidenceAt(witness_); }
  static std::vector<ledger::ForkEvidence> EvidenceAt(LoopbackNode& node) {
    auto forks = node.node().witness().Forks();
    EXPECT_THAT(forks, IsOk());
    return *std::move(forks);
  }

  // DE's node, a partner of both others.
  std::unique_ptr<LoopbackNode> StartThird() {
    return std::make_unique<LoopbackNode>(
        de_, de_key_, de_folder_.path(),
        std::vector<LoopbackNode::Partner>{
            {.agency = &fr_, .exchange_key = fr_key_.verifying_key()},
            {.agency = &gb_,
             .exchange_key = gb_key_.verifying_key(),
             .endpoint = witness_.partner_endpoint()}},
        LoopbackNode::Options{.partner_port = de_port_});
  }
  static std::size_t ReportsWaitingAt(LoopbackNode& node) {
    const auto waiting = node.node().witness().ReportsWaiting();
    EXPECT_THAT(waiting, IsOk());
    return waiting->size();
  }
  static std::vector<ledger::StoredEntry> AlarmsOf(LoopbackNode& node) {
    auto alarms = node.node().ledger().ReadNewestFirst({.kind = records::EntryKind::kAlarm}, 10);
    EXPECT_THAT(alarms, IsOk());
    return *std::move(alarms);
  }

  // For the verifier that others wrote.
  void Leave(const std::string& name, const std::string& cosigned, const std::string& request) {
    const char* const folder = std::getenv("PROOFMARK_EVIDENCE_FOLDER");
    if (folder == nullptr) return;
    const std::filesystem::path to(folder);
    WriteFile(to / name / "cosigned", cosigned);
    WriteFile(to / name / "request", request);
    WriteFile(to / "vkeys", crypto::ToVerifierKey(log_.node().checkpoints().verifier_key()) + "\n" +
                                crypto::ToVerifierKey(witness_.node().witness().verifier_key()) +
                                "\n");
  }

  SeededRandom random_;
  const int de_port_ = FreePort();
  TestAgency gb_, fr_, de_;
  crypto::SigningKey gb_key_, fr_key_, de_key_;
  TemporaryFolder gb_folder_, fr_folder_, de_folder_;
  LoopbackNode witness_;  // GB's node.
  LoopbackNode log_;      // FR's node, whose operator will deny what it recorded.
};

TEST_F(EquivocationTest, IsCaughtByTheFirstHonestWitness) {
  Record(300);
  ASSERT_THAT(log_.node().publishing().PublishNow(), IsOk());
  ASSERT_TRUE(log_.node().publishing().standing().verdict.satisfied());
  const std::uint64_t size = ledger().Head().size;
  const std::string cosigned = **witness_.node().witness().Cosigned(origin());

  // The operator takes one recorded act back and signs again.
  auto leaves = ledger().LeafHashes(0, size);
  ASSERT_THAT(leaves, IsOk());
  (*leaves)[size / 2] = crypto::LeafHash("it never happened");
  const std::string same_size = Ask(size, *leaves);
  leaves->insert(leaves->end(), 17, crypto::LeafHash("and more"));
  const std::string larger = Ask(size, *leaves);

  EXPECT_EQ(Send(same_size), AddCheckpointStatus::kUnprocessable);
  EXPECT_EQ(Send(larger), AddCheckpointStatus::kUnprocessable);

  // Both contradictions are kept beside what had been cosigned, which stands.
  const auto evidence = Evidence();
  ASSERT_THAT(evidence, SizeIs(2));
  EXPECT_EQ(evidence[0].cosigned_note, cosigned);
  EXPECT_EQ(evidence[0].request, same_size);
  EXPECT_EQ(evidence[1].cosigned_note, cosigned);
  EXPECT_EQ(evidence[1].request, larger);
  EXPECT_EQ(**witness_.node().witness().Cosigned(origin()), cosigned);
  Leave("same_size", evidence[0].cosigned_note, evidence[0].request);
  Leave("larger", evidence[1].cosigned_note, evidence[1].request);

  // GB's own ledger tells, and so does what its auditor is shown.
  const auto alarms =
      witness_.node().ledger().ReadNewestFirst({.kind = records::EntryKind::kAlarm}, 10);
  ASSERT_THAT(alarms, IsOk());
  ASSERT_THAT(*alarms, SizeIs(2));
  EXPECT_EQ((*alarms)[1].entry.draft.outcome, "FORK_PROVEN");
  EXPECT_EQ((*alarms)[0].entry.draft.outcome, "FORK_SUSPECTED");
  EXPECT_EQ((*alarms)[0].entry.draft.peer, fr_.NodeUri());
  v1::AuditService::Stub auditor(witness_.StaffChannel(StaffRole::kAuditor));
  grpc::ClientContext context;
  v1::GetLedgerResponse shown;
  ASSERT_TRUE(auditor.GetLedger(&context, v1::GetLedgerRequest(), &shown).ok());
  EXPECT_EQ(shown.fork_alarms(), 2);
}

// The witness tells whoever else works with the forked agency, again and again until it is heard.
// Nobody believes it: each looks at the two notes itself.
TEST_F(EquivocationTest, EveryPartnerIsToldAndSeesForItself) {
  Record(50);
  ASSERT_THAT(log_.node().publishing().PublishNow(), IsOk());
  const std::uint64_t size = ledger().Head().size;
  auto leaves = ledger().LeafHashes(0, size);
  ASSERT_THAT(leaves, IsOk());
  (*leaves)[7] = crypto::LeafHash("it never happened");
  ASSERT_EQ(Send(Ask(size, *leaves)), AddCheckpointStatus::kUnprocessable);
  ASSERT_THAT(Evidence(), SizeIs(1));

  // DE is away, and the report waits; that is said.
  EXPECT_EQ(ReportsWaitingAt(witness_), 1U);
  ASSERT_THAT(witness_.node().fork_reports().SendNow(), IsOk());
  EXPECT_EQ(ReportsWaitingAt(witness_), 1U);
  admin::v1::NodeService::Stub staff(witness_.StaffChannel(StaffRole::kAdministrator));
  grpc::ClientContext context;
  admin::v1::GetStatusResponse status;
  ASSERT_TRUE(staff.GetStatus(&context, admin::v1::GetStatusRequest(), &status).ok());
  EXPECT_EQ(status.ledger().fork_alarms(), 1);
  EXPECT_EQ(status.ledger().fork_reports_waiting(), 1);

  const auto third = StartThird();
  for (int i = 0; i < 30 && ReportsWaitingAt(witness_) > 0; ++i) {
    ASSERT_THAT(witness_.node().fork_reports().SendNow(), IsOk());
  }

  EXPECT_EQ(ReportsWaitingAt(witness_), 0U);
  const auto told = EvidenceAt(*third);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].origin, origin());
  EXPECT_EQ(told[0].cosigned_note, Evidence()[0].cosigned_note);
  ASSERT_THAT(AlarmsOf(*third), SizeIs(1));
  EXPECT_EQ(AlarmsOf(*third)[0].entry.draft.outcome, "FORK_PROVEN:REPORTED");
  EXPECT_EQ(AlarmsOf(*third)[0].entry.draft.peer, fr_.NodeUri());

  // DE tells on: GB knows already, and neither is alarmed twice.
  EXPECT_EQ(ReportsWaitingAt(*third), 1U);
  for (int i = 0; i < 30 && ReportsWaitingAt(*third) > 0; ++i) {
    ASSERT_THAT(third->node().fork_reports().SendNow(), IsOk());
  }
  EXPECT_EQ(ReportsWaitingAt(*third), 0U);
  EXPECT_THAT(AlarmsOf(*third), SizeIs(1));
  EXPECT_THAT(AlarmsOf(witness_), SizeIs(1));
  EXPECT_EQ(ReportsWaitingAt(witness_), 0U);
}

TEST_F(EquivocationTest, AnHonestLogThatGrowsIsNotAccused) {
  Record(20);
  ASSERT_THAT(log_.node().publishing().PublishNow(), IsOk());
  const std::uint64_t size = ledger().Head().size;
  const std::string cosigned = **witness_.node().witness().Cosigned(origin());
  Record(250);
  const auto leaves = ledger().LeafHashes(0, ledger().Head().size);
  ASSERT_THAT(leaves, IsOk());
  const std::string request = Ask(size, *leaves);

  EXPECT_EQ(Send(request), AddCheckpointStatus::kOk);
  EXPECT_EQ(Send(request), AddCheckpointStatus::kConflict);  // It is no news any more.
  EXPECT_THAT(Evidence(), SizeIs(0));
  Leave("honest", cosigned, request);
}

// Whichever history a witness sees first, the other one is what it refuses. The log that finds its
// own key under a history that is not its own takes no more writes.
TEST_F(EquivocationTest, ALogThatMeetsItsForgedHistoryStops) {
  Record(10);
  auto leaves = ledger().LeafHashes(0, ledger().Head().size);
  ASSERT_THAT(leaves, IsOk());
  (*leaves)[5] = crypto::LeafHash("it never happened");
  leaves->insert(leaves->end(), 100, crypto::LeafHash("and more"));
  ASSERT_EQ(Send(Ask(0, *leaves)), AddCheckpointStatus::kOk);

  EXPECT_FALSE(log_.node().publishing().PublishNow().ok());

  EXPECT_FALSE(ledger().Append({.kind = records::EntryKind::kDeny, .outcome = "NOT_AGREED"}).ok());
}

}  // namespace
}  // namespace proofmark::testing
