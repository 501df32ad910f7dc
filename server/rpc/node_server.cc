// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/node_server.h"

#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "server/federation/descriptor_rule.h"

namespace proofmark::rpc {
namespace {

constexpr int kMessageBytesMax = 4 << 20;
constexpr std::size_t kQueuedMax = 256;

// The limits of protocol-level abuse, the same on both ports (docs/operations/configuration.md).
void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.SetMaxSendMessageSize(16 << 20);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 128);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 3'600'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 600'000);
  builder.AddChannelArgument("grpc.server_handshake_timeout_ms", 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Compressing what an asker influences beside what it must not learn leaks through sizes.
  builder.SetDefaultCompressionAlgorithm(GRPC_COMPRESS_NONE);
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
}

records::EntryDraft DenialEntry(const Denial& denial) {
  records::EntryDraft draft{.kind = records::EntryKind::kDeny, .outcome = denial.reason};
  const auto name = crypto::SpiffeName::Parse(denial.caller);
  if (name.ok() && name->kind() == crypto::SpiffeName::Kind::kNode) {
    draft.peer = denial.caller;
  } else if (name.ok()) {
    draft.actor = name->id();
  }
  return draft;
}

}  // namespace

struct NodeServer::Listener {
  std::string name;  // "agency" or "partner", for people.
  std::string address;
  std::shared_ptr<const ShownIdentity> identity;
  std::shared_ptr<const PeerTrust> trust;
  int threads;
  node::Node& node;
  std::function<std::vector<std::unique_ptr<grpc::Service>>(const Guard&)> make_services;
};

absl::StatusOr<std::unique_ptr<NodeServer::Port>> NodeServer::Listen(Listener listener) {
  auto port = std::make_unique<Port>();
  port->trust = listener.trust;
  port->executor = std::make_unique<Executor>(listener.threads, kQueuedMax);
  port->guard = std::make_unique<Guard>(
      port->trust, *port->executor,
      [&node = listener.node](const Denial& denial) {
        base::Log(
            base::LogSeverity::kWarning,
            absl::StrFormat("denied (%s): %s to %s", denial.reason, denial.caller, denial.method));
        const auto receipt = node.ledger().Append(DenialEntry(denial));
        if (!receipt.ok()) base::Log(base::LogSeverity::kError, receipt.status().ToString());
      },
      // Descriptors pass also where nothing else does: how else would a node catch up?
      [&federation = listener.node.federation()](const crypto::SpiffeName& caller,
                                                 std::string_view method) {
        if (method == kGetDescriptorsMethod) return federation.MayFetch(caller.domain());
        absl::Status may = federation.MayDeal(caller.domain());
        const auto in_force = federation.book().in_force();
        // Its pieces are no signed questions, so the reception does not judge them.
        if (may.ok() && method == kReadLookupTableMethod && in_force != nullptr &&
            !federation::Grants(in_force->accepted.descriptor(), caller.domain(),
                                federation::Service::kLookup)) {
          may = absl::PermissionDeniedError(
              "the federation descriptor does not grant the agency private look-ups");
        }
        return may;
      });
  port->services = listener.make_services(*port->guard);

  grpc::ServerBuilder builder;
  SetLimits(builder);
  builder.AddListeningPort(listener.address, ListenerCredentials(*listener.identity, port->trust),
                           &port->port);
  for (const auto& service : port->services) builder.RegisterService(service.get());
  port->server = builder.BuildAndStart();
  if (port->server == nullptr || port->port == 0) {
    return absl::UnavailableError(
        absl::StrFormat("%s_port.listen: cannot listen on %s; is another program there?",
                        listener.name, listener.address));
  }
  return port;
}

absl::StatusOr<std::unique_ptr<NodeServer>> NodeServer::Start(
    Options options, node::Node& node, GrpcPeerClient& peers,
    const federation::RevocationBook& revocations, const base::Clock& clock) {
  grpc::EnableDefaultHealthCheckService(true);
  std::unique_ptr<NodeServer> server(new NodeServer(options.uploads_bytes_max));
  const auto rooms = [&](const Guard& guard) {
    return ServiceRooms{
        node,
        guard,
        peers,
        server->uploads_,
        options.submission_bytes_max,
        options.state_folder,
        {{"agency", options.agency_identity}, {"partner", options.partner_identity}},
        revocations};
  };

  const std::string& own = node.identity().domain();
  PM_ASSIGN_OR_RETURN(
      server->agency_,
      Listen(
          {.name = "agency",
           .address = options.agency_listen,
           .identity = options.agency_identity,
           .trust = std::make_shared<const PeerTrust>(
               std::map<std::string, crypto::AgencyTrust>{{own, {own, options.staff_cas}}},
               crypto::LeafRequirement{.kind = crypto::SpiffeName::Kind::kRole, .tls_client = true},
               revocations, clock),
           .threads = options.handler_threads,
           .node = node,
           .make_services = [&](const Guard& guard) {
             std::vector<std::unique_ptr<grpc::Service>> services;
             services.push_back(MakeSubmissionService(rooms(guard)));
             services.push_back(MakeExhibitService(rooms(guard)));
             services.push_back(MakeFirearmService(rooms(guard)));
             services.push_back(MakeFirearmQuestionService(rooms(guard)));
             services.push_back(MakeSearchService(rooms(guard)));
             services.push_back(MakeStandingService(rooms(guard)));
             services.push_back(MakeLinkService(rooms(guard)));
             services.push_back(MakeDetailsService(rooms(guard)));
             services.push_back(MakeCorrectionService(rooms(guard)));
             services.push_back(MakeLookupService(rooms(guard)));
             services.push_back(MakeAuditService(rooms(guard)));
             services.push_back(MakeNodeService(rooms(guard)));
             return services;
           }}));

  std::map<std::string, crypto::AgencyTrust> partners;
  for (const federation::Partner& partner : node.configured_partners().all()) {
    PM_ASSIGN_OR_RETURN(auto cas, crypto::X509Certificate::BundleFromPem(partner.ca_pem));
    partners.emplace(partner.domain, crypto::AgencyTrust{partner.domain, std::move(cas)});
  }
  if (!partners.empty()) {
    PM_ASSIGN_OR_RETURN(server->partner_,
                        Listen({.name = "partner",
                                .address = options.partner_listen,
                                .identity = options.partner_identity,
                                .trust = std::make_shared<const PeerTrust>(
                                    std::move(partners),
                                    crypto::LeafRequirement{.kind = crypto::SpiffeName::Kind::kNode,
                                                            .tls_client = true},
                                    revocations, clock),
                                .threads = options.handler_threads,
                                .node = node,
                                .make_services = [&](const Guard& guard) {
                                  std::vector<std::unique_ptr<grpc::Service>> services;
                                  services.push_back(MakeExchangeService(rooms(guard)));
                                  services.push_back(MakeLookupTableService(rooms(guard)));
                                  services.push_back(MakeWitnessService(rooms(guard)));
                                  services.push_back(MakeFederationService(rooms(guard)));
                                  return services;
                                }}));
  }
  return server;
}

NodeServer::~NodeServer() { Shutdown(std::chrono::milliseconds(0)); }

std::int64_t NodeServer::refused_connections() const {
  return agency_->trust->refused_connections() +
         (partner_ ? partner_->trust->refused_connections() : 0);
}

void NodeServer::Shutdown(std::chrono::milliseconds grace) {
  for (Port* const port : {partner_.get(), agency_.get()}) {
    if (port == nullptr || port->server == nullptr) continue;
    if (auto* const health = port->server->GetHealthCheckService(); health != nullptr) {
      health->SetServingStatus(false);
    }
  }
  for (Port* const port : {partner_.get(), agency_.get()}) {
    if (port == nullptr || port->server == nullptr) continue;
    port->server->Shutdown(std::chrono::system_clock::now() + grace);
    port->executor.reset();  // Handlers that still run finish here.
    port->server.reset();
  }
}

}  // namespace proofmark::rpc
