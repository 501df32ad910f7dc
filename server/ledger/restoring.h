// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "crypto/sign/key_id.h"
#include "records/ledger_entry.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::ledger {

inline constexpr std::size_t kActsNamedMax = 1'000;

// What is restored from a copy, or would be.
struct Restoration {
  // An act whose entry is back and whose data are not: it must be done again.
  struct Act {
    std::uint64_t index = 0;
    records::EntryKind kind = records::EntryKind::kSubmit;
    std::int64_t unix_ms = 0;
    std::string object;  // As in its entry: the commitment by which its owner knows it; may be
                         // empty.
  };

  std::uint64_t size_before = 0;
  std::uint64_t size_after = 0;
  std::uint64_t copy_size = 0;
  // Entries that the ledger had at least, by the high-water file and its own checkpoints.
  // Witnesses, who may know of more, are asked at the next start.
  std::uint64_t known_size = 0;
  std::uint64_t checkpoints = 0;                      // Published ones that are back.
  std::map<records::EntryKind, std::uint64_t> kinds;  // Entries that are back, by kind.
  std::vector<Act> acts;                              // By index, at most kActsNamedMax.
  std::uint64_t acts_left_off = 0;

  std::uint64_t entries() const { return size_after - size_before; }
  std::uint64_t still_missing() const {
    return known_size > size_after ? known_size - size_after : 0;
  }
};

struct RestoreOptions {
  std::string origin;     // Of this node's ledger.
  std::string node_name;  // SPIFFE id.
  crypto::NoteVerifierKey log_key;
  std::vector<crypto::NoteVerifierKey> witness_keys;  // Known ones; others' lines are ignored.
  bool dry_run = false;                               // Examines all and writes nothing.
};

// Puts back the entries that this ledger has lost at its end, from a copy of it that was made
// before (docs/formats/export-folder.md; made by whomever: only the log's own signature counts).
//   Steps    1. Verifies the copy in full (records/ledgercopy/verify.h).
//            2. Shows that the ledger as it is here is the beginning of the copy's, and that the
//               copy holds what the high-water file and the ledger's own checkpoints say.
//            3. Appends what is missing, bundle by bundle: same bytes, index and leaf hash, each
//               shown again to be of the copy's tree. Then the checkpoints published since.
//   Data     Only entries come back. What was stored with them is gone: `acts` names those that
//            must be done again.
//   Crash    at any point leaves a shorter ledger of the same tree; run it again.
//   `store`  no ledger open on it. Afterwards the next start logs the restoration:
//   LogRestoration(). Errors   kInvalidArgument  the copy is not whole, or of another log.
//            kDataLoss         the copy or the ledger contradicts what was signed or acknowledged,
//                              or the ledger is damaged: nothing was written.
//            others            reading and store::Store::Commit.
//   OK says nothing about still_missing(): look at it.
absl::StatusOr<Restoration> RestoreFrom(const std::filesystem::path& folder, store::Store& store,
                                        const base::Clock& clock, const RestoreOptions& options);

// Writes the entry `alarm` with outcome RESTORED and the number of entries, if there was a
// restoration that no entry tells yet. Only once the witnesses have been asked: an entry in the
// place of one that is still missing would make two histories of one.
//   store::Store::Commit
absl::Status LogRestoration(store::Store& store, Ledger& ledger);

}  // namespace proofmark::ledger
