// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/store/record_key.h"

namespace proofmark::store {

inline constexpr std::size_t kStoreKeyBytesMax = 4096;
inline constexpr std::size_t kStoreValueBytesMax = std::size_t{4}
                                                   << 20;  // Larger things are blobs.
inline constexpr std::size_t kRequestBytesMax = std::size_t{16} << 20;

// Puts (a value) and deletions (none), applied in order.
struct Mutation {
  std::string key;
  std::optional<std::string> value;
};

class Mutations {
 public:
  void Put(std::string key, std::string value) {
    list_.push_back({std::move(key), std::move(value)});
  }
  void Delete(std::string key) { list_.push_back({std::move(key), std::nullopt}); }

  const std::vector<Mutation>& list() const { return list_; }

 private:
  std::vector<Mutation> list_;
};

// What must hold at this request's turn, with everything committed before it in view.
struct Precondition {
  std::string key;
  std::optional<std::string> value;  // The exact value the key must have; none: it must be absent.
};

// One all-or-nothing change.
struct WriteRequest {
  Mutations mutations{};
  std::vector<Precondition> preconditions{};
  // Durable before the mutations that refer to them.
  std::vector<RecordKey> new_keys{};
  // Gone for good when the commit returns.
  std::vector<KeyId> erased_keys{};
  // Called once on the writer thread at this request's turn, after the preconditions held, to add
  // what only then is known (the ledger's index). It must be quick, must not call the store, and
  // an error refuses this request alone, without trace.
  std::function<absl::Status(Mutations&)> at_turn{};
  // Called right after, once nothing can refuse the request any more.
  std::function<void()> admitted{};
};

}  // namespace proofmark::store
