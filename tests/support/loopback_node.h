// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/secret/system_random.h"
#include "crypto/x509/spiffe_name.h"
#include "grpcpp/channel.h"
#include "server/federation/revocation_book.h"
#include "server/node/node.h"
#include "server/rpc/node_server.h"
#include "server/rpc/peer_client.h"
#include "tests/support/test_ca.h"

namespace proofmark::testing {

// A folder that disappears with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A whole node in this process: real gRPC with mutual TLS on 127.0.0.1, real LevelDB on disk, the
// machine's clock. Any failure while starting ends the test program.
class LoopbackNode {
 public:
  struct Partner {
    const TestAgency* agency;
    crypto::VerifyingKey exchange_key;
    std::string endpoint = "127.0.0.1:1";  // Nobody listens there.
    std::set<std::string, std::less<>> answered_purposes = {"CRIMINAL_INVESTIGATION"};
    std::set<std::string, std::less<>> asked_purposes = {"CRIMINAL_INVESTIGATION"};
    federation::BudgetLimits budget{};
    std::optional<federation::BudgetLimits> lookup_budget{};  // Absent: it may not look up here.
    std::int64_t lookup_burst = federation::kBudgetMax;       // As good as none.
    // Absent: it may not ask of firearms by name here.
    std::optional<federation::BudgetLimits> firearm_check_budget{};
    federation::Words statistics{};  // By what it may ask for counts of firearms here.
  };

  struct Options {
    exchange::PublishingOptions publishing{};  // As it stands nothing is published by itself.
    int partner_port = 0;                      // 0 lets the system choose.
    std::vector<std::shared_ptr<federation::WitnessLink>> outside_witnesses{};
    int partners_at_once = journeys::kPartnersAtOnceDefault;
    std::chrono::seconds revocation_grace = federation::kRevocationGraceDefault;
    std::optional<rpc::TlsIdentity> partner_identity{};  // Absent: issued with a fresh key.
    lookup::RecordSource shared_firearms{};
    registry::StatisticsBook::Options statistics{};
    std::string exchange_key_text{};  // Where `exchange_key` is; empty: in memory.
  };

  // `agency` must outlive the node. The state lives in `folder` and outlives it.
  LoopbackNode(const TestAgency& agency, const crypto::SigningKey& exchange_key,
               std::filesystem::path folder, const std::vector<Partner>& partners,
               const Options& options);
  LoopbackNode(const TestAgency& agency, const crypto::SigningKey& exchange_key,
               std::filesystem::path folder, const std::vector<Partner>& partners)
      : LoopbackNode(agency, exchange_key, std::move(folder), partners, Options{}) {}
  // Shuts down in order.
  ~LoopbackNode();

  node::Node& node() { return *node_; }
  rpc::NodeServer& server() { return *server_; }
  // What both ports and the node's own questions go by.
  federation::RevocationBook& revocations() { return revocations_; }
  const std::shared_ptr<rpc::ShownIdentity>& partner_identity() { return partner_identity_; }
  std::string agency_endpoint() const;
  std::string partner_endpoint() const;

  // A connection to the agency port as one of the agency's people.
  std::shared_ptr<grpc::Channel> StaffChannel(crypto::StaffRole role,
                                              const std::string& pseudonym = "p1") const;
  // A connection to the partner port as that agency's node.
  std::shared_ptr<grpc::Channel> PartnerChannel(const TestAgency& partner) const;

 private:
  const TestAgency& agency_;
  crypto::SystemRandom random_;
  federation::RevocationBook revocations_;
  std::shared_ptr<rpc::ShownIdentity> agency_identity_;
  std::shared_ptr<rpc::ShownIdentity> partner_identity_;
  std::unique_ptr<rpc::GrpcPeerClient> peers_;
  std::unique_ptr<node::Node> node_;
  std::unique_ptr<rpc::NodeServer> server_;
};

// A connection to `endpoint` that shows `shown` and believes `server_trust`, whose certificate must
// carry `server_uri`.
std::shared_ptr<grpc::Channel> ChannelTo(const std::string& endpoint,
                                         const crypto::IssuedCertificate& shown,
                                         const crypto::AgencyTrust& server_trust,
                                         const std::string& server_uri);

// A port on 127.0.0.1 that nobody listened on a moment ago, for nodes that must know each other's
// before either is up.
int FreePort();

// Milliseconds since 1970 by the machine's clock, for TestAgency::Options.
std::int64_t RealUnixMillis();

}  // namespace proofmark::testing
