// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "proofmark/v1/lookup_table_service.grpc.pb.h"
#include "proto/wire/lookup.h"
#include "server/rpc/services.h"

namespace proofmark::rpc {
namespace {

class LookupTableService final : public v1::LookupTableService::CallbackService {
 public:
  explicit LookupTableService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* ReadLookupTable(grpc::CallbackServerContext* context,
                                            const v1::ReadLookupTableRequest* request,
                                            v1::ReadLookupTableResponse* response) override {
    return rooms_.guard.Unary(
        context, kReadLookupTableMethod, request, response,
        [this](const crypto::SpiffeName& caller, const v1::ReadLookupTableRequest& asked,
               v1::ReadLookupTableResponse& answer) -> absl::Status {
          crypto::Sha256Digest hash;
          if (asked.table_sha256().size() != hash.size()) {
            return absl::InvalidArgumentError(absl::StrFormat(
                "table_sha256: %d bytes, must be %d", asked.table_sha256().size(), hash.size()));
          }
          std::ranges::copy(base::AsBytes(asked.table_sha256()), hash.begin());
          PM_RETURN_IF_ERROR(rooms_.node.publishing().MayRelease());
          PM_ASSIGN_OR_RETURN(std::string piece,
                              rooms_.node.lookup_tables().ReadPiece(
                                  caller.uri(), hash, asked.offset(),
                                  static_cast<std::size_t>(wire::kLookupPieceBytesMax)));
          answer.set_piece(std::move(piece));
          return absl::OkStatus();
        });
  }

 private:
  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeLookupTableService(const ServiceRooms& rooms) {
  return std::make_unique<LookupTableService>(rooms);
}

}  // namespace proofmark::rpc
