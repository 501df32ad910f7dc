// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "grpcpp/impl/codegen/service_type.h"
#include "server/node/node.h"
#include "server/rpc/guard.h"
#include "server/rpc/peer_client.h"
#include "server/rpc/upload_budget.h"

namespace proofmark::rpc {

// What handlers work with. All must outlive the services.
struct ServiceRooms {
  node::Node& node;
  const Guard& guard;
  GrpcPeerClient& peers;
  UploadBudget& uploads;
  std::int64_t submission_bytes_max;
  std::string state_folder;  // Whose free space is reported.
  // What each port shows.
  std::vector<std::pair<std::string, std::shared_ptr<const ShownIdentity>>> own_identities;
  const federation::RevocationBook& revocations;
};

// The services of the contract: each handler is conversion in, one call of a journey, conversion
// out, entered through the guard. Thread-safe.
std::unique_ptr<grpc::Service> MakeSubmissionService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeExhibitService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeFirearmService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeFirearmQuestionService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeSearchService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeStandingService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeLinkService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeDetailsService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeCorrectionService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeLookupService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeLookupTableService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeAuditService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeNodeService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeExchangeService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeWitnessService(const ServiceRooms& rooms);
std::unique_ptr<grpc::Service> MakeFederationService(const ServiceRooms& rooms);

// The one method of the partner port that is open to agencies whose entry differs.
inline constexpr std::string_view kGetDescriptorsMethod =
    "/proofmark.v1.FederationService/GetDescriptors";
// The one that hands out what a service made without a signed question: the service must be
// granted.
inline constexpr std::string_view kReadLookupTableMethod =
    "/proofmark.v1.LookupTableService/ReadLookupTable";

}  // namespace proofmark::rpc
