// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/ledger/witness_book.h"

namespace proofmark::http {

// The C2SP witness over HTTP, for logs and monitors that speak nothing else
// (docs/formats/transparency-log.md#asking-a-witness):
//   POST /add-checkpoint                              the body's answer, status for status
//   GET  /<hexadecimal SHA-256 of an origin>/checkpoint  the latest checkpoint cosigned for it
// Without TLS and without names: what is believed is signed. Whoever reaches it learns how far the
// ledgers witnessed here have come. Thread-safe.
class WitnessListener {
 public:
  struct Options {
    std::string listen;  // host:port; port 0 lets the system choose.
    int threads = 4;     // Connections at work; others wait to be accepted.
  };

  // Listens. `witness` must outlive the result.
  //   kInvalidArgument  `listen` is no host:port.
  //   kUnavailable      the port is taken.
  static absl::StatusOr<std::unique_ptr<WitnessListener>> Start(const Options& options,
                                                                ledger::WitnessBook& witness);
  // Ends; requests under way are answered.
  ~WitnessListener();

  int port() const;

 private:
  struct Server;
  explicit WitnessListener(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
};

}  // namespace proofmark::http
