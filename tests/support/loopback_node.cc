// SPDX-License-Identifier: Apache-2.0
#include "tests/support/loopback_node.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash/sha256.h"
#include "crypto/sign/key_id.h"
#include "crypto/tls/tls.h"
#include "grpcpp/create_channel.h"
#include "server/store/storage_env.h"
#include "tests/support/node_keys.h"

namespace proofmark::testing {
namespace {

// Before a test of this program makes its first key.
[[maybe_unused]] const bool openssl_is_kept = (crypto::KeepOpenSslUntilTheEnd(), true);

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) base::Log(base::LogSeverity::kError, value.status().ToString());
  PM_CHECK(value.ok());
  return *std::move(value);
}

rpc::TlsIdentity IdentityOf(const crypto::IssuedCertificate& issued) {
  return {issued.certificate.ToPem(), std::string(base::AsText(issued.key_pem.ExposeForOpenSsl()))};
}

std::string EndpointAt(int port) { return absl::StrFormat("127.0.0.1:%d", port); }

// 32 bytes, the same for every node of a test: a restarted node finds its state again.
std::filesystem::path MasterKeyIn(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "master.key";
  if (!std::filesystem::exists(path)) {
    std::ofstream(path, std::ios::binary) << std::string(32, 'k');
    std::filesystem::permissions(
        path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  return path;
}

federation::Partner ToPartner(const LoopbackNode::Partner& partner) {
  federation::Partner made;
  made.domain = partner.agency->domain();
  made.node_id = partner.agency->NodeUri();
  made.endpoint = partner.endpoint;
  made.ca_pem = partner.agency->federation_ca().certificate().ToPem();
  made.exchange_keys.emplace(crypto::ExchangeKeyId(made.domain, partner.exchange_key),
                             partner.exchange_key);
  AddNoteKeys(partner.exchange_key, made);
  made.answered_purposes = partner.answered_purposes;
  made.asked_purposes = partner.asked_purposes;
  made.budget = partner.budget;
  made.lookup_budget = partner.lookup_budget;
  made.lookup_burst = partner.lookup_burst;
  made.statistics = partner.statistics;
  made.firearm_check_budget = partner.firearm_check_budget;
  return made;
}

federation::NodeKeys KeysOf(const TestAgency& agency, const crypto::SigningKey& exchange_key,
                            const LoopbackNode::Options& options) {
  if (options.exchange_key_text.empty()) return NodeKeysOf(exchange_key, agency.NodeUri());
  std::string text = options.exchange_key_text;
  return NodeKeysWith(OrDie(crypto::SigningKey::FromText(crypto::SecretBytes::TakeFrom(text))),
                      agency.NodeUri());
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "proofmark-XXXXXX").string();
  PM_CHECK(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

LoopbackNode::LoopbackNode(const TestAgency& agency, const crypto::SigningKey& exchange_key,
                           std::filesystem::path folder, const std::vector<Partner>& partners,
                           const Options& options)
    : agency_(agency), revocations_(options.revocation_grace, base::SystemClock()) {
  PM_CHECK(crypto::RequireTls13WithoutTickets().ok());
  std::vector<federation::Partner> list;
  for (const Partner& partner : partners) list.push_back(ToPartner(partner));
  const auto all = OrDie(federation::Partners::Create(agency.domain(), std::move(list)));
  std::string partner_roots;
  for (const Partner& partner : partners) {
    partner_roots += partner.agency->federation_ca().certificate().ToPem();
  }
  agency_identity_ =
      OrDie(rpc::ShownIdentity::Create(folder / "shown" / "agency", IdentityOf(agency.AgencyPort()),
                                       agency.staff_ca().certificate().ToPem()));
  partner_identity_ = OrDie(rpc::ShownIdentity::Create(
      folder / "shown" / "partner", options.partner_identity.value_or(IdentityOf(agency.Node())),
      partner_roots));
  peers_ =
      OrDie(rpc::GrpcPeerClient::Create(partner_identity_, all, revocations_, base::SystemClock()));
  node_ =
      OrDie(node::Node::Open({.state_folder = (folder / "state").string(),
                              .master_key_path = MasterKeyIn(folder).string(),
                              .config_sha256_hex = crypto::Sha256Hex("loopback"),
                              .search_threads = 2,
                              .partners_at_once = options.partners_at_once,
                              .publishing = options.publishing,
                              .shared_firearms = options.shared_firearms,
                              .statistics = options.statistics,
                              .outside_witnesses = options.outside_witnesses,
                              .on_store_failure = nullptr},
                             OrDie(federation::NodeIdentity::Create(
                                 agency.NodeUri(), KeysOf(agency, exchange_key, options))),
                             all, store::PosixStorage(), base::SystemClock(), random_, *peers_));
  server_ = OrDie(rpc::NodeServer::Start({.agency_listen = "127.0.0.1:0",
                                          .partner_listen = EndpointAt(options.partner_port),
                                          .agency_identity = agency_identity_,
                                          .partner_identity = partner_identity_,
                                          .staff_cas = {agency.staff_ca().certificate()},
                                          .handler_threads = 4,
                                          .state_folder = (folder / "state").string()},
                                         *node_, *peers_, revocations_, base::SystemClock()));
}

LoopbackNode::~LoopbackNode() {
  server_->Shutdown(std::chrono::seconds(5));
  const absl::Status stopped = node_->Stop();
  PM_CHECK(stopped.ok() || absl::IsUnavailable(stopped));  // A store that halted logs no more.
}

std::string LoopbackNode::agency_endpoint() const { return EndpointAt(server_->agency_port()); }

std::string LoopbackNode::partner_endpoint() const { return EndpointAt(server_->partner_port()); }

std::shared_ptr<grpc::Channel> LoopbackNode::StaffChannel(crypto::StaffRole role,
                                                          const std::string& pseudonym) const {
  return ChannelTo(agency_endpoint(), agency_.Staff(role, pseudonym), agency_.StaffTrust(),
                   agency_.NodeUri());
}

std::shared_ptr<grpc::Channel> LoopbackNode::PartnerChannel(const TestAgency& partner) const {
  return ChannelTo(partner_endpoint(), partner.Node(), agency_.FederationTrust(),
                   agency_.NodeUri());
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& endpoint,
                                         const crypto::IssuedCertificate& shown,
                                         const crypto::AgencyTrust& server_trust,
                                         const std::string& server_uri) {
  PM_CHECK(crypto::RequireTls13WithoutTickets().ok());
  static const federation::RevocationBook nothing_revoked(std::chrono::seconds(0),
                                                          base::SystemClock());
  auto trust = std::make_shared<const rpc::PeerTrust>(
      std::map<std::string, crypto::AgencyTrust>{{server_trust.domain, server_trust}},
      crypto::LeafRequirement{.kind = crypto::SpiffeName::Kind::kNode, .tls_server = true},
      nothing_revoked, base::SystemClock());
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // Each channel its own connection.
  arguments.SetMaxReceiveMessageSize(16 << 20);
  return grpc::CreateCustomChannel(
      endpoint, rpc::DialerCredentials(IdentityOf(shown), std::move(trust), server_uri), arguments);
}

int FreePort() {
  const int taken = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  PM_CHECK(bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  PM_CHECK(getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(taken);
  return ntohs(address.sin_port);
}

std::int64_t RealUnixMillis() { return base::SystemClock().UnixMillis(); }

}  // namespace proofmark::testing
