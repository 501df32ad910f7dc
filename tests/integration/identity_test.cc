// SPDX-License-Identifier: Apache-2.0
// What gRPC 1.51 as it comes believes of a peer, and what the node believes: the same certificates
// shown to a server with stock TLS credentials and to the node, side by side, in a table.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "crypto/openssl/pem.h"
#include "crypto/sign/key_id.h"
#include "crypto/x509/certificate_draft.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/server_builder.h"
#include "proofmark/v1/exchange_service.grpc.pb.h"
#include "server/federation/partner.h"
#include "server/rpc/peer_client.h"
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
  grpc::Status Exchange(grpc::ServerContext* context, const v1::ExchangeRequest*,
                        v1::ExchangeResponse*) override {
    authenticated = context->auth_context()->IsPeerAuthenticated();
    ++calls;
    return grpc::Status::OK;
  }
  std::atomic<bool> authenticated = false;
  std::atomic<int> calls = 0;
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
  int calls() const { return handler_.calls; }

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
  v1::ExchangeResponse response;
  return stub.Exchange(&context, v1::ExchangeRequest(), &response);
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

using ContextHandle = std::unique_ptr<SSL_CTX, crypto::Deleter<SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, crypto::Deleter<SSL_free>>;
using SessionHandle = std::unique_ptr<SSL_SESSION, crypto::Deleter<SSL_SESSION_free>>;

// A client that gRPC is not: it keeps session tickets, and resumes without showing a certificate.
class BareClient {
 public:
  // Shows `shown`, unless it is null.
  explicit BareClient(const crypto::IssuedCertificate* shown)
      : context_(SSL_CTX_new(TLS_client_method())) {
    signal(SIGPIPE, SIG_IGN);  // A server that refuses closes while we still write.
    SSL_CTX_set_session_cache_mode(context_.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_set_app_data(context_.get(), this);
    SSL_CTX_sess_set_new_cb(context_.get(), [](SSL* ssl, SSL_SESSION* session) {
      static_cast<BareClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->ticket_.reset(session);
      return 1;  // Ours from now on.
    });
    constexpr unsigned char kHttp2[] = {2, 'h', '2'};
    EXPECT_EQ(SSL_CTX_set_alpn_protos(context_.get(), kHttp2, sizeof(kHttp2)), 0);
    if (shown == nullptr) return;
    const auto key = crypto::PrivateKeyFromPem(shown->key_pem);
    EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), shown->certificate.handle()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), key->get()), 1);
  }

  // Connects, resumes `session` unless it is null, asks an empty question. True when it is
  // answered.
  bool Ask(int port, SSL_SESSION* session) {
    const SslHandle ssl(SSL_new(context_.get()));
    const int socket = Connect(port);
    EXPECT_EQ(SSL_set_fd(ssl.get(), socket), 1);
    if (session != nullptr) {
      EXPECT_EQ(SSL_set_session(ssl.get(), session), 1);
    }
    const bool answered = SSL_connect(ssl.get()) == 1 && Exchange(ssl.get());
    resumed_ = SSL_session_reused(ssl.get()) == 1;
    last_.reset(SSL_get1_session(ssl.get()));
    SSL_shutdown(ssl.get());  // OpenSSL forgets the session of a connection that just breaks off.
    close(socket);
    ERR_clear_error();
    return answered;
  }

  bool resumed() const { return resumed_; }
  // What may be resumed: null unless a ticket came.
  SSL_SESSION* ticket() const { return ticket_.get(); }
  SSL_SESSION* last_session() const { return last_.get(); }

 private:
  static int Connect(int port) {
    const int connected = socket(AF_INET, SOCK_STREAM, 0);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    setsockopt(connected, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(connected, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return connected;
  }

  static std::string Frame(char type, char flags, char stream, const std::string& payload) {
    return std::string{'\0', '\0',  static_cast<char>(payload.size()), type, flags, '\0', '\0',
                       '\0', stream} +
           payload;
  }

  // The smallest HTTP/2 client: one call, and whether header fields come back for it.
  static bool Exchange(SSL* ssl) {
    std::string fields;
    for (const auto& [name, value] : std::initializer_list<std::pair<std::string, std::string>>{
             {":method", "POST"},
             {":scheme", "https"},
             {":path", "/proofmark.v1.ExchangeService/Exchange"},
             {":authority", "localhost"},
             {"te", "trailers"},
             {"content-type", "application/grpc"}}) {
      fields += '\0';
      fields += static_cast<char>(name.size()) + name;
      fields += static_cast<char>(value.size()) + value;
    }
    const std::string sent = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(4, 0, 0, "") +
                             Frame(1, 4, 1, fields) + Frame(0, 1, 1, std::string(5, '\0'));
    if (SSL_write(ssl, sent.data(), static_cast<int>(sent.size())) <= 0) return false;
    std::string heard;
    std::array<char, 4096> buffer;
    for (int n; (n = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()))) > 0;) {
      heard.append(buffer.data(), static_cast<std::size_t>(n));
      std::size_t at = 0;
      while (at + 9 <= heard.size()) {
        const auto byte = [&](std::size_t i) {
          return static_cast<std::size_t>(static_cast<unsigned char>(heard[at + i]));
        };
        if (byte(3) == 1 && byte(8) == 1) return true;  // HEADERS of our stream.
        at += 9 + (byte(0) << 16 | byte(1) << 8 | byte(2));
      }
    }
    return false;
  }

  ContextHandle context_;
  SessionHandle ticket_;
  SessionHandle last_;
  bool resumed_ = false;
};

// gb.example's node, asked by fr.example, with all that it believes read from files.
class IdentityTest : public ::testing::Test {
 protected:
  // As stock gRPC is: made before the node forbids tickets to the whole process.
  static void SetUpTestSuite() {
    stock_agency_ = new TestAgency({.domain = "fr.example", .now_unix_ms = RealUnixMillis()});
    stock_with_tickets_ = new StockServer(stock_agency_->Node(),
                                          stock_agency_->federation_ca().certificate().ToPem());
  }
  static void TearDownTestSuite() {
    delete stock_with_tickets_;
    delete stock_agency_;
  }

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

  static TestAgency* stock_agency_;
  static StockServer* stock_with_tickets_;

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

TestAgency* IdentityTest::stock_agency_ = nullptr;
StockServer* IdentityTest::stock_with_tickets_ = nullptr;

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
  const auto published = std::chrono::steady_clock::now();
  grpc::Status status;
  ASSERT_TRUE(Eventually([&] {
    status = AskOver(channel);
    return !Reached(status);
  }));
  std::printf("refused %d ms after the list was put there; looked for every 100 ms\n",
              static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::steady_clock::now() - published)
                                   .count()));

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << status.error_message();
  EXPECT_EQ(node_->server().refused_connections(), 0) << "the connection itself stood";
}

TEST_F(IdentityTest, AResumedSessionWithoutACertificate) {
  StartNode();
  const crypto::IssuedCertificate stock_peer = stock_agency_->Node();
  const crypto::IssuedCertificate peer = fr_.Node();
  BareClient to_stock(&stock_peer);
  BareClient to_us(&peer);
  ASSERT_TRUE(to_stock.Ask(stock_with_tickets_->port(), nullptr));
  ASSERT_TRUE(to_us.Ask(node_->server().partner_port(), nullptr));
  ASSERT_NE(to_stock.ticket(), nullptr);
  EXPECT_EQ(to_us.ticket(), nullptr);
  EXPECT_EQ(SSL_SESSION_is_resumable(to_us.last_session()), 0);

  BareClient bare_to_stock(nullptr);
  BareClient bare_to_us(nullptr);
  const bool by_stock = bare_to_stock.Ask(stock_with_tickets_->port(), to_stock.ticket());
  const bool by_us = bare_to_us.Ask(node_->server().partner_port(), to_us.last_session());
  PrintRow("a resumed session, no certificate shown", by_stock, by_us);

  EXPECT_TRUE(by_stock);
  EXPECT_TRUE(bare_to_stock.resumed());
  EXPECT_FALSE(by_us);
  EXPECT_FALSE(bare_to_us.resumed());
}

// What a resumed session would hand over, were there one: the leaf and no chain.
TEST_F(IdentityTest, TheLeafAloneIsEnoughToJudgeBy) {
  StartNode();
  const rpc::PeerTrust trust(
      {{"fr.example", fr_.FederationTrust()}, {"de.example", de_.FederationTrust()}},
      {.kind = crypto::SpiffeName::Kind::kNode, .tls_client = true}, node_->revocations(),
      base::SystemClock());
  const crypto::IssuedCertificate good = fr_.Node();
  crypto::CertificateDraft draft = fr_.NodeDraft();
  draft.uri_sans = {de_.NodeUri()};

  node_->revocations().SetDenied(federation::DenyList::Parse({fr_.NodeUri("n2")}).value());

  EXPECT_THAT(trust.Verify(good.certificate.ToPem()), IsOk());
  for (const crypto::IssuedCertificate& bad :
       {fr_.Sign(draft), fr_.Bad(BadLeaf::kTwoUriSans), fr_.Node("n2")}) {
    EXPECT_THAT(trust.Verify(bad.certificate.ToPem()),
                StatusIs(absl::StatusCode::kUnauthenticated));
  }
}

// A partner's node whose certificate is revoked gets no further question down the connection that
// stands, and its answer to one under way does not count.
TEST_F(IdentityTest, AQuestionIsNotSentToWhomALaterListNames) {
  const crypto::IssuedCertificate server_leaf = fr_.Node();
  const StockServer partner_node(server_leaf, gb_.federation_ca().certificate().ToPem());
  StartNode();
  Put(crl_file(), List(1).ToPem());
  WatchLists();
  federation::Partner partner{.domain = "fr.example",
                              .node_id = fr_.NodeUri(),
                              .endpoint = partner_node.endpoint(),
                              .ca_pem = fr_.federation_ca().certificate().ToPem()};
  partner.exchange_keys.emplace(crypto::ExchangeKeyId("fr.example", peer_key_.verifying_key()),
                                peer_key_.verifying_key());
  const auto partners = federation::Partners::Create("gb.example", {partner}).value();
  const auto peers = rpc::GrpcPeerClient::Create(node_->partner_identity(), partners,
                                                 node_->revocations(), base::SystemClock())
                         .value();
  const auto ask = [&] {
    std::promise<absl::Status> ended;
    peers->Exchange(partner, crypto::Envelope{}, std::chrono::steady_clock::now() + kPatience,
                    [&](const absl::StatusOr<federation::PeerAnswer>& answer) {
                      ended.set_value(answer.status());
                    });
    return ended.get_future().get();
  };
  // The empty answer is nothing to be read; it came, though.
  ASSERT_THAT(ask(), StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_EQ(partner_node.calls(), 1);

  Put(crl_file(), List(2, &server_leaf).ToPem());
  ASSERT_TRUE(Eventually([&] {
    return node_->revocations().Find(fr_.federation_ca().certificate().spki_sha256())->number() ==
           2;
  }));

  EXPECT_THAT(ask(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(partner_node.calls(), 1);
}

// The certificate a port shows is exchanged while it serves: new connections see the new one.
TEST_F(IdentityTest, ARenewedCertificateIsShownWithoutARestart) {
  StartNode();
  const crypto::IssuedCertificate peer = fr_.Node();
  const crypto::IssuedCertificate next = gb_.Node();
  const auto shown_now = [&] {
    const auto channel =
        ChannelTo(node_->partner_endpoint(), peer, gb_.FederationTrust(), gb_.NodeUri());
    v1::ExchangeService::Stub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::ExchangeResponse response;
    EXPECT_TRUE(Reached(stub.Exchange(&context, v1::ExchangeRequest(), &response)));
    return crypto::X509Certificate::FromPem(rpc::PeerLeafPem(context.auth_context().get()))
        .value()
        .serial_hex();
  };
  const std::string before = shown_now();
  ASSERT_NE(before, next.certificate.serial_hex());
  const auto standing =
      ChannelTo(node_->partner_endpoint(), peer, gb_.FederationTrust(), gb_.NodeUri());
  ASSERT_TRUE(Reached(AskOver(standing)));

  ASSERT_THAT(node_->partner_identity()->Publish({next.certificate.ToPem(), KeyPem(next)}), IsOk());

  EXPECT_TRUE(Eventually([&] { return shown_now() == next.certificate.serial_hex(); }));
  EXPECT_TRUE(Reached(AskOver(standing))) << "a connection that stands goes on";
}

}  // namespace
}  // namespace proofmark::testing
