// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"
#include "proto/wire/firearm.h"
#include "proto/wire/firearm_check.h"
#include "records/receipt.h"
#include "server/federation/caller.h"
#include "server/ledger/ledger.h"
#include "server/registry/sealed_records.h"
#include "server/registry/serial_index.h"
#include "server/store/store.h"

namespace proofmark::registry {

using wire::KeptFirearm;

// What the checks D15 to D17 find about a firearm (its id, raw) is another than before: alerts must
// be raised or closed. Lies in kAlertDueTable, in the batch of the change, until that is done.
void AddAlertDue(std::string_view raw_id, base::Random& random, store::WriteRequest& request);

// The agency's firearms at rest. Each record and its earlier versions are sealed under the record's
// own key; what it is found by are keyed hashes. Every change lies in one batch with its ledger
// entry `registry-change`. Readings are logged by whoever shows them. Thread-safe.
//   Source  docs/formats/registry.md#firearms
class FirearmRegistry {
 public:
  // All must outlive the result.
  static absl::StatusOr<std::unique_ptr<FirearmRegistry>> Open(store::Store& store,
                                                               ledger::Ledger& ledger,
                                                               const base::Clock& clock);

  // A record as it is; what is written over it must have seen it.
  struct Held {
    SealedRecords::Held sealed;
    KeptFirearm kept;
  };
  //   kInvalidArgument  not an id.
  //   kNotFound         not held.
  absl::StatusOr<Held> Load(std::string_view id) const;
  // The record with this reference; nullopt when there is none.
  absl::StatusOr<std::optional<Held>> FindByReference(std::string_view reference) const;
  // The record after its first `change_count` changes.
  //   kNotFound  there is no such version any more.
  absl::StatusOr<KeptFirearm> LoadVersion(const Held& held, std::int64_t change_count) const;

  // What stands for a record in ledger entries, 64 hexadecimal digits: the same in every entry.
  absl::StatusOr<std::string> CommitmentTo(const Held& held) const;

  // One record to be made or changed. `after` has its newest change last.
  struct Writing {
    std::optional<Held> before;  // Absent: a new record, whose id and reference are given here.
    KeptFirearm after;
    // Of a new one from another register: what names it there, and what the row said.
    std::string import_row;   // SerialIndex::ImportRow().
    std::string fingerprint;  // SerialIndex::Fingerprint().
  };
  // Makes all of them durable with one entry, or none. `outcome` is the entry's: "CREATED".
  //   actor  empty for the node itself.
  //   kAlreadyExists       a row of another register was taken meanwhile.
  //   kFailedPrecondition  somebody else changed a record meanwhile.
  //   kInvalidArgument     a record out of its bounds.
  absl::StatusOr<records::LedgerReceipt> Write(std::string_view actor, std::string_view outcome,
                                               std::vector<Writing>& writings);

  // The record that a row of another register became.
  struct Imported {
    std::string id;           // 32 hexadecimal digits.
    std::string fingerprint;  // Of what the row said then.
  };
  absl::StatusOr<std::optional<Imported>> FindImported(std::string_view import_row) const;

  struct Page {
    std::vector<KeptFirearm> firearms;  // Newest first.
    std::string next_page_token;        // Empty after the last page.
  };
  // One page of those that `match` (which may be empty: all).
  //   kInvalidArgument  a size out of bounds, or a token that is none.
  //   Cost  opens every record up to the page's last.
  absl::StatusOr<Page> List(std::int32_t page_size, std::int32_t when_zero,
                            std::string_view page_token,
                            const std::function<bool(const KeptFirearm&)>& match) const;
  absl::StatusOr<std::int64_t> Count() const;

  // Visits every record, newest first. An error of `visit` ends it.
  absl::Status ForEach(const std::function<absl::Status(Held)>& visit) const;
  // Visits every record in a state that partners may find at all (firearm::IsSharedByDefault).
  absl::Status ForEachShared(const std::function<absl::Status(const KeptFirearm&)>& visit) const;

  const SerialIndex& index() const { return index_; }

  // A partner that was told of a record, in which exchange, and by what name.
  struct Disclosure {
    std::string agency;       // Domain.
    std::string exchange_id;  // 16 raw bytes.
    std::string reference;    // kHandleBytes raw; empty where no name was given.
    // What it knows of the record's state: of its answer, then of the last notice.
    std::optional<wire::FirearmNoticeCause> told{};
    friend bool operator==(const Disclosure&, const Disclosure&) = default;
  };
  // What letting it out must carry: it is remembered for as long as the record is kept, and the
  // record is still as `held` when it is committed.
  absl::Status AddDisclosure(const Held& held, const Disclosure& disclosure,
                             store::WriteRequest& request) const;
  // By exchange.
  //   kDataLoss  a row is damaged.
  absl::StatusOr<std::vector<Disclosure>> DisclosuresOf(const Held& held) const;
  // The records that anybody was told of, each once, by id.
  absl::StatusOr<std::vector<std::string>> DisclosedIds() const;
  // The id of the record that partners were given this name of; nullopt: none was.
  absl::StatusOr<std::optional<std::string>> FindReference(std::string_view reference) const;

  // What an erasure of the record must carry.
  absl::Status AddErasure(const Held& held, store::WriteRequest& request) const;
  // The same of exhibits that it names: `after` takes its place under another key, and its earlier
  // versions go.
  absl::Status AddReplacement(const Held& held, const KeptFirearm& after,
                              store::WriteRequest& request);

  // When the node last ran the checks over all records; nullopt: never.
  absl::StatusOr<std::optional<std::int64_t>> LastRecheckUnixMs() const;
  absl::Status SetLastRecheck(std::int64_t unix_ms);

  std::int64_t NowUnixMs() const { return clock_.UnixMillis(); }

 private:
  FirearmRegistry(store::Store& store, ledger::Ledger& ledger, const base::Clock& clock,
                  SerialIndex index);

  absl::Status AddWriting(Writing& writing, store::WriteRequest& request, std::string& objects,
                          std::string& details);
  absl::Status AddTriggersDue(const Writing& writing, store::WriteRequest& request) const;
  absl::Status AddVersion(const Held& before, store::WriteRequest& request) const;
  absl::Status AddDisclosureErasure(const Held& held, store::WriteRequest& request) const;
  absl::Status AddVersionErasure(const Held& held, bool with_import,
                                 store::WriteRequest& request) const;

  // Do their own locking, or constant.
  store::Store& store_;
  ledger::Ledger& ledger_;
  const base::Clock& clock_;
  const SerialIndex index_;
  SealedRecords records_;
};

}  // namespace proofmark::registry
