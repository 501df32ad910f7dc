// SPDX-License-Identifier: Apache-2.0
// What gRPC 1.51 as it comes believes of a peer, and what the node believes: the same certificates
// shown to a server with stock TLS credentials and to the node, side by side, in a table.
#include <gtest/gtest.h>
#include <openssl/x509.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <optional>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "crypto/x509/certificate_draft.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/server_builder.h"
#include "proofmark/v1/exchange_service.grpc.pb.h"
#include "server/trust_files.h"
#include "tests/support/loopback_node.h"
#include "tests/support/patience.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::testing {
namespace {

namespace fs = std::filesystem;
namespace ge = grpc::experimental;

constexpr std::int64_t kDayS = 24LL * 3600;

std::string KeyPem(const crypto::IssuedCertificate& issued) {
  return std::string(base::AsText(issued.key_pem.ExposeForOpenSsl()));
}

// Says OK to everybody whom TLS let in.
class OpenHandler final : public v1::ExchangeService::Service {
 public:
  grpc::Status AskMatch(grpc::ServerContext* context, const v1::AskMatchRequest*,
                        v1::AskMatchResponse*) override {
    authenticated = context->auth_context()->IsPeerAuthenticated();
    return grpc::Status::OK;
  }
  std::atomic<bool> authenticated = false;
};

// A server with gRPC's own TLS credentials: mutual TLS against one bundle of roots, revocation by
// set_crl_directory, no verifier of ours.
class StockServer {
 public:
  StockServer(const crypto::IssuedCertificate& shown, const std::string& root_bundle_pem,
              const std::optional<fs::path>& crl_folder = std::nullopt) {
    ge::TlsServerCredentialsOptions options(std::make_shared<ge::StaticDataCertificateProvider>(
        root_bundle_pem,
        std::vector<ge::IdentityKeyCertPair>{{KeyPem(shown), shown.certificate.ToPem()}}));
    options.watch_root_certs();
    options.watch_identity_key_cert_pairs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    if (crl_folder) options.set_crl_directory(crl_folder->string());
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", ge::TlsServerCredentials(options), &port_);
    builder.RegisterService(&handler_);
    server_ = builder.BuildAndStart();
    EXPECT_NE(server_, nullptr);
  }
  ~StockServer() { server_->Shutdown(std::chrono::system_clock::now()); }

  int port() const { return port_; }
  std::string endpoint() const { return absl::StrFormat("127.0.0.1:%d", port_); }
  bool authenticated() const { return handler_.authenticated; }

 private:
  OpenHandler handler_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// Where set_crl_directory looks for the list of `ca`: "<hash of the name>.r0".
fs::path StockCrlFile(const fs::path& folder, const crypto::X509Certificate& ca) {
  const auto hash =
      X509_NAME_hash_ex(X509_get_subject_name(ca.handle()), nullptr, nullptr, nullptr);
  return folder / absl::StrFormat("%08x.r0", static_cast<std::uint32_t>(hash));
}

// In one step, as a reader must find it.
void Put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  const fs::path half = file.string() + ".half";
  std::ofstream(half, std::ios::binary) << text;
  fs::rename(half, file);
}

grpc::Status AskOver(const std::shared_ptr<grpc::Channel>& channel) {
  v1::ExchangeService::Stub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  v1::AskMatchResponse response;
  return stub.AskMatch(&context, v1::AskMatchRequest(), &response);
}

// Whether a handler was reached: ours finds fault with the empty question.
bool Reached(const grpc::Status& status) {
  return status.ok() || status.error_code() == grpc::StatusCode::INVALID_ARGUMENT;
}

// Tries until `holds` says so, for as long as the slowest machine needs.
bool Eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

const char* Word(bool reached) { return reached ? "accepts" : "refuses"; }

void PrintRow(const std::string& what, bool stock, bool ours) {
  std::printf("| %-64s | %-7s | %-7s |\n", what.c_str(), Word(stock), Word(ours));
  std::fflush(stdout);
}

// gb.example's node, asked by fr.example, with all that it believes read from files.
class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest()
      : now_s_(RealUnixMillis() / 1'000),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        fr_({.domain = "fr.example", .now_unix_ms = RealUnixMillis(), .constrain_names = false}),
        de_({.domain = "de.example", .now_unix_ms = RealUnixMillis()}),
        gb_key_(crypto::SigningKey::Generate(random_)),
        peer_key_(crypto::SigningKey::Generate(random_)) {}

  void StartNode(std::chrono::seconds grace = federation::kRevocationGraceDefault) {
    node_.emplace(gb_, gb_key_, folder_.path() / "node",
                  std::vector<LoopbackNode::Partner>{
                      {.agency = &fr_, .exchange_key = peer_key_.verifying_key()},
                      {.agency = &de_, .exchange_key = peer_key_.verifying_key()}},
                  LoopbackNode::Options{.revocation_grace = grace});
  }

  // The node reads fr.example's lists from crl_file() from now on.
  void WatchLists() {
    auto opened = server::TrustFiles::Open({.state_folder = folder_.path() / "node" / "state",
                                            .lists = {{.label = "partner fr.example",
                                                       .peer = fr_.NodeUri(),
                                                       .cas = {fr_.federation_ca().certificate()},
                                                       .files = {crl_file()}}},
                                            .deny_file = std::nullopt,
                                            .own = {},
                                            .interval = std::chrono::milliseconds(100)},
                                           node_->revocations(), base::SystemClock());
    ASSERT_THAT(opened, IsOk());
    trust_files_ = *std::move(opened);
    trust_files_->Start([this](const server::TrustNews& news) {
      const base::MutexLock lock(mutex_);
      news_.push_back(news);
    });
  }

  fs::path crl_file() const { return folder_.path() / "lists" / "fr.crl"; }
  fs::path stock_folder() const { return folder_.path() / "stock"; }

  bool Heard(std::string_view outcome) {
    const base::MutexLock lock(mutex_);
    for (const server::TrustNews& news : news_) {
      if (news.outcome == outcome) return true;
    }
    return false;
  }

  struct ListTimes {
    std::int64_t age_s = 0;
    std::int64_t lifetime_s = 7 * kDayS;
  };
  crypto::RevocationList List(std::int64_t number, const crypto::IssuedCertificate* revoked,
                              ListTimes times) const {
    crypto::ListOptions options{.number = number,
                                .this_update_unix_s = now_s_ - times.age_s,
                                .lifetime_s = times.lifetime_s};
    if (revoked != nullptr) {
      options.revoked[revoked->certificate.serial_hex()] = {
          now_s_ - times.age_s, crypto::RevocationReason::kKeyCompromise};
    }
    return fr_.federation_ca().IssueList(options).value();
  }
  crypto::RevocationList List(std::int64_t number,
                              const crypto::IssuedCertificate* revoked = nullptr) const {
    return List(number, revoked, ListTimes());
  }

  void PutForBoth(const crypto::RevocationList& list) {
    Put(crl_file(), list.ToPem());
    Put(StockCrlFile(stock_folder(), fr_.federation_ca().certificate()), list.ToPem());
  }

  std::string Roots() const {
    return fr_.federation_ca().certificate().ToPem() + de_.federation_ca().certificate().ToPem();
  }
  std::unique_ptr<StockServer> Stock() const {
    fs::create_directories(stock_folder());
    return std::make_unique<StockServer>(gb_.Node(), Roots(), stock_folder());
  }

  bool Accepts(const std::string& endpoint, const crypto::IssuedCertificate& shown) const {
    return Reached(AskOver(ChannelTo(endpoint, shown, gb_.FederationTrust(), gb_.NodeUri())));
  }
  bool NodeAccepts(const crypto::IssuedCertificate& shown) {
    return Accepts(node_->partner_endpoint(), shown);
  }

  const std::int64_t now_s_;
  SeededRandom random_{7};
  TestAgency gb_;
  TestAgency fr_;
  TestAgency de_;
  crypto::SigningKey gb_key_;
  crypto::SigningKey peer_key_;
  TemporaryFolder folder_;
  std::optional<LoopbackNode> node_;
  base::Mutex mutex_;
  std::vector<server::TrustNews> news_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<server::TrustFiles> trust_files_;  // Ends before what it tells.
};

TEST_F(IdentityTest, ACertificateOfOnePartnersCaForAnother) {
  StartNode();
  const auto stock = Stock();
  crypto::CertificateDraft draft = fr_.NodeDraft();
  draft.uri_sans = {de_.NodeUri()};
  const crypto::IssuedCertificate forged = fr_.Sign(draft);

  const bool by_stock = Accepts(stock->endpoint(), forged);
  const bool by_us = NodeAccepts(forged);
  PrintRow("fr.example's CA names de.example's node", by_stock, by_us);

  EXPECT_TRUE(by_stock);
  EXPECT_TRUE(stock->authenticated());
  EXPECT_FALSE(by_us);
  EXPECT_TRUE(NodeAccepts(fr_.Node()));
}

TEST_F(IdentityTest, ACertificateWithTwoNames) {
  StartNode();
  const auto stock = Stock();
  const crypto::IssuedCertificate two = fr_.Bad(BadLeaf::kTwoUriSans);

  const bool by_stock = Accepts(stock->endpoint(), two);
  const bool by_us = NodeAccepts(two);
  PrintRow("two URI names", by_stock, by_us);

  EXPECT_TRUE(by_stock);
  EXPECT_TRUE(stock->authenticated());
  EXPECT_FALSE(by_us);
}

// So that the rows below say something: with the list in place and fresh, both refuse.
TEST_F(IdentityTest, RevokedAndTheListIsFresh) {
  const crypto::IssuedCertificate stolen = fr_.Node();
  const crypto::IssuedCertificate good = fr_.Node();
  StartNode();
  PutForBoth(List(1, &stolen));
  WatchLists();
  const auto stock = Stock();

  const bool by_stock = Accepts(stock->endpoint(), stolen);
  const bool by_us = NodeAccepts(stolen);
  PrintRow("revoked, the list is fresh", by_stock, by_us);

  EXPECT_FALSE(by_stock);
  EXPECT_FALSE(by_us);
  EXPECT_TRUE(Accepts(stock->endpoint(), good));
  EXPECT_TRUE(NodeAccepts(good));
}

TEST_F(IdentityTest, RevokedAndTheListIsMissing) {
  const crypto::IssuedCertificate stolen = fr_.Node();
  const crypto::IssuedCertificate good = fr_.Node();
  StartNode();
  Put(crl_file(), List(1, &stolen).ToPem());
  WatchLists();
  ASSERT_FALSE(NodeAccepts(stolen));

  fs::remove(crl_file());  // The stock server's folder never held one.
  const auto stock = Stock();
  ASSERT_TRUE(Eventually([&] { return Heard("CRL_MISSING"); }));

  const bool by_stock = Accepts(stock->endpoint(), stolen);
  const bool by_us = NodeAccepts(stolen);
  PrintRow("revoked, the list is missing", by_stock, by_us);

  EXPECT_TRUE(by_stock);
  EXPECT_FALSE(by_us);
  EXPECT_TRUE(NodeAccepts(good)) << "stale: let in for the grace, with an alarm";
}

// A node that never saw a list cannot know who is on it: after the grace it believes nobody.
TEST_F(IdentityTest, RevokedAndThereNeverWasAList) {
  StartNode(std::chrono::seconds(0));
  WatchLists();
  const auto stock = Stock();
  const crypto::IssuedCertificate stolen = fr_.Node();

  const bool by_stock = Accepts(stock->endpoint(), stolen);
  const bool by_us = NodeAccepts(stolen);
  PrintRow("revoked, there never was a list, after the grace", by_stock, by_us);

  EXPECT_TRUE(by_stock);
  EXPECT_FALSE(by_us);
  EXPECT_TRUE(Eventually([&] { return Heard("CRL_EXPIRED"); }));
}

TEST_F(IdentityTest, RevokedByAListThatReplacesAnother) {
  const crypto::IssuedCertificate stolen = fr_.Node();
  StartNode();
  PutForBoth(List(1));
  WatchLists();
  const auto stock = Stock();
  ASSERT_TRUE(Accepts(stock->endpoint(), stolen));
  ASSERT_TRUE(NodeAccepts(stolen));

  PutForBoth(List(2, &stolen));
  ASSERT_TRUE(Eventually([&] { return !NodeAccepts(stolen); }));

  const bool by_stock = Accepts(stock->endpoint(), stolen);
  const bool by_us = NodeAccepts(stolen);
  PrintRow("revoked, by a list that replaced another", by_stock, by_us);

  EXPECT_TRUE(by_stock) << "stock keeps the list it read first";
  EXPECT_FALSE(by_us);
}

TEST_F(IdentityTest, RevokedAndAnOlderListIsPutBack) {
  const crypto::IssuedCertificate stolen = fr_.Node();
  StartNode();
  Put(crl_file(), List(2, &stolen).ToPem());
  WatchLists();
  ASSERT_FALSE(NodeAccepts(stolen));

  PutForBoth(List(1));
  ASSERT_TRUE(Eventually([&] { return Heard("CRL_REFUSED"); }));
  const auto stock = Stock();

  const bool by_stock = Accepts(stock->endpoint(), stolen);
  const bool by_us = NodeAccepts(stolen);
  PrintRow("revoked, an older list was put back", by_stock, by_us);

  EXPECT_TRUE(by_stock);
  EXPECT_FALSE(by_us);
}

// A list past its next update. Stock gRPC refuses everybody then; the node goes on refusing whom
// the list names and, for the grace, lets in whom it does not.
TEST_F(IdentityTest, RevokedAndTheListIsStale) {
  const crypto::IssuedCertificate stolen = fr_.Node();
  const crypto::IssuedCertificate good = fr_.Node();
  StartNode();
  PutForBoth(List(1, &stolen, {.age_s = 600, .lifetime_s = 300}));
  WatchLists();
  const auto stock = Stock();

  const bool by_stock = Accepts(stock->endpoint(), stolen);
  const bool by_us = NodeAccepts(stolen);
  PrintRow("revoked, the list is stale", by_stock, by_us);
  const bool good_by_stock = Accepts(stock->endpoint(), good);
  const bool good_by_us = NodeAccepts(good);
  PrintRow("NOT revoked, the list is stale", good_by_stock, good_by_us);

  EXPECT_FALSE(by_us);
  EXPECT_TRUE(good_by_us);
  EXPECT_FALSE(by_stock);
  EXPECT_FALSE(good_by_stock) << "one overdue list cuts a whole agency off";
  EXPECT_TRUE(Heard("CRL_STALE"));
}

TEST_F(IdentityTest, TheListIsExpired) {
  const crypto::IssuedCertificate stolen = fr_.Node();
  const crypto::IssuedCertificate good = fr_.Node();
  StartNode(std::chrono::seconds(60));
  PutForBoth(List(1, &stolen, {.age_s = 600, .lifetime_s = 300}));
  WatchLists();
  const auto stock = Stock();

  const bool by_stock = Accepts(stock->endpoint(), stolen);
  const bool by_us = NodeAccepts(stolen);
  PrintRow("revoked, the list is expired", by_stock, by_us);
  const bool good_by_us = NodeAccepts(good);
  PrintRow("NOT revoked, the list is expired", Accepts(stock->endpoint(), good), good_by_us);

  EXPECT_FALSE(by_us);
  EXPECT_FALSE(good_by_us);
  EXPECT_TRUE(Heard("CRL_EXPIRED"));
}

TEST_F(IdentityTest, ARevocationReachesAConnectionThatStands) {
  const crypto::IssuedCertificate peer = fr_.Node();
  StartNode();
  Put(crl_file(), List(1).ToPem());
  WatchLists();
  const auto channel =
      ChannelTo(node_->partner_endpoint(), peer, gb_.FederationTrust(), gb_.NodeUri());
  ASSERT_TRUE(Reached(AskOver(channel)));

  Put(crl_file(), List(2, &peer).ToPem());
  grpc::Status status;
  ASSERT_TRUE(Eventually([&] {
    status = AskOver(channel);
    return !Reached(status);
  }));

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << status.error_message();
  EXPECT_EQ(node_->server().refused_connections(), 0) << "the connection itself stood";
}

}  // namespace
}  // namespace proofmark::testing
