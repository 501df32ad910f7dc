// SPDX-License-Identifier: Apache-2.0
#include "server/federation/descriptor_book.h"

#include <array>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/tlog/lines.h"
#include "server/federation/membership.h"
#include "server/federation/receipt.h"
#include "server/federation/tables.h"

namespace proofmark::federation {
namespace {

using crypto::AcceptedDescriptor;
using crypto::DescriptorStage;

constexpr std::size_t kRowHeadBytes = 8 + 8 + 2;
constexpr std::uint64_t kEndMark = 100;
constexpr std::uint64_t kGraceEndMark = 101;
// Percent of a descriptor's life at which somebody is told, its end, and the end of its grace.
constexpr std::array<std::uint64_t, 5> kMarks = {50, 80, 95, kEndMark, kGraceEndMark};

std::string RowKey(store::Table table, std::uint64_t version) {
  return store::StoreKey(table).U64(version).Build();
}

// An acceptance at rest: u64be(time in ms) || u64be(ledger index) || LP2(source) || note.
std::string FormatRow(const DescriptorInForce& in_force) {
  std::string row;
  base::AppendU64Be(row, static_cast<std::uint64_t>(in_force.accept_unix_ms));
  base::AppendU64Be(row, in_force.ledger_index);
  base::AppendLp2(row, in_force.source);
  return row + in_force.accepted.NoteBytes();
}

struct Row {
  std::int64_t unix_ms = 0;
  std::uint64_t ledger_index = 0;
  std::string source;
  std::string note;
};

absl::StatusOr<Row> ParseRow(std::string_view bytes) {
  if (bytes.size() < kRowHeadBytes) return absl::DataLossError("a federation descriptor at rest");
  Row row;
  row.unix_ms = static_cast<std::int64_t>(base::ParseU64Be(bytes.substr(0, 8)));
  row.ledger_index = base::ParseU64Be(bytes.substr(8, 8));
  const std::size_t size = static_cast<unsigned char>(bytes[16]) * std::size_t{256} +
                           static_cast<unsigned char>(bytes[17]);
  if (bytes.size() < kRowHeadBytes + size || row.unix_ms < 0) {
    return absl::DataLossError("a federation descriptor at rest");
  }
  row.source = bytes.substr(kRowHeadBytes, size);
  row.note = bytes.substr(kRowHeadBytes + size);
  return row;
}

// The marks that are passed: the last of kMarks, 0 for none.
std::uint64_t MarkAt(const crypto::FederationDescriptor& descriptor, std::int64_t now_unix_s,
                     std::int64_t grace_s) {
  const DescriptorStage stage = crypto::StageAt(descriptor, now_unix_s, grace_s);
  if (stage == DescriptorStage::kEnded) return kGraceEndMark;
  if (stage == DescriptorStage::kGrace) return kEndMark;
  const auto percent =
      static_cast<std::uint64_t>(crypto::LifePassedPercent(descriptor, now_unix_s));
  std::uint64_t passed = 0;
  for (const std::uint64_t mark : kMarks) {
    if (mark < kEndMark && mark <= percent) passed = mark;
  }
  return passed;
}

std::string AlarmCode(std::uint64_t mark) {
  if (mark == kGraceEndMark) return "FEDERATION_GRACE_ENDED";
  if (mark == kEndMark) return "FEDERATION_ENDED";
  return absl::StrFormat("FEDERATION_LIFE:%d", mark);
}

}  // namespace

absl::StatusOr<std::unique_ptr<DescriptorBook>> DescriptorBook::Open(store::Store& store,
                                                                     ledger::Ledger& ledger,
                                                                     const base::Clock& clock,
                                                                     const Options& options) {
  if (options.grace < std::chrono::seconds(0) || options.grace > kDescriptorGraceMax) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "federation.grace_s is %d; 0..%d", options.grace.count(), kDescriptorGraceMax.count()));
  }
  std::unique_ptr<DescriptorBook> book(new DescriptorBook(store, ledger, clock, options));
  PM_RETURN_IF_ERROR(book->Load());
  return book;
}

absl::Status DescriptorBook::Load() {
  std::vector<std::string> notes;
  Row last;
  absl::Status fault;
  PM_RETURN_IF_ERROR(store_.Scan({.prefix = store::StoreKey(kDescriptorTable).Build()},
                                 [&](std::string_view, std::string_view value) {
                                   absl::StatusOr<Row> row = ParseRow(value);
                                   fault = row.status();
                                   if (!row.ok()) return false;
                                   last = *std::move(row);
                                   notes.push_back(last.note);
                                   return true;
                                 }));
  PM_RETURN_IF_ERROR(fault);
  if (notes.empty()) return absl::OkStatus();
  absl::StatusOr<AcceptedDescriptor> reopened = AcceptedDescriptor::Reopen(notes);
  if (!reopened.ok()) {
    return absl::DataLossError(
        absl::StrFormat("the federation descriptors at rest: %s", reopened.status().message()));
  }
  const base::MutexLock lock(mutex_);
  in_force_ = std::make_shared<const DescriptorInForce>(
      DescriptorInForce{.accepted = *std::move(reopened),
                        .accept_unix_ms = last.unix_ms,
                        .source = last.source,
                        .ledger_index = last.ledger_index});
  return absl::OkStatus();
}

std::shared_ptr<const DescriptorInForce> DescriptorBook::in_force() const {
  const base::MutexLock lock(mutex_);
  return in_force_;
}

absl::StatusOr<AcceptedDescriptor> DescriptorBook::Judge(
    crypto::SignedDescriptor candidate,
    const std::optional<crypto::Sha256Digest>& pinned_hash) const {
  const std::int64_t now_unix_s = clock_.UnixMillis() / 1000;
  if (const auto current = in_force(); current != nullptr) {
    return current->accepted.Next(std::move(candidate), now_unix_s);
  }
  const std::optional<crypto::Sha256Digest>& pin =
      pinned_hash.has_value() ? pinned_hash : options_.first_hash;
  if (!pin) {
    return absl::FailedPreconditionError(
        "federation descriptor: this node has none; its first needs the hash that the agencies "
        "have compared");
  }
  return AcceptedDescriptor::First(std::move(candidate), *pin, now_unix_s);
}

absl::StatusOr<records::LedgerReceipt> DescriptorBook::Accept(
    std::string_view note, const std::optional<crypto::Sha256Digest>& pinned_hash,
    const DescriptorSource& source) {
  PM_ASSIGN_OR_RETURN(crypto::SignedDescriptor candidate, crypto::SignedDescriptor::Parse(note));
  const base::MutexLock turn(turn_);
  PM_ASSIGN_OR_RETURN(AcceptedDescriptor accepted, Judge(std::move(candidate), pinned_hash));

  records::EntryDraft draft;
  draft.kind = records::EntryKind::kConfig;
  draft.actor = source.actor;
  draft.peer = source.partner;
  draft.object = base::ToHex(accepted.hash());
  draft.detail = crypto::Sha256Hex(note);
  draft.count = accepted.descriptor().version;
  draft.outcome = "FEDERATION:ACCEPTED";
  auto next = std::make_shared<DescriptorInForce>(
      DescriptorInForce{.accepted = std::move(accepted),
                        .accept_unix_ms = clock_.UnixMillis(),
                        .source = source.actor.empty() ? source.partner : "admin/" + source.actor});
  const std::string key = RowKey(kDescriptorTable, next->accepted.descriptor().version);
  PM_ASSIGN_OR_RETURN(
      const ledger::Receipt receipt,
      ledger_.Append(std::move(draft), {.preconditions = {{.key = key, .value = std::nullopt}}},
                     [&](const ledger::Receipt& written, store::Mutations& mutations) {
                       next->ledger_index = written.index;
                       mutations.Put(key, FormatRow(*next));
                       return absl::OkStatus();
                     }));
  base::Log(base::LogSeverity::kInfo,
            absl::StrFormat("federation descriptor %d accepted, hash %s, from %s",
                            next->accepted.descriptor().version, base::ToHex(next->accepted.hash()),
                            next->source));
  const base::MutexLock lock(mutex_);
  in_force_ = std::move(next);
  return ToRecord(receipt);
}

absl::StatusOr<std::vector<std::string>> DescriptorBook::NotesFrom(std::uint64_t version) const {
  std::vector<std::string> notes;
  const auto current = in_force();
  if (current == nullptr) return notes;
  if (version == 0) {
    notes.push_back(current->accepted.NoteBytes());
    return notes;
  }
  if (version > current->accepted.descriptor().version) return notes;
  absl::Status fault;
  PM_RETURN_IF_ERROR(store_.Scan({.prefix = store::StoreKey(kDescriptorTable).Build(),
                                  .start = RowKey(kDescriptorTable, version)},
                                 [&](std::string_view, std::string_view value) {
                                   absl::StatusOr<Row> row = ParseRow(value);
                                   fault = row.status();
                                   if (!row.ok()) return false;
                                   notes.push_back(std::move(row->note));
                                   return notes.size() < kNotesAtOnceMax;
                                 }));
  PM_RETURN_IF_ERROR(fault);
  return notes;
}

std::optional<DescriptorStage> DescriptorBook::stage() const {
  const auto current = in_force();
  if (current == nullptr) return std::nullopt;
  return crypto::StageAt(current->accepted.descriptor(), clock_.UnixMillis() / 1000,
                         options_.grace.count());
}

absl::Status DescriptorBook::WatchLife() {
  const auto current = in_force();
  if (current == nullptr) return absl::OkStatus();
  const crypto::FederationDescriptor& descriptor = current->accepted.descriptor();
  const base::MutexLock turn(turn_);
  const std::string key = RowKey(kDescriptorAlarmTable, descriptor.version);
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store_.Get(key));
  const std::optional<std::uint64_t> told =
      row ? crypto::ParseDecimal(*row, kGraceEndMark) : std::optional<std::uint64_t>(0);
  if (!told) return absl::DataLossError("the last alarm about the federation descriptor");
  const std::uint64_t passed =
      MarkAt(descriptor, clock_.UnixMillis() / 1000, options_.grace.count());
  if (passed <= *told) return absl::OkStatus();
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kAlarm;
  draft.object = base::ToHex(current->accepted.hash());
  draft.count = descriptor.version;
  draft.outcome = AlarmCode(passed);
  base::Log(base::LogSeverity::kWarning,
            absl::StrFormat("ALARM: %s: federation descriptor %d ends at %d (seconds since 1970); "
                            "apply its successor",
                            draft.outcome, descriptor.version, descriptor.not_after_unix_s));
  store::WriteRequest request;
  request.mutations.Put(key, absl::StrFormat("%d", passed));
  return ledger_.Append(std::move(draft), std::move(request)).status();
}

absl::StatusOr<Partners> DescriptorBook::WithinLife(std::string_view own_domain,
                                                    Partners partners) {
  const std::optional<DescriptorStage> now = stage();
  if (!now) return partners;
  const std::string key = store::StoreKey(kGrantTable).Build();
  switch (*now) {
    case DescriptorStage::kEarly:  // The clock went back; what was accepted was in its life.
    case DescriptorStage::kInForce: {
      store::WriteRequest request;
      request.mutations.Put(key, GrantsText(partners));
      PM_RETURN_IF_ERROR(store_.Commit(std::move(request)));
      return partners;
    }
    case DescriptorStage::kGrace: {
      PM_ASSIGN_OR_RETURN(const std::optional<std::string> grants, store_.Get(key));
      return WithinGrants(own_domain, partners, grants.value_or(""));
    }
    case DescriptorStage::kEnded:
      break;
  }
  return Partners();
}

}  // namespace proofmark::federation
