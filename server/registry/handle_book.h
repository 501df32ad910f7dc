// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "records/exhibit.h"
#include "server/store/store.h"

namespace proofmark::registry {

inline constexpr std::size_t kHandleBytes = 32;

// To whom a handle was given, and what it names.
struct HandleUse {
  records::ExhibitId exhibit_id;
  std::string exchange_id;    // 16 raw bytes: the exchange in which it was given.
  std::string asking_agency;  // Domain.
  friend bool operator==(const HandleUse&, const HandleUse&) = default;
};

// Remembers what `handle` (kHandleBytes) names, in the batch that lets it out.
void PutHandle(std::string_view handle, const HandleUse& use, store::Mutations& mutations);

// nullopt for a handle this node never gave.
//   kDataLoss  the row is damaged.
absl::StatusOr<std::optional<HandleUse>> FindHandle(const store::Store& store,
                                                    std::string_view handle);

// Visits every handle that was given, in no order; an error of `visit` ends it.
//   kDataLoss  a row is damaged.
using HandleVisitor = std::function<absl::Status(std::string_view handle, const HandleUse& use)>;
absl::Status ForEachHandle(const store::Store& store, const HandleVisitor& visit);

}  // namespace proofmark::registry
