// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/peer_client.h"

#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "grpcpp/create_channel.h"
#include "proofmark/v1/exchange_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/envelope.h"
#include "server/rpc/grpc_status.h"

namespace proofmark::rpc {
namespace {

constexpr int kAnswerBytesMax = 4 << 20;

// A question is idempotent (its exchange id), so a lost connection may be tried again.
constexpr char kServiceConfig[] = R"({"methodConfig": [{
  "name": [{"service": "proofmark.v1.ExchangeService"}],
  "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.2s", "maxBackoff": "2s",
                  "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]})";

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
  arguments.SetCompressionAlgorithm(GRPC_COMPRESS_NONE);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // Not faster than once in 30 s: a server takes more for an attack and closes the connection.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  return arguments;
}

std::chrono::system_clock::time_point OnTheWall(std::chrono::steady_clock::time_point deadline) {
  return std::chrono::system_clock::now() + (deadline - std::chrono::steady_clock::now());
}

absl::StatusOr<federation::PeerAnswer> ReadAnswer(const v1::AskMatchResponse& response) {
  federation::PeerAnswer answer;
  PM_ASSIGN_OR_RETURN(answer.envelope, wire::FromProto(response.answer(), "answer"));
  if (response.has_receipt()) {
    PM_ASSIGN_OR_RETURN(answer.receipt, wire::FromProto(response.receipt(), "receipt"));
  }
  return answer;
}

// One call under way; owns itself until its callback.
struct Call {
  grpc::ClientContext context;
  v1::AskMatchRequest request;
  v1::AskMatchResponse response;
  federation::PeerClient::Callback done;
};

}  // namespace

struct GrpcPeerClient::Peer {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ExchangeService::Stub> stub;
};

GrpcPeerClient::GrpcPeerClient() = default;
GrpcPeerClient::~GrpcPeerClient() = default;

absl::StatusOr<std::unique_ptr<GrpcPeerClient>> GrpcPeerClient::Create(
    const TlsIdentity& identity, const federation::Partners& partners, const base::Clock& clock) {
  std::unique_ptr<GrpcPeerClient> client(new GrpcPeerClient());
  for (const federation::Partner& partner : partners.all()) {
    PM_ASSIGN_OR_RETURN(std::vector<crypto::X509Certificate> cas,
                        crypto::X509Certificate::BundleFromPem(partner.ca_pem));
    auto trust = std::make_shared<const PeerTrust>(
        std::map<std::string, crypto::AgencyTrust>{
            {partner.domain, {partner.domain, std::move(cas)}}},
        crypto::LeafRequirement{.kind = crypto::SpiffeName::Kind::kNode, .tls_server = true},
        clock);
    auto peer = std::make_unique<Peer>();
    peer->channel = grpc::CreateCustomChannel(
        partner.endpoint, DialerCredentials(identity, std::move(trust), partner.node_id),
        Arguments());
    peer->stub = v1::ExchangeService::NewStub(peer->channel);
    client->peers_.emplace(partner.domain, std::move(peer));
  }
  return client;
}

void GrpcPeerClient::AskMatch(const federation::Partner& partner, const crypto::Envelope& question,
                              std::chrono::steady_clock::time_point deadline, Callback done) {
  const auto peer = peers_.find(partner.domain);
  PM_CHECK(peer != peers_.end());
  auto call = std::make_shared<Call>();
  call->done = std::move(done);
  call->context.set_deadline(OnTheWall(deadline));
  *call->request.mutable_question() = wire::ToProto(question);
  Call& running = *call;
  peer->second->stub->async()->AskMatch(&running.context, &running.request, &running.response,
                                        [call = std::move(call)](const grpc::Status& status) {
                                          if (status.ok()) {
                                            call->done(ReadAnswer(call->response));
                                          } else {
                                            call->done(FromGrpc(status));
                                          }
                                        });
}

absl::Status GrpcPeerClient::Probe(const federation::Partner& partner,
                                   std::chrono::steady_clock::time_point deadline) {
  const auto peer = peers_.find(partner.domain);
  PM_CHECK(peer != peers_.end());
  if (peer->second->channel->WaitForConnected(OnTheWall(deadline))) return absl::OkStatus();
  return absl::UnavailableError(absl::StrFormat(
      "no connection to %s at %s: is the node up, the port open, and do both sides hold the "
      "other's federation CA?",
      partner.domain, partner.endpoint));
}

}  // namespace proofmark::rpc
