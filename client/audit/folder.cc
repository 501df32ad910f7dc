// SPDX-License-Identifier: Apache-2.0
#include "client/audit/folder.h"

#include "client/fault.h"

namespace proofmark::client::audit {
namespace {

absl::Status AsFault(const absl::Status& status) {
  if (status.ok() || absl::IsNotFound(status)) return status;
  return MakeFault(absl::IsDataLoss(status) ? FaultCode::kDamaged : FaultCode::kCannotRead,
                   std::string(status.message()));
}

template <typename T>
absl::StatusOr<T> AsFault(absl::StatusOr<T> result) {
  if (result.ok()) return result;
  return AsFault(result.status());
}

}  // namespace

absl::StatusOr<std::string> ReadFolderFile(const std::filesystem::path& folder,
                                           std::string_view path, std::int64_t bytes_max) {
  return AsFault(ledgercopy::ReadFolderFile(folder, path, bytes_max));
}

absl::StatusOr<std::vector<std::uint64_t>> ListCheckpoints(const std::filesystem::path& folder,
                                                           std::vector<std::string>& strange) {
  return AsFault(ledgercopy::ListCheckpoints(folder, strange));
}

absl::StatusOr<std::vector<std::string>> ListSuperfluous(const std::filesystem::path& folder,
                                                         std::uint64_t size) {
  return AsFault(ledgercopy::ListSuperfluous(folder, size));
}

absl::Status VisitEntries(
    const std::filesystem::path& folder, std::uint64_t size,
    const std::function<absl::Status(std::uint64_t index, std::string_view bytes)>& visit) {
  absl::Status visited;
  const absl::Status status =
      ledgercopy::VisitEntries(folder, size, [&](std::uint64_t index, std::string_view bytes) {
        visited = visit(index, bytes);
        return visited;
      });
  return visited.ok() ? AsFault(status) : visited;  // The visitor's own error stays what it is.
}

}  // namespace proofmark::client::audit
