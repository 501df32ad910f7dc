// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/peer_client.h"

#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "grpcpp/create_channel.h"
#include "proofmark/v1/exchange_service.grpc.pb.h"
#include "proofmark/v1/federation_service.grpc.pb.h"
#include "proofmark/v1/lookup_table_service.grpc.pb.h"
#include "proofmark/v1/witness_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/envelope.h"
#include "server/federation/descriptor_book.h"
#include "server/rpc/grpc_status.h"

namespace proofmark::rpc {
namespace {

constexpr int kAnswerBytesMax = 4 << 20;

// A message is idempotent (its exchange id), and so is a checkpoint to cosign: a lost connection
// may be tried again.
constexpr char kServiceConfig[] = R"({"methodConfig": [{
  "name": [{"service": "proofmark.v1.ExchangeService"},
           {"service": "proofmark.v1.FederationService"},
           {"service": "proofmark.v1.LookupTableService"},
           {"service": "proofmark.v1.WitnessService"}],
  "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.2s", "maxBackoff": "2s",
                  "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]})";

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
  arguments.SetCompressionAlgorithm(GRPC_COMPRESS_NONE);
  // A channel made anew must not be given the old one's connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
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

absl::StatusOr<federation::PeerAnswer> ReadAnswer(const v1::ExchangeResponse& response) {
  federation::PeerAnswer answer;
  PM_ASSIGN_OR_RETURN(answer.envelope, wire::FromProto(response.answer(), "answer"));
  if (response.has_receipt()) {
    PM_ASSIGN_OR_RETURN(answer.receipt, wire::FromProto(response.receipt(), "receipt"));
  }
  return answer;
}

// One call under way; owns itself until its callback.
template <typename Request, typename Response>
struct Call {
  grpc::ClientContext context;
  Request request;
  Response response;
};

// Sends `request` by `start` (a method of a stub's async interface) and gives `done` what `read`
// makes of the response, or why there is none. An answer counts if whoever gave it is still
// believed.
template <typename Response, typename Request, typename Start, typename Read, typename Done>
void Send(std::shared_ptr<const PeerTrust> trust, Request request,
          std::chrono::steady_clock::time_point deadline, const Start& start, Read read,
          Done done) {
  auto call = std::make_shared<Call<Request, Response>>();
  call->request = std::move(request);
  call->context.set_deadline(OnTheWall(deadline));
  auto& running = *call;
  start(&running.context, &running.request, &running.response,
        [call = std::move(call), trust = std::move(trust), read = std::move(read),
         done = std::move(done)](const grpc::Status& status) {
          if (!status.ok()) {
            done(FromGrpc(status));
            return;
          }
          const auto who = trust->Verify(PeerLeafPem(call->context.auth_context().get()));
          if (who.ok()) {
            done(read(call->response));
          } else {
            done(who.status());
          }
        });
}

absl::StatusOr<federation::SharedEntries> ReadEntries(
    const v1::ListSharedEntriesResponse& response) {
  federation::SharedEntries page;
  for (const v1::LedgerEntry& entry : response.entries()) {
    page.entries.push_back({.index = entry.index(), .bytes = entry.entry()});
  }
  if (response.has_next_index()) page.next_index = response.next_index();
  return page;
}

absl::StatusOr<std::vector<std::string>> ReadDescriptors(
    const v1::GetDescriptorsResponse& response) {
  const auto count = static_cast<std::size_t>(response.notes_size());
  if (count > federation::kNotesAtOnceMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("notes: %d, at most %d", count, federation::kNotesAtOnceMax));
  }
  return std::vector<std::string>(response.notes().begin(), response.notes().end());
}

}  // namespace

// A channel to one partner, and what its other end must be.
struct GrpcPeerClient::Line {
  std::shared_ptr<const PeerTrust> trust;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ExchangeService::Stub> exchange;
  std::unique_ptr<v1::WitnessService::Stub> witness;
  std::unique_ptr<v1::FederationService::Stub> federation;
  std::unique_ptr<v1::LookupTableService::Stub> lookup_table;
};

GrpcPeerClient::GrpcPeerClient() = default;
GrpcPeerClient::~GrpcPeerClient() = default;

absl::StatusOr<std::unique_ptr<GrpcPeerClient>> GrpcPeerClient::Create(
    std::shared_ptr<const ShownIdentity> identity, const federation::Partners& partners,
    const federation::RevocationBook& revocations, const base::Clock& clock) {
  std::unique_ptr<GrpcPeerClient> client(new GrpcPeerClient());
  for (const federation::Partner& partner : partners.all()) {
    PM_ASSIGN_OR_RETURN(std::vector<crypto::X509Certificate> cas,
                        crypto::X509Certificate::BundleFromPem(partner.ca_pem));
    auto peer = std::make_unique<Peer>();
    peer->make_line = [identity, &revocations, &clock, cas = std::move(cas),
                       domain = partner.domain, endpoint = partner.endpoint,
                       node_id = partner.node_id] {
      auto line = std::make_shared<Line>();
      line->trust = std::make_shared<const PeerTrust>(
          std::map<std::string, crypto::AgencyTrust>{{domain, {domain, cas}}},
          crypto::LeafRequirement{.kind = crypto::SpiffeName::Kind::kNode, .tls_server = true},
          revocations, clock);
      line->channel = grpc::CreateCustomChannel(
          endpoint, DialerCredentials(*identity, line->trust, node_id), Arguments());
      line->exchange = v1::ExchangeService::NewStub(line->channel);
      line->witness = v1::WitnessService::NewStub(line->channel);
      line->federation = v1::FederationService::NewStub(line->channel);
      line->lookup_table = v1::LookupTableService::NewStub(line->channel);
      return std::shared_ptr<const Line>(std::move(line));
    };
    client->peers_.emplace(partner.domain, std::move(peer));
  }
  return client;
}

std::shared_ptr<const GrpcPeerClient::Line> GrpcPeerClient::LineTo(
    const federation::Partner& partner) const {
  const auto found = peers_.find(partner.domain);
  PM_CHECK(found != peers_.end());
  Peer& peer = *found->second;
  const base::MutexLock lock(peer.mutex);
  // The connection may be older than a revocation. Nothing more is sent down it: a new one is made,
  // and its handshake judges whoever is there now.
  if (peer.line == nullptr || !peer.line->trust->VerifyLatest().ok()) peer.line = peer.make_line();
  return peer.line;
}

void GrpcPeerClient::Exchange(const federation::Partner& partner, const crypto::Envelope& message,
                              std::chrono::steady_clock::time_point deadline, Callback done) {
  v1::ExchangeRequest request;
  *request.mutable_message() = wire::ToProto(message);
  const std::shared_ptr<const Line> line = LineTo(partner);
  auto* const stub = line->exchange->async();
  Send<v1::ExchangeResponse>(
      line->trust, std::move(request), deadline,
      [stub](auto&&... with) { stub->Exchange(with...); }, ReadAnswer, std::move(done));
}

void GrpcPeerClient::AddCheckpoint(const federation::Partner& partner, const std::string& body,
                                   std::chrono::steady_clock::time_point deadline,
                                   WitnessCallback done) {
  v1::AddCheckpointRequest request;
  request.set_body(body);
  const std::shared_ptr<const Line> line = LineTo(partner);
  auto* const stub = line->witness->async();
  Send<v1::AddCheckpointResponse>(
      line->trust, std::move(request), deadline,
      [stub](auto&&... with) { stub->AddCheckpoint(with...); },
      [](const v1::AddCheckpointResponse& response) -> absl::StatusOr<federation::WitnessAnswer> {
        return federation::WitnessAnswer{.status = response.status(), .body = response.body()};
      },
      std::move(done));
}

void GrpcPeerClient::GetWitnessedCheckpoint(const federation::Partner& partner,
                                            const std::string& origin,
                                            std::chrono::steady_clock::time_point deadline,
                                            NoteCallback done) {
  v1::GetWitnessedCheckpointRequest request;
  request.set_origin(origin);
  const std::shared_ptr<const Line> line = LineTo(partner);
  auto* const stub = line->witness->async();
  Send<v1::GetWitnessedCheckpointResponse>(
      line->trust, std::move(request), deadline,
      [stub](auto&&... with) { stub->GetWitnessedCheckpoint(with...); },
      [](const v1::GetWitnessedCheckpointResponse& response) -> absl::StatusOr<std::string> {
        return response.checkpoint();
      },
      std::move(done));
}

void GrpcPeerClient::ListSharedEntries(const federation::Partner& partner, std::uint64_t from,
                                       std::int64_t count,
                                       std::chrono::steady_clock::time_point deadline,
                                       EntriesCallback done) {
  v1::ListSharedEntriesRequest request;
  request.set_from_index(from);
  request.set_page_size(static_cast<std::int32_t>(count));
  const std::shared_ptr<const Line> line = LineTo(partner);
  auto* const stub = line->witness->async();
  Send<v1::ListSharedEntriesResponse>(
      line->trust, std::move(request), deadline,
      [stub](auto&&... with) { stub->ListSharedEntries(with...); }, ReadEntries, std::move(done));
}

void GrpcPeerClient::ReportFork(const federation::Partner& partner, const std::string& first_note,
                                const std::string& second_note,
                                std::chrono::steady_clock::time_point deadline,
                                ReportCallback done) {
  v1::ReportForkRequest request;
  request.set_first_note(first_note);
  request.set_second_note(second_note);
  const std::shared_ptr<const Line> line = LineTo(partner);
  auto* const stub = line->witness->async();
  Send<v1::ReportForkResponse>(
      line->trust, std::move(request), deadline,
      [stub](auto&&... with) { stub->ReportFork(with...); },
      [](const v1::ReportForkResponse&) { return absl::OkStatus(); }, std::move(done));
}

void GrpcPeerClient::GetDescriptors(const federation::Partner& partner, std::uint64_t have,
                                    std::chrono::steady_clock::time_point deadline,
                                    DescriptorsCallback done) {
  v1::GetDescriptorsRequest request;
  request.set_have_version(have);
  const std::shared_ptr<const Line> line = LineTo(partner);
  auto* const stub = line->federation->async();
  Send<v1::GetDescriptorsResponse>(
      line->trust, std::move(request), deadline,
      [stub](auto&&... with) { stub->GetDescriptors(with...); }, ReadDescriptors, std::move(done));
}

void GrpcPeerClient::ReadLookupTable(const federation::Partner& partner,
                                     const crypto::Sha256Digest& hash, std::uint64_t offset,
                                     std::chrono::steady_clock::time_point deadline,
                                     PieceCallback done) {
  v1::ReadLookupTableRequest request;
  request.set_table_sha256(std::string(crypto::AsText(hash)));
  request.set_offset(offset);
  const std::shared_ptr<const Line> line = LineTo(partner);
  auto* const stub = line->lookup_table->async();
  Send<v1::ReadLookupTableResponse>(
      line->trust, std::move(request), deadline,
      [stub](auto&&... with) { stub->ReadLookupTable(with...); },
      [](const v1::ReadLookupTableResponse& response) -> absl::StatusOr<std::string> {
        return response.piece();
      },
      std::move(done));
}

absl::Status GrpcPeerClient::Probe(const federation::Partner& partner,
                                   std::chrono::steady_clock::time_point deadline) {
  if (LineTo(partner)->channel->WaitForConnected(OnTheWall(deadline))) return absl::OkStatus();
  return absl::UnavailableError(absl::StrFormat(
      "no connection to %s at %s: is the node up, the port open, and do both sides hold the "
      "other's federation CA?",
      partner.domain, partner.endpoint));
}

}  // namespace proofmark::rpc
