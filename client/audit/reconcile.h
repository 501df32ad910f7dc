// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "records/ledger_entry.h"

// Compares what two agencies' ledgers say about every exchange between them.
//   How  The asker logs `query-out`, and `answer-in` with what came of it; the answerer logs
//        `query-in`, or `deny` where it did not believe the envelope. An `answer-in` holds hashes
//        of both signed envelopes and, as peer-entry, index and leaf hash of the other's entry: the
//        receipt. All of these must fit (docs/formats/ledger-entry.md).
namespace proofmark::client::audit {

// "here" is the side asked from.
enum class DifferenceKind {
  kMissingHere,    // The other side logged it, this side did not.
  kMissingThere,   // This side logged it, the other did not.
  kDiffers,        // Both did, differently.
  kNeverAnswered,  // A question without an answer at its asker, whatever the other side logged.
  kPending,        // Too young to tell: the other copy ends before, or the answer may still come.
};
inline constexpr int kDifferenceKindCount = 5;
// "missing here" and so on.
std::string_view ToText(DifferenceKind kind);

// One entry about an exchange, and where it stands.
struct ExchangeEntry {
  std::uint64_t index = 0;
  crypto::Sha256Digest leaf_hash{};
  records::LedgerEntry entry;
};

struct Exchange {
  std::vector<ExchangeEntry> query_out;
  std::vector<ExchangeEntry> answer_in;
  std::vector<ExchangeEntry> query_in;
  std::vector<ExchangeEntry> deny;
};

// What one agency's ledger says about exchanges with one other. Holds these exchanges in memory.
class Side {
 public:
  Side(std::string domain, std::string other_domain)
      : domain_(std::move(domain)), other_domain_(std::move(other_domain)) {}

  // Takes one entry; those that are not about the other agency only tell how far the copy goes.
  // The bytes must have been verified, their place in the tree included.
  //   kInvalidArgument  no entry, or one of another agency's node.
  absl::Status Add(std::uint64_t index, std::string_view bytes);
  // For a side that was asked just now and not copied some time ago.
  void KnownUntil(std::int64_t unix_ms) { until_ms_ = std::max(until_ms_, unix_ms); }

  const std::string& domain() const { return domain_; }
  const std::map<std::string, Exchange>& exchanges() const { return exchanges_; }
  // The time of the latest entry: later acts of this side are unknown.
  std::int64_t until_ms() const { return until_ms_; }

 private:
  std::string domain_;
  std::string other_domain_;
  std::map<std::string, Exchange> exchanges_;  // By id.
  std::int64_t until_ms_ = 0;
};

struct Difference {
  DifferenceKind kind = DifferenceKind::kDiffers;
  std::string exchange;
  std::string asker;                   // Domain.
  std::int64_t unix_ms = 0;            // Of the earliest entry concerned.
  std::optional<std::uint64_t> here;   // Entry concerned in this ledger.
  std::optional<std::uint64_t> there;  // In the other one.
  std::string words;                   // Who logged what.
};

struct Reconciliation {
  std::uint64_t exchanges = 0;          // All, whoever asked.
  std::uint64_t agreed = 0;             // Both ledgers fit.
  std::vector<Difference> differences;  // By time.

  std::uint64_t Count(DifferenceKind kind) const;
  // Nothing is missing and nothing differs; questions may be open or unanswered.
  bool sound() const {
    return Count(DifferenceKind::kMissingHere) + Count(DifferenceKind::kMissingThere) +
               Count(DifferenceKind::kDiffers) ==
           0;
  }
};

struct ReconcileOptions {
  // A question younger than this at the end of its asker's copy may still be answered.
  std::int64_t open_ms_max = 10 * 60'000;
  // How far two nodes' clocks may be apart where a copy ends.
  std::int64_t skew_ms_max = 5 * 60'000;
};

// Pure.
Reconciliation Reconcile(const Side& here, const Side& there, const ReconcileOptions& options);

}  // namespace proofmark::client::audit
