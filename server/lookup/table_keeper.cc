// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/table_keeper.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/lookup/input.h"
#include "server/federation/agreement.h"
#include "server/lookup/tables.h"

namespace proofmark::lookup {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kHashBytes = sizeof(crypto::Sha256Digest);
constexpr std::size_t kNumbers = 7;
constexpr std::size_t kRowBytes = kIdBytes + kHashBytes + kNumbers * 8 + crypto::kElementBytes;

std::string RowKey(std::string_view partner) {
  return store::StoreKey(kOwnTableTable).Bytes(partner).Build();
}

std::string Format(const PublishedTable& table) {
  std::string row(base::AsText(base::ByteSpan(table.id)));
  row.append(crypto::AsText(table.hash));
  for (const std::uint64_t number :
       {std::uint64_t{table.epoch}, table.size_bytes,
        static_cast<std::uint64_t>(table.created_unix_ms), table.table_entry, table.key_entry,
        table.record_count, table.left_out_count}) {
    base::AppendU64Be(row, number);
  }
  return row + table.public_key;
}

absl::StatusOr<PublishedTable> Parse(std::string_view row) {
  if (row.size() != kRowBytes) return absl::DataLossError("the row of a look-up table is damaged");
  PublishedTable table;
  std::ranges::copy(base::AsBytes(row.substr(0, kIdBytes)), table.id.begin());
  std::ranges::copy(base::AsBytes(row.substr(kIdBytes, kHashBytes)), table.hash.begin());
  const auto number = [row](std::size_t index) {
    return base::ParseU64Be(row.substr(kIdBytes + kHashBytes + 8 * index, 8));
  };
  table.epoch = static_cast<std::uint32_t>(number(0));
  table.size_bytes = number(1);
  table.created_unix_ms = static_cast<std::int64_t>(number(2));
  table.table_entry = number(3);
  table.key_entry = number(4);
  table.record_count = number(5);
  table.left_out_count = number(6);
  table.public_key = std::string(row.substr(row.size() - crypto::kElementBytes));
  return table;
}

std::string FileName(const PublishedTable& table) {
  return base::ToHex(base::ByteSpan(table.id)) + ".pmlk";
}

}  // namespace

absl::StatusOr<std::unique_ptr<TableKeeper>> TableKeeper::Open(const Rooms& rooms,
                                                               std::string folder,
                                                               std::string own_node_id,
                                                               RecordSource source) {
  std::unique_ptr<TableKeeper> keeper(
      new TableKeeper(rooms, std::move(own_node_id), std::move(source)));
  PM_ASSIGN_OR_RETURN(keeper->files_, store::DerivedFiles::Open(rooms.disk, std::move(folder)));
  PM_RETURN_IF_ERROR(keeper->LoadPublished());
  return keeper;
}

absl::Status TableKeeper::LoadPublished() {
  std::map<std::string, Held, std::less<>> held;
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kOwnTableTable).Build();
  absl::Status fault;
  PM_RETURN_IF_ERROR(rooms_.store.Scan(scan, [&](std::string_view key, std::string_view row) {
    absl::StatusOr<PublishedTable> table = Parse(row);
    fault = table.status();
    if (!fault.ok()) return false;
    held[std::string(key.substr(1))].table = *std::move(table);
    return true;
  }));
  PM_RETURN_IF_ERROR(fault);
  std::vector<std::string> known;
  for (auto one = held.begin(); one != held.end();) {
    absl::StatusOr<store::MappedFile> file = files_->Map(FileName(one->second.table));
    // Only a file as it was logged is handed out; another is made in its place.
    if (!file.ok() ||
        crypto::Sha256(base::AsText(std::as_bytes(file->bytes))) != one->second.table.hash) {
      one = held.erase(one);
      continue;
    }
    one->second.file = *std::move(file);
    known.push_back(FileName(one->second.table));
    ++one;
  }
  PM_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_->List());
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) == known.end()) PM_RETURN_IF_ERROR(files_->Remove(name));
  }
  const base::MutexLock lock(mutex_);
  held_ = std::move(held);
  return absl::OkStatus();
}

absl::Status TableKeeper::ForEachRecord(const SharedVisitor& visit) const {
  if (source_) PM_RETURN_IF_ERROR(source_(visit));
  PM_ASSIGN_OR_RETURN(const std::vector<SharedFirearm> canaries, rooms_.canaries.List());
  for (const SharedFirearm& canary : canaries) PM_RETURN_IF_ERROR(visit(canary));
  return absl::OkStatus();
}

bool TableKeeper::IsDue(std::string_view partner_node_id) const {
  const std::optional<PublishedTable> table = Find(partner_node_id);
  return !table.has_value() || rooms_.clock.UnixMillis() - table->created_unix_ms > kTableAgeMsMax;
}

absl::Status TableKeeper::MakeDue() {
  return MakeWhere([this](const federation::Partner& partner) { return IsDue(partner.node_id); });
}

absl::Status TableKeeper::MakeAll() {
  return MakeWhere([](const federation::Partner& /*partner*/) { return true; });
}

absl::Status TableKeeper::MakeWhere(const std::function<bool(const federation::Partner&)>& wanted) {
  if (!source_) return absl::OkStatus();
  const base::MutexLock lock(making_);
  PM_RETURN_IF_ERROR(RemoveOthers());
  for (const federation::Partner& partner : rooms_.partners.all()) {
    if (federation::MayLookUpHere(partner) && wanted(partner)) PM_RETURN_IF_ERROR(Make(partner));
  }
  return absl::OkStatus();
}

absl::Status TableKeeper::Make(const federation::Partner& partner) {
  PM_ASSIGN_OR_RETURN(const std::shared_ptr<const EpochKey> key,
                      rooms_.keys.Current(partner.node_id));
  PM_ASSIGN_OR_RETURN(
      crypto::LookupSnapshotBuilder builder,
      crypto::LookupSnapshotBuilder::Create(
          {.responder_id = own_node_id_, .querier_id = partner.node_id, .epoch = key->epoch},
          key->key.public_key(), rooms_.clock.UnixMillis(), rooms_.store.random()));
  PublishedTable table;
  PM_RETURN_IF_ERROR(ForEachRecord([&](const SharedFirearm& record) -> absl::Status {
    if (stopping_) return absl::CancelledError("the node stops");
    const crypto::LookupLabel label{
        .state_group = static_cast<std::uint8_t>(record.group),
        .handle = rooms_.keys.HandleOf(partner.node_id, record.record_id)};
    ++table.record_count;
    for (const crypto::LookupForm form : crypto::FillableForms(record.fields)) {
      PM_ASSIGN_OR_RETURN(const std::string input, crypto::LookupInput(form, record.fields));
      PM_ASSIGN_OR_RETURN(const crypto::SecretBytes output, key->key.Evaluate(input));
      const absl::Status added = builder.Add(output, label);
      if (absl::IsResourceExhausted(added)) {
        ++table.left_out_count;
      } else if (!added.ok()) {
        return added;
      }
    }
    return absl::OkStatus();
  }));
  const std::string bytes = builder.Finish(rooms_.store.random());
  PM_ASSIGN_OR_RETURN(const crypto::LookupSnapshot made, crypto::LookupSnapshot::Parse(bytes));
  table.id = made.header().id;
  table.epoch = key->epoch;
  table.hash = crypto::Sha256(bytes);
  table.size_bytes = bytes.size();
  table.created_unix_ms = made.header().created_unix_ms;
  table.key_entry = key->entry_index;
  table.public_key = std::string(key->key.public_key().bytes());
  if (table.left_out_count > 0) {
    base::Log(base::LogSeverity::kWarning,
              absl::StrFormat("look-up table of %s: %d inputs are left out, because more than %d "
                              "records share each",
                              partner.domain, table.left_out_count, crypto::kLookupDuplicatesMax));
  }
  return Publish(partner, std::move(table), bytes);
}

// The file first: what is logged can be shown.
absl::Status TableKeeper::Publish(const federation::Partner& partner, PublishedTable table,
                                  const std::string& bytes) {
  PM_RETURN_IF_ERROR(files_->Write(FileName(table), bytes));
  PM_ASSIGN_OR_RETURN(store::MappedFile file, files_->Map(FileName(table)));
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kLookupSnapshot;
  draft.peer = partner.node_id;
  draft.object = base::ToHex(base::ByteSpan(table.hash));
  draft.detail = crypto::Sha256Hex(table.public_key);
  draft.count = table.epoch;
  draft.outcome = std::string(kTablePublished);
  PM_RETURN_IF_ERROR(rooms_.ledger
                         .Append(std::move(draft), {},
                                 [&](const ledger::Receipt& receipt, store::Mutations& mutations) {
                                   table.table_entry = receipt.index;
                                   mutations.Put(RowKey(partner.node_id), Format(table));
                                   return absl::OkStatus();
                                 })
                         .status());
  std::optional<std::string> replaced;
  {
    const base::MutexLock lock(mutex_);
    Held& held = held_[partner.node_id];
    if (held.table.size_bytes > 0) replaced = FileName(held.table);
    held = {.table = std::move(table), .file = std::move(file)};
  }
  return replaced ? files_->Remove(*replaced) : absl::OkStatus();
}

absl::Status TableKeeper::RemoveOthers() {
  std::vector<std::pair<std::string, std::string>> others;  // Partner, file.
  {
    const base::MutexLock lock(mutex_);
    for (const auto& one : held_) {
      const federation::Partner* const partner = rooms_.partners.FindByNodeId(one.first);
      if (partner == nullptr || !federation::MayLookUpHere(*partner)) {
        others.emplace_back(one.first, FileName(one.second.table));
      }
    }
    for (const auto& other : others) held_.erase(other.first);
  }
  for (const auto& other : others) {
    store::WriteRequest request;
    request.mutations.Delete(RowKey(other.first));
    PM_RETURN_IF_ERROR(rooms_.store.Commit(std::move(request)));
    PM_RETURN_IF_ERROR(files_->Remove(other.second));
  }
  return absl::OkStatus();
}

std::optional<PublishedTable> TableKeeper::Find(std::string_view partner_node_id) const {
  const std::uint32_t epoch = EpochAt(rooms_.clock.UnixMillis());
  const base::MutexLock lock(mutex_);
  const auto held = held_.find(partner_node_id);
  if (held == held_.end() || held->second.table.epoch != epoch) return std::nullopt;
  return held->second.table;
}

absl::StatusOr<std::string> TableKeeper::ReadPiece(std::string_view partner_node_id,
                                                   const crypto::Sha256Digest& hash,
                                                   std::uint64_t offset,
                                                   std::size_t bytes_max) const {
  store::MappedFile file;
  {
    const base::MutexLock lock(mutex_);
    const auto held = held_.find(partner_node_id);
    if (held == held_.end() || held->second.table.hash != hash) {
      return absl::NotFoundError("table_sha256: no table of the caller has this hash now");
    }
    file = held->second.file;
  }
  if (offset >= file.bytes.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("offset: %d, must be below the table's %d", offset, file.bytes.size()));
  }
  return std::string(
      base::AsText(std::as_bytes(file.bytes)).substr(static_cast<std::size_t>(offset), bytes_max));
}

absl::StatusOr<std::optional<SharedFirearm>> TableKeeper::Resolve(
    std::string_view partner_node_id, const RecordHandle& handle) const {
  std::optional<SharedFirearm> found;
  PM_RETURN_IF_ERROR(ForEachRecord([&](const SharedFirearm& record) {
    if (!found && rooms_.keys.HandleOf(partner_node_id, record.record_id) == handle) {
      found = record;
    }
    return absl::OkStatus();
  }));
  return found;
}

}  // namespace proofmark::lookup
