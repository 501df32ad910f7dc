// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "crypto/x509/verify.h"
#include "server/federation/revocation_book.h"
#include "tests/sim/machine.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/tally.h"
#include "tests/support/test_ca.h"

namespace proofmark::sim {

class Watch;

// A new list or a node's new certificate is everywhere after this at the latest.
inline constexpr std::int64_t kReloadMs = 5'000;

// Who is let in where, as the partner port decides it: every agency's CA, its node's certificate,
// its revocation lists, and what each machine has read of them.
class Trust {
 public:
  Trust(Scheduler& scheduler, std::mt19937_64& chance, Watch& watch, Tally& tally)
      : scheduler_(scheduler), chance_(chance), watch_(watch), tally_(tally) {}

  void Add(Machine& machine);
  // When all are added: everybody has everybody's first list.
  void Begin();

  // What the partner port of `to` says to the certificate of `from` now.
  absl::Status Admits(int to, int from);

  // Its certificate is revoked, or its certificate or its CA's list ends within seconds.
  void Trouble(int who);
  // It has a new certificate, and its CA a list that lasts.
  void Repair(int who);

  bool deaf = false;  // Set by a planted bug: nobody reads lists any more.

 private:
  struct Agency {
    const testing::TestAgency* authority = nullptr;
    Machine* machine = nullptr;
    std::unique_ptr<federation::RevocationBook> book;  // What this machine has read.
    crypto::X509Certificate certificate;
    std::set<std::string> revoked;  // Serial numbers.
    std::int64_t list_number = 0;
    std::unique_ptr<crypto::RevocationList> list;  // The newest.
    bool has_trouble = false;
  };
  // A certificate as `to` verified it last, and until when that is good enough.
  struct Seen {
    absl::StatusOr<crypto::VerifiedLeaf> leaf;
    std::string serial;
    std::int64_t unix_s = 0;
  };

  Agency& At(int number) { return agencies_[static_cast<std::size_t>(number)]; }
  std::int64_t NowS() const;
  void IssueList(int who, std::int64_t life_s);

  Scheduler& scheduler_;
  std::mt19937_64& chance_;
  Watch& watch_;
  Tally& tally_;
  std::vector<Agency> agencies_;
  std::map<std::pair<int, int>, Seen> seen_;
};

}  // namespace proofmark::sim
